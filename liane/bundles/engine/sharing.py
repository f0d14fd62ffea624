"""How the amount of a sequence is divided among those who did it: nothing lost, nobody negative."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from liane.bundles.engine.results import Role
from liane.pathways.protocols.facts import Act, Case
from liane.pathways.protocols.money import STRUCTURE, Share, Sharing
from liane.pathways.protocols.plan import Need, Spec, known

type Counted = tuple[Act, int, Need, Spec]
REMAINDER = "remainder"
WHOLE = 10_000


class Portion(NamedTuple):
    """What one payee gets, by which steps, for which acts."""

    payee: str
    role: Role
    cents: int
    rules: tuple[str, ...]
    acts: tuple[Any, ...]
    article: str


_portion = partial(tuple.__new__, Portion)


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` cents in proportion of ``weights`` (not all zero), by the largest remainder.

    The parts sum to ``total`` exactly; equal remainders go to the first ones.
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        short = [part * whole - total * weight for part, weight in zip(parts, weights, strict=True)]
        for place in sorted(range(len(parts)), key=short.__getitem__)[:left]:
            parts[place] += 1
    return parts


def profession(act: Act, spec: Spec) -> str:
    """Whose profession an act counts for: said by the act, or the only one its code allows."""
    if act.profession or len(spec.professions) != 1:
        return act.profession
    return next(iter(spec.professions))


class _Pot:
    """An amount being given away, step by step, never more than what is left."""

    def __init__(self, total: int, sharing: Sharing) -> None:
        self.left, self.sharing = total, sharing
        self.given: dict[tuple[str, Role], list[Any]] = {}

    def give(self, asked: Sequence[tuple[str, Role, int, tuple[Any, ...]]], rule: str) -> None:
        """Give each what is asked; when that is more than what is left, in proportion of it."""
        cents = [one[2] for one in asked]
        whole = sum(cents)
        if whole > self.left:
            cents, whole = apportion(self.left, cents), self.left
        self.left -= whole
        given, rules = self.given, (rule,)
        for (payee, role, _, acts), part in zip(asked, cents, strict=True):
            held = given.get((payee, role))
            if held is None:
                given[payee, role] = [part, rules, acts]
            else:
                held[0] += part
                held[1] = (*held[1], rule)
                held[2] = tuple(dict.fromkeys(held[2] + acts))

    def portions(self) -> list[Portion]:
        article = self.sharing.article
        return [
            _portion((*who, cents, rules, acts, article))
            for who in sorted(self.given)
            for cents, rules, acts in (self.given[who],)
            if cents
        ]


def divide(
    total: int,
    sharing: Sharing,
    counted: Sequence[Counted],
    structure: str,
    scaled: Callable[[int], int],
) -> list[Portion]:
    """``total`` cents among the payees of ``counted`` and the structure.

    ``scaled`` turns an amount of the key into that of the territory and of the part of the
    sequence that this key governs. An amount that the key marks as to be completed is skipped:
    ``unknown_steps`` tells them. The portions sum to ``total``.
    """
    pot = _Pot(total, sharing)
    percents = iter(_percents(total, sharing))
    for step in sharing.shares:
        cents = next(percents) if step.kind == "percent" else known(step.amount)
        if step.kind == "fixed" and cents is not None:
            cents = scaled(cents)
        asked = _asked(step, cents, sharing, counted, structure, scaled)
        if asked:
            pot.give(asked, step.id)
    if pot.left:
        _rest(pot, counted, structure)
    return pot.portions()


def unknown_steps(sharing: Sharing) -> list[str]:
    """The steps whose amount is still to be completed."""
    return [
        one.id for one in sharing.shares if one.amount is not None and known(one.amount) is None
    ]


def _percents(total: int, sharing: Sharing) -> list[int]:
    """The cents of each percent step: rounded together, so that 100 % is the whole."""
    points = [one.percent for one in sharing.shares if one.percent is not None]
    return apportion(total, [*points, max(0, WHOLE - sum(points))])[:-1] if points else []


def _asked(
    step: Share,
    cents: int | None,
    sharing: Sharing,
    counted: Sequence[Counted],
    structure: str,
    scaled: Callable[[int], int],
) -> list[tuple[str, Role, int, tuple[Any, ...]]]:
    if step.kind == "tariff":
        return _by_payee(counted, [one[1] for one in counted])
    if cents is None:
        return []
    if step.kind == "per_act":
        mine = [one for one in counted if one[0].code == step.to]
        worth = scaled(cents)
        return [(who, role, n * worth, acts) for who, role, n, acts in _by_payee(mine)]
    if step.to == STRUCTURE:
        return [(structure, "structure", cents, ())]
    mine = [one for one in counted if profession(one[0], one[3]) == step.to]
    return _weighted(cents, mine, sharing)


def _weighted(
    cents: int, mine: Sequence[Counted], sharing: Sharing
) -> list[tuple[str, Role, int, tuple[Any, ...]]]:
    """``cents`` among the payees of ``mine`` by the key's weights: acts, or their minutes."""
    weights = None
    if sharing.weights == "minutes":
        minutes = [act.minutes or spec.minutes for act, _, _, spec in mine]
        weights = minutes if any(minutes) else None
    groups = _by_payee(mine, weights)
    parts = apportion(cents, [group[2] for group in groups]) if groups else []
    return [
        (payee, role, part, acts)
        for (payee, role, _, acts), part in zip(groups, parts, strict=True)
    ]


def _by_payee(
    mine: Sequence[Counted], values: Iterable[int] | None = None
) -> list[tuple[str, Role, int, tuple[Any, ...]]]:
    """Sums by payee (without values, how many acts), in the order of their names: the same whoever
    acted first."""
    groups: dict[str, list[Any]] = defaultdict(list)
    if values is None:
        for one in mine:
            groups[one[0][3] or ""].append(one[0][0])
        return [(who, "professional", len(acts), tuple(acts)) for who, acts in _sorted(groups)]
    sums: dict[str, int] = defaultdict(int)
    for one, value in zip(mine, values, strict=True):
        payee = one[0][3] or ""
        sums[payee] += value
        groups[payee].append(one[0][0])
    return [(who, "professional", sums[who], tuple(acts)) for who, acts in _sorted(groups)]


def _sorted(groups: dict[str, list[Any]]) -> list[tuple[str, list[Any]]]:
    return [(payee, groups[payee]) for payee in sorted(groups)]


def _rest(pot: _Pot, counted: Sequence[Counted], structure: str) -> None:
    """What no step gave: by the key's rule, and to the structure when that finds nobody."""
    asked: list[tuple[str, Role, int, tuple[Any, ...]]] = []
    if pot.sharing.remainder == "acts":
        asked = _weighted(pot.left, counted, pot.sharing)
    elif pot.sharing.remainder == "none":
        held = [(who, given) for who, given in sorted(pot.given.items()) if given[0]]
        parts = apportion(pot.left, [given[0] for _, given in held]) if held else []
        asked = [
            (payee, role, part, tuple(given[2]))
            for ((payee, role), given), part in zip(held, parts, strict=True)
        ]
    pot.give(asked or [(structure, "structure", pot.left, ())], REMAINDER)


def governing(
    case: Case, default: Sharing | None, opened: dt.date, closed: dt.date
) -> tuple[Sharing, str] | None:
    """The sharing that governs a sequence, and the id of its key ("" for the protocol's own).

    The key in force when the sequence opened says which one governs: itself, or the one in force
    on the closing day. Where none was in force at the opening, the one at the close. None when
    nothing says how to share.
    """
    if not case.keys:
        return (default, "") if default else None
    first = key_on(case, opened) or key_on(case, closed)
    if first is None:
        return (default, "") if default else None
    if first[0].governs == "end":
        return key_on(case, closed) or first
    return first


def key_on(case: Case, day: dt.date) -> tuple[Sharing, str] | None:
    """The agreed key in force on a day: the one that began last."""
    held = [
        key for key in case.keys if (key.since or dt.date.min) <= day <= (key.until or dt.date.max)
    ]
    last = max(held, key=lambda key: (key.since or dt.date.min, key.id), default=None)
    return (last.sharing, last.id) if last else None
