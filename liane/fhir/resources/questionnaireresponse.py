"""QuestionnaireResponse: an assessment of a person, as answered; its scores are Observations.

One may be sent in progress and completed later, or completed at once; completed, it never changes:
it is withdrawn (``entered-in-error``), or corrected in the pages.
"""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.assessments import receiving, services
from liane.assessments.models import Questionnaire, Response
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.questionnaire import offered
from liane.fhir.search.params import Date, Param, Token
from liane.fhir.search.references import Identifier, Reference


class QuestionnaireResponseResource(Resource):
    """Assessments within reach, each under the rights of its own area."""

    type = "QuestionnaireResponse"
    model = Response
    area = Area.CLINICAL_NOTE
    person_path = "person_id"
    touched = "changed_at"
    interactions = READ | {"create", "update", "patch"}
    journal = (
        "assessment.social", "assessment.clinical", "assessment.social.amended",
        "assessment.clinical.amended", "assessment.withdrawn",
    )  # fmt: skip
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

    def create(self, body: Json, refs: Refs) -> Response:
        """Keep an assessment, in progress or completed."""
        if body.get("status") not in {"in-progress", "completed"}:
            raise unprocessable("A new assessment is « in-progress » or « completed ».",
                                "QuestionnaireResponse.status")  # fmt: skip
        asked = questionnaire_of(body, refs)
        where = "QuestionnaireResponse.subject"
        key = refs.required(body.get("subject"), "Patient", where)
        person = refs.access.reach.patients().filter(pk=key).first()
        if person is None:
            raise unprocessable("This person is out of reach.", where)
        at = fhir.moment(body.get("authored"), "QuestionnaireResponse.authored")
        finished = body["status"] == "completed"
        made = receiving.receive(person, asked, body.get("item"), at=at, finished=finished)
        return self._again(made)

    def update(self, row: Any, body: Json, refs: Refs) -> Response:
        """Other answers while it is in progress; then completed, or withdrawn."""
        where = "QuestionnaireResponse"
        if refs.required(body.get("subject"), "Patient", f"{where}.subject") != row.person_id:
            raise unprocessable("An assessment keeps its person.", f"{where}.subject")
        if questionnaire_of(body, refs).pk != row.questionnaire_id:
            raise unprocessable("An assessment keeps its questionnaire.", f"{where}.questionnaire")
        status = str(body.get("status"))
        if status in {"entered-in-error", "stopped"}:
            return self._again(services.withdraw(row.pk, reason="retirée par le logiciel"))
        if not row.is_open:
            raise unprocessable(
                "A completed assessment does not change: withdraw it, and send another.", where
            )
        if status not in {"in-progress", "completed"}:
            raise unprocessable("It is « in-progress », « completed » or withdrawn.",
                                f"{where}.status")  # fmt: skip
        made = receiving.replace(row, body.get("item"), finished=status == "completed")
        return self._again(made)

    def _again(self, row: Response) -> Response:
        rows = Response.objects.select_related("questionnaire")
        found: Response = rows.get(pk=row.pk)  # written just above, by the same actor
        return found


def questionnaire_of(body: Json, refs: Refs) -> Questionnaire:
    """The questionnaire that an assessment answers. Raises Problem 422."""
    url, _, version = str(body.get("questionnaire", "")).partition("|")
    found = offered(refs.access.reach).filter(url=url)
    if version:
        found = found.filter(version=version)
    asked = found.order_by("-created_at").first()
    if asked is None:
        raise unprocessable("This questionnaire is not known here: send it first.",
                            "QuestionnaireResponse.questionnaire", "not-found")  # fmt: skip
    return asked


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
