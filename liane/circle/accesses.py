"""Who opened a record, when, as what, and why they could: reads of the access ledger."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from liane.circle import reviewing
from liane.circle.models import BreakGlass
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.models import AccessRow
from liane.directory.models import Organisation, Practice
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids

PAGE = 600
"""Rows of the ledger read for one page, before they are grouped."""
OWN_PAGE = 300
"""The same, for the page of one's own accesses, which names each record."""

SEEN = {
    "record": "dossier",
    "identity": "identité",
    "identity_form": "identité",
    "contact_data": "coordonnées",
    "list": "liste de personnes",
    "activity_list": "liste du rapport d’activité",
    "lookalike": "recherche de doublon",
    "circle": "cercle",
    "membership": "cercle",
    "invitation": "invitation",
    "agenda": "agenda",
    "timeline": "fil",
    "clinical_note": "notes",
    "document": "documents",
    "thread": "messages",
    "care_plan": "plan de coordination",
    "consent": "souhaits",
    "wish": "souhaits",
    "access_ledger": "accès",
    "contact": "entourage",
    "contact_access": "droits d’un aidant",
    "attending_doctor": "médecin traitant",
    "ins": "identité",
    "opposition": "opposition",
    "mask": "masquage",
    "unmask": "masquage",
    "death": "décès",
    "own_access": "liste de ses propres accès",
    "own_past": "ses propres actes passés",
    "glass_review": "examen d’un accès d’urgence",
}
"""What was seen or written, in words; anything else is a part of the record."""

ROLES = {
    **dict(Practice.Role.choices),
    "person": "la personne",
    "carer_read": "aidant",
    "carer_write": "aidant",
    "legal": "représentant légal",
    "system": "traitement automatique",
}


@dataclass
class Visit:
    """One day of one actor in one record."""

    day: dt.date
    name: str
    role: str
    organisation: str
    ground: str
    first: dt.datetime
    last: dt.datetime
    seen: list[str] = field(default_factory=list)
    wrote: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Accesses:
    """Visits of a record, newest first; ``before`` names the next page."""

    visits: list[Visit]
    before: UUID | None


def of_record(person_id: UUID, *, own: bool, before: UUID | None = None) -> Accesses:
    """Who opened this record, by actor and day. ``own`` keeps the current account's only.

    Three queries. Machines that act by rule are left out: they show nothing to anybody.
    """
    rows = AccessRow.objects.filter(person_id__in=cluster_ids(person_id)).exclude(role="system")
    if own:
        rows = rows.filter(user_id=acting.current().user_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[:PAGE])
    return Accesses(
        _visits(found, _organisations(found)), found[-1].pk if len(found) == PAGE else None
    )


def _organisations(rows: Iterable[AccessRow]) -> dict[UUID, str]:
    wanted = {row.organisation_id for row in rows if row.organisation_id is not None}
    return dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "name"))


def _visits(rows: Iterable[AccessRow], names: Mapping[UUID, str]) -> list[Visit]:
    visits: dict[tuple[object, ...], Visit] = {}
    for row in rows:
        day = timezone.localdate(row.at)
        key = (day, row.user_id, row.role, row.organisation_id)
        visit = visits.get(key)
        if visit is None:
            visit = visits[key] = Visit(
                day,
                row.actor_label,
                ROLES.get(row.role, row.role),
                names.get(row.organisation_id, "") if row.organisation_id else "",
                row.ground,
                row.at,
                row.at,
            )
        visit.first = min(visit.first, row.at)
        visit.ground = visit.ground or row.ground
        visit.wrote = visit.wrote or row.action == AccessRow.Action.WRITE
        visit.urgent = visit.urgent or row.action == AccessRow.Action.BREAK_GLASS
        words = SEEN.get(row.resource, "dossier")
        if words not in visit.seen:
            visit.seen.append(words)
    return list(visits.values())


@dataclass(frozen=True)
class Opened:
    """One day of one's own in one record; ``person`` where one still reaches it."""

    visit: Visit
    person_id: UUID | None
    person: Patient | None


@dataclass(frozen=True)
class Mine:
    """One's own accesses, newest first; ``before`` names the next page."""

    opened: list[Opened]
    before: UUID | None


def of_mine(before: UUID | None = None) -> Mine:
    """What the current account opened, by day and record, in whichever structure it acted.

    Three queries. Persons out of reach now are not named; the names shown are recorded, and that
    is left out of this list, which it would fill.
    """
    actor = acting.current()
    rows = AccessRow.objects.filter(user_id=actor.user_id, person_id__isnull=False).exclude(
        resource="own_access"
    )
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[:OWN_PAGE])
    by_record: dict[tuple[dt.date, UUID | None], list[AccessRow]] = {}
    for row in found:
        by_record.setdefault((timezone.localdate(row.at), row.person_id), []).append(row)
    reached = Reach.of(actor).listing().in_bulk([pk for _, pk in by_record if pk is not None])
    ledger.read(reached, "own_access")
    names = _organisations(found)
    opened = [
        Opened(visit, person_id, reached.get(person_id) if person_id is not None else None)
        for (_, person_id), listed in by_record.items()
        for visit in _visits(listed, names)
    ]
    return Mine(opened, found[-1].pk if len(found) == OWN_PAGE else None)


@dataclass(frozen=True)
class StaffDay:
    """How many records one member of staff opened on one day: never which, never what."""

    name: str
    persons: int
    accesses: int
    last: dt.datetime


def of_staff(organisation_id: UUID, day: dt.date) -> list[StaffDay]:
    """A day of the staff of one organisation, for its manager. One query."""
    start = dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_current_timezone())
    rows = (
        AccessRow.objects.filter(
            organisation_id=organisation_id,
            at__gte=start,
            at__lt=start + dt.timedelta(days=1),
            user_id__isnull=False,
            person_id__isnull=False,
        )
        .values("user_id", "actor_label")
        .annotate(persons=Count("person_id", distinct=True), accesses=Count("id"), last=Max("at"))
        .order_by("actor_label")
    )
    return [
        StaffDay(row["actor_label"], row["persons"], row["accesses"], row["last"]) for row in rows
    ]


def for_officer(organisation_id: UUID, before: UUID | None = None) -> list[AccessRow]:
    """Accesses by the staff of one organisation, newest first, for its protection officer."""
    rows = AccessRow.objects.filter(
        organisation_id=organisation_id, user_id__isnull=False, person_id__isnull=False
    )
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[:100])
    for row in found:
        row.seen = SEEN.get(row.resource, "dossier")  # type: ignore[attr-defined]
        row.as_what = ROLES.get(row.role, row.role)  # type: ignore[attr-defined]
    return found


def emergencies(organisation_id: UUID, *, reviewed: bool) -> QuerySet[BreakGlass]:
    """Emergency accesses that its officer examines; evaluate it as the system."""
    return (
        BreakGlass.objects.filter(
            reviewing.examined_by(organisation_id), reviewed_at__isnull=not reviewed
        )
        .select_related("practice__professional", "practice__organisation")
        .order_by("-created_at")
    )


def to_review(organisation_id: UUID) -> tuple[list[BreakGlass], list[BreakGlass]]:
    """Emergency accesses waiting for the officer, and the last ones concluded."""
    with acting.acting(acting.system("review of emergency accesses")):
        waiting = list(emergencies(organisation_id, reviewed=False)[:100])
        return waiting, list(emergencies(organisation_id, reviewed=True)[:20])
