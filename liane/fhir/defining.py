"""Definition-based extraction (SDC): the resources that the answers of a questionnaire draw.

A questionnaire, or a group of it, names a type (``itemExtractionContext``, or
``definitionExtract``); each question inside says by its ``definition`` which element its answer is.
A group that has a definition draws one element each time it is answered. Reads no database.

Source: SDC, https://hl7.org/fhir/uv/sdc/extraction.html#definition-based-extraction
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from liane.assessments.engine.extensions import named_value, value_of, values
from liane.fhir import building as fhir
from liane.fhir import spec
from liane.fhir.outcomes import unprocessable

Json = dict[str, Any]
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
CONTEXT, EXTRACT = f"{SDC}itemExtractionContext", f"{SDC}definitionExtract"
FIXED = f"{SDC}definitionExtractValue"
UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
BASE = "http://hl7.org/fhir/StructureDefinition/"
WORDS = frozenset({"string", "markdown", "code", "uri", "url", "id", "canonical"})
NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
AMOUNTS = ("Quantity", "SimpleQuantity", "Age", "Duration", "Count", "Distance", "Money")


@dataclass
class Drawn:
    """One resource that answers draw. ``query``: a search that finds the one to correct."""

    kind: str
    query: str
    body: Json
    frames: list[tuple[str, Json]] = field(default_factory=list)

    def over(self, before: Json) -> Json:
        """A resource as it was, with each element that was answered in the place of its own."""
        return {**copy.deepcopy(before), **self.body}


def drawn(questionnaire: Json, response: Json) -> list[Drawn]:
    """The resources, in the order of the answers. Raises Problem 422 for what fits no element."""
    made: list[Drawn] = []
    now = _begun(questionnaire, made)
    _walk(fhir.items(questionnaire, "item"), fhir.items(response, "item"), now, made)
    return [one for one in made if len(one.body) > 1]


def _walk(
    questions: Sequence[Json], answered: Sequence[Json], now: Drawn | None, made: list[Drawn]
) -> None:
    for question in questions:
        link = question.get("linkId")
        for one in answered:
            if one.get("linkId") == link:
                _item(question, one, now, made)


def _item(question: Json, one: Json, now: Drawn | None, made: list[Drawn]) -> None:
    inner = _begun(question, made) or now
    path = _path(question)
    answers = fhir.items(one, "answer")
    is_group = bool(path) and not answers and inner is not None and "." in path
    if is_group and inner is not None:
        inner.frames.append((path, _place(inner, path, fresh=True)))
    if inner is not None and inner is now:
        _fixed(question, inner)
    for answer in answers:
        name = next((name for name in answer if name.startswith("value")), "")
        if inner is not None and path and name:
            _put(inner, path, name, answer[name], question)
    inside = fhir.items(question, "item")
    _walk(inside, fhir.items(one, "item"), inner, made)
    for answer in answers:
        _walk(inside, fhir.items(answer, "item"), inner, made)
    if is_group and inner is not None:
        inner.frames.pop()


def _begun(element: Json, made: list[Drawn]) -> Drawn | None:
    """The resource that an element begins, if it says so."""
    kind, query, profile = "", "", ""
    held = named_value(element, CONTEXT) or {}
    if "valueCode" in held:
        kind = str(held["valueCode"])
    elif isinstance(held.get("valueExpression"), dict):
        query = str(held["valueExpression"].get("expression", ""))
        kind = query.partition("?")[0]
    for one in values(element, EXTRACT):
        profile = str(value_of(one, "definition") or "")
        kind = profile.removeprefix(BASE) if profile.startswith(BASE) else kind
    if not held and not profile:
        return None
    if kind not in spec.resource_names():
        raise unprocessable(
            f"An extraction is of a type of R4, by name or address, not {(kind or profile)[:80]}.",
            "Questionnaire.extension",
        )
    begun = Drawn(kind, query, {"resourceType": kind})
    _fixed(element, begun)
    made.append(begun)
    return begun


def _fixed(element: Json, now: Drawn) -> None:
    """What the questionnaire sets by itself (``definitionExtractValue``, ``fixed-value``)."""
    for one in values(element, FIXED):
        path = str(value_of(one, "definition") or "").rpartition("#")[2]
        given = named_value(one, "fixed-value")
        if path and given:
            ((name, value),) = given.items()
            _put(now, path, name, value, element)


def _path(question: Json) -> str:
    """``Patient.name.family`` of a definition, without the names of its slices."""
    _, hash_, path = str(question.get("definition", "")).rpartition("#")
    return ".".join(part.partition(":")[0] for part in path.split(".")) if hash_ else ""


# ------------------------------------------------------------------ elements
def _put(now: Drawn, path: str, name: str, value: Any, question: Json) -> None:
    """Set an element to an answer."""
    above, _, last = path.rpartition(".")
    if not above:
        return
    holder = _place(now, above)
    kind = _kind_at(now.kind, above.split(".")[1:], path)
    stem, element = _element(kind, last, path)
    key, made = _fitted(stem, element["types"], name, value, question, path)
    if element["max"] == "1":
        holder[key] = made
    else:
        holder.setdefault(key, []).append(made)


def _place(now: Drawn, path: str, *, fresh: bool = False) -> Json:
    """The object at a path, made where it is not there; ``fresh``: another one of a list."""
    parts = path.split(".")
    if parts[0] != now.kind:
        raise unprocessable(f"{path[:80]} is no element of {now.kind}.", "Questionnaire.item")
    holder, done = now.body, parts[0]
    for begun, held in reversed(now.frames):
        if path == begun or path.startswith(f"{begun}."):
            holder, done = held, begun
            break
    rest = path[len(done) :].strip(".")
    names = rest.split(".") if rest else []
    for number, part in enumerate(names):
        kind = _kind_at(now.kind, done.split(".")[1:], path)
        _, element = _element(kind, part, path)
        if element["max"] == "1":
            holder = holder.setdefault(part, {})
        else:
            several = holder.setdefault(part, [])
            if not several or (fresh and number == len(names) - 1):
                several.append({})
            holder = several[-1]
        if not isinstance(holder, dict):
            raise unprocessable(f"{path[:80]} is no group of elements.", "Questionnaire.item")
        done = f"{done}.{part}"
    return holder


def _kind_at(kind: str, parts: Sequence[str], path: str) -> str:
    """The type of what stands at these parts of a type."""
    for part in parts:
        _, element = _element(kind, part, path)
        inner = f"{kind}.{part}"
        kind = inner if inner in spec.types() else element["types"][0]
    return kind


def _element(kind: str, part: str, path: str) -> tuple[str, Json]:
    """(stem, definition) of an element; a choice is found by its stem or by a whole name."""
    held: Json = spec.types().get(kind, {}).get("el", {})
    if part in held:
        return part.removesuffix("[x]"), held[part]
    if f"{part}[x]" in held:
        return part, held[f"{part}[x]"]
    for name, element in held.items():
        stem = name.removesuffix("[x]")
        typed = part.removeprefix(stem)
        if name.endswith("[x]") and part.startswith(stem) and typed:
            kinds = [one for one in element["types"] if one[:1].upper() + one[1:] == typed]
            if kinds:
                return stem, {**element, "types": kinds, "choice": True}
    raise unprocessable(f"{path[:80]} is no element of R4.", "Questionnaire.item.definition")


def _fitted(
    stem: str, kinds: Sequence[str], name: str, value: Any, question: Json, path: str
) -> tuple[str, Any]:
    """(name, value) of the element, as its type asks. Raises Problem 422 where none fits."""
    said = name.removeprefix("value")
    said = said if said in spec.types() and said[:1].isupper() else said[:1].lower() + said[1:]
    is_choice = len(kinds) > 1 or path.rpartition(".")[2] != stem
    for kind in [one for one in kinds if one == said] or kinds:
        made = value if kind == said else _turned(said, kind, value, question)
        if made is not None:
            return (f"{stem}{kind[:1].upper()}{kind[1:]}" if is_choice else stem), made
    link = str(question.get("linkId", ""))[:60]
    raise unprocessable(
        f"The answer to {link} ({said}) does not fit {path[:80]} ({', '.join(kinds)[:80]}).",
        "Questionnaire.item.definition",
    )


def _turned(said: str, kind: str, value: Any, question: Json) -> Any:
    """A value of one type as another; None where it is none."""
    if said == "Coding" and isinstance(value, dict):
        if kind == "CodeableConcept":
            return {"coding": [value]}
        return value.get("code") if kind in WORDS else None
    if said in NUMBERS and kind in AMOUNTS:
        unit = value_of(question, UNIT) or {}
        return fhir.cleaned({"value": value, "unit": unit.get("display"),
                             "system": unit.get("system"), "code": unit.get("code")})  # fmt: skip
    if said in NUMBERS and kind in NUMBERS:
        return value if kind == "decimal" or value == int(value) else None
    if said == "Quantity" and kind in AMOUNTS:
        return value
    if said in WORDS:
        made = {"CodeableConcept": {"text": value}, "Annotation": {"text": value}}
        return value if kind in WORDS else made.get(kind)
    return _time(said, kind, value)


def _time(said: str, kind: str, value: Any) -> Any:
    if said not in {"date", "dateTime", "instant"}:
        return None
    if kind == "date":
        return str(value)[:10]
    if kind == "dateTime" or (kind == "instant" and len(str(value)) > 10):
        return value
    return {"start": value} if kind == "Period" else None
