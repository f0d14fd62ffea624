"""A definition made ready: names resolved to positions, lengths to days, profiles chosen.

``compile_protocol`` reads a definition once; ``Plan.table`` gives what one profile needs, in one
territory. Days are ordinals (``date.toordinal``), money integer cents. What no source gives is None
here and marked ``unknown``, never zero.
"""

import contextlib
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.money import Dropout
from liane.pathways.protocols.phases import EVERY_PROFILE, ActType, Cap, Phase, Requirement, Window
from liane.pathways.protocols.values import Length, ToBeCompleted

INCLUSION = 0
"""The position of the inclusion among anchors: always known."""
YEAR = Length(months=12)
SHORT_PERIODS = {"year", "sequence", "episode"}
NEVER = 4_000_000
"""A day after all days (ordinals end at 3 652 059)."""


class Ahead(dict[int, int]):
    """The day that lies a length after another, remembered: ``ahead[day]``."""

    def __init__(self, length: Length | None) -> None:
        super().__init__()
        self.length = length

    def __missing__(self, day: int) -> int:
        """Computed once for each day; without a length, or past the calendar: never."""
        end = NEVER
        if self.length is not None:
            with contextlib.suppress(OverflowError):
                end = self.length.after(dt.date.fromordinal(day)).toordinal()
        self[day] = end
        return end


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """A requirement: ``index`` is its position in its phase, ``after`` that of the one before.

    ``plain``: neither order nor spacing to look at.
    """

    index: int
    id: str
    minimum: int
    unknown: bool
    maximum: int
    spacing: int
    after: int
    before: int
    plain: bool
    said: Requirement


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A leaf phase. ``anchor`` or ``after`` (one is -1) opens it; ``needed`` minimums close it;
    ``papers`` are the documents its billing waits for."""

    index: int
    id: str
    anchor: int
    after: int
    offset: Ahead
    target: Ahead
    limit: Ahead
    needs: tuple[Need, ...]
    needed: int
    unknown: bool
    elapsed: bool
    at_length: bool
    repeats: str
    most: int
    amount: int | None
    profile: str | None
    dropouts: dict[str, Dropout]
    papers: tuple[str, ...]
    said: Phase


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """A window: days from ``low[anchor]`` to ``high[anchor]``."""

    index: int
    id: str
    anchor: int
    low: Ahead
    high: Ahead
    said: Window


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """A cap in acts (``count``) or in cents (``cents``), for one kind of period."""

    index: int
    id: str
    count: int
    cents: int
    per: str
    anchor: int
    said: Cap


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """One act of the nomenclature, with everything that may refuse it.

    ``tariff`` is None where the file marks it as missing; ``sets`` are the anchors it may set.
    ``home`` is the only stage that may count it (-1: several, or one that repeats), ``only`` its
    only requirement there; ``waits`` the anchor that opens it and that the act does not set (-1:
    none). ``short``: nothing to look at there but one window and one cap in cents, at most, whose
    period is ``year`` from an anchor, or the whole of it (``quick``).
    """

    position: int
    code: str
    professions: frozenset[str]
    remote: bool
    tariff: int | None
    minutes: int
    sets: tuple[int, ...]
    places: tuple[tuple[Stage, tuple[Need, ...]], ...]
    windows: tuple[Bounds, ...]
    counts: tuple[Ceiling, ...]
    amounts: tuple[Ceiling, ...]
    home: int
    only: Need | None
    waits: int
    short: bool
    said: ActType


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What one profile needs, in one territory. ``places``: of each act in the list of them."""

    specs: dict[str, Spec]
    places: dict[str, int]
    stages: tuple[Stage, ...]
    anchors: tuple[tuple[str, str], ...]
    windows: int
    overseas: bool
    extends: bool
    year: Ahead

    def place(self, code: str) -> int:
        """The place of an act in the definition's list; those that it does not know come last."""
        spec = self.specs.get(code)
        return len(self.specs) if spec is None else spec.position


class Plan:
    """A definition ready to be used again and again; tables are made when first asked for."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        whole, part = protocol.overseas_coefficient.split(".")
        self.coefficient = int(whole + part)
        self._tables: dict[tuple[str | None, bool], Table] = {}

    def table(self, profile: str | None, overseas: bool) -> Table:
        """The table of a profile (None: the definition has none, or it is not fixed yet)."""
        made = self._tables.get((profile, overseas))
        if made is None:
            made = self._tables[profile, overseas] = _Maker(self, profile, overseas).table()
        return made

    def scaled(self, cents: int, overseas: bool) -> int:
        """An amount in the territory of the case: half a cent goes up."""
        return (cents * self.coefficient + 50) // 100 if overseas else cents


def compile_protocol(protocol: Protocol) -> Plan:
    """A plan. The definition must have passed ``checking.check``: dangling names raise KeyError."""
    return Plan(protocol)


def known(value: Any) -> Any:
    """The value, or None when the file marks it as to be completed."""
    return None if isinstance(value, ToBeCompleted) else value


class _Maker:
    """Makes one table."""

    def __init__(self, plan: Plan, profile: str | None, overseas: bool) -> None:
        self.plan, self.profile, self.overseas = plan, profile, overseas
        self.said = plan.protocol
        names = [one.id for one in self.said.anchors if one.origin != "inclusion"]
        same = [one.id for one in self.said.anchors if one.origin == "inclusion"]
        self.anchors = {name: place for place, name in enumerate(names, 1)} | dict.fromkeys(
            ["inclusion", *same], INCLUSION
        )
        self.leaves = [one for one in self.said.phases if one.pays != "subsequences"]
        self.places = {one.id: place for place, one in enumerate(self.leaves)}

    def table(self) -> Table:
        stages = tuple(self._stage(*pair) for pair in enumerate(self.leaves))
        windows = [self._window(*pair) for pair in enumerate(self.said.windows)]
        caps = [self._cap(*pair) for pair in enumerate(self.said.caps)]
        specs = {
            act.code: self._spec(place, act, stages, windows, caps)
            for place, act in enumerate(self.said.acts)
        }
        anchors = [("inclusion", "inclusion")]
        anchors += [(one.id, one.origin) for one in self.said.anchors if one.origin != "inclusion"]
        return Table(
            specs=specs,
            places={code: spec.position for code, spec in specs.items()},
            stages=stages,
            anchors=tuple(anchors),
            windows=len(windows),
            overseas=self.overseas,
            extends=bool(self.said.suspended and self.said.suspended.extends),
            year=Ahead(YEAR),
        )

    def _money(self, value: Any) -> int | None:
        cents = known(value)
        return None if cents is None else self.plan.scaled(cents, self.overseas)

    def _stage(self, index: int, phase: Phase) -> Stage:
        starts, when, repeats = phase.starts, phase.complete_when, phase.repeats
        if starts is None or when is None:
            raise ValueError(f"{phase.id}: a leaf phase has starts and complete_when")
        asked = [
            one
            for one in phase.requires
            if not one.profiles or self.profile is None or self.profile in one.profiles
        ]
        needs = _needs(asked)
        least = sum(1 for need in needs if need.minimum)
        amount = phase.amounts.get(self.profile or EVERY_PROFILE, phase.amounts.get(EVERY_PROFILE))
        return Stage(
            index=index,
            id=phase.id,
            anchor=self.anchors[starts.anchor] if starts.anchor else -1,
            after=self.places[starts.after] if starts.after else -1,
            offset=Ahead(starts.offset or Length(days=0)),
            target=Ahead(phase.length),
            limit=Ahead(phase.max_length or phase.length),
            needs=needs,
            needed={"all": least, "any": min(least, 1), "elapsed": 0}[when.met],
            unknown=any(need.unknown for need in needs),
            elapsed=when.met == "elapsed",
            at_length=when.at == "length",
            repeats=repeats.every if repeats else "",
            most=(repeats.max if repeats else None) or NEVER,
            amount=self._money(amount),
            profile=self.profile,
            dropouts=_dropouts(self.said.dropout, phase.id),
            papers=(
                *phase.documents,
                *(d.code for d in self.said.documents if d.blocks == "billing"),
            ),
            said=phase,
        )

    def _window(self, index: int, window: Window) -> Bounds:
        low, high = Ahead(window.after or Length(days=0)), Ahead(window.within)
        return Bounds(index, window.id, self.anchors[window.anchor], low, high, window)

    def _cap(self, index: int, cap: Cap) -> Ceiling:
        anchor = self.anchors[cap.anchor] if cap.anchor else INCLUSION
        cents = NEVER if cap.amount is None else self.plan.scaled(cap.amount, self.overseas)
        return Ceiling(index, cap.id, cap.count or NEVER, cents, cap.per, anchor, cap)

    def _spec(
        self,
        position: int,
        act: ActType,
        stages: Iterable[Stage],
        windows: list[Bounds],
        caps: list[Ceiling],
    ) -> Spec:
        places = []
        for stage in stages:
            needs = tuple(need for need in stage.needs if act.code in need.said.acts)
            if needs:
                places.append((stage, needs))
        mine = [cap for cap in caps if not cap.said.acts or act.code in cap.said.acts]
        here = tuple(w for w in windows if not w.said.acts or act.code in w.said.acts)
        sets = tuple(self.anchors[one.id] for one in self.said.anchors if act.code in one.acts)
        alone = len(places) == 1 and not places[0][0].repeats
        home = places[0][0] if alone else None
        only = places[0][1][0] if alone and len(places[0][1]) == 1 else None
        awaited = home is not None and home.after < 0 and home.anchor not in sets
        return Spec(
            position=position,
            code=act.code,
            professions=frozenset(act.professions),
            remote=act.remote,
            tariff=0 if act.tariff is None else self._money(act.tariff),
            minutes=act.minutes or 0,
            sets=sets,
            places=tuple(places),
            windows=here,
            counts=tuple(cap for cap in mine if cap.said.count is not None),
            amounts=tuple(cap for cap in mine if cap.said.amount is not None),
            home=home.index if home else -1,
            only=only,
            waits=home.anchor if home and awaited else -1,
            short=only is not None and only.plain and len(here) < 2 and _short(mine),
            said=act,
        )


def _short(caps: list[Ceiling]) -> bool:
    return not caps or (
        len(caps) == 1 and caps[0].said.amount is not None and caps[0].per in SHORT_PERIODS
    )


def _needs(asked: list[Requirement]) -> tuple[Need, ...]:
    places = {one.id: place for place, one in enumerate(asked)}
    made = []
    for place, one in enumerate(asked):
        minimum = known(one.min)
        before = asked[places[one.after]] if one.after in places else None
        made.append(
            Need(
                index=place,
                id=one.id,
                minimum=minimum or 0,
                unknown=minimum is None,
                maximum=one.max or NEVER,
                spacing=one.spacing_days,
                after=places.get(one.after or "", -1),
                before=max(1, known(before.min) or 0) if before else 0,
                plain=one.after not in places and not one.spacing_days,
                said=one,
            )
        )
    return tuple(made)


def _dropouts(rules: Iterable[Dropout], phase: str) -> dict[str, Dropout]:
    """The first rule for each reason; ``""`` for every reason not named."""
    found: dict[str, Dropout] = {}
    for rule in rules:
        if not rule.phases or phase in rule.phases:
            for reason in rule.reasons or ("",):
                found.setdefault(reason, rule)
    return found
