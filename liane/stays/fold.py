"""The fold: from the set of what was said about one stay to what the stay is.

The result depends on nothing but the set: messages may arrive late, twice, in any order. Movements
are read in the order of their own time (``Movement.order``), after versions of the same movement
were joined and cancelled ones removed (``versions.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from liane.stays.movement import Kind, Movement, Outcome, StayClass, Ward
from liane.stays.settings import DEFAULT, StayRules
from liane.stays.state import Leave, Location, Period, Status, StayState
from liane.stays.versions import Standing, standing


def fold(statements: Iterable[Movement], rules: StayRules = DEFAULT) -> StayState:
    """The state of one stay from everything said about it."""
    statements = list(statements)
    reduced = standing(statements)
    walk = _Walk(rules)
    for movement in reduced.movements:
        walk.step(movement)
    return walk.state(reduced, statements)


def continues_chain(earlier: StayState, later: StayState, rules: StayRules = DEFAULT) -> bool:
    """Whether ``later`` is a readmission soon enough after ``earlier`` to be one absence."""
    if earlier.discharged_at is None or later.admitted_at is None:
        return False
    gap = later.admitted_at - earlier.discharged_at
    return abs(gap) <= rules.readmission_within


@dataclass
class _Walk:
    """Where she is while the movements are read one after the other."""

    rules: StayRules
    present: bool = False
    stay_class: StayClass | None = None
    ward: Ward = field(default_factory=Ward)
    hospital: str = ""
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    expected_admission: datetime | None = None
    planned_class: StayClass | None = None
    planned_by: str = ""
    outcome: Outcome | None = None
    cause: str = ""
    confidential: bool = False
    locations: list[Location] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)
    turns: list[tuple[datetime, bool]] = field(default_factory=list)

    def step(self, one: Movement) -> None:
        self.hospital = one.hospital or self.hospital
        if one.kind is Kind.PLAN:
            self._plan(one)
            return
        if not self._enters(one):
            return
        if one.kind in (Kind.ADMIT, Kind.CHANGE_CLASS, Kind.TRANSFER):
            self._place(one)
        elif one.kind is Kind.LEAVE:
            self._close_leave(one.at)
            self.leaves.append(Leave(one.at, expected=one.expected_return))
            self.cause = one.key
        elif one.kind is Kind.RETURN:
            if self._on_leave():
                self._close_leave(one.at)
                self.cause = one.key
            self._place(one)
        elif one.kind is Kind.DISCHARGE:
            self._discharge(one)
        if self.present:
            self._turn(one.at)

    def _plan(self, one: Movement) -> None:
        self.expected_admission = one.expected_admission or one.admitted_at or one.at
        self.planned_class = self._class_of(one) or self.planned_class
        self.planned_by = one.key
        if self.admitted_at is None:
            self.ward = one.ward or self.ward

    def _enters(self, one: Movement) -> bool:
        """Open the stay if it is not open; False when the movement cannot mean anything now."""
        if self.present:
            return True
        if self.discharged_at is not None and one.kind is not Kind.ADMIT:
            if one.kind is Kind.DISCHARGE:
                self._discharge(one)
            return False
        implied = one.kind is not Kind.ADMIT and one.admitted_at and one.admitted_at < one.at
        start = one.admitted_at if implied and one.admitted_at else one.at
        if self.admitted_at is None:
            self.admitted_at = start
        self.present, self.discharged_at, self.outcome = True, None, None
        self.cause = one.key
        self.stay_class = self._class_of(one) or self.stay_class or self._default_class(one)
        self.ward = one.ward or self.ward
        self._turn(start)
        return True

    def _place(self, one: Movement) -> None:
        told = self._class_of(one)
        if one.kind is Kind.CHANGE_CLASS and told is None:
            told = StayClass.FULL if one.event == "A06" else StayClass.OUTPATIENT
        if told not in (None, StayClass.UNKNOWN, self.stay_class):
            self.stay_class = told
            self.cause = one.key
        if one.ward:
            self.ward = one.ward
        if self.ward and (not self.locations or self.locations[-1].ward != self.ward):
            self.locations.append(Location(one.at, self.ward))

    def _discharge(self, one: Movement) -> None:
        end = self._turn(one.discharged_at or one.at, leaves=True)
        self._close_leave(end)
        self.present, self.discharged_at = False, end
        self.outcome = one.outcome or Outcome.HOME
        self.cause = one.key

    def _turn(self, at: datetime, *, leaves: bool = False) -> datetime:
        """Note whether visits are suspended from ``at`` on; never before what was noted last."""
        at = max(at, self.turns[-1][0]) if self.turns else at
        away = self.stay_class in self.rules.suspending and not self._on_leave()
        self.turns.append((at, away and not leaves))
        return at

    def _on_leave(self) -> bool:
        return bool(self.leaves) and self.leaves[-1].end is None

    def _close_leave(self, at: datetime) -> None:
        if self._on_leave():
            last = self.leaves[-1]
            self.leaves[-1] = Leave(last.start, at, last.expected)

    def _class_of(self, one: Movement) -> StayClass | None:
        return self.rules.class_of(one.class_code, one.ward or self.ward)

    def _default_class(self, one: Movement) -> StayClass:
        return StayClass.OUTPATIENT if one.event == "A04" else StayClass.FULL

    # -- the result ----------------------------------------------------------------------------

    def state(self, reduced: Standing, statements: list[Movement]) -> StayState:
        status = self._status(reduced)
        dead, died_at = _death(statements)
        dead = dead or self.outcome is Outcome.DEATH
        outcome = Outcome.DEATH if dead and status is Status.ENDED else self.outcome
        planned = status is Status.PLANNED
        stay_class = (self.planned_class if planned else self.stay_class) or StayClass.UNKNOWN
        suspends = self._periods()
        told = [*reduced.movements, *reduced.information]
        return StayState(
            status=status,
            stay_class=stay_class,
            hospital=self.hospital or _last_hospital(statements),
            ward=self.ward,
            locations=tuple(self.locations),
            leaves=tuple(self.leaves),
            suspends=suspends,
            expected_admission=self.expected_admission,
            admitted_at=self.admitted_at,
            expected_discharge=_expected_discharge(told, self.admitted_at),
            discharged_at=self.discharged_at,
            outcome=outcome,
            proposes_resumption=status is Status.ENDED
            and bool(suspends)
            and outcome not in self.rules.no_resumption,
            dead=dead,
            died_at=died_at,
            confidential=any(
                one.confidential or self.rules.sensitive(one.ward) for one in statements
            ),
            cause=self.planned_by if planned else self.cause,
            causes=reduced.names,
        )

    def _status(self, reduced: Standing) -> Status:
        if self.present:
            return Status.ON_LEAVE if self._on_leave() else Status.IN_PROGRESS
        if self.discharged_at is not None:
            return Status.ENDED
        if self.planned_by:
            return Status.PLANNED
        return Status.CANCELLED if reduced.cancelled else Status.NOTHING

    def _periods(self) -> tuple[Period, ...]:
        turns = list(self.turns)
        if self._on_leave():
            leave = self.leaves[-1]
            again = leave.expected and leave.expected > leave.start
            if again and leave.expected and self.stay_class in self.rules.suspending:
                turns.append((max(leave.expected, turns[-1][0]), True))
        periods: list[Period] = []
        since: datetime | None = None
        for at, suspending in turns:
            if suspending and since is None:
                since = at
            elif not suspending and since is not None:
                if at > since:
                    periods.append(Period(since, at))
                since = None
        if since is not None:
            periods.append(Period(since))
        return tuple(periods)


def _death(statements: list[Movement]) -> tuple[bool, datetime | None]:
    """What was said last about life, by recording time; a cancelled movement still said it."""
    said = [one for one in statements if one.dead is not None]
    if not said:
        return False, None
    last = max(said, key=lambda one: one.version)
    return bool(last.dead), last.died_at if last.dead else None


def _expected_discharge(told: list[Movement], admitted: datetime | None) -> datetime | None:
    """The date announced last, by recording time; one before the admission is a leftover."""
    said = [
        one
        for one in told
        if one.expected_discharge and not (admitted and one.expected_discharge < admitted)
    ]
    return max(said, key=lambda one: one.version).expected_discharge if said else None


def _last_hospital(statements: list[Movement]) -> str:
    said = [one for one in statements if one.hospital]
    return max(said, key=lambda one: one.version).hospital if said else ""
