"""``$extract`` (SDC): a transaction of what an assessment gives.

Resources that its questionnaire draws by definitions (`defining`), and Observations.

Its scores, and the answers that its questionnaire marks (``observationExtract``) and codes. Scores
of an assessment that is kept here are Observations already: they are asked for by condition, so
that the transaction may be sent back and makes nothing twice.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from liane.assessments import catalogue, receiving
from liane.assessments.engine.extensions import value_of
from liane.fhir import building as fhir
from liane.fhir import bundles, defining, reading, resources, validation
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters
from liane.fhir.outcomes import problem, unprocessable
from liane.fhir.resources.observation import CATEGORY, SCORES, category_of
from liane.fhir.resources.questionnaireresponse import questionnaire_of
from liane.fhir.search import values
from liane.fhir.writing import Writer

Json = dict[str, Any]
SDC = "http://hl7.org/fhir/uv/sdc/"
MARK = f"{SDC}StructureDefinition/sdc-questionnaire-observationExtract"
SORT = f"{SDC}StructureDefinition/sdc-questionnaire-observation-extract-category"
UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
PLACE = re.compile(r"\{\{\s*%(patient|subject|resource)\.id\s*\}\}")
"""What a context may say of the assessment in its search."""
ID = re.compile(r"_id=([0-9a-fA-F-]{36})")
SAME = ("valueQuantity", "valueBoolean", "valueInteger", "valueString", "valueTime",
        "valueDateTime")  # fmt: skip
"""Values of an answer that an Observation holds as they are."""


def extract(call: Call, target: Target, on: Writer) -> Answer:
    """The transaction, of a response that is kept here, or was sent."""
    return Answer(200, _transaction(call, target, on))


def _transaction(call: Call, target: Target, on: Writer) -> Json:
    access = on.access
    if target.is_instance:
        kept = resources.get("QuestionnaireResponse")
        assert kept is not None  # noqa: S101
        body = reading.one(kept, target.key, access).body
    else:
        given = parameters(call)
        found = [*given.get("questionnaire-response", []), *given.get("resource", [])]
        body = next((one for one in found if isinstance(one, dict)), {})
    if body.get("resourceType") != "QuestionnaireResponse":
        raise problem(400, "A QuestionnaireResponse is needed.", code="required",
                      where="Parameters.questionnaire-response")  # fmt: skip
    access.require("QuestionnaireResponse", "r")
    if not target.is_instance:
        validation.check(body, "QuestionnaireResponse")
    asked = questionnaire_of(body, on.refs)
    shared = {
        "resourceType": "Observation",
        "status": "final",
        "subject": body.get("subject"),
        "effectiveDateTime": body.get("authored"),
        "derivedFrom": [fhir.reference("QuestionnaireResponse", target.key)],
    }
    entries, scored = [], set()
    for item, number in receiving.scored(asked, body.get("item")):
        scored.add(item.link_id)
        condition = ""
        if target.is_instance and item.score is not None:
            condition = f"derived-from=QuestionnaireResponse/{target.key}&code={item.score.code}"
        entries.append(_entry({**shared, **_score(asked.url, item, number)}, condition))
    questions = catalogue.resource_of(asked).get("item", [])
    for question, answer in _marked(questions, dict(_answers(body.get("item"))), scored):
        value = _value(question, answer)
        if value:
            entries.append(_entry({**shared, **_asked(question), **value}))
    entries += [_defined(one, body, target, on) for one in defining.drawn(
        catalogue.resource_of(asked), body)]  # fmt: skip
    made: Json = {"resourceType": "Bundle", "type": "transaction"}
    return made | ({"entry": entries} if entries else {})


def apply(call: Call, target: Target, on: Writer) -> Answer:
    """The same transaction, run: what it answers, all of it or nothing."""
    return bundles.run(_transaction(call, target, on), on, call.prefer.returns)


def _defined(one: defining.Drawn, response: Json, target: Target, on: Writer) -> Json:
    """An entry that creates a resource, or corrects the one that its context finds."""
    served = resources.get(one.kind)
    if served is None or "create" not in served.interactions:
        raise unprocessable(f"{one.kind} is not written here.", "Questionnaire.extension",
                            "not-supported")  # fmt: skip
    about = str((response.get("subject") or {}).get("reference", ""))
    known = {"patient": about, "subject": about, "resource": f"QuestionnaireResponse/{target.key}"}
    query = PLACE.sub(lambda found: known.get(found[1], "").rpartition("/")[2], one.query)
    found = ID.fullmatch(query.partition("?")[2])
    if found is not None:
        before = reading.one(served, values.uuid(found[1]), on.access)
        request = {"method": "PUT", "url": f"{one.kind}/{before.key}", "ifMatch": before.etag}
        return {"resource": one.over(before.body), "request": request}
    link = next((param.elements[0] for code, param in served.references().items()
                 if code in {"patient", "subject"} and param.elements), "")  # fmt: skip
    body = one.body
    if link and "." not in link and link not in body and response.get("subject"):
        body = {**body, link: response["subject"]}
    return _entry(body, query.partition("?")[2], one.kind)


def _entry(body: Json, condition: str = "", kind: str = "Observation") -> Json:
    request = {"method": "POST", "url": kind}
    if condition:
        request["ifNoneExist"] = condition
    return {"resource": fhir.cleaned(body), "request": request}


def _score(url: str, item: Any, number: Any) -> Json:
    score = item.score
    band = score.band(number)
    codes = [{"system": SCORES, "code": score.code, "display": score.label}]
    codes += [{"system": system, "code": code} for system, code in item.codes]
    return {
        "category": [category_of(url)],
        "code": {"coding": codes},
        "valueQuantity": {"value": int(number) if number == int(number) else number,
                          "unit": score.unit},
        "interpretation": [{"text": band.text}] if band else None,
    }  # fmt: skip


def _answers(items: Any) -> Iterator[tuple[str, list[Json]]]:
    """Answers by question, wherever they stand; of a question that repeats, the last."""
    for one in items if isinstance(items, list) else []:
        if not isinstance(one, dict):
            continue
        given = fhir.items(one, "answer")
        if given:
            yield str(one.get("linkId", "")), given
        yield from _answers(one.get("item"))
        for answer in given:
            yield from _answers(answer.get("item"))


def _marked(
    questions: Any, answers: Mapping[str, list[Json]], scored: set[str], mark: bool = False
) -> Iterator[tuple[Json, Json]]:
    """(question, answer) of those that are marked, by themselves or by what they stand in."""
    for one in questions:
        own = value_of(one, MARK)
        is_marked = own if isinstance(own, bool) else mark
        link = str(one.get("linkId", ""))
        if is_marked and one.get("code") and link not in scored:
            for answer in answers.get(link, []):
                yield one, answer
        yield from _marked(one.get("item", []), answers, scored, is_marked)


def _asked(question: Json) -> Json:
    sort = value_of(question, SORT)
    return {
        "category": [sort] if isinstance(sort, dict) else [fhir.concept(CATEGORY, "survey")],
        "code": {"coding": question["code"], "text": question.get("text")},
    }


def _value(question: Json, answer: Json) -> Json:
    for name in SAME:
        if name in answer:
            return {name: answer[name]}
    if "valueDecimal" in answer:
        unit = value_of(question, UNIT) or {}
        quantity = {"value": answer["valueDecimal"], "unit": unit.get("display"),
                    "system": unit.get("system"), "code": unit.get("code")}  # fmt: skip
        return {"valueQuantity": quantity}
    if "valueCoding" in answer:
        return {"valueCodeableConcept": {"coding": [answer["valueCoding"]]}}
    return {"valueDateTime": answer["valueDate"]} if "valueDate" in answer else {}


APPLY = Operation(
    "extract-apply", "https://liane.sante/OperationDefinition/QuestionnaireResponse-extract-apply",
    frozenset({"type", "instance"}), apply, frozenset({"QuestionnaireResponse"}), reads=False,
)  # fmt: skip
EXTRACT = Operation(
    "extract", f"{SDC}OperationDefinition/QuestionnaireResponse-extract",
    frozenset({"type", "instance"}), extract, frozenset({"QuestionnaireResponse"}),
)  # fmt: skip
