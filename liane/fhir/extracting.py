"""``$extract`` (SDC): a transaction of the Observations that an assessment gives.

Its scores, and the answers that its questionnaire marks (``observationExtract``) and codes. Scores
of an assessment that is kept here are Observations already: they are asked for by condition, so
that the transaction may be sent back and makes nothing twice.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from liane.assessments import catalogue, receiving
from liane.assessments.engine.extensions import value_of
from liane.fhir import building as fhir
from liane.fhir import reading, resources
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters
from liane.fhir.outcomes import problem
from liane.fhir.resources.observation import CATEGORY, SCORES, category_of
from liane.fhir.resources.questionnaireresponse import questionnaire_of
from liane.fhir.writing import Writer

Json = dict[str, Any]
SDC = "http://hl7.org/fhir/uv/sdc/"
MARK = f"{SDC}StructureDefinition/sdc-questionnaire-observationExtract"
SORT = f"{SDC}StructureDefinition/sdc-questionnaire-observation-extract-category"
UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
SAME = ("valueQuantity", "valueBoolean", "valueInteger", "valueString", "valueTime",
        "valueDateTime")  # fmt: skip
"""Values of an answer that an Observation holds as they are."""


def extract(call: Call, target: Target, on: Writer) -> Answer:
    """The transaction, of a response that is kept here, or was sent."""
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
    made: Json = {"resourceType": "Bundle", "type": "transaction"}
    return Answer(200, made | ({"entry": entries} if entries else {}))


def _entry(body: Json, condition: str = "") -> Json:
    request = {"method": "POST", "url": "Observation"}
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


EXTRACT = Operation(
    "extract", f"{SDC}OperationDefinition/QuestionnaireResponse-extract",
    frozenset({"type", "instance"}), extract, frozenset({"QuestionnaireResponse"}),
)  # fmt: skip
