"""Observation: one score of an assessment that was completed (Katz, TUG, GIR…).

One may be sent where a questionnaire keeps it as it is measured (the total of a test): it is then
an assessment of which it is the only answer. What is calculated is sent with its answers.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.assessments import catalogue, receiving, services
from liane.assessments.models import Response, Score
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.measured import Amount, Composite
from liane.fhir.search.params import (
    NOTHING,
    Custom,
    Date,
    Identifier,
    Indexed,
    Param,
    Reference,
    Several,
    Test,
    Token,
)

SCORES = "https://liane.sante/CodeSystem/score"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


VITAL_SIGNS = "urn:liane:questionnaire:constantes"
"""The questionnaire of vital signs, of which each score is one."""
LOINC = "http://loinc.org"
LOINCS: dict[str, tuple[str, ...]] = {
    item.score.code: tuple(code for system, code in item.codes if system == LOINC)
    for item in catalogue.delivered(VITAL_SIGNS).scores
    if item.score is not None
}
"""What LOINC calls each vital sign."""
S = Response.Status
STATUS: dict[str, str] = {
    S.COMPLETED: "final", S.AMENDED: "amended", S.ERROR: "entered-in-error",
}  # fmt: skip
AHEAD = dt.timedelta(minutes=5)
"""How far the clock of other software may be ahead of ours."""
HELD = {code: str(held) for held, code in STATUS.items()}
CODE = Token("code", column="code", system=SCORES)
SIGN = Token("code", column="code", system=LOINC, codes={
    code: held for held, several in LOINCS.items() for code in several})  # fmt: skip
VALUE = Amount("value-quantity", column="value", unit="unit")


def category_of(url: str) -> Json | None:
    """The category of the scores of a questionnaire."""
    return fhir.concept(CATEGORY, "vital-signs" if url == VITAL_SIGNS else "survey")


def _category(raw: str, modifier: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in {"survey", "vital-signs"} else Test(NOTHING)


def _in_category(key: Any, leafs: Sequence[Any]) -> Q:
    vital = Q(url=VITAL_SIGNS)
    return vital if key[0] == "vital-signs" else ~vital


class ObservationResource(Resource):
    """Scores within reach, each under the rights of its assessment."""

    type = "Observation"
    model = Score
    area = Area.CLINICAL_NOTE
    person_path = "person_id"
    touched = "at"
    interactions = READ | {"create", "update"}
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Several("code", params=(CODE, SIGN, Indexed("code", path="Observation.code"))),
        VALUE,
        Composite("code-value-quantity", params=(CODE, VALUE)),
        Composite("combo-code-value-quantity", params=(CODE, VALUE)),
        Several("combo-code", params=(
            Token("combo-code", column="code", system=SCORES), SIGN,
            Indexed("combo-code", path="Observation.code"))),
        Amount("combo-value-quantity", column="value", unit="unit"),
        Token("status", column="response__status", codes=HELD),
        Custom("category", read=_category, build=_in_category),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("derived-from", to={"QuestionnaireResponse": "response_id"},
                  elements=("derivedFrom",)),
        Reference("performer", elements=("performer",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id"}),
        Date("date", column="at", sort="at"),
        Reference("encounter", to={}, elements=("encounter",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Scores that the actor may read."""
        found: QuerySet[Any] = Score.objects.within(reach).select_related("response")
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who assessed."""
        known = people.references(row.author_holder_id for row in rows)
        return [fhir.cleaned(_score(row, people.author(row, known))) for row in rows]

    def create(self, body: Json, refs: Refs) -> Score:
        """Keep a measure, as the assessment that it is the only answer of."""
        if body.get("status") != "final":
            raise unprocessable("A measure that is sent is « final ».", "Observation.status")
        where = "Observation.subject"
        key = refs.required(body.get("subject"), "Patient", where)
        person = refs.access.reach.patients().filter(pk=key).first()
        if person is None:
            raise unprocessable("This person is out of reach.", where)
        number, unit = _measured(body)
        codes = {("" if system == SCORES else system, code) for system, code in _codes(body)}
        made = receiving.measure(person, codes, number, unit=unit, at=_when(body))
        return self._again(made)

    def update(self, row: Any, body: Json, refs: Refs) -> Score:
        """Say that a measure was an error. It does not change otherwise: another one is sent."""
        if body.get("status") != "entered-in-error":
            raise unprocessable("A measure does not change: say « entered-in-error », and send "
                                "another.", "Observation.status")  # fmt: skip
        response = Response.objects.select_related("questionnaire").get(pk=row.response_id)
        if not receiving.is_measure(response, row.code):
            raise unprocessable("This score comes from an assessment: withdraw that one "
                                "(QuestionnaireResponse).", "Observation.status")  # fmt: skip
        if response.status != S.ERROR:
            services.withdraw(response.pk, reason="retirée par le logiciel")
        return self._again(response)

    def _again(self, response: Response) -> Score:
        rows = Score.objects.select_related("response")
        found: Score = rows.get(response=response)  # its only one, written by the same actor
        return found


def _codes(body: Json) -> list[tuple[str, str]]:
    return [
        (str(one.get("system", "")), str(one["code"]))
        for one in fhir.codings(body.get("code")) if one.get("code")
    ]  # fmt: skip


def _when(body: Json) -> dt.datetime | None:
    """When it was measured. Raises Problem 422 for a period, or for what is to come."""
    where = "Observation.effectiveDateTime"
    text = body.get("effectiveDateTime") or body.get("effectiveInstant")
    if text is None and any(name.startswith("effective") for name in body):
        raise unprocessable("A measure is of one moment (effectiveDateTime).", where)
    at = fhir.moment(text, where)
    if at is not None and at > timezone.now() + AHEAD:
        raise unprocessable("A measure is not of the future.", where)
    return at


def _measured(body: Json) -> tuple[Decimal, str]:
    """The number, and its unit. Raises Problem 422 for what Liane has no place for."""
    if body.get("component") or body.get("dataAbsentReason"):
        raise unprocessable("One number is kept here, and no component of it.", "Observation")
    quantity = body.get("valueQuantity") or {}
    number = quantity.get("value", body.get("valueInteger"))
    if number is None or quantity.get("comparator"):
        raise unprocessable("The value of a measure is one number.", "Observation.valueQuantity")
    return Decimal(str(number)), str(quantity.get("code") or quantity.get("unit") or "")


def _score(row: Score, author: Json | None) -> Json:
    value = int(row.value) if row.value == int(row.value) else row.value.normalize()
    unit = {"unit": row.unit} if row.unit else {}
    return {
        "status": STATUS.get(row.response.status, "final"),
        "category": [category_of(row.url)],
        "code": {
            "coding": [
                {"system": SCORES, "code": row.code, "display": row.label},
                *(
                    {"system": LOINC, "code": code}
                    for code in LOINCS.get(row.code, ())
                    if row.url == VITAL_SIGNS
                ),
            ]
        },
        "subject": fhir.reference("Patient", row.person_id),
        "effectiveDateTime": fhir.at(row.at),
        "performer": [author],
        "valueQuantity": {"value": value, **unit},
        "interpretation": [{"text": row.band}] if row.band else None,
        "derivedFrom": [fhir.reference("QuestionnaireResponse", row.response_id)],
    }
