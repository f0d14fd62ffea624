"""From statements to the movements that stand: versions joined, cancellations applied."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from liane.stays.movement import Action, Kind, Movement

Group = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """The movements that stand, in order, the names they stand under, and what was cancelled."""

    movements: tuple[Movement, ...]
    names: frozenset[str]
    information: tuple[Movement, ...]
    cancelled: frozenset[Kind]


def standing(statements: Iterable[Movement]) -> Standing:
    """Reduce a set of statements; neither their order nor repeated ones matter."""
    unique = sorted({one.key: one for one in statements}.values(), key=lambda one: one.version)
    groups, loose = _grouped(unique)
    cancels = [one for one in loose if one.action is Action.CANCEL]
    information = [one for one in loose if one.action is not Action.CANCEL]
    joined = {name: _joined(versions) for name, versions in groups.items()}
    gone = {name for name, one in joined.items() if one.action is Action.CANCEL}
    for cancel in cancels:
        target = _target(cancel, {n: m for n, m in joined.items() if n not in gone})
        if target is not None:
            gone.add(target)
    alive = {name: one for name, one in joined.items() if name not in gone}
    alive = _without_what_an_undone_admission_carried(
        alive, [*cancels, *(joined[name] for name in gone)]
    )
    named = [replace(one, key=_label(name)) for name, one in alive.items()]
    movements = tuple(sorted(named, key=lambda one: one.order))
    kinds = {one.kind for one in [*cancels, *(joined[name] for name in gone)]}
    return Standing(
        movements,
        frozenset(one.key for one in movements),
        tuple(information),
        frozenset(kind for kind in kinds if kind),
    )


def _grouped(unique: list[Movement]) -> tuple[dict[Group, list[Movement]], list[Movement]]:
    """Statements by the movement they speak of, and those that speak of none we can name."""
    groups: dict[Group, list[Movement]] = defaultdict(list)
    for one in unique:
        if one.kind not in (None, Kind.INFORM) and one.action is not Action.CANCEL:
            groups[_name(one)].append(one)
    loose = []
    for one in unique:
        if one.kind not in (None, Kind.INFORM) and one.action is not Action.CANCEL:
            continue
        name = _named_by(one, groups)
        if name is None:
            loose.append(one)
        else:
            groups[name].append(one)
    return groups, loose


def _name(one: Movement) -> Group:
    """A movement is its identifier *and* its kind: some senders number the whole stay alike."""
    kind = str(one.kind)
    return (one.movement_id, kind) if one.movement_id else (f"@{one.at.isoformat()}", kind)


def _named_by(one: Movement, groups: dict[Group, list[Movement]]) -> Group | None:
    if not one.movement_id:
        return None
    if one.kind not in (None, Kind.INFORM):
        name = (one.movement_id, str(one.kind))
        return name if name in groups else None
    if one.action is Action.INSERT:
        return None
    same = [name for name in groups if name[0] == one.movement_id]
    return max(same, key=lambda name: (groups[name][0].version, name), default=None)


def _joined(versions: list[Movement]) -> Movement:
    """The last version by recording time, completed by those before it."""
    ordered = sorted(versions, key=lambda one: one.version)
    result = ordered[0]
    for later in ordered[1:]:
        if later.kind is Kind.INFORM:  # it informs about the movement, it does not move it
            later = replace(later, kind=None, at=result.at)
        result = later.over(result)
    return result


def _target(cancel: Movement, alive: dict[Group, Movement]) -> Group | None:
    """What a cancellation without a usable identifier undoes.

    The movement of the kind it names at the same time, else the last one recorded before it.
    """
    fitting = {
        name: one
        for name, one in alive.items()
        if one.kind is cancel.kind and one.recorded_at <= cancel.recorded_at
    }
    return max(
        fitting,
        key=lambda name: (fitting[name].at == cancel.at, fitting[name].version),
        default=None,
    )


def _without_what_an_undone_admission_carried(
    alive: dict[Group, Movement], cancels: list[Movement]
) -> dict[Group, Movement]:
    """A cancelled admission takes along what was said before it, unless another one stands."""
    undone = [one.recorded_at for one in cancels if one.kind is Kind.ADMIT]
    if not undone or any(one.kind is Kind.ADMIT for one in alive.values()):
        return alive
    until = max(undone)
    return {
        name: one for name, one in alive.items() if one.kind is Kind.PLAN or one.recorded_at > until
    }


def _label(name: Group) -> str:
    return f"{name[1]}:{name[0]}"
