"""Reading a posted form. Only the questions that the form showed are touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from liane.assessments.engine import values
from liane.assessments.engine.answers import MOST_REPEATS, Answers, Place, name_of
from liane.assessments.engine.items import Definition, Item, Value

__all__ = ["Posted", "apply", "name_of", "place_above", "place_of", "read"]
SHOWN = "q"
"""The hidden field that names each question of the form."""
OTHER = "autre"


@dataclass
class Posted:
    """What a form says: new values by place, and what could not be read, kept as typed."""

    values: dict[Place, list[Value]] = field(default_factory=dict)
    errors: dict[Place, str] = field(default_factory=dict)
    typed: dict[Place, str] = field(default_factory=dict)


def place_of(definition: Definition, name: str) -> Place | None:
    """The place of a field's name, None when there is none such."""
    parts = name.split("-")
    if not 1 <= len(parts) <= 14 or not all(part.isdecimal() and len(part) < 6 for part in parts):
        return None
    n, *index = (int(part) for part in parts)
    if n >= len(definition.items) or len(index) != len(definition.chains[n]):
        return None
    return (n, tuple(index)) if all(one < MOST_REPEATS for one in index) else None


def read(definition: Definition, form: QueryDict) -> Posted:
    """Read the form's answers. Nothing raises: what is wrong is told by place."""
    posted = Posted()
    for name in form.getlist(SHOWN)[:2_000]:
        place = place_of(definition, str(name))
        if place is None:
            continue
        item = definition.items[place[0]]
        if not item.is_question or item.computed or item.read_only:
            continue
        try:
            posted.values[place] = _values(item, str(name), form)
        except values.Unreadable as reason:
            posted.errors[place] = str(reason)
            posted.typed[place] = str(form.get(f"a-{name}", ""))[: values.LONGEST_TEXT]
    return posted


def _values(item: Item, name: str, form: QueryDict) -> list[Value]:
    field_name = f"a-{name}"
    other = item.type == "open-choice"
    if item.many:
        ticked = [str(one) for one in form.getlist(field_name)]
        found = [values.read(item, one) for one in ticked if one != OTHER]
        if other:
            found.append(values.free_text(item, str(form.get(f"{field_name}-{OTHER}", ""))))
        return _exclusive(item, [one for one in found if one is not None])
    raw = str(form.get(field_name, ""))
    written = str(form.get(f"{field_name}-{OTHER}", "")) if other else ""
    if other and (raw == OTHER or not raw or not item.options):
        one = values.free_text(item, written or (raw if raw != OTHER else ""))
    else:
        one = values.read(item, raw, unit=str(form.get(f"{field_name}-unite", "")))
    return [one] if one is not None else []


def _exclusive(item: Item, found: list[Value]) -> list[Value]:
    alone = [o.value for o in item.options if o.exclusive]
    if len(found) > 1 and any(value in alone for value in found):
        raise values.Unreadable(
            "Une des réponses cochées exclut les autres : gardez l’une ou les autres."
        )
    return found


def apply(answers: Answers, posted: Posted, *, skip: Mapping[Place, Any] | None = None) -> Answers:
    """The answers with what was posted, but for the places to ``skip``."""
    made = answers.copy()
    for place, found in posted.values.items():
        if skip is None or place not in skip:
            made.put(place, found)
    return made


def place_above(definition: Definition, name: str) -> Place | None:
    """The place of a repeated item without its own repetition: where one more is asked for."""
    parts = name.split("-")
    if not 1 <= len(parts) <= 14 or not all(part.isdecimal() and len(part) < 6 for part in parts):
        return None
    n, *index = (int(part) for part in parts)
    if n >= len(definition.items) or len(index) != len(definition.chains[n]) - 1:
        return None
    return (n, tuple(index)) if all(one < MOST_REPEATS for one in index) else None
