"""PATCH: JSON Patch (RFC 6902) and FHIRPath Patch (R4), over the resource as it is shown."""

import copy
import re
from collections.abc import Callable
from typing import Any

from liane.fhir.fhirpath import compiled
from liane.fhir.outcomes import Problem, problem

Json = dict[str, Any]
Change = Callable[[Json], Json]
MOST = 500
"""Operations of one patch."""
KEPT = ("resourceType", "id")


def change(document: Any) -> Change:
    """What a patch does to a resource. Raises Problem 400 when it is not one.

    The change raises Problem 422 where it does not apply.
    """
    if isinstance(document, list):
        operations = _checked(document)
        return lambda body: _kept(body, _by_pointer(copy.deepcopy(body), operations))
    if isinstance(document, dict) and document.get("resourceType") == "Parameters":
        steps = [_step(one) for one in document.get("parameter") or ()]
        if len(steps) > MOST:
            raise _wrong(f"more than {MOST} operations")
        return lambda body: _kept(body, _by_path(copy.deepcopy(body), steps))
    raise _wrong("send a JSON Patch (a list) or a Parameters resource")


def _wrong(why: str) -> Problem:
    return problem(400, f"This patch cannot be read: {why}.", code="structure")


def _fails(why: str, where: str) -> Problem:
    return problem(422, f"This patch does not apply: {why}.", code="processing", where=where[:200])


def _kept(before: Json, after: Any) -> Json:
    if not isinstance(after, dict) or any(after.get(one) != before.get(one) for one in KEPT):
        raise _fails("the type and the id of a resource stay", "id")
    return after


# ------------------------------------------------------------------ JSON Patch
def _checked(document: list[Any]) -> list[Json]:
    if len(document) > MOST:
        raise _wrong(f"more than {MOST} operations")
    needs = {
        "add": {"path", "value"}, "remove": {"path"}, "replace": {"path", "value"},
        "move": {"from", "path"}, "copy": {"from", "path"}, "test": {"path", "value"},
    }  # fmt: skip
    for one in document:
        wanted = needs.get(one.get("op", "")) if isinstance(one, dict) else None
        if wanted is None or not wanted <= set(one):
            raise _wrong("an operation lacks op, path, from or value")
        if not all(
            isinstance(one[name], str) and (not one[name] or one[name].startswith("/"))
            for name in {"path", "from"} & wanted
        ):
            raise _wrong("a path begins with /")
    return document


def _by_pointer(body: Any, operations: list[Json]) -> Any:
    for one in operations:
        op, path = one["op"], one["path"]
        if op in {"move", "copy"}:
            value = copy.deepcopy(_get(body, one["from"]))
            if op == "move":
                if path.startswith(f"{one['from']}/"):
                    raise _fails("something does not move into itself", path)
                body = _remove(body, one["from"])
            body = _add(body, path, value)
        elif op == "test":
            if _get(body, path) != one["value"]:
                raise _fails("a test fails", path)
        elif op == "remove":
            body = _remove(body, path)
        else:
            if op == "replace":
                _get(body, path)
                body = _remove(body, path) if path else body
            body = _add(body, path, copy.deepcopy(one["value"]))
    return body


def _parts(path: str) -> list[str]:
    return [one.replace("~1", "/").replace("~0", "~") for one in path.split("/")[1:]]


def _get(body: Any, path: str) -> Any:
    for part in _parts(path):
        body = _member(body, part, path)
    return body


def _member(holder: Any, part: str, path: str) -> Any:
    if isinstance(holder, dict) and part in holder:
        return holder[part]
    if isinstance(holder, list) and _place(part, len(holder) - 1) is not None:
        return holder[int(part)]
    raise _fails("there is nothing there", path)


def _place(part: str, most: int) -> int | None:
    if not re.fullmatch(r"0|[1-9]\d{0,8}", part) or int(part) > most:
        return None
    return int(part)


def _add(body: Any, path: str, value: Any) -> Any:
    if not path:
        return value
    *parents, last = _parts(path)
    holder = body
    for part in parents:
        holder = _member(holder, part, path)
    if isinstance(holder, dict):
        holder[last] = value
        return body
    place = len(holder) if last == "-" and isinstance(holder, list) else None
    if place is None and isinstance(holder, list):
        place = _place(last, len(holder))
    if place is None:
        raise _fails("there is no such place", path)
    holder.insert(place, value)
    return body


def _remove(body: Any, path: str) -> Any:
    if not path:
        raise _fails("a resource is not removed by a patch", path)
    *parents, last = _parts(path)
    holder = body
    for part in parents:
        holder = _member(holder, part, path)
    _member(holder, last, path)
    if isinstance(holder, list):
        del holder[int(last)]
    else:
        del holder[last]
    return body


# ------------------------------------------------------------------ FHIRPath Patch
Step = dict[str, Any]
_SEGMENT = re.compile(
    r"\s*\.?\s*(?:(?P<call>where|extension|first|last|single)\s*\(|(?P<name>[A-Za-z_]\w*)|"
    r"\[\s*(?P<index>\d{1,6})\s*\])"
)
Place = tuple[Any, Any]
"""A holder (object or list) and the name or number in it."""


def _step(parameter: Any) -> Step:
    """One operation: its parts by name; ``value`` as (type, JSON)."""
    made: Step = {}
    if not isinstance(parameter, dict) or parameter.get("name") != "operation":
        raise _wrong("each parameter is an operation")
    for part in parameter.get("part") or ():
        name = part.get("name") if isinstance(part, dict) else None
        if name == "value":
            made["value"] = _value(part)
        elif isinstance(name, str):
            made[name] = next((one for key, one in part.items() if key.startswith("value")), None)
    if made.get("type") not in {"add", "insert", "delete", "replace", "move"}:
        raise _wrong("an operation is add, insert, delete, replace or move")
    if not isinstance(made.get("path"), str) or len(made["path"]) > 500:
        raise _wrong("an operation has a path")
    return made


def _value(part: Json) -> tuple[str, Any]:
    """(type, JSON) of a value: ``value[x]``, or an anonymous object made of parts."""
    for name, one in part.items():
        if name.startswith("value") and len(name) > 5:
            return name[5:], one
    made: Json = {}
    for inner in part.get("part") or ():
        if isinstance(inner, dict) and isinstance(inner.get("name"), str):
            made[inner["name"]] = _value(inner)[1]
    return "", made


def _by_path(body: Json, steps: list[Step]) -> Json:
    for step in steps:
        path, kind = step["path"], step["type"]
        if kind == "add":
            _added(body, step)
            continue
        if kind in {"insert", "move"}:
            _moved(body, step)
            continue
        found = _places(body, path)
        if kind == "delete":
            if len(found) > 1:
                raise _fails("several elements answer to this path", path)
            for holder, key in found:
                del holder[key]
                _tidy(body)
        else:
            holder, key = _single(found, path)
            if "value" not in step:
                raise _wrong("replace needs a value")
            holder[key] = step["value"][1]
    return body


def _single(found: list[Place], path: str) -> Place:
    if len(found) != 1:
        raise _fails(f"{len(found)} elements answer to this path, not one", path)
    return found[0]


def _added(body: Json, step: Step) -> None:
    from liane.fhir import spec

    holder, key = _single(_places(body, step["path"]), step["path"])
    parent, name = holder[key], step.get("name")
    if not isinstance(parent, dict) or not isinstance(name, str) or "value" not in step:
        raise _fails("add needs one object, a name and a value", step["path"])
    kind, value = step["value"]
    described = spec.types().get(step["path"], {}).get("el", {})
    if f"{name}[x]" in described:
        name = f"{name}{kind}"
    held = parent.get(name)
    many = described.get(name, {}).get("max", "") == "*" if described else isinstance(held, list)
    if isinstance(held, list):
        held.append(value)
    else:
        parent[name] = [value] if many or name in {"extension", "contained"} else value


def _moved(body: Json, step: Step) -> None:
    """``insert`` a value in a list, or ``move`` one of its items."""
    *_, last = step["path"].split(".")
    found = _lists(body, step["path"])
    if found is None:
        raise _fails(f"{last} is not a list", step["path"])
    try:
        if step["type"] == "insert":
            found.insert(_number(step, "index", len(found)), step["value"][1])
        else:
            item = found.pop(_number(step, "source", len(found) - 1))
            found.insert(_number(step, "destination", len(found)), item)
    except KeyError:
        raise _wrong("insert needs an index and a value") from None


def _number(step: Step, name: str, most: int) -> int:
    value = step.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _fails(f"{name} is not a place of this list", step["path"])
    return value


def _lists(body: Json, path: str) -> list[Any] | None:
    parent, _, name = path.rpartition(".")
    places = _places(body, parent)
    if len(places) != 1:
        return None
    holder, key = places[0]
    found = holder[key].get(name) if isinstance(holder[key], dict) else None
    return found if isinstance(found, list) else None


def _places(body: Json, path: str) -> list[Place]:
    """Where the elements of a simple path stand: names, indexes, where(), extension(), first()."""
    root: Json = {"root": body}
    found: list[Place] = [(root, "root")]
    position, first = 0, True
    while position < len(path):
        segment = _SEGMENT.match(path, position)
        if segment is None:
            raise _fails("this path is not understood here", path)
        position = segment.end()
        if segment["call"]:
            end = _closing(path, position)
            found = _called(found, segment["call"], path[position:end].strip(), path)
            position = end + 1
        elif segment["index"]:
            number = int(segment["index"])
            found = found[number : number + 1]
        elif first and segment["name"] in (body.get("resourceType"), "Resource"):
            pass
        else:
            found = [inner for place in found for inner in _inside(place, segment["name"])]
        first = False
    return found


def _closing(path: str, position: int) -> int:
    depth, quoted = 1, False
    for place in range(position, len(path)):
        char = path[place]
        if char == "'" and path[place - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(char, 0)
            if depth == 0:
                return place
    raise _fails("a parenthesis is missing", path)


def _called(found: list[Place], name: str, argument: str, path: str) -> list[Place]:
    if name == "where":
        test = compiled(argument)
        return [place for place in found if test(place[0][place[1]]) == [True]]
    if name == "extension":
        url = argument.strip("'\"")
        inner = [one for place in found for one in _inside(place, "extension")]
        return [place for place in inner if place[0][place[1]].get("url") == url]
    if name == "single" and len(found) != 1:
        raise _fails("one element is expected", path)
    return found[-1:] if name == "last" else found[:1]


def _inside(place: Place, name: str) -> list[Place]:
    held = place[0][place[1]]
    if not isinstance(held, dict):
        return []
    names = [name] if name in held else [
        one for one in held if re.fullmatch(rf"{re.escape(name)}[A-Z]\w*", one)
    ]  # fmt: skip
    made: list[Place] = []
    for one in names[:1]:
        inner = held[one]
        made += [(inner, number) for number in range(len(inner))] if isinstance(inner, list) else [
            (held, one)
        ]  # fmt: skip
    return made


def _tidy(body: Any) -> None:
    """Take out lists and objects that a deletion left empty."""
    if isinstance(body, dict):
        for name in list(body):
            _tidy(body[name])
            if body[name] in ({}, []):
                del body[name]
    elif isinstance(body, list):
        for one in body:
            _tidy(one)
        body[:] = [one for one in body if one not in ({}, [])]
