"""ServiceRequest: a request for support (*demande d’appui*) to a structure, and where it stands."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.params import (
    Date,
    Identifier,
    Indexed,
    Param,
    Reference,
    Token,
)
from liane.referrals.models import Referral
from liane.referrals.states import Status

MOTIVES = "https://liane.sante/CodeSystem/request-motive"
STEPS = "https://liane.sante/CodeSystem/request-status"
STEP = "https://liane.sante/StructureDefinition/request-status"
ENDED = {Status.DONE: "completed", Status.REFUSED: "revoked", Status.REVOKED: "revoked"}
STATUS = {one: ENDED.get(one, "active") for one in Status}
HELD = {
    code: tuple(str(one) for one, said in STATUS.items() if said == code)
    for code in set(STATUS.values())
}
PRIORITY = {"urgent": "urgent", "soon": "asap", "normal": "routine"}


class ServiceRequestResource(Resource):
    """Requests within reach: made, received, or about a person of one's circle."""

    type = "ServiceRequest"
    model = Referral
    area = Area.CIRCLE
    person_path = "person_id"
    interactions = READ
    journal = (
        "referral.sent", "referral.received", "referral.qualified", "referral.answered",
        "referral.refused", "referral.done", "referral.revoked", "referral.reopened",
        "referral.assigned",
    )  # fmt: skip
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("status", column="status", codes=HELD),
        constant("intent", "order"),
        Token("priority", column="urgency", codes={said: held for held, said in PRIORITY.items()}),
        Token("code", column="motive", system=MOTIVES),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("performer", elements=("performer",), to={"Organization": "organisation_id"}),
        Reference("requester", elements=("requester",), to={
            "PractitionerRole": "requester_id", "Organization": "requester_id"}),
        Date("authored", column="created_at", sort="created_at"),
        Token("request-status", column="status", system=STEPS,
              url="https://liane.sante/SearchParameter/request-status"),
        Indexed("category", path="ServiceRequest.category"),
        Indexed("performer-type", path="ServiceRequest.performerType"),
        Indexed("occurrence", of="date", path="ServiceRequest.occurrence"),
        Reference("based-on", to={"ServiceRequest": "onward_from_id"}, elements=("basedOn",)),
        Reference("encounter", to={}, elements=("encounter",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Requests that the actor may read."""
        return Referral.objects.within(reach).select_related(
            "organisation", "assigned__professional"
        )

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who asked."""
        known = people.references(row.requester_id for row in rows)
        return [fhir.cleaned(_request(row, known.get(row.requester_id))) for row in rows]


def _request(row: Referral, requester: Json | None) -> Json:
    step = {"system": STEPS, "code": row.status, "display": row.get_status_display()}
    about = fhir.reference("Patient", row.person_id) or {"display": row.name}
    assigned = None
    if row.assigned is not None:
        assigned = fhir.reference(
            "PractitionerRole", row.assigned_id, row.assigned.professional.name
        )
    return {
        "extension": [{"url": STEP, "valueCoding": step}],
        "basedOn": [fhir.reference("ServiceRequest", row.onward_from_id)],
        "status": STATUS[Status(row.status)],
        "intent": "order",
        "priority": PRIORITY[row.urgency],
        "code": fhir.concept(MOTIVES, row.motive, row.need),
        "subject": about,
        "authoredOn": fhir.at(row.created_at),
        "requester": requester or {"display": row.asker},
        "performer": [
            fhir.reference("Organization", row.organisation_id, row.organisation.name), assigned,
        ],
        "note": [{"text": row.text}] if row.text else None,
    }  # fmt: skip
