"""A protocol as a PlanDefinition: goals, phases, acts, their timing and who does them.

What PlanDefinition has no element for (amounts, what is still to be completed, rules of
windows and ceilings) stands in extensions, and the definition itself is attached as it was written.
"""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from liane.fhir import building as fhir
from liane.fhir.protocol_pieces import (
    OURS,
    amount,
    anchor_id,
    article,
    cited,
    days,
    duration,
    missing,
    named,
    number,
    said,
)
from liane.pathways import conditions, picture
from liane.pathways.protocols.criteria import Criterion, Test
from liane.pathways.protocols.format import STRUCTURES, Document, Protocol, Questionnaire
from liane.pathways.protocols.phases import (
    EVERY_PROFILE,
    ActType,
    Phase,
    Requirement,
    Starts,
)
from liane.pathways.protocols.values import Length

Json = dict[str, Any]
CANONICAL = "https://liane.sante/PlanDefinition/"
KEY = "urn:liane:protocole"
ACTS = "https://liane.sante/CodeSystem/protocol-act"
PROFESSIONS = "https://liane.sante/CodeSystem/protocol-profession"
PATHWAYS = "https://liane.sante/CodeSystem/pathway"
HOUSES = "https://liane.sante/CodeSystem/protocol-structure"
TYPES = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
CONTEXTS = "http://terminology.hl7.org/CodeSystem/usage-context-type"
INCLUSION = "inclusion"
"""The day that every protocol counts from."""
RULES = frozenset({"Fenêtres et plafonds", "Interruption"})
"""Groups of rules of the page that PlanDefinition has no element for."""
MET = {
    "all": "Tout ce que la séquence demande est fait",
    "any": "Une des interventions demandées est faite",
    "elapsed": "La durée de la séquence est passée, quoi qu’il y ait été fait",
}


def canonical(key: str, version: str) -> str:
    """How other resources name a version of a protocol."""
    return f"{CANONICAL}{key}|{version}"


def plan(protocol: Protocol, text: str) -> Json:
    """What a definition says, without what its place in Liane says (status, who published)."""
    return {
        "extension": _beside(protocol),
        "url": f"{CANONICAL}{protocol.key}",
        "identifier": [fhir.identifier(KEY, protocol.key)],
        "version": protocol.version,
        "name": "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", protocol.key)),
        "title": protocol.title,
        "type": fhir.concept(TYPES, "clinical-protocol"),
        "description": protocol.summary,
        "purpose": protocol.legal.reference,
        "usage": protocol.prescription,
        "useContext": [
            {"code": {"system": CONTEXTS, "code": "venue"},
             "valueCodeableConcept": fhir.concept(HOUSES, one, STRUCTURES[one])}
            for one in protocol.structures
        ],
        "jurisdiction": [fhir.concept("urn:iso:std:iso:3166", "FR")],
        "lastReviewDate": fhir.on(max(one.checked for one in protocol.sources)),
        "effectivePeriod": {
            "start": fhir.on(protocol.valid_from), "end": fhir.on(protocol.valid_to)
        },
        "topic": [fhir.concept(PATHWAYS, protocol.key, protocol.title)],
        "relatedArtifact": [
            *(cited(one) for one in protocol.sources),
            *({"type": "justification", "citation": one} for one in protocol.legal.articles),
            _whole(protocol, text),
        ],
        "goal": [_goal(one) for one in protocol.phases if one.complete_when is not None],
        "action": _actions(protocol),
    }  # fmt: skip


def _actions(protocol: Protocol) -> list[Json]:
    """The inclusion and the other days that things are counted from; documents; the phases."""
    anchors = [
        {
            "id": anchor_id(one.id),
            "title": one.label,
            "trigger": [{"type": "named-event", "name": one.id}],
            "code": [_act(protocol, act) for act in one.acts],
        }
        for one in protocol.anchors
        if one.id != INCLUSION
    ]
    phases = [_phase(protocol, one) for one in protocol.phases if one.parent is None]
    documents = [_document(one) for one in protocol.documents]
    asked = [_questionnaire(one) for one in protocol.questionnaires]
    return [_inclusion(protocol), *anchors, *documents, *asked, *phases]


def _inclusion(protocol: Protocol) -> Json:
    conditions_ = [_criterion(protocol, one) for one in protocol.eligibility]
    for one in protocol.cumulation.excludes:
        words = f"Incompatible avec « {one.protocol} »"
        conditions_.append(_condition("", words, {"excludes": one.protocol}))
    if protocol.renewal is not None:
        conditions_.append(_condition("renewal", protocol.renewal.article,
                                      _held(protocol.renewal)))  # fmt: skip
    cited = [article(one.article, one.id) for one in protocol.eligibility]
    return {
        "id": anchor_id(INCLUSION),
        "title": "Inclusion",
        "documentation": cited,
        "trigger": [{"type": "named-event", "name": INCLUSION}],
        "condition": conditions_,
        "participant": [{"type": "patient"}, {"type": "practitioner"}],
        "requiredBehavior": "must",
    }


def _phase(protocol: Protocol, phase: Phase) -> Json:
    inside = [_phase(protocol, one) for one in protocol.phases if one.parent == phase.id]
    starts: Starts | None = phase.starts
    related: Json | None = None
    if starts is not None and starts.after is not None:
        related = {"actionId": named(starts.after), "relationship": "after-end"}
    elif starts is not None and starts.anchor is not None:
        when = "after-start" if starts.offset else "concurrent-with-start"
        related = {"actionId": anchor_id(starts.anchor), "relationship": when,
                   "offsetDuration": duration(starts.offset)}  # fmt: skip
    return {
        "id": named(phase.id),
        "extension": [
            *(amount(value, profile) for profile, value in phase.amounts.items()),
            said("pays", phase.pays, "valueCode"),
            said("repeats", _json(_held(phase.repeats)) if phase.repeats else ""),
        ],
        "title": phase.label,
        "textEquivalent": next(
            (one.title for one in picture.groups(protocol) if one.title.startswith(phase.label)), ""
        ),
        "documentation": [article(phase.article)],
        "goalId": [named(phase.id)] if phase.complete_when is not None else None,
        "relatedAction": [related],
        "timingTiming": {"repeat": _bounds(phase)},
        "groupingBehavior": "logical-group",
        "action": [*(_requirement(protocol, phase, one) for one in phase.requires), *inside],
    }


def _bounds(phase: Phase) -> Json:
    """How long it is meant to last, and may last."""
    if phase.length is None or phase.max_length in (None, phase.length):
        return {"boundsDuration": duration(phase.length or phase.max_length)}
    return {"boundsRange": {"low": duration(phase.length), "high": duration(phase.max_length)}}


def _requirement(protocol: Protocol, phase: Phase, one: Requirement) -> Json:
    related = []
    if one.first_after_days:
        related.append({"actionId": named(phase.id), "relationship": "after-start",
                        "offsetDuration": duration(Length(days=one.first_after_days))})  # fmt: skip
    if one.after is not None:
        related.append({"actionId": named(phase.id, one.after), "relationship": "after-end"})
    is_several = len(one.acts) > 1
    made: Json = {
        "id": named(phase.id, one.id),
        "extension": [
            missing(one.min),
            days("spacing", one.spacing_days),
            days("late-after", one.late_after_days),
            number("planned", one.planned),
            number("maximum", one.max),
        ],
        "title": one.label,
        "documentation": [article(one.article)],
        "condition": _profiles(one.profiles),
        "relatedAction": related,
        "timingTiming": {"repeat": _repeat(one)},
        "requiredBehavior": "could" if one.min == 0 else "must",
        "cardinalityBehavior": "single" if one.max == 1 else "multiple",
    }
    if is_several:
        acts = [_of_act(protocol, code, named(phase.id, one.id, code)) for code in one.acts]
        return made | {"groupingBehavior": "logical-group", "selectionBehavior": "one-or-more",
                       "action": acts}  # fmt: skip
    act = _of_act(protocol, one.acts[0], made["id"])
    return {**act, **made, "extension": [*act["extension"], *made["extension"]]}


def _of_act(protocol: Protocol, code: str, key: str) -> Json:
    """One act of the nomenclature: its code, who does it, how long, what it is worth."""
    act = _known(protocol, code)
    labels = {one.code: one.label for one in protocol.professions}
    if act is None:
        return {"id": key, "extension": [], "code": [_act(protocol, code)]}
    return {
        "id": key,
        "extension": [
            amount(act.tariff, EVERY_PROFILE) if act.tariff is not None else None,
            {"url": f"{OURS}remote", "valueBoolean": True} if act.remote else None,
            number("minutes", act.minutes),
        ],
        "title": act.label,
        "code": [_act(protocol, code)],
        "participant": [
            {"type": "practitioner", "role": fhir.concept(PROFESSIONS, one, labels.get(one, ""))}
            for one in act.professions
        ],
    }


def _repeat(one: Requirement) -> Json:
    made: Json = {}
    if isinstance(one.min, int) and one.min:
        made["count"] = one.min
        if one.max is not None and one.max >= one.min:
            made["countMax"] = one.max
    if one.every_days:
        made |= {"frequency": 1, "period": one.every_days, "periodUnit": "d"}
    return made


def _document(one: Document) -> Json:
    made = _due(one.anchor, one.due, is_deadline=True)
    return {
        "id": named("document", one.code),
        "extension": [said("blocks", one.blocks, "valueCode")],
        "title": one.label,
        "code": [fhir.concept("https://liane.sante/CodeSystem/protocol-document", one.code)],
        "documentation": [article(one.article)],
        "relatedAction": [made],
        "requiredBehavior": "could" if one.blocks == "nothing" else "must",
    }


def _questionnaire(one: Questionnaire) -> Json:
    return {
        "id": named("questionnaire", one.code),
        "title": one.label,
        "code": [fhir.concept("https://liane.sante/CodeSystem/protocol-questionnaire", one.code)],
        "relatedAction": [_due(one.anchor, one.due, is_deadline=False)],
        "requiredBehavior": "could",
    }


def _due(anchor: str | None, due: Length | None, *, is_deadline: bool) -> Json | None:
    if anchor is None and due is None:
        return None
    made: Json = {"actionId": anchor_id(anchor or INCLUSION), "relationship": "after-start"}
    if due is None:
        return made
    if is_deadline:
        return made | {"offsetRange": {"high": duration(due)}}
    return made | {"offsetDuration": duration(due)}


def _goal(phase: Phase) -> Json:
    assert phase.complete_when is not None  # noqa: S101
    words = MET[phase.complete_when.met]
    if phase.complete_when.at == "length":
        words += ", close à la fin de sa durée"
    return {
        "id": named(phase.id),
        "description": {"text": f"{phase.label} : {words[0].lower()}{words[1:]}"},
        "documentation": [article(phase.complete_when.article)],
        "target": [{"due": duration(phase.length)}],
    }


# ------------------------------------------------------------------ conditions
def _criterion(protocol: Protocol, one: Criterion) -> Json:
    words = f"{one.label} ({conditions.words(protocol, one.test)})"
    made = _condition(one.id, words, _held(one.test))
    made["extension"] = [said("unknown", one.unknown, "valueCode")]
    return made


def _condition(name: str, words: str, test: Json) -> Json:
    return {
        "kind": "applicability",
        "expression": {"description": words, "name": named(name) if name else None,
                       "language": "application/json", "expression": _json(test)},
    }  # fmt: skip


def _profiles(several: Sequence[str]) -> list[Json]:
    if not several:
        return []
    return [_condition("", f"Profils : {', '.join(several)}", {"profile": list(several)})]


def _held(part: Test | Any) -> Json:
    held: Json = part.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return held


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _known(protocol: Protocol, code: str) -> ActType | None:
    return next((one for one in protocol.acts if one.code == code), None)


def _act(protocol: Protocol, code: str) -> Json | None:
    act = _known(protocol, code)
    return fhir.concept(ACTS, code, act.label if act is not None else "")


def _whole(protocol: Protocol, text: str) -> Json | None:
    """The definition as it was written: nothing of it is lost."""
    if not text:
        return None
    return {
        "type": "documentation",
        "document": {
            "contentType": "application/yaml",
            "language": "fr",
            "data": base64.b64encode(text.encode()).decode(),
            "title": f"{protocol.key}-{protocol.version}.yaml",
        },
    }


def _beside(protocol: Protocol) -> Iterable[Json | None]:
    made: list[Json | None] = [said("payer", protocol.payer, "valueCode")]
    made += [
        {"url": f"{OURS}profile", "extension": [{"url": "code", "valueCode": one.id},
                                                {"url": "label", "valueString": one.label}]}
        for one in protocol.profiles
    ]  # fmt: skip
    made += [amount(value, profile) for profile, value in protocol.totals.items()]
    for group in picture.groups(protocol):
        if group.title in RULES:
            made += [
                {"url": f"{OURS}rule", "extension": [
                    {"url": "id", "valueString": one.id},
                    {"url": "label", "valueString": one.label},
                    {"url": "says", "valueString": one.says} if one.says else None,
                    {"url": "article", "valueString": one.article},
                ]}
                for one in group.rules
            ]  # fmt: skip
    return made
