"""A kept answer of the engine, read back as the engine gave it."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

from liane.bundles.engine.results import Line, Missing, Refusal, SequenceState, Settlement
from liane.core.ids import parse

DAYS = ("opened_on", "closed_on", "last_day")


def settlement(case_id: UUID, text: str) -> Settlement:
    """The settlement that `settling.document` wrote as JSON."""
    said = json.loads(text)
    return Settlement(
        case_id,
        said["version"],
        tuple(_state(one) for one in said["sequences"]),
        tuple(Line(**_tupled(one)) for one in said["lines"]),
        tuple(Refusal(**one | {"act": _act(one["act"])}) for one in said["refusals"]),
        tuple(Missing(**one) for one in said["missing"]),
    )


def _state(one: dict[str, Any]) -> SequenceState:
    values = _tupled(one)
    for name in DAYS:
        values[name] = dt.date.fromisoformat(values[name]) if values[name] else None
    values["done"] = tuple((name, number) for name, number in values["done"])
    return SequenceState(**values)


def _tupled(one: dict[str, Any]) -> dict[str, Any]:
    values = {
        name: tuple(value) if isinstance(value, list) else value for name, value in one.items()
    }
    return values | {"acts": tuple(_act(value) for value in values["acts"])}


def _act(value: Any) -> Any:
    """Interventions are named by their identifier, as the case names them."""
    return parse(value) or value if isinstance(value, str) else value
