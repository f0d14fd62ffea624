"""A kept answer of the engine, read back as the engine gave it."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson

from liane.bundles.engine.results import Line, Missing, Refusal, SequenceState, Settlement
from liane.core.ids import parse

DAYS = ("opened_on", "closed_on", "last_day")


def _act(value: Any) -> Any:
    """Interventions are named by their identifier, as the cases of pages name them."""
    return parse(value) or value if isinstance(value, str) else value


def settlement(case_id: UUID, text: str, name: Callable[[Any], Any] = _act) -> Settlement:
    """The settlement that `settling.document` wrote as JSON.

    ``name`` makes the identifier of an act of its text: `str` leaves it as a run names it.
    """
    said = orjson.loads(text)
    return Settlement(
        case_id,
        said["version"],
        tuple(_state(one, name) for one in said["sequences"]),
        tuple(Line(**_tupled(one, name)) for one in said["lines"]),
        tuple(Refusal(**one | {"act": name(one["act"])}) for one in said["refusals"]),
        tuple(Missing(**one) for one in said["missing"]),
    )


def _state(one: dict[str, Any], name: Callable[[Any], Any]) -> SequenceState:
    values = _tupled(one, name)
    for day in DAYS:
        values[day] = dt.date.fromisoformat(values[day]) if values[day] else None
    values["done"] = tuple((need, number) for need, number in values["done"])
    return SequenceState(**values)


def _tupled(one: dict[str, Any], name: Callable[[Any], Any]) -> dict[str, Any]:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in one.items()}
    return values | {"acts": tuple(name(value) for value in values["acts"])}
