"""An answer of the engine as it is kept, and read back as the engine gave it.

What is kept is the whole answer, in arrays: identifiers of acts once, then their places. Sentences
are made of it when somebody reads them (`sentences`). Answers kept before are JSON objects, which
name each field (`document`): they stay, and are read as well.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import orjson

from liane.bundles.engine.results import Line, Missing, Refusal, SequenceState, Settlement
from liane.core.ids import parse

DAYS = ("opened_on", "closed_on", "last_day")
FORM = 2
"""The form of what `text` writes, its first value."""


def text(answer: Settlement) -> bytes:
    """The whole answer as it is kept: the same answer gives the same text."""
    places: dict[Any, int] = {}
    place = places.setdefault
    sequences = [
        (*state[:-1], [place(act, len(places)) for act in state[-1]]) for state in answer.sequences
    ]
    lines = [(*line[:-1], [place(act, len(places)) for act in line[-1]]) for line in answer.lines]
    refusals = [(place(said[0], len(places)), *said[1:]) for said in answer.refusals]
    missing = [tuple(said) for said in answer.missing]
    return orjson.dumps([
        FORM, answer.version, [str(act) for act in places], sequences, lines, refusals, missing
    ])  # fmt: skip


def _act(value: Any) -> Any:
    """Interventions are named by their identifier, as the cases of pages name them."""
    return parse(value) or value if isinstance(value, str) else value


def settlement(case_id: UUID, text: str, name: Callable[[Any], Any] = _act) -> Settlement:
    """The settlement that `text` wrote.

    ``name`` makes the identifier of an act of its text: `str` leaves it as a run names it.
    """
    said = orjson.loads(text)
    if isinstance(said, dict):
        return _named(case_id, said, name)
    _, version, acts, sequences, lines, refusals, missing = said
    names = [name(act) for act in acts]
    return Settlement(
        case_id,
        version,
        tuple(_sequence(state, names) for state in sequences),
        tuple(Line._make((*line[:-1], tuple(names[at] for at in line[-1]))) for line in lines),
        tuple(Refusal(names[place], *rest) for place, *rest in refusals),
        tuple(Missing(*one) for one in missing),
    )


def _sequence(said: list[Any], names: list[Any]) -> SequenceState:
    key, phase, state, opened, closed, last, cents, unmet, billable, rule, done, acts = said
    return SequenceState(
        key, phase, state, _day(opened), _day(closed), _day(last), cents, tuple(unmet), billable,
        rule, _pairs(done), tuple(names[place] for place in acts),
    )  # fmt: skip


def _day(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _pairs(done: Iterable[Any]) -> tuple[tuple[str, int], ...]:
    return tuple((need, number) for need, number in done)


# ------------------------------------------------------------------ answers that name their fields
def document(answer: Settlement) -> dict[str, Any]:
    """The whole answer with the names of its fields, for files that others read."""
    return {
        "version": answer.version,
        "sequences": [one._asdict() for one in answer.sequences],
        "lines": [one._asdict() for one in answer.lines],
        "refusals": [one._asdict() for one in answer.refusals],
        "missing": [one._asdict() for one in answer.missing],
    }


def _named(case_id: UUID, said: dict[str, Any], name: Callable[[Any], Any]) -> Settlement:
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
    values |= {field: _day(values[field]) for field in DAYS}
    return SequenceState(**values | {"done": _pairs(values["done"])})


def _tupled(one: dict[str, Any], name: Callable[[Any], Any]) -> dict[str, Any]:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in one.items()}
    return values | {"acts": tuple(name(value) for value in values["acts"])}
