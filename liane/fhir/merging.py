"""What was received, overlaid with what changed since in Liane: nothing a sender wrote is lost.

Three sides: the ``body`` received, what the mapper made of our rows ``before`` (just after it was
received), and what it makes of them ``now``. Where the two last agree the body stands as it came;
where they differ, our change is put in its place.
"""

from typing import Any

Json = dict[str, Any]
ABSENT: Any = object()


def merge(body: Json, before: Json, now: Json) -> Json:
    """The resource as it is now."""
    return body if before == now else _objects(body, before, now)


def _value(body: Any, before: Any, now: Any) -> Any:
    if before == now or now is ABSENT:
        return body if before == now else ABSENT
    if body is ABSENT:
        return now
    if all(isinstance(one, dict) for one in (body, before, now)):
        return _objects(body, before, now)
    if all(isinstance(one, list) for one in (body, before, now)):
        return _lists(body, before, now)
    return now


def _objects(body: Json, before: Json, now: Json) -> Json:
    made = dict(body)
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name, ABSENT), now.get(name, ABSENT)
        if old == new:
            continue
        value = _value(body.get(name, ABSENT), old, new)
        if value is ABSENT or value is None:
            made.pop(name, None)
        else:
            made[name] = value
        # An extension of the former value says nothing of the new one.
        if not isinstance(new, dict | list):
            made.pop(f"_{name}", None)
    return made


def _lists(body: list[Any], before: list[Any], now: list[Any]) -> list[Any]:
    """Items of ours that changed, in the place of those that they were received as."""
    received = _twins(body, before)
    taken = {place for place in received if place is not None}
    made: list[Any] = []
    gone = [number for number, one in enumerate(before) if one not in now]
    fresh = [one for one in now if one not in before]
    replaced = dict(zip(gone, fresh, strict=False))
    for place, item in enumerate(body):
        if place not in taken:
            made.append(item)
            continue
        number = received.index(place)
        if number in replaced:
            made.append(_value(item, before[number], replaced[number]))
        elif number not in gone:
            made.append(item)
    kept = {number for number in replaced if received[number] is not None}
    made += [one for number, one in replaced.items() if number not in kept]
    return made + fresh[len(replaced) :]


def _twins(body: list[Any], before: list[Any]) -> list[int | None]:
    """For each item of ``before``, the place in ``body`` of the one that it was made from."""
    free = dict(enumerate(body))
    found: list[int | None] = []
    for number, item in enumerate(before):
        place = next((one for one, other in free.items() if _covers(other, item)), None)
        if place is None and len(body) == len(before) and number in free:
            place = number
        if place is not None:
            del free[place]
        found.append(place)
    return found


def _covers(received: Any, ours: Any) -> bool:
    """The received item says all that ours says."""
    if isinstance(received, dict) and isinstance(ours, dict):
        return all(name in received and _covers(received[name], one) for name, one in ours.items())
    if isinstance(received, list) and isinstance(ours, list):
        return all(any(_covers(other, one) for other in received) for one in ours)
    return bool(received == ours)
