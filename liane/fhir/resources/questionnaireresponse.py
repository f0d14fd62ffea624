"""QuestionnaireResponse: an assessment of a person, as answered; its scores are Observations."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.assessments.models import Response
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.params import Date, Identifier, Param, Reference, Token


class QuestionnaireResponseResource(Resource):
    """Assessments within reach, each under the rights of its own area."""

    type = "QuestionnaireResponse"
    model = Response
    area = Area.CLINICAL_NOTE
    person_path = "person_id"
    touched = "changed_at"
    interactions = READ
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("status", column="status"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("questionnaire", to={"Questionnaire": "questionnaire_id"},
                  elements=("questionnaire",)),
        Reference("author", elements=("author",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id"}),
        Date("authored", column="at", sort="at"),
        Reference("encounter", to={}, elements=("encounter",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Assessments that the actor may read."""
        return Response.objects.within(reach).select_related("questionnaire")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who answered."""
        known = people.references(row.author_holder_id for row in rows)
        return [fhir.cleaned(_response(row, people.author(row, known))) for row in rows]


def _response(row: Response, author: Json | None) -> Json:
    held = json.loads(row.content).get("response") or {}
    asked = row.questionnaire
    return {
        "questionnaire": asked.url + (f"|{asked.version}" if asked.version else ""),
        "status": row.status,
        "subject": fhir.reference("Patient", row.person_id),
        "authored": fhir.at(row.at),
        "author": author,
        "item": held.get("item"),
    }
