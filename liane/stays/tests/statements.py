"""Statements about a stay, for tests: hours after the first of November 2026, 0 h UTC."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from liane.stays.movement import Action, Kind, Movement, Outcome, Ward

START = datetime(2026, 11, 1, tzinfo=UTC)
CARDIO, SURGERY, REHAB = (Ward(n, n[:2]) for n in ("Cardiologie", "Chirurgie", "Rééducation"))


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def say(
    kind: Kind | None, hour: float, number: str = "", *, said: float | None = None, **more
) -> Movement:
    """A statement made at ``said`` (default: when it happened)."""
    recorded = hour if said is None else said
    action = more.pop("action", Action.INSERT)
    key = f"{kind}/{action}/{hour}/{number}/{recorded}/{more.get('event', '')}"
    return Movement(
        key=key,
        at=at(hour),
        recorded_at=at(recorded),
        kind=kind,
        action=action,
        movement_id=number,
        **more,
    )


def admit(hour: float = 8, number: str = "1", class_code: str = "I", ward=CARDIO, **more):
    more.setdefault("event", "A01")
    return say(Kind.ADMIT, hour, number, class_code=class_code, ward=ward, **more)


def emergency(hour: float = 6, number: str = "0", **more):
    return admit(hour, number, "E", Ward("Urgences", "UR"), event="A04", **more)


def transfer(hour: float, number: str = "2", ward=SURGERY, **more):
    return say(Kind.TRANSFER, hour, number, event="A02", ward=ward, **more)


def discharge(hour: float, number: str = "9", outcome: Outcome | None = None, **more):
    return say(Kind.DISCHARGE, hour, number, event="A03", outcome=outcome, **more)


def leave(hour: float, number: str = "5", expected: float | None = None, **more):
    back = None if expected is None else at(expected)
    return say(Kind.LEAVE, hour, number, event="A21", expected_return=back, **more)


def back(hour: float, number: str = "6", **more):
    return say(Kind.RETURN, hour, number, event="A22", **more)


def plan(hour: float, number: str = "p", **more):
    return say(Kind.PLAN, 0, number, class_code="I", expected_admission=at(hour), **more)


def cancel(one: Movement, said: float, *, number: str | None = None) -> Movement:
    """The cancellation of a statement; ``number=""`` as from a hospital that numbers nothing."""
    number = one.movement_id if number is None else number
    return replace(
        one,
        key=f"cancel {one.key} at {said} as {number}",
        action=Action.CANCEL,
        recorded_at=at(said),
        movement_id=number,
    )


def update(one: Movement, said: float, *, kind: Kind | None = None, **more) -> Movement:
    """A later version of a statement (Z99)."""
    key = f"update {one.key} at {said}"
    return replace(one, key=key, action=Action.UPDATE, recorded_at=at(said), kind=kind, **more)
