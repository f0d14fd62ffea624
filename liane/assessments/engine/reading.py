"""From a FHIR Questionnaire (R4, SDC extensions, the commonest of R5) to a definition, or refusals.

Everything that would be lost or change the meaning is refused, by item, in French. What only helps
to fill (a prefill from elsewhere, a style) is left aside and said in ``remarks``.
Sources: HL7 FHIR R4 Questionnaire (invariants que-1 to que-13), HL7 SDC.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liane.assessments.engine import conditions, options, scoring, tree
from liane.assessments.engine.extensions import (
    CORE,
    SDC,
    first,
    flag,
    translated,
    value_of,
    values,
)
from liane.assessments.engine.items import Definition, Item

LARGEST = 3_000_000
MOST_ITEMS = 3_000
DEEPEST = 12
LONGEST = 8_000
STATUSES = {"draft", "active", "retired", "unknown"}
TYPES = {
    "group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string",
    "text", "url", "choice", "open-choice", "quantity", "reference",
}  # fmt: skip
REFUSED_TYPES = {
    "attachment": "une pièce jointe ne se dépose pas ici : ajoutez-la aux documents du dossier",
    "question": "le type « question » est abstrait : donnez le type de la réponse",
}
SUPPLIED = frozenset({"patient", "subject", "person"})


@dataclass(frozen=True)
class Refusal:
    """Why a questionnaire is refused: the item (its linkId) and the reason, in French."""

    where: str
    why: str


class Invalid(ValueError):
    """The questionnaire is refused; ``refusals`` says why, item by item."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("; ".join(f"{one.where}: {one.why}" for one in refusals[:5]))
        self.refusals = refusals


@dataclass
class Reading:
    """What is found while reading."""

    resources: Mapping[str, Mapping[str, Any]]
    refusals: list[Refusal] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    """Variables that exist but have no value here (other launch contexts, searches)."""
    count: int = 0
    links: set[str] = field(default_factory=set)

    def refuse(self, where: str, why: str) -> None:
        """Note a reason; reading goes on, to give them all."""
        if len(self.refusals) < 50:
            self.refusals.append(Refusal(where, why))

    def remark(self, where: str, what: str) -> None:
        """Note what is left aside."""
        if len(self.remarks) < 50:
            self.remarks.append(f"{where} : {what}")


def read(resource: Any, beside: Mapping[str, Mapping[str, Any]] | None = None) -> Definition:
    """The definition of a Questionnaire. ``beside`` holds value sets by canonical address.

    Raises :class:`Invalid` with every reason found.
    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "Questionnaire":
        raise Invalid([Refusal("ressource", "ce n’est pas un Questionnaire FHIR")])
    try:
        size = len(json.dumps(resource))
    except (RecursionError, ValueError, TypeError):
        raise Invalid([Refusal("ressource", "le JSON est trop imbriqué")]) from None
    if size > LARGEST:
        raise Invalid([Refusal("ressource", "le questionnaire dépasse 3 Mo")])
    reading = Reading({**(beside or {}), **_contained(resource)})
    _head(resource, reading)
    names = _launch(resource, reading)
    variables, names = conditions.variables(resource, "questionnaire", names, reading)
    roots = tuple(_items(resource.get("item"), None, names, reading, 0))
    if not roots and not reading.refusals:
        reading.refuse("item", "le questionnaire ne pose aucune question")
    made = Definition(
        resource=resource,
        url=str(resource.get("url") or ""),
        version=str(resource.get("version") or ""),
        title=_words(resource, "title") or str(resource.get("name") or "") or "Questionnaire",
        roots=roots,
        variables=variables,
        constraints=conditions.constraints(resource, "questionnaire", names, reading),
        remarks=tuple(reading.remarks),
    )
    if not reading.refusals:
        for where, why in tree.faults(made):
            reading.refuse(where, why)
    if reading.refusals:
        raise Invalid(reading.refusals)
    return made


def _contained(resource: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for one in resource.get("contained") or []:
        if isinstance(one, dict):
            if one.get("id"):
                found[f"#{one['id']}"] = one
            if one.get("url"):
                found[str(one["url"])] = one
    return found


def _head(resource: Mapping[str, Any], reading: Reading) -> None:
    status = resource.get("status")
    if status not in STATUSES:
        reading.refuse("status", f"le statut {status!r} n’est pas un statut de questionnaire FHIR")
    if resource.get("modifierExtension"):
        reading.refuse("modifierExtension", "une extension qui change le sens n’est pas connue ici")
    subjects = resource.get("subjectType") or []
    if subjects and not {"Patient", "RelatedPerson"} & set(subjects):
        reading.refuse("subjectType", "le questionnaire ne porte pas sur une personne (Patient)")
    for name in ("url", "version", "title", "name"):
        if resource.get(name) is not None and not isinstance(resource[name], str):
            reading.refuse(name, "un texte est attendu")
        elif len(str(resource.get(name) or "")) > 400:
            reading.refuse(name, "ce texte dépasse 400 caractères")


def _launch(resource: Mapping[str, Any], reading: Reading) -> frozenset[str]:
    names = set(SUPPLIED)
    for extension in values(resource, SDC + "launchContext"):
        name = first(extension, "name")
        coded = str(name.get("code", "")) if isinstance(name, dict) else str(name or "")
        if coded and coded not in SUPPLIED:
            reading.absent.add(coded)
    return frozenset(names)


def _items(
    rows: Any, parent: int | None, names: frozenset[str], reading: Reading, depth: int
) -> list[Item]:
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        reading.refuse("item", "une liste de questions est attendue")
        return []
    if depth > DEEPEST:
        reading.refuse(str(rows[0].get("linkId")), f"plus de {DEEPEST} niveaux de questions")
        return []
    return [made for row in rows if (made := _item(row, parent, names, reading, depth))]


def _item(
    raw: dict[str, Any], parent: int | None, names: frozenset[str], reading: Reading, depth: int
) -> Item | None:
    where = raw.get("linkId")
    if not isinstance(where, str) or not where.strip():
        reading.refuse("item", f"une question n’a pas de linkId ({_words(raw, 'text')[:60]})")
        return None
    if where in reading.links:
        reading.refuse(where, "ce linkId sert deux fois (que-2)")
        return None
    reading.links.add(where)
    n = reading.count
    reading.count += 1
    if n >= MOST_ITEMS:
        if n == MOST_ITEMS:
            reading.refuse(where, f"plus de {MOST_ITEMS} questions")
        return None
    kind = _type(raw, where, reading)
    if kind is None:
        return None
    _shape(raw, where, kind, reading)
    variables, names = conditions.variables(raw, where, names, reading)
    made = Item(
        n=n, parent=parent, link_id=where, type=kind,
        text=_words(raw, "text"), prefix=_words(raw, "prefix"),
        required=_boolean(raw, "required", where, reading),
        repeats=_boolean(raw, "repeats", where, reading),
        read_only=_boolean(raw, "readOnly", where, reading),
        hidden=bool(flag(raw, CORE + "questionnaire-hidden")),
        placeholder=str(
            value_of(raw, SDC + "entryFormat") or value_of(raw, CORE + "entryFormat") or ""
        ),
        control=_control(raw),
        codes=_codes(raw),
        variables=variables,
        constraints=conditions.constraints(raw, where, names, reading),
        rules=conditions.rules(raw, where, reading),
        any_rule=raw.get("enableBehavior") == "any",
        **conditions.computed(raw, where, names, reading),
        **options.limits(raw, where, kind, reading),
    )  # fmt: skip
    made = dataclasses.replace(made, **options.answers(raw, made, reading))
    made = dataclasses.replace(made, **scoring.score(raw, made, reading))
    children = _items(raw.get("item"), n, names, reading, depth + 1)
    return _with_children(made, children)


def _with_children(item: Item, children: list[Item]) -> Item:
    """Help and unit displays become part of their question; the rest are its children."""
    helps = [
        child.text
        for child in children
        if child.type == "display" and child.control in {"help", "flyover", "lower", "upper"}
    ]
    if item.type == "group":
        return dataclasses.replace(item, children=tuple(children))
    kept = tuple(
        dataclasses.replace(child, hidden=True)
        if child.type == "display"
        and child.control in {"help", "flyover", "lower", "upper", "unit"}
        else child
        for child in children
    )
    only_words = all(child.type == "display" and child.hidden for child in kept)
    return dataclasses.replace(item, help=" ".join(helps), children=kept, wordy=only_words)


def _type(raw: Mapping[str, Any], where: str, reading: Reading) -> str | None:
    kind = raw.get("type")
    if kind == "coding":
        kind = "open-choice" if raw.get("answerConstraint") == "optionsOrString" else "choice"
    if isinstance(kind, str) and kind in REFUSED_TYPES:
        reading.refuse(where, REFUSED_TYPES[kind])
        return None
    if kind not in TYPES:
        reading.refuse(where, f"le type {kind!r} n’est pas un type de question FHIR")
        return None
    return str(kind)


def _shape(raw: Mapping[str, Any], where: str, kind: str, reading: Reading) -> None:
    """The invariants of FHIR that concern one item alone."""
    children = raw.get("item")
    if kind == "group" and not children:
        reading.refuse(where, "un groupe contient des questions (que-1)")
    if kind == "display" and children:
        reading.refuse(where, "un texte affiché ne contient pas de question (que-1)")
    if kind == "display" and raw.get("required"):
        reading.refuse(where, "un texte affiché ne peut pas être obligatoire (que-6)")
    if kind in {"group", "display"} and (raw.get("initial") or raw.get("answerOption")):
        reading.refuse(where, "seule une question a des réponses (que-8)")
    hidden = flag(raw, CORE + "questionnaire-hidden")
    if kind not in {"display", "group"} and not _words(raw, "text") and not hidden:
        reading.remark(where, "question sans texte : son linkId est montré")
    if raw.get("answerOption") and raw.get("answerValueSet"):
        reading.refuse(where, "réponses et jeu de valeurs à la fois (que-4)")
    if raw.get("modifierExtension"):
        reading.refuse(where, "une extension qui change le sens n’est pas connue ici")
    if values(raw, SDC + "subQuestionnaire"):
        reading.refuse(where, "un questionnaire inclus doit être assemblé avant l’import")
    if len(raw.get("initial") or []) > 1 and not raw.get("repeats"):
        reading.refuse(where, "plusieurs réponses de départ sans répétition (que-13)")


def _control(raw: Mapping[str, Any]) -> str:
    concept = value_of(raw, CORE + "questionnaire-itemControl")
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return str(codings[0].get("code", "")) if codings and isinstance(codings[0], dict) else ""


def _codes(raw: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(one.get("system", "")), str(one["code"]))
        for one in raw.get("code") or []
        if isinstance(one, dict) and one.get("code")
    )


def _boolean(raw: Mapping[str, Any], name: str, where: str, reading: Reading) -> bool:
    value = raw.get(name, False)
    if not isinstance(value, bool):
        reading.refuse(where, f"{name} : vrai ou faux est attendu")
        return False
    return value


def _words(element: Mapping[str, Any], name: str) -> str:
    """A text in French where a translation is given, otherwise as it is."""
    return translated(element, name)[:LONGEST]
