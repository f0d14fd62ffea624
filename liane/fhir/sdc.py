"""Structured data capture: ``$populate`` begins an assessment (``$extract``: `extracting`).

It keeps nothing: what it gives is sent back by the application, corrected or not.
"""

from typing import Any
from uuid import UUID

from liane.assessments import receiving
from liane.assessments.models import Questionnaire
from liane.core import ledger
from liane.fhir import building as fhir
from liane.fhir import reading, resources
from liane.fhir.access import Access
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters, text
from liane.fhir.outcomes import forbidden, problem
from liane.fhir.resources.base import Resource
from liane.fhir.resources.questionnaireresponse import questionnaire_of
from liane.fhir.search import values
from liane.fhir.writing import Writer

Json = dict[str, Any]
SDC = "http://hl7.org/fhir/uv/sdc/OperationDefinition"


def populate(call: Call, target: Target, on: Writer) -> Answer:
    """A response in progress. Parameters: ``subject``, ``questionnaire`` (or ``url``)."""
    given = parameters(call)
    asked = _questionnaire(target, given, on)
    person = _subject(given, on.access)
    made = receiving.populated(person, asked)
    ledger.read([person.pk], "fhir.QuestionnaireResponse")
    version = f"|{asked.version}" if asked.version else ""
    response = fhir.cleaned({
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{asked.url}{version}",
        "status": "in-progress",
        "subject": {"reference": f"Patient/{person.pk}"},
        **made,
    })  # fmt: skip
    body = {"resourceType": "Parameters",
            "parameter": [{"name": "response", "resource": response}]}  # fmt: skip
    return Answer(200, body)


def _served(kind: str) -> Resource:
    found = resources.get(kind)
    assert found is not None  # noqa: S101
    return found


def _questionnaire(target: Target, given: dict[str, list[Any]], on: Writer) -> Questionnaire:
    on.access.require("Questionnaire", "r")
    if target.is_instance:
        row: Questionnaire = reading.one_row(_served("Questionnaire"), target.key, on.access, "r")
        return row
    inline = next((one for one in given.get("questionnaire", []) if isinstance(one, dict)), {})
    url = str(inline.get("url") or text(given, "questionnaire") or text(given, "url"))
    return questionnaire_of({"questionnaire": url}, on.refs)


def _subject(given: dict[str, list[Any]], access: Access) -> Any:
    """The person, as far as the token reads both the record and its assessments."""
    held = next(iter(given.get("subject", [])), None)
    said = held.get("reference") if isinstance(held, dict) else held
    link = values.link(str(said or ""))
    key: UUID | None = values.uuid(link.id) if link is not None else None
    if link is None or link.type not in {"", "Patient"} or key is None:
        raise problem(400, "Say about whom: subject, a Patient.", code="required",
                      where="Parameters.subject")  # fmt: skip
    for kind in ("QuestionnaireResponse", "RelatedPerson"):
        access.require(kind, "r")
        if access.caller.scopes.restrictions(kind, "r"):
            raise forbidden(f"It takes from the record more {kind} than this token reads.")
    return reading.one_row(_served("Patient"), key, access, "r")


POPULATE = Operation(
    "populate", f"{SDC}/Questionnaire-populate", frozenset({"type", "instance"}), populate,
    frozenset({"Questionnaire"}),
)  # fmt: skip
