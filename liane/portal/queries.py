"""What the portal shows: one person, the one of the chosen seat, as this actor may see it."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404

from liane.agenda import queries as agenda
from liane.agenda.models import Appointment
from liane.circle import accesses as ledger_reads
from liane.circle import around
from liane.circle.access import access_patient
from liane.circle.accesses import Accesses
from liane.circle.around import Around
from liane.circle.models import Opposition
from liane.circle.reach import Reach
from liane.core import acting, clock
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.patients import queries as patients
from liane.patients.models import AttendingDoctor, Contact, Patient
from liane.stays import panels as stays
from liane.stays.words import Absence
from liane.timeline import queries as timeline
from liane.timeline import written
from liane.timeline.models import Document

OWN = frozenset({"person", "legal"})
"""Roles that decide for the record: the person, and who represents them by law."""


@dataclass(frozen=True)
class Home:
    """The first page: what comes next, and whether the person is away."""

    visits: list[Appointment]
    absence: Absence | None
    doctor: AttendingDoctor | None


@dataclass(frozen=True)
class CircleView:
    """Who is around me, who asks to join, whom I keep out."""

    members: list[Around]
    asking: list[Around]
    oppositions: list[Opposition]


def person_of(actor: Actor, area: Area, resource: str) -> Patient:
    """The person whose portal this is; the read is recorded. Raises Http404."""
    if actor.holder_id is None:
        raise Http404
    return access_patient(_whose(actor), area, resource=resource)


def _whose(actor: Actor) -> UUID:
    assert actor.holder_id is not None  # noqa: S101  (the caller's condition)
    if actor.role == "person":
        return actor.holder_id
    with acting.acting(acting.system("portal")):
        person = Contact.objects.filter(pk=actor.holder_id, ended_at=None).values_list(
            "person_id", flat=True
        )
        found = person.first()
    if found is None:
        raise Http404
    return found


def home(person: Patient, *, me: bool) -> Home:
    """Next visits, absence under way, attending doctor. At most five queries."""
    return Home(
        agenda.upcoming(person.pk, limit=5),
        stays.family(person, me=me),
        patients.attending_doctor(person.pk, clock.today()),
    )


def circle(person: Patient, *, own: bool) -> CircleView:
    """Members for everybody; requests and oppositions for who decides."""
    everyone = around.around(person.pk, waiting=own)
    return CircleView(
        [one for one in everyone if not one.waiting],
        [one for one in everyone if one.membership.status == "requested"],
        list(around.oppositions(person.pk)) if own else [],
    )


def visits(person: Patient) -> list[Appointment]:
    """The coming visits."""
    return agenda.upcoming(person.pk, limit=40)


def shared(actor: Actor, person: Patient, before: str = "") -> timeline.Page:
    """What was shared with me, newest first."""
    return timeline.page(Reach.of(actor), person.pk, before=before)


def documents(actor: Actor, person: Patient) -> list[Document]:
    """The documents shared with me, newest first."""
    return written.documents(Reach.of(actor), person.pk).rows


def openings(person: Patient, before: UUID | None) -> Accesses:
    """Who opened my record, and why they could."""
    return ledger_reads.of_record(person.pk, own=False, before=before)


def carers(person: Patient) -> list[Contact]:
    """Those of my own life."""
    return list(patients.contacts(person.pk))


def carer(person: Patient, contact_id: UUID) -> Contact:
    """One of them. Raises Http404."""
    found = patients.contacts(person.pk).filter(pk=contact_id).first()
    if found is None:
        raise Http404
    return found
