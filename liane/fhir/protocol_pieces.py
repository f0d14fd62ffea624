"""Small pieces of a PlanDefinition: names, lengths of time, sources, amounts, extensions."""

import hashlib
import re
from typing import Any

from liane.fhir import building as fhir
from liane.fhir import money
from liane.pathways.protocols.format import Source
from liane.pathways.protocols.phases import EVERY_PROFILE
from liane.pathways.protocols.values import Length, ToBeCompleted

Json = dict[str, Any]
OURS = "https://liane.sante/StructureDefinition/protocol-"
UCUM = "http://unitsofmeasure.org"


def duration(length: Length | None) -> Json | None:
    """A length of time. Months and days added have no unit of their own: they stand beside."""
    if length is None:
        return None
    if length.months and length.days:
        return {"extension": [said("length", f"P{length.months}M{length.days}D")]}
    if length.months:
        return {"value": length.months, "unit": "mois", "system": UCUM, "code": "mo"}
    return {"value": length.days, "unit": "jours", "system": UCUM, "code": "d"}


def named(*parts: str) -> str:
    """The name of an action, as FHIR allows names."""
    made = re.sub(r"[^A-Za-z0-9.-]", "-", ".".join(parts))
    if len(made) <= 64 and "_" not in "".join(parts):
        return made
    mark = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    return f"{made[:55]}-{mark}"


def anchor_id(name: str) -> str:
    """The name of the action that an anchor is."""
    return named("anchor", name)


def cited(one: Source) -> Json:
    """Where a rule was read, and how far it can be trusted."""
    return {
        "extension": [said("mark", one.mark, "valueCode"),
                      {"url": f"{OURS}checked", "valueDate": fhir.on(one.checked)}],
        "type": "citation",
        "label": one.id,
        "display": one.text,
        "citation": one.ref,
    }  # fmt: skip


def article(words: str | None, label: str = "") -> Json | None:
    """The article that a rule cites."""
    if not words:
        return None
    return {"type": "justification", "label": label, "citation": words}


def amount(value: int | ToBeCompleted, profile: str) -> Json:
    """What something is worth, or what is missing for it to be known."""
    inside: list[Json] = []
    if profile != EVERY_PROFILE:
        inside.append({"url": "profile", "valueCode": profile})
    if isinstance(value, ToBeCompleted):
        inside += gap(value)
    else:
        inside.append({"url": "amount", "valueMoney": money.euros(value)})
    return {"url": f"{OURS}amount", "extension": inside}


def missing(value: int | ToBeCompleted) -> Json | None:
    """A number that no source gives."""
    if not isinstance(value, ToBeCompleted):
        return None
    return {"url": f"{OURS}to-be-completed", "extension": gap(value)}


def gap(value: ToBeCompleted) -> list[Json]:
    """What is to be completed, and by whom."""
    return [{"url": "what", "valueString": value.to_be_completed},
            {"url": "who", "valueString": value.who}]  # fmt: skip


def said(name: str, value: str | None, element: str = "valueString") -> Json | None:
    """An extension of ours that holds words, or a code."""
    return {"url": f"{OURS}{name}", element: value} if value else None


def number(name: str, value: int | None) -> Json | None:
    """An extension of ours that holds a number."""
    return {"url": f"{OURS}{name}", "valueInteger": value} if value is not None else None


def days(name: str, value: int) -> Json | None:
    """An extension of ours that holds a number of days; none for zero."""
    if not value:
        return None
    return {"url": f"{OURS}{name}", "valueDuration": duration(Length(days=value))}
