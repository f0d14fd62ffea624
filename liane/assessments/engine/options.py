"""The answers offered by an item, its limits and units, read from FHIR."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import regex

from liane.assessments.engine import valuesets
from liane.assessments.engine.extensions import (
    CORE,
    SDC,
    flag,
    named_value,
    translated,
    value_of,
    values,
)
from liane.assessments.engine.items import CHOICES, Item, Option, Value
from liane.assessments.engine.values import NAMES, label

if TYPE_CHECKING:
    from liane.assessments.engine.reading import Reading

WITH_OPTIONS = CHOICES | {"integer", "decimal", "date", "time", "string", "dateTime", "quantity"}


def limits(raw: Mapping[str, Any], where: str, kind: str, reading: "Reading") -> dict[str, Any]:
    """Lengths, bounds, shape, number of answers, units."""
    found: dict[str, Any] = {
        "max_length": raw.get("maxLength"),
        "minimum": _bound(raw, kind, "minValue", "minQuantity"),
        "maximum": _bound(raw, kind, "maxValue", "maxQuantity"),
        "decimals": value_of(raw, CORE + "maxDecimalPlaces"),
        "pattern": _pattern(raw, where, reading),
        "min_occurs": value_of(raw, CORE + "questionnaire-minOccurs") or 0,
        "max_occurs": value_of(raw, CORE + "questionnaire-maxOccurs"),
    }
    for name in ("max_length", "decimals", "min_occurs", "max_occurs"):
        if found[name] is not None and (type(found[name]) is not int or found[name] < 0):
            reading.refuse(where, f"un nombre entier est attendu ({name})")
            found[name] = 0 if name == "min_occurs" else None
    unit = value_of(raw, CORE + "questionnaire-unit")
    found["unit"] = unit if isinstance(unit, dict) else None
    units = [
        value_of({"extension": [one]}, one["url"])
        for one in values(raw, CORE + "questionnaire-unitOption")
    ]
    found["units"] = tuple(one for one in units if isinstance(one, dict))
    listed = value_of(raw, CORE + "questionnaire-unitValueSet")
    if listed and not found["units"] and kind == "quantity":
        try:
            found["units"] = tuple(
                option.value["valueCoding"]
                for option in valuesets.options(str(listed), reading.resources)
            )
        except valuesets.Unknown as reason:
            reading.refuse(where, str(reason))
    return found


def _bound(raw: Mapping[str, Any], kind: str, name: str, quantity: str) -> Value | None:
    found = named_value(raw, CORE + name) or named_value(raw, SDC + quantity)
    if found is None:
        return None
    (value,) = found.values()
    if isinstance(value, dict):
        return {"valueQuantity": value} if isinstance(value.get("value"), int | float) else None
    if kind in {"integer", "decimal", "quantity"} and (
        isinstance(value, bool) or not isinstance(value, int | float)
    ):
        return None
    return found


def _pattern(raw: Mapping[str, Any], where: str, reading: "Reading") -> str:
    pattern = value_of(raw, CORE + "regex") or ""
    if not isinstance(pattern, str) or len(pattern) > 500:
        reading.remark(where, "la forme attendue (regex) n’est pas vérifiée")
        return ""
    try:
        regex.compile(pattern)
    except regex.error:
        reading.remark(where, "la forme attendue (regex) ne se lit pas : elle n’est pas vérifiée")
        return ""
    return pattern


def answers(raw: Mapping[str, Any], item: Item, reading: "Reading") -> dict[str, Any]:
    """The options of an item, and what is answered at the start."""
    where = item.link_id
    listed = raw.get("answerOption")
    found: tuple[Option, ...] = ()
    if listed:
        if item.type not in WITH_OPTIONS:
            reading.refuse(where, f"une question de type {item.type} n’a pas de réponses à choisir")
        found = tuple(made for row in listed if (made := _option(row, where, reading)))
    elif raw.get("answerValueSet"):
        try:
            found = valuesets.options(str(raw["answerValueSet"]), reading.resources)
        except valuesets.Unknown as reason:
            if item.type != "open-choice":
                reading.refuse(where, str(reason))
                return {}
            reading.remark(where, f"{reason} : la réponse s’écrit librement")
    if item.type == "choice" and not found and not reading_refused(where, reading):
        reading.refuse(where, _nothing_to_choose(raw))
    initial = _initial(raw, item, reading)
    chosen = tuple(option.value for option in found if option.selected)
    return {"options": found, "initial": initial or chosen}


def reading_refused(where: str, reading: "Reading") -> bool:
    """True when this item is refused already."""
    return any(one.where == where for one in reading.refusals)


def _nothing_to_choose(raw: Mapping[str, Any]) -> str:
    if values(raw, SDC + "answerExpression") or values(raw, SDC + "candidateExpression"):
        return "les réponses viennent d’une recherche : ce n’est pas possible ici"
    return "un choix sans réponse proposée (answerOption ou answerValueSet)"


def _option(row: Any, where: str, reading: "Reading") -> Option | None:
    named = (
        {key: value for key, value in row.items() if key.startswith("value")}
        if isinstance(row, dict)
        else {}
    )
    if len(named) != 1:
        reading.refuse(where, "une réponse proposée n’a pas de valeur")
        return None
    ((key, value),) = named.items()
    if key not in {"valueCoding", "valueString", "valueInteger", "valueDate", "valueTime",
                   "valueReference", "valueDecimal", "valueQuantity", "valueDateTime"}:  # fmt: skip
        reading.refuse(where, f"une réponse proposée de type {key} n’est pas connue")
        return None
    weight = valuesets.weight(row)
    if key == "valueCoding":
        if not isinstance(value, dict) or not (value.get("code") or value.get("display")):
            reading.refuse(where, "une réponse proposée n’a ni code ni texte")
            return None
        text = translated(value, "display") or str(value.get("code"))
        weight = weight if weight is not None else valuesets.weight(value)
    else:
        text = label({key: value})
    prefix = value_of(row, CORE + "questionnaire-optionPrefix")
    return Option(
        {key: value},
        f"{prefix} {text}" if prefix else text,
        weight,
        exclusive=flag(row, CORE + "questionnaire-optionExclusive"),
        selected=row.get("initialSelected") is True,
    )


def _initial(raw: Mapping[str, Any], item: Item, reading: "Reading") -> tuple[Value, ...]:
    made = []
    for row in raw.get("initial") or []:
        named = (
            {key: value for key, value in row.items() if key.startswith("value")}
            if isinstance(row, dict)
            else {}
        )
        expected = NAMES.get(item.type)
        if len(named) != 1 or (
            item.type not in CHOICES and expected not in named and not item.options
        ):
            reading.refuse(item.link_id, "la réponse de départ n’est pas du type de la question")
            continue
        made.append(named)
    return tuple(made)
