"""Who is around a person, as a page shows it; what waits for an answer."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle import queries
from liane.circle.models import Membership, Opposition
from liane.circle.reach import Reach
from liane.core import acting, clock, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.prepared import prepared
from liane.directory import queries as directory
from liane.directory.models import Duty, Organisation, Practice
from liane.patients.models import Patient

S = Membership.Status


@dataclass(frozen=True)
class Around:
    """One member of a circle in words. ``note`` says an absence, or who is on duty now."""

    membership: Membership
    name: str
    what: str
    phone: str
    note: str = ""
    mine: bool = False

    @property
    def waiting(self) -> bool:
        """True for an invitation or a request without an answer."""
        return self.membership.status != S.ACTIVE


@dataclass(frozen=True)
class Invitation:
    """An invitation to the current actor: who invites, around whom, why."""

    membership_id: UUID
    person_name: str
    city: str
    by: str
    ground: str
    at: dt.datetime
    name: str


def around(person_id: UUID, *, waiting: bool = False) -> list[Around]:
    """The members of a circle. At most five queries whatever its size."""
    members = queries.members(person_id, waiting=waiting)
    notes = _notes(members)
    holders = acting.current().holders
    return [
        Around(
            member, *_words(member), notes.get(member.holder_id, ""), member.holder_id in holders
        )
        for member in members
        if member.contact_id is None
    ]


def _words(member: Membership) -> tuple[str, str, str]:
    """Name, what it is, phone."""
    if member.practice is not None:
        who, where = member.practice.professional, member.practice.organisation
        label = who.profession_label or member.practice.get_role_display()
        return who.name, f"{label}, {where.name}", member.practice.phone or where.phone
    if member.post is not None:
        where = member.post.organisation
        return member.post.name, where.name, member.post.phone or where.phone
    if member.organisation is not None:
        kind = member.organisation.get_kind_display()
        return member.organisation.name, kind, member.organisation.phone
    return "", "", ""


def _notes(members: Iterable[Membership]) -> dict[UUID, str]:
    day, now = clock.today(), timezone.now()
    practices = [one.practice_id for one in members if one.practice_id is not None]
    posts = [one.post_id for one in members if one.post_id is not None]
    notes: dict[UUID, str] = {}
    if practices:
        for absence in directory.absences_on(practices, day):
            by = absence.replaced_by
            instead = f", remplacé(e) par {by.professional.name}" if by else ""
            notes[absence.practice_id] = f"absence jusqu’au {absence.ends_on:%d/%m}{instead}"
        for locum in directory.locums_on(practices, day):
            notes[locum.replaced_id] = (
                f"remplacé(e) par {locum.locum.professional.name} jusqu’au {locum.ends_on:%d/%m}"
            )
    if posts:
        duties = Duty.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=now), post_id__in=posts, starts_at__lte=now
        ).select_related("practice__professional")
        for duty in duties.order_by("deputy"):
            name = duty.practice.professional.name
            before = notes.get(duty.post_id)
            notes[duty.post_id] = f"{before}, {name}" if before else f"aujourd’hui {name}"
    return notes


def oppositions(person_id: UUID) -> QuerySet[Opposition]:
    """Who is kept out by the person, now."""
    return Opposition.objects.filter(person_id=person_id, ended_at=None).select_related(
        "practice__professional", "organisation"
    )


def invitations() -> list[Invitation]:
    """Invitations to the current actor, its organisation or its posts. At most two queries.

    The invited sees the name of the person, which the inviting member tells by inviting.
    """
    holders: Collection[UUID] = acting.current().holders
    if not holders:
        return []
    with acting.acting(acting.system("invitations")):
        waiting = _invited(list(holders))
    ledger.read([one.person_id for one in waiting], "invitation")
    return [
        Invitation(
            one.pk,
            one.person.usual_name,
            one.person.city,
            one.author_label,
            one.get_ground_display(),
            one.created_at,
            _words(one)[0],
        )
        for one in waiting
    ]


@prepared
def _invited(holders: list[UUID]) -> QuerySet[Membership]:
    rows = Membership.objects.filter(holder_id__in=holders, status=S.INVITED).select_related(
        "person", "practice__professional", "practice__organisation", "organisation",
        "post__organisation", "contact",
    )  # fmt: skip
    return rows.order_by("created_at")[:50]


def requests_to_my_circles() -> list[Membership]:
    """Requests to join the circles that the current actor may open. One query."""
    reach = Reach.of(acting.current())
    if not reach.actor.write.get(Area.CIRCLE) or not reach.actor.holders:
        return []
    found = _requested(reach.actor, timezone.now())
    ledger.read([one.person_id for one in found], "circle")
    return found


@prepared
def _requested(actor: Actor, now: dt.datetime) -> QuerySet[Membership]:
    reach = Reach(actor, now)
    rows = Membership.objects.filter(
        status=S.REQUESTED,
        person_id__in=reach.persons(Area.CIRCLE),
        person__in=reach.patients(Area.CIRCLE),
    ).exclude(holder_id__in=actor.holders)
    related = rows.select_related("person", "practice__professional", "practice__organisation")
    return related.order_by("created_at")[:50]


def membership_of(person_id: UUID, membership_id: UUID) -> Membership | None:
    """One member of this circle, as the current actor sees it."""
    found = queries.members(person_id, waiting=True)
    return next((member for member in found if member.pk == membership_id), None)


def candidates(text: str) -> tuple[Sequence[Practice], Sequence[Organisation]]:
    """Whom the directory offers for an invitation."""
    words = text.strip()
    return (queries.places(words), queries.organisations(words)) if len(words) > 1 else ((), ())


def outside_team(holder_id: UUID) -> bool | None:
    """True when inviting this holder needs the person's consent; None when there is no such one."""
    from liane.circle import holders

    try:
        return holders.place(holder_id).outside_team
    except Refused:
        return None


def waiting_for(patient: Patient) -> list[Around]:
    """Invitations and requests of one circle that nobody answered yet."""
    return [one for one in around(patient.pk, waiting=True) if one.waiting]
