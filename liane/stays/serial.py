"""Statements and states as JSON values, and back. Times are ISO 8601 in UTC."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from liane.stays.movement import Action, Kind, Movement, Outcome, StayClass, Ward
from liane.stays.state import Leave, Location, Period, Status, StayState

_ENUMS: Mapping[str, type[Enum]] = {
    "kind": Kind,
    "action": Action,
    "outcome": Outcome,
    "status": Status,
    "stay_class": StayClass,
}
_TIMES = frozenset(
    {
        "at", "recorded_at", "admitted_at", "discharged_at", "expected_admission",
        "expected_discharge", "expected_return", "died_at",
    }
)  # fmt: skip


def movement_data(one: Movement) -> dict[str, Any]:
    """What was said, empty fields left out."""
    return _data(one)


def movement_from(data: Mapping[str, Any]) -> Movement:
    """The statement that :func:`movement_data` wrote."""
    return Movement(**_values(data))


def state_data(state: StayState) -> dict[str, Any]:
    """A state, empty fields left out."""
    return _data(state)


def state_from(data: Mapping[str, Any] | None) -> StayState | None:
    """The state that :func:`state_data` wrote; None for nothing."""
    if not data:
        return None
    values = _values(data)
    values["causes"] = frozenset(data.get("causes", ()))
    values["locations"] = tuple(
        Location(_time(row["since"]), Ward(**row["ward"])) for row in data.get("locations", ())
    )
    values["leaves"] = tuple(
        Leave(_time(row["start"]), _maybe(row.get("end")), _maybe(row.get("expected")))
        for row in data.get("leaves", ())
    )
    values["suspends"] = tuple(
        Period(_time(row["start"]), _maybe(row.get("end"))) for row in data.get("suspends", ())
    )
    return StayState(**values)


def _data(value: Any) -> dict[str, Any]:
    found = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return {name: plain for name, plain in found.items() if plain not in (None, "", [], {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Ward | Location | Leave | Period):
        return _data(value)
    return value


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, plain in data.items():
        if name in _ENUMS:
            values[name] = _ENUMS[name](plain)
        elif name in _TIMES:
            values[name] = _time(plain)
        elif name == "ward":
            values[name] = Ward(**plain)
        else:
            values[name] = plain
    values.setdefault("kind", None) if "key" in data else None
    return values


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
