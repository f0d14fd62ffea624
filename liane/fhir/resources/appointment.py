"""Appointment: one visit or appointment with a person (fr-core-appointment).

Planned, moved, cancelled, done or missed by the agenda's own verbs. A visit that a stay suspends is
``waitlist``: it is held, and may be taken up again. One that names a free slot takes it, and is
``booked`` at once, even where it was sent as ``proposed``: the answer says so.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from liane.agenda import schedules, services
from liane.agenda.models import Appointment, Place, Slot
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Several, String, Token
from liane.fhir.search.references import Identifier, Reference
from liane.interventions.models import ActKind

CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition"
GAP = "https://interop.esante.gouv.fr/ig/fhir/gap/SearchParameter"
KINDS = "https://liane.sante/CodeSystem/act-kind"
PLACES = "https://liane.sante/CodeSystem/place"
S = Appointment.Status
STATUS = {
    S.PLANNED: "booked",
    S.DONE: "fulfilled",
    S.CANCELLED: "cancelled",
    S.SUSPENDED: "waitlist",
    S.MISSED: "noshow",
}
HELD = {code: str(status) for status, code in STATUS.items()}
WAITING = frozenset({"proposed", "pending", "arrived"})
ACTORS = {"PractitionerRole": "practice_id", "Organization": "organisation_id"}


class AppointmentResource(Resource):
    """Appointments within reach."""

    type = "Appointment"
    model = Appointment
    area = Area.AGENDA
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch"}
    profiles = (f"{CORE}/fr-core-appointment",)
    journal = (
        "visit.planned", "visit.moved", "visit.cancelled", "visit.done", "visit.undone",
        "visit.missed", "visit.taken",
    )  # fmt: skip
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("status", column="status", codes=HELD),
        Date("date", column="starts_at", sort="starts_at"),
        Date("start", column="starts_at", sort="starts_at",
             url=f"{GAP}/GAP-Appointment-earliestStart"),
        Reference("patient", to={"Patient": "person_id"}, elements=("participant.actor",)),
        Reference("practitioner", to={"PractitionerRole": "practice_id"},
                  elements=("participant.actor",)),
        Reference("actor", elements=("participant.actor",), to={
            "Patient": "person_id", **ACTORS, "Location": "organisation_id",
            "Practitioner": "practice__professional_id"}),
        Several("service-type", params=(
            Token("service-type", column="kind", system=KINDS),
            Indexed("service-type", path="Appointment.serviceType"))),
        Several("description", params=(
            String("description", columns=("title", "instructions")),
            Indexed("description", of="string",
                    path="Appointment.description | Appointment.comment")),
                url=f"{GAP}/GAP-Appointment-description"),
        Several("created", sort="created_at", params=(
            Date("created", column="created_at"),
            Indexed("created", of="date", path="Appointment.created")),
                url=f"{GAP}/GAP-Appointment-created"),
        Indexed("priority", path="Appointment.priority", url=f"{GAP}/GAP-Appointment-priority"),
        Indexed("specialty", path="Appointment.specialty"),
        Indexed("appointment-type", path="Appointment.appointmentType"),
        Indexed("reason-code", path="Appointment.reasonCode"),
        Indexed("supporting-info", of="reference", path="Appointment.supportingInformation"),
        Reference("slot", to={"Slot": "slots__pk"}, many=True, elements=("slot",)),
        Reference("location", to={}, elements=("participant.actor",)),
        constant("part-status", "accepted"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Appointments that the actor may read."""
        mine = Appointment.objects.across(reach) if many else Appointment.objects.within(reach)
        found: QuerySet[Any] = mine.select_related(
            "practice__professional", "organisation", "post__organisation"
        )
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_appointment(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> Appointment:
        """Plan a visit; in the slots that it names, where they are ours and free."""
        if body.get("status") not in {"booked", *WAITING}:
            raise unprocessable("A new appointment is « booked ».", "Appointment.status")
        slots = _slots(body, refs)
        person, intervenant = _actors(body, refs)
        start, minutes = _times(body, slots)
        if person is None:
            raise unprocessable("A participant is a Patient.", "Appointment.participant")
        if slots:
            intervenant = _of_slots(slots, intervenant)
        made = services.plan_visit(
            services.Visit(
                person_id=person,
                starts_at=start,
                minutes=minutes,
                **intervenant,
                kind=_code(body, "serviceType", KINDS, ActKind.values, ActKind.VISIT),
                title=str(body.get("description") or "")[:120],
                place=_place(body),
                instructions=str(body.get("patientInstruction") or "")[:500],
            )
        )
        return _said_back(body, made)

    def update(self, row: Any, body: Json, refs: Refs) -> Appointment:
        """Move it, cancel it, say that it took place or not."""
        person, intervenant = _actors(body, refs)
        if person != row.person_id:
            raise unprocessable("An appointment keeps its person.", "Appointment.participant")
        held = {name: getattr(row, name) for name in ACTORS.values()}
        if row.post_id is None and any(held[name] != one for name, one in intervenant.items()):
            raise unprocessable(
                "Who comes does not change here: cancel it, and plan another.",
                "Appointment.participant",
            )
        for name, column in (("description", "title"), ("patientInstruction", "instructions")):
            if str(body.get(name) or "") != getattr(row, column):
                raise unprocessable("This does not change here.", f"Appointment.{name}")
        slots = _slots(body, refs, row)
        if slots:
            _of_slots(slots, intervenant)
        if slots or body.get("start"):
            start, minutes = _times(body, slots)
            if (start, minutes) != (row.starts_at, row.minutes):
                row = services.move(row.pk, starts_at=start, minutes=minutes)
        reason = fhir.words_of(body.get("cancelationReason"))
        return _said_back(body, _stepped(row, str(body.get("status")), reason))


def _said_back(body: Json, row: Appointment) -> Appointment:
    """What Liane decided is what is kept: a proposal is booked, and has its times."""
    if body["status"] in WAITING:
        body["status"] = STATUS[S(row.status)]
    body.setdefault("start", fhir.at(row.starts_at))
    body.setdefault("end", fhir.at(row.ends_at))
    if row.practice_id is not None:
        schedules.follow(row.practice_id)
    return row


def _stepped(row: Appointment, status: str, reason: str) -> Appointment:
    if status == STATUS[S(row.status)] or status in WAITING:
        return row
    match status:
        case "cancelled" | "entered-in-error":
            return services.cancel(row.pk, reason=reason)
        case "fulfilled":
            services.mark_done(row.pk)
        case "noshow":
            return services.mark_missed(row.pk, reason=reason or "absence")
        case "booked" if row.status == S.DONE:
            return services.undo_done(row.pk)
        case _:
            raise unprocessable("This step is not possible from its present status.",
                                "Appointment.status")  # fmt: skip
    return Appointment.objects.get(pk=row.pk)  # marked just above, by the same actor


# ------------------------------------------------------------------ from FHIR
def _actors(body: Json, refs: Refs) -> tuple[UUID | None, dict[str, UUID]]:
    """The person, and who comes, as `agenda.Visit` says it."""
    person: UUID | None = None
    intervenant: dict[str, UUID] = {}
    for number, one in enumerate(fhir.items(body, "participant")):
        where = f"Appointment.participant[{number}].actor"
        kinds = ("Patient", *ACTORS, "Practitioner", "RelatedPerson", "Location",
                 "HealthcareService")  # fmt: skip
        named = refs.one(one.get("actor"), kinds, where)
        if named is None:
            continue
        if named[0] == "Patient":
            person = named[1]
        elif named[0] in ACTORS and not intervenant:
            intervenant = {ACTORS[named[0]]: named[1]}
    return person, intervenant


def _slots(body: Json, refs: Refs, row: Appointment | None = None) -> list[Slot]:
    """The slots of ours that it asks for, free and held; those that it has already do not count."""
    keys = []
    for number, one in enumerate(fhir.items(body, "slot")):
        key = refs.key(one, "Slot", f"Appointment.slot[{number}]")
        keys += [key] if key is not None else []
    if row is not None and keys:
        own = {one.pk for one in row.slots.all()}
        keys = [] if set(keys) <= own else keys
    return schedules.hold(keys) if keys else []


def _of_slots(slots: list[Slot], intervenant: dict[str, UUID]) -> dict[str, UUID]:
    practice = slots[0].schedule.practice_id
    if intervenant.get("practice_id", practice) != practice:
        raise unprocessable("These slots are of somebody else.", "Appointment.slot")
    return {"practice_id": practice}


def _times(body: Json, slots: list[Slot]) -> tuple[dt.datetime, int]:
    """(start, minutes): its own, those of its slots, else the beginning of the first period asked
    for. Times outside of the slots raise Problem 422."""
    start = fhir.moment(body.get("start"), "Appointment.start")
    end = fhir.moment(body.get("end"), "Appointment.end")
    if slots:
        start = start or slots[0].starts_at
        end = end or slots[-1].ends_at
        if start < slots[0].starts_at or end > slots[-1].ends_at:
            raise unprocessable("It lies outside of its slots.", "Appointment.start")
    if start is None:
        asked = next(iter(fhir.items(body, "requestedPeriod")), {})
        start = fhir.moment(asked.get("start"), "Appointment.requestedPeriod[0].start")
    if start is None:
        raise unprocessable("A beginning is needed.", "Appointment.start")
    if end is None:
        return start, int(body.get("minutesDuration") or 30)
    if end <= start:
        raise unprocessable("It ends after it begins.", "Appointment.end")
    return start, int((end - start).total_seconds() // 60)


def _code(body: Json, name: str, system: str, known: Sequence[str], default: str) -> str:
    code = fhir.code_of(body.get(name) or [], system)
    return code if code in known else default


def _place(body: Json) -> str:
    return _code(body, "serviceCategory", PLACES, Place.values, Place.HOME)


# ------------------------------------------------------------------ as FHIR
def _appointment(row: Appointment) -> Json:
    return {
        "status": STATUS[S(row.status)],
        "serviceCategory": [fhir.concept(PLACES, row.place, row.get_place_display())],
        "serviceType": [fhir.concept(KINDS, row.kind, row.get_kind_display())],
        "description": row.title,
        "start": fhir.at(row.starts_at),
        "end": fhir.at(row.ends_at),
        "created": fhir.at(row.created_at),
        "patientInstruction": row.instructions,
        "participant": [
            _participant(fhir.reference("Patient", row.person_id)),
            _participant(people.intervenant(row)),
        ],
    }


def _participant(actor: Json | None) -> Json | None:
    return {"actor": actor, "required": "required", "status": "accepted"} if actor else None
