"""The answers that a value set gives: contained in the questionnaire, beside it, or well known."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from liane.assessments.engine.fhirpath import WEIGHTS
from liane.assessments.engine.items import Option

MOST = 500
"""Answers beyond which a list is not shown but refused: nobody finds theirs in it."""
_NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_YESNO = "http://terminology.hl7.org/CodeSystem/v2-0136"
_GENDER = "http://hl7.org/fhir/administrative-gender"
_KNOWN: dict[str, list[tuple[str, str, str]]] = {
    "http://hl7.org/fhir/ValueSet/yesnodontknow": [
        (_YESNO, "Y", "Oui"), (_YESNO, "N", "Non"), (_NULL, "asked-unknown", "Ne sait pas"),
    ],
    "http://terminology.hl7.org/ValueSet/yes-no-unknown-not-asked": [
        (_YESNO, "Y", "Oui"), (_YESNO, "N", "Non"), (_NULL, "asku", "Ne sait pas"),
        (_NULL, "nask", "Non demandé"),
    ],
    "http://terminology.hl7.org/ValueSet/v2-0136": [(_YESNO, "Y", "Oui"), (_YESNO, "N", "Non")],
    "http://hl7.org/fhir/ValueSet/administrative-gender": [
        (_GENDER, "female", "Femme"), (_GENDER, "male", "Homme"), (_GENDER, "other", "Autre"),
        (_GENDER, "unknown", "Inconnu"),
    ],
}  # fmt: skip


class Unknown(ValueError):
    """A value set that is not here, or that asks for more than a list. A French reason."""


def options(address: str, resources: Mapping[str, Mapping[str, Any]]) -> tuple[Option, ...]:
    """The answers of a value set. ``resources`` are found by canonical address and by ``#id``."""
    plain = address.split("|")[0]
    if plain in _KNOWN and plain not in resources:
        return tuple(_option(system, code, text) for system, code, text in _KNOWN[plain])
    found = resources.get(address) or resources.get(plain)
    if found is None or found.get("resourceType") != "ValueSet":
        raise Unknown(f"le jeu de valeurs {address} n’est pas dans le fichier")
    made = _expanded(found) or _composed(found, resources)
    if not made:
        raise Unknown(f"le jeu de valeurs {address} ne donne aucune réponse")
    if len(made) > MOST:
        raise Unknown(f"le jeu de valeurs {address} a plus de {MOST} réponses")
    return tuple(made)


def _expanded(found: Mapping[str, Any]) -> list[Option]:
    made: list[Option] = []

    def walk(rows: Any) -> None:
        for row in rows or []:
            if row.get("code") and not row.get("abstract"):
                made.append(_option(row.get("system", ""), row["code"], row.get("display"), row))
            walk(row.get("contains"))

    walk((found.get("expansion") or {}).get("contains"))
    return made


def _composed(
    found: Mapping[str, Any], resources: Mapping[str, Mapping[str, Any]], depth: int = 0
) -> list[Option]:
    compose = found.get("compose") or {}
    if compose.get("exclude"):
        raise Unknown("le jeu de valeurs exclut des codes : donnez-le développé")
    made: list[Option] = []
    for part in compose.get("include") or []:
        if part.get("filter"):
            raise Unknown("le jeu de valeurs est défini par un filtre : donnez-le développé")
        for other in part.get("valueSet") or []:
            inner = resources.get(other.split("|")[0])
            if inner is None or depth > 5:
                raise Unknown(f"le jeu de valeurs {other} n’est pas dans le fichier")
            made += _expanded(inner) or _composed(inner, resources, depth + 1)
        system = part.get("system", "")
        concepts = part.get("concept")
        if concepts is None and system:
            concepts = _system(system, resources)
        made += [_option(system, row["code"], row.get("display"), row) for row in concepts or []]
    return made


def _system(system: str, resources: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = resources.get(system)
    if found is None or found.get("resourceType") != "CodeSystem":
        raise Unknown(f"les codes de {system} ne sont pas dans le fichier")
    flat: list[dict[str, Any]] = []

    def walk(rows: Any) -> None:
        for row in rows or []:
            flat.append(row)
            walk(row.get("concept"))

    walk(found.get("concept"))
    return flat


def _option(system: str, code: str, text: str | None, source: Any = None) -> Option:
    source = source or {}
    french = next(
        (
            one.get("value")
            for one in source.get("designation") or []
            if str(one.get("language", "")).startswith("fr")
        ),
        None,
    )
    shown = french or text or code
    coding = {"code": code, "display": shown}
    if system:
        coding["system"] = system
    return Option({"valueCoding": coding}, shown, weight(source))


def weight(source: Mapping[str, Any]) -> Decimal | None:
    """The weight that an extension of an option or a concept gives."""
    for extension in source.get("extension") or []:
        if isinstance(extension, dict) and extension.get("url") in WEIGHTS:
            number = extension.get("valueDecimal", extension.get("valueInteger"))
            if number is not None:
                return Decimal(str(number))
    return None
