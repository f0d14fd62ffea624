"""Pieces of FHIR that several resources are built from, and read from."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from liane.core.text import normalise
from liane.fhir.outcomes import unprocessable
from liane.fhir.search import values

Json = dict[str, Any]
INSEE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
COMMUNES = "https://mos.esante.gouv.fr/NOS/TRE_R13-Commune/FHIR/TRE-R13-Commune"


NESTED = (dict, list, tuple)


def clean(value: Any) -> Any:
    """Without what is empty (FHIR has no empty text, list nor object); None if nothing is left."""
    if isinstance(value, dict):
        made = {}
        for name, one in value.items():
            if one is None or one == "":
                continue
            kept = clean(one) if isinstance(one, NESTED) else one
            if kept is not None:
                made[name] = kept
        return made or None
    if isinstance(value, NESTED):
        items = [clean(one) if isinstance(one, NESTED) else one for one in value]
        return [one for one in items if one is not None and one != ""] or None
    return None if value == "" else value


def cleaned(value: Json) -> Json:
    """The same for a whole resource: an object, empty at worst."""
    return clean(value) or {}


def reference(kind: str, key: UUID | None, display: str = "") -> Json | None:
    """A Reference to a resource of ours."""
    if key is None:
        return None
    made = {"reference": f"{kind}/{key}"}
    return made | {"display": display} if display else made


def concept(system: str, code: str, display: str = "", text: str = "") -> Json | None:
    """A CodeableConcept of one code."""
    if not code:
        return {"text": text} if text else None
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def identifier(system: str, value: str, kind: Json | None = None, use: str = "") -> Json | None:
    """An Identifier."""
    if not value:
        return None
    made: Json = {"use": use} if use else {}
    if kind:
        made["type"] = kind
    return made | {"system": system, "value": value}


def telecom(phone: str = "", email: str = "") -> list[Json]:
    """Telephone and mail as ContactPoints."""
    made = [{"system": "phone", "value": phone}] if phone else []
    return [*made, {"system": "email", "value": email}] if email else made


def address(line: str, postcode: str, city: str, insee: str = "") -> list[Json]:
    """One Address, or none."""
    made: Json = {}
    if insee:
        coding = {"system": COMMUNES, "code": insee}
        made["extension"] = [{"url": INSEE, "valueCoding": coding}]
    made |= {"line": [line] if line else None, "city": city, "postalCode": postcode}
    found = clean(made)
    return [found] if found and (line or city or postcode) else []


# ------------------------------------------------------------------ reading what was received
def items(body: Any, name: str) -> list[Json]:
    """The objects of a list element."""
    found = body.get(name) if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def extensions(body: Any, url: str) -> Iterator[Json]:
    """Extensions of this address."""
    return (one for one in items(body, "extension") if one.get("url") == url)


def extension(body: Any, url: str, value: str) -> Any:
    """The value of the first extension of this address, or None."""
    return next((one[value] for one in extensions(body, url) if value in one), None)


def codings(one: Any) -> Iterator[Json]:
    """The codings of a CodeableConcept."""
    return iter(items(one, "coding"))


def code_of(one: Any, system: str) -> str:
    """The code that a CodeableConcept (or the first of a list) has in a system."""
    for candidate in one if isinstance(one, list) else [one]:
        for coding in codings(candidate):
            if coding.get("system") == system:
                return str(coding.get("code", ""))
    return ""


def words_of(one: Any) -> str:
    """A CodeableConcept in words: its text, else the first display."""
    if not isinstance(one, dict):
        return ""
    return str(
        one.get("text") or next((c["display"] for c in codings(one) if c.get("display")), "")
    )


def number_in(body: Any, system: str) -> str:
    """The first identifier of a system."""
    return next(
        (str(one.get("value", "")) for one in items(body, "identifier")
         if one.get("system") == system), "",
    )  # fmt: skip


def point(body: Any, system: str) -> str:
    """The telephone or mail to use first (``rank``), without those that are over."""
    found = [
        one for one in items(body, "telecom")
        if one.get("system") == system and one.get("value") and one.get("use") != "old"
    ]  # fmt: skip
    found.sort(key=lambda one: int(one.get("rank", 99)))
    return str(found[0]["value"]).strip() if found else ""


def street(body: Any) -> dict[str, str]:
    """Line, postcode, city and commune code of the first address (of a list or of one)."""
    held = body.get("address") if isinstance(body, dict) else None
    found = held if isinstance(held, dict) else next(iter(items(body, "address")), {})
    lines = found.get("line") or []
    coding = extension(found, INSEE, "valueCoding") or {}
    code = str(coding.get("code", ""))
    return {
        "line": ", ".join(one for one in lines if isinstance(one, str))[:200],
        "postcode": str(found.get("postalCode", ""))[:10],
        "city": str(found.get("city", ""))[:100],
        "insee": code if len(code) == 5 else "",
    }


def day(text: Any, where: str) -> dt.date | None:
    """A whole date; None when absent. Raises Problem 422 when it is not a real, whole day."""
    if not isinstance(text, str):
        return None
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise unprocessable("A whole date is needed here (2026-03-07).", where) from None


def moment(text: Any, where: str) -> dt.datetime | None:
    """A moment, at the beginning of what a partial date covers; None when absent."""
    if not isinstance(text, str):
        return None
    try:
        return values.span(text).start
    except (ValueError, OverflowError):
        raise unprocessable("This date does not exist.", where) from None


def same_words(one: str, other: str) -> bool:
    """Equal but for case, accents and punctuation."""
    return normalise(one) == normalise(other)


def at(value: dt.datetime | None) -> str | None:
    """A dateTime, in UTC."""
    if value is None:
        return None
    return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def on(value: dt.date | None) -> str | None:
    """A date."""
    return value.isoformat() if value else None
