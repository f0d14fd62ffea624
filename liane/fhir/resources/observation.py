"""Observation: one score of an assessment that was completed (Katz, TUG, GIR…)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.assessments.models import Score
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.measured import Amount, Composite
from liane.fhir.search.params import (
    Date,
    Identifier,
    Param,
    Reference,
    Token,
)

SCORES = "https://liane.sante/CodeSystem/score"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


CODE = Token("code", column="code", system=SCORES)
VALUE = Amount("value-quantity", column="value", unit="unit")


class ObservationResource(Resource):
    """Scores within reach, each under the rights of its assessment."""

    type = "Observation"
    model = Score
    area = Area.CLINICAL_NOTE
    person_path = "person_id"
    touched = "at"
    interactions = READ
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        CODE,
        VALUE,
        Composite("code-value-quantity", params=(CODE, VALUE)),
        Composite("combo-code-value-quantity", params=(CODE, VALUE)),
        Token("combo-code", column="code", system=SCORES),
        Amount("combo-value-quantity", column="value", unit="unit"),
        constant("status", "final"),
        constant("category", "survey"),
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
        found: QuerySet[Any] = Score.objects.within(reach)
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who assessed."""
        known = people.references(row.author_holder_id for row in rows)
        return [fhir.cleaned(_score(row, people.author(row, known))) for row in rows]


def _score(row: Score, author: Json | None) -> Json:
    value = int(row.value) if row.value == int(row.value) else row.value.normalize()
    unit = {"unit": row.unit} if row.unit else {}
    return {
        "status": "final",
        "category": [fhir.concept(CATEGORY, "survey")],
        "code": fhir.concept(SCORES, row.code, row.label),
        "subject": fhir.reference("Patient", row.person_id),
        "effectiveDateTime": fhir.at(row.at),
        "performer": [author],
        "valueQuantity": {"value": value, **unit},
        "interpretation": [{"text": row.band}] if row.band else None,
        "derivedFrom": [fhir.reference("QuestionnaireResponse", row.response_id)],
    }
