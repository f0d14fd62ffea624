"""AuditEvent: who opened a record, from the ledger, for those who read it in « Accès ».

A professional finds their own accesses to records within reach; the person, and who represents
her by law, all those of her record. A protection officer finds who of the staff opened what kind of
thing and when, a manager who and when: neither of whom, and no search finds what they are not
shown. A machine finds none.
"""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from django.db.models import CharField, F, Q, QuerySet, UUIDField, Value

from liane.circle.accesses import ROLES, SEEN
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.models import AccessRow
from liane.core.routes import PORTAL_ROLES
from liane.directory.models import Organisation, Practice
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.resources.base import Json, Resource
from liane.fhir.search.params import NOTHING, Custom, Date, Param, String, Test, Token
from liane.fhir.search.references import Reference

TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
SEEN_SYSTEM = "https://liane.sante/CodeSystem/ledger-resource"
CHANNELS = "https://liane.sante/CodeSystem/channel"
GROUND = "https://liane.sante/StructureDefinition/access-ground"
ROLE_SYSTEM = "https://liane.sante/CodeSystem/role"
A = AccessRow.Action
Role = Practice.Role
ACTIONS = {A.READ: "R", A.WRITE: "U", A.EXPORT: "R", A.PRINT: "R", A.BREAK_GLASS: "E"}
STAFF = frozenset({Role.DPO, Role.MANAGER})
"""Who reads the accesses of the staff of their organisation."""
WHAT = frozenset({"extension", "subtype", "action", "purposeOfEvent", "entity"})
"""What a manager does not read of an access."""
HELD = {
    code: tuple(str(one) for one, said in ACTIONS.items() if said == code)
    for code in set(ACTIONS.values())
}
PATIENT_RECORD = {"system": DICOM, "code": "110110", "display": "Patient Record"}


def _type(raw: str, modifier: str) -> Test:
    return Test(("all",)) if raw.rsplit("|", 1)[-1] == "110110" else Test(NOTHING)


def _all(key: tuple[Hashable, ...], leafs: Sequence[Any]) -> Q:
    return ~Q(pk__in=[])


class AuditEventResource(Resource):
    """Accesses that the actor may know of."""

    type = "AuditEvent"
    model = AccessRow
    area = Area.ACCESS_LEDGER
    person_path = "shown_person"
    touched = "at"
    interactions = frozenset({"read", "search"})
    default_sort = "-date"
    params: ClassVar[tuple[Param, ...]] = (
        Date("date", column="at", sort="at"),
        Reference("patient", to={"Patient": "shown_person"}, elements=("entity.what",)),
        Reference("entity", to={"Patient": "shown_person"}, elements=("entity.what",)),
        Reference("agent", elements=("agent.who",), to={
            "PractitionerRole": "holder_id", "Organization": "holder_id",
            "RelatedPerson": "holder_id", "Patient": "holder_id"}),
        String("agent-name", columns=("actor_label",)),
        Token("agent-role", column="role", system=ROLE_SYSTEM),
        Token("action", column="shown_action", codes=HELD),
        Token("subtype", column="shown_resource", system=SEEN_SYSTEM),
        Token("site", column="channel", system=CHANNELS),
        Custom("type", read=_type, build=_all),
        Custom("outcome", read=lambda raw, modifier: Test(("ok",) if raw == "0" else NOTHING),
               build=lambda key, leafs: Q(outcome="ok")),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """The person's whole record, or one's own accesses; never what machines do by rule."""
        rows = AccessRow.objects.exclude(role="system").filter(person_id__isnull=False)
        actor = reach.actor
        if actor.role in STAFF and not reach.everything:
            staff = rows.filter(organisation_id=actor.organisation_id, user_id__isnull=False)
            return _shown(staff, whom=False, what=actor.role == Role.DPO)
        return _shown(_known(rows, reach), whom=True, what=True)

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most five queries: who they were."""
        holders = [row.holder_id for row in rows]
        known = {**people.relatives(holders), **people.references(holders)}
        wanted = {row.organisation_id for row in rows}
        names = dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "name"))
        return [fhir.cleaned(_event(row, known, names)) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """Of the staff: without whom it is about, and for a manager without what it was."""
        if actor.is_system or actor.role not in STAFF:
            return made
        return [_of_staff(body, row, actor) for body, row in zip(made, rows, strict=True)]


def _known(rows: QuerySet[AccessRow], reach: Reach) -> QuerySet[AccessRow]:
    actor = reach.actor
    if reach.everything:
        return rows
    if actor.role in PORTAL_ROLES:
        known = reach.patients(Area.ACCESS_LEDGER)
        return rows.filter(person_id__in=known.values("pk"))
    if actor.user_id is None:
        return rows.none()
    known = reach.patients(Area.IDENTITY)
    return rows.filter(user_id=actor.user_id, person_id__in=known.values("pk"))


def _shown(rows: QuerySet[AccessRow], *, whom: bool, what: bool) -> QuerySet[Any]:
    """With the columns that parameters ask: empty where the reader is not shown them."""
    nothing = Value("", output_field=CharField())
    return rows.annotate(
        shown_person=F("person_id") if whom else Value(None, output_field=UUIDField()),
        shown_resource=F("resource") if what else nothing,
        shown_action=F("action") if what else nothing,
    )


def _of_staff(body: Json, row: AccessRow, actor: Actor) -> Json:
    """The end of a record's identifier tells two records apart, and names nobody (as the page)."""
    if actor.role != Role.DPO:
        return {name: one for name, one in body.items() if name not in WHAT}
    (entity,) = body["entity"]
    told = {"display": f"…{str(row.person_id)[-8:]}"}
    return {**body, "entity": [{**entity, "what": told}]}


def _event(row: AccessRow, known: Any, names: Any) -> Json:
    words = SEEN.get(row.resource, "dossier")
    urgent = row.action == A.BREAK_GLASS
    return {
        "extension": [{"url": GROUND, "valueString": row.ground}] if row.ground else None,
        "type": PATIENT_RECORD,
        "subtype": [{"system": SEEN_SYSTEM, "code": row.resource, "display": words}],
        "action": ACTIONS.get(A(row.action), "R"),
        "recorded": row.at.isoformat(timespec="milliseconds"),
        "outcome": "0",
        "purposeOfEvent": [fhir.concept(REASONS, "BTG" if urgent else "TREAT")],
        "agent": [{
            "role": [fhir.concept(ROLE_SYSTEM, row.role, ROLES.get(row.role, row.role))],
            "who": known.get(row.holder_id)
            or fhir.reference("Organization", row.organisation_id,
                              names.get(row.organisation_id, "")),
            "name": row.actor_label,
            "requestor": True,
        }],
        "source": {
            "site": row.channel,
            "observer": fhir.reference("Organization", row.organisation_id,
                                       names.get(row.organisation_id, ""))
            or {"display": "Liane"},
        },
        "entity": [{
            "what": fhir.reference("Patient", row.person_id),
            "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
                     "code": "1", "display": "Person"},
            "role": {"system": "http://terminology.hl7.org/CodeSystem/object-role",
                     "code": "1", "display": "Patient"},
            "description": words,
        }],
    }  # fmt: skip
