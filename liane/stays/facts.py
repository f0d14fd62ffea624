"""What must be told when a stay's state changes.

A fact carries the whole situation as it is now, so that the last one a person received always
agrees with the final state, whatever order the messages came in. Nothing is told when the
situation did not change, so no fact is told twice; a fact whose cause was cancelled is told back
(``reverses``).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liane.stays.movement import NO_WARD, Outcome, StayClass, Ward
from liane.stays.state import Status, StayState


class Situation(StrEnum):
    """What a stay means to those who visit at home."""

    QUIET = "quiet"  # nothing, a day hospital, a consultation, home hospitalisation, cancelled
    PLANNED = "planned"
    EMERGENCY = "emergency"
    IN_HOSPITAL = "in_hospital"
    ON_LEAVE = "on_leave"
    ENDED = "ended"


class FactKind(StrEnum):
    """The sentence to say."""

    PLANNED = "planned"
    EMERGENCY = "emergency"
    ADMITTED = "admitted"
    LOCATED = "located"
    TRANSFERRED = "transferred"
    EXPECTED_DISCHARGE = "expected_discharge"
    ON_LEAVE = "on_leave"
    RETURNED = "returned"
    DISCHARGED = "discharged"
    CANCELLED = "cancelled"
    CLASS_CHANGED = "class_changed"
    DIED = "died"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to tell. ``reverses``: what was told before and turned out not to be so."""

    kind: FactKind
    situation: Situation
    at: datetime | None = None
    ward: Ward = NO_WARD
    hospital: str = ""
    expected_discharge: datetime | None = None
    outcome: Outcome | None = None
    reverses: Situation | None = None


_TOLD_AS = {
    Situation.PLANNED: FactKind.PLANNED,
    Situation.EMERGENCY: FactKind.EMERGENCY,
    Situation.IN_HOSPITAL: FactKind.ADMITTED,
    Situation.ON_LEAVE: FactKind.ON_LEAVE,
    Situation.ENDED: FactKind.DISCHARGED,
}


def situation(state: StayState | None) -> Situation:
    """What the state means to those who visit at home."""
    if state is None or state.status in (Status.NOTHING, Status.CANCELLED):
        return Situation.QUIET
    if state.stay_class not in (StayClass.FULL, StayClass.EMERGENCY):
        return Situation.ENDED if _was_away(state) else Situation.QUIET
    if state.status is Status.PLANNED:
        return Situation.PLANNED if state.stay_class is StayClass.FULL else Situation.QUIET
    if state.status is Status.ENDED:
        return Situation.ENDED
    if state.stay_class is StayClass.EMERGENCY:
        return Situation.EMERGENCY
    return Situation.ON_LEAVE if state.status is Status.ON_LEAVE else Situation.IN_HOSPITAL


def notices(before: StayState | None, after: StayState) -> list[Fact]:
    """What to tell someone who knew ``before`` (None: nothing) now that it is ``after``."""
    facts = _about_the_stay(before, after)
    if after.dead and not (before and before.dead):
        facts.append(_fact(FactKind.DIED, after, at=after.died_at))
    elif before and before.dead and not after.dead:
        facts.append(_fact(FactKind.ALIVE, after))
    return facts


def _about_the_stay(before: StayState | None, after: StayState) -> list[Fact]:
    was, now = situation(before), situation(after)
    if was is not now:
        return [_change(before, after, was, now)]
    if before is None or now is Situation.QUIET:
        return []
    if now is Situation.ENDED:
        return [_fact(FactKind.DISCHARGED, after)] if before.outcome is not after.outcome else []
    facts = []
    if now is not Situation.PLANNED and after.ward != before.ward:
        gone = before.cause not in after.causes or _went_back(before, after) or not after.ward
        if before.ward:
            facts.append(_fact(FactKind.TRANSFERRED, after, reverses=was if gone else None))
        else:
            facts.append(_fact(FactKind.LOCATED, after))
    return facts + _dates(before, after, now)


def _dates(before: StayState, after: StayState, now: Situation) -> list[Fact]:
    if now is Situation.PLANNED and after.expected_admission != before.expected_admission:
        return [_fact(FactKind.PLANNED, after)]
    if now is not Situation.PLANNED and after.expected_discharge != before.expected_discharge:
        return [_fact(FactKind.EXPECTED_DISCHARGE, after)]
    return []


def _change(before: StayState | None, after: StayState, was: Situation, now: Situation) -> Fact:
    undone = before is not None and bool(before.cause) and before.cause not in after.causes
    reverses = was if undone and was is not Situation.QUIET else None
    if now is Situation.QUIET:
        kind = FactKind.CANCELLED if after.status in _NOTHING_LEFT else FactKind.CLASS_CHANGED
        return _fact(kind, after, reverses=reverses)
    kind = _TOLD_AS[now]
    if now is Situation.IN_HOSPITAL and was is Situation.ON_LEAVE:
        kind = FactKind.RETURNED
    return _fact(kind, after, reverses=reverses)


_NOTHING_LEFT = (Status.NOTHING, Status.CANCELLED)


def _fact(
    kind: FactKind,
    state: StayState,
    *,
    at: datetime | None = None,
    reverses: Situation | None = None,
) -> Fact:
    times = {
        Status.PLANNED: state.expected_admission,
        Status.ENDED: state.discharged_at,
        Status.ON_LEAVE: state.leaves[-1].start if state.leaves else None,
    }
    return Fact(
        kind,
        situation(state),
        at or times.get(state.status, state.admitted_at),
        state.ward,
        state.hospital,
        state.expected_discharge,
        state.outcome,
        reverses,
    )


def _went_back(before: StayState, after: StayState) -> bool:
    """The last move was undone: the wards known before, less the last ones, are those of now."""
    known = [place.ward for place in before.locations]
    left = [place.ward for place in after.locations]
    return len(left) < len(known) and known[: len(left)] == left


def _was_away(state: StayState) -> bool:
    """A stay that kept visits away and then became a day stay has ended for the visitors."""
    return state.status is Status.ENDED and bool(state.suspends)
