"""ServiceRequest: a request for support (*demande d’appui*) to a structure, and where it stands.

To create one is to send it: what the person said of it stands in :data:`CONSENT`. Without a
performer it goes to who answers for the address. Its sender takes it back (``revoked``) or asks
again (``active``), with the reason in :data:`REASON`; the desk answers it in the pages.
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from liane.circle.reach import Reach
from liane.core import keys
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.patient import contact, traits
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Token
from liane.fhir.search.references import Identifier, Reference
from liane.referrals import motives, orientation, sending, services
from liane.referrals.models import Decision, Referral
from liane.referrals.states import Status

MOTIVES = "https://liane.sante/CodeSystem/request-motive"
STEPS = "https://liane.sante/CodeSystem/request-status"
STEP = "https://liane.sante/StructureDefinition/request-status"
DECISION = "https://liane.sante/NamingSystem/mdph-decision"
NATIONAL = "https://liane.sante/NamingSystem/mdph-decision-national"
"""The guide of orientations gives its numbers no system."""
ENDED = {Status.DONE: "completed", Status.REFUSED: "revoked", Status.REVOKED: "revoked"}
STATUS = {one: ENDED.get(one, "active") for one in Status}
HELD = {
    code: tuple(str(one) for one, said in STATUS.items() if said == code)
    for code in set(STATUS.values())
}
CONSENT = "https://liane.sante/StructureDefinition/request-consent"
CONSENT_NOTE = "https://liane.sante/StructureDefinition/request-consent-note"
REASON = "https://liane.sante/StructureDefinition/request-reason"
ASKERS = ("PractitionerRole", "Organization", "Practitioner", "Patient", "RelatedPerson")
URGENCIES = {"routine": "normal", "asap": "soon", "urgent": "urgent", "stat": "urgent"}
PRIORITY = {"urgent": "urgent", "soon": "asap", "normal": "routine"}


def _decided(text: str) -> tuple[str, Sequence[str]]:
    return "decision__digest", keys.digests(text, purpose=orientation.PURPOSE)


class ServiceRequestResource(Resource):
    """Requests within reach: made, received, or about a person of one's circle."""

    type = "ServiceRequest"
    model = Referral
    area = Area.CIRCLE
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch"}
    journal = (
        "referral.sent", "referral.received", "referral.qualified", "referral.answered",
        "referral.refused", "referral.done", "referral.revoked", "referral.reopened",
        "referral.assigned", "referral.position",
    )  # fmt: skip
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier", held={DECISION: _decided}),
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
            "organisation", "assigned__professional", "decision"
        )

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who asked."""
        known = people.references(row.requester_id for row in rows)
        return [fhir.cleaned(_request(row, known.get(row.requester_id))) for row in rows]

    def create(self, body: Json, refs: Refs) -> Referral:
        """Send a request."""
        where = "ServiceRequest"
        if body.get("status") != "active" or body.get("intent") not in {"order", "proposal"}:
            raise unprocessable("A request is sent « active », as an « order ».", f"{where}.status")
        if str(body.get("priority", "routine")) not in URGENCIES:
            raise unprocessable(f"One of {', '.join(URGENCIES)}.", f"{where}.priority")
        person = refs.key(body.get("subject"), "Patient", f"{where}.subject")
        motive = fhir.code_of(body.get("code"), MOTIVES)
        if motive not in motives.version():
            known = ", ".join(sorted(motives.version()))
            raise unprocessable(f"A need of {MOTIVES} is needed: {known}.", f"{where}.code")
        asker = refs.one(body.get("requester"), ASKERS, f"{where}.requester")
        if asker is not None and asker[0] == "Organization" and asker[1] != refs.organisation_id:
            raise unprocessable("A structure asks in its own name.", f"{where}.requester")
        made = sending.send(sending.Wanted(
            motive=motive,
            consent=str(fhir.extension(body, CONSENT, "valueCode") or ""),
            consent_note=str(fhir.extension(body, CONSENT_NOTE, "valueString") or ""),
            urgency=URGENCIES[str(body.get("priority", "routine"))],
            text=_words(body),
            organisation_id=_performer(body, refs),
            person_id=person,
            identity={} if person else _identity(body),
            asker_id=asker[1] if asker and asker[0] == "PractitionerRole" else None,
        ))  # fmt: skip
        return self._again(made)

    def update(self, row: Any, body: Json, refs: Refs) -> Referral:
        """Take it back, or ask again. What was asked does not change."""
        where = "ServiceRequest"
        same = {
            "subject": refs.key(body.get("subject"), "Patient", f"{where}.subject")
            == row.person_id,
            "code": fhir.code_of(body.get("code"), MOTIVES) == row.motive,
            "priority": URGENCIES.get(str(body.get("priority", "routine"))) == row.urgency,
            "note": _words(body) == row.text,
            "performer": _performer(body, refs) in (None, row.organisation_id),
        }  # fmt: skip
        for name, kept in same.items():
            if not kept:
                raise unprocessable("What was asked does not change: revoke it, and ask anew.",
                                    f"{where}.{name}")  # fmt: skip
        status, now = str(body.get("status")), STATUS[Status(row.status)]
        reason = str(fhir.extension(body, REASON, "valueString") or "demandé par le logiciel")
        if status == "revoked" and now == "active":
            services.revoke(row.pk, reason=reason)
        elif status == "active" and now != "active":
            services.reopen(row.pk, reason=reason)
        elif status != now:
            raise unprocessable("Its sender revokes it, or makes it active again.",
                                f"{where}.status")  # fmt: skip
        return self._again(row)

    def _again(self, row: Referral) -> Referral:
        rows = Referral.objects.select_related("organisation", "assigned__professional", "decision")
        found: Referral = rows.get(pk=row.pk)  # written just above, by the same actor
        return found


def _words(body: Json) -> str:
    return "\n".join(str(one.get("text", "")) for one in fhir.items(body, "note")).strip()


def _performer(body: Json, refs: Refs) -> UUID | None:
    for number, one in enumerate(fhir.items(body, "performer")):
        where = f"ServiceRequest.performer[{number}]"
        found = refs.one(one, ("Organization", "PractitionerRole", "Practitioner"), where)
        if found is not None and found[0] == "Organization":
            return found[1]
    return None


def _identity(body: Json) -> dict[str, str]:
    """Somebody without a record here: what a contained Patient says."""
    text = str((body.get("subject") or {}).get("reference", ""))
    said = next((one for one in fhir.items(body, "contained")
                 if f"#{one.get('id')}" == text), None)  # fmt: skip
    if said is None:
        raise unprocessable("About whom: a Patient, of this server or contained.",
                            "ServiceRequest.subject")  # fmt: skip
    given, held = traits(said), contact(said)
    born = given["birth_date"]
    return {
        **{name: str(given[name]) for name in ("birth_name", "given_names", "used_name", "sex")},
        "birth_date": born.isoformat() if born else "",
        **{name: held[name] for name in ("address_line", "postcode", "city", "phone")},
    }


def _numbers(decision: Decision | None) -> list[Json | None] | None:
    if decision is None:
        return None
    return [
        fhir.identifier(DECISION, decision.number, use="usual"),
        fhir.identifier(NATIONAL, decision.national, use="official"),
    ]


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
        "identifier": _numbers(orientation.decision_of(row)),
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
