"""Reads of the file active: the work list, one person's file, figures. Queries are counted."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle import persons
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.clock import day_bounds
from liane.core.prepared import prepared
from liane.directory import queries as directory
from liane.directory.models import Organisation, Practice
from liane.followups import rules, steps
from liane.followups.models import (
    Accompaniment,
    AccompanimentStep,
    CaseManager,
    Contact,
    LevelChange,
    Reminder,
)
from liane.followups.states import NOTHING, UNDATED, Level
from liane.followups.steps import Step
from liane.interventions.models import Intervention
from liane.patients.queries import cluster_ids
from liane.stays.models import Stay
from liane.stays.state import Status as StayStatus

SHOWN = 50
CONTACTS = 40
MOST = 100
"""Persons of one case manager that are counted at most: beyond, « 99+ » says enough."""
EVER = UNDATED + dt.timedelta(days=1)
AWAY = (StayStatus.IN_PROGRESS, StayStatus.ON_LEAVE)
VIEWS = {
    "": "Toutes",
    "miennes": "Les miennes",
    "sans-referent": "Sans référent",
    "rien": "Rien de prévu",
    "retard": "En retard",
    "hospitalisees": "Hospitalisées",
    "intensif": "Intensif",
    "soutenu": "Soutenu",
    "ponctuel": "Ponctuel",
    "sorties": "Sorties",
}
LEVELS = {"intensif": Level.INTENSIVE, "soutenu": Level.SUSTAINED, "ponctuel": Level.ONE_OFF}


def _reach() -> Reach:
    return Reach.of(acting.current())


def reached() -> QuerySet[Accompaniment]:
    """Accompaniments that the current actor may read."""
    rows: QuerySet[Accompaniment] = Accompaniment.objects.within(_reach())
    return rows


def past_contacts() -> QuerySet[Contact]:
    """Contacts of one's organisation about persons whose circle one has left, newest first."""
    rows: QuerySet[Contact] = Contact.objects.past(_reach())
    return rows.order_by("-at", "-pk")


def left_contacts(person_ids: Collection[UUID], start: int, size: int) -> list[Contact]:
    """A page of them. One query."""
    rows = past_contacts().filter(person_id__in=person_ids).select_related("partner")
    return list(rows[start : start + size])


# ------------------------------------------------------------------ figures
def open_on(organisation_id: UUID, on: dt.date) -> QuerySet[Accompaniment]:
    """Accompaniments open at some moment of a local day. The stock at that date."""
    start, end = day_bounds(on)
    return reached().filter(
        Q(closed_at=None) | Q(closed_at__gte=start),
        organisation_id=organisation_id,
        opened_at__lt=end,
    )


def file_active(
    organisation_id: UUID, on: dt.date, since: dt.date | None = None
) -> frozenset[UUID]:
    """The persons of the file active: those with an open accompaniment on the day ``on``, or, when
    ``since`` is given, open or with an act (contact, intervention) from ``since`` to ``on``.

    Distinct persons, each once. Under the current actor's reach: figures of a whole organisation
    are counted by a machine. One query, three with a period.
    """
    start, end = day_bounds(since or on)[0], day_bounds(on)[1]
    rows = reached().filter(
        Q(closed_at=None) | Q(closed_at__gte=start),
        organisation_id=organisation_id,
        opened_at__lt=end,
    )
    found = set(rows.order_by().values_list("person_id", flat=True))
    if since is not None:
        period = {"at__gte": start, "at__lt": end, "organisation_id": organisation_id}
        talked = Contact.objects.within(_reach()).filter(person__isnull=False, **period)
        found |= set(talked.order_by().values_list("person_id", flat=True).distinct())
        done = Intervention.objects.within(_reach()).filter(undo=None, **period)
        found |= set(done.order_by().values_list("person_id", flat=True).distinct())
    return frozenset(found)


def entries(organisation_id: UUID, start: dt.date, end: dt.date) -> QuerySet[Accompaniment]:
    """Accompaniments opened from ``start`` to ``end``, both days included. ``earlier`` is set on
    a re-entry."""
    return reached().filter(
        organisation_id=organisation_id,
        opened_at__gte=day_bounds(start)[0],
        opened_at__lt=day_bounds(end)[1],
    )


def exits(organisation_id: UUID, start: dt.date, end: dt.date) -> QuerySet[Accompaniment]:
    """Accompaniments closed from ``start`` to ``end``, both days included; ``exit_reason`` says
    why, ``closed_at - opened_at`` how long."""
    return reached().filter(
        organisation_id=organisation_id,
        closed_at__gte=day_bounds(start)[0],
        closed_at__lt=day_bounds(end)[1],
    )


# ------------------------------------------------------------------ the work list
@dataclass(frozen=True)
class Row:
    """One line of the work list."""

    row: Accompaniment
    next: Step | None
    more: int
    away: bool

    @property
    def is_late(self) -> bool:
        """True when what comes next is past its day."""
        return self.next is not None and self.next.is_late


@dataclass(frozen=True)
class Page:
    """One page of the list. ``after`` is the next page's number, or None."""

    rows: list[Row] = field(default_factory=list)
    after: int | None = None


def house() -> Organisation | None:
    """The organisation whose file the actor reads. At most one query."""
    actor = acting.current()
    if not rules.has_file(actor):
        return None
    return Organisation.objects.filter(pk__in=[actor.organisation_id]).first()


def keeps_one(organisation_id: UUID) -> bool:
    """True when the house keeps, or kept, an accompaniment. One query."""
    rows = Accompaniment.objects.of_house(_reach(), organisation_id)
    return bool(rows.exists())


def _mine(actor: Actor) -> list[UUID]:
    """The actor as case manager in its house, and the colleagues whom it replaces.

    Nearly always one: the index of case managers then gives their persons in the order of lists.
    A post that is held is no case manager. One query at most, in a request that reads.
    """
    own = [actor.holder_id] if actor.holder_id is not None else []
    if not actor.lent:
        return own
    return own + acting.remember(("replaced", actor.lent), lambda: _replaced(list(actor.lent)))


@prepared
def _replaced(lent: Sequence[UUID]) -> QuerySet[Practice, UUID]:
    return Practice.objects.filter(pk__in=lent).order_by().values_list("pk", flat=True)


def listed(
    organisation_id: UUID, view: str = "", manager: UUID | None = None
) -> QuerySet[Accompaniment]:
    """The rows of a view, by next action; nothing planned first, for that is what is forgotten.

    ``manager``: those of this case manager alone.
    """
    rows: QuerySet[Accompaniment] = Accompaniment.objects.of_house(_reach(), organisation_id)
    if manager is not None:
        rows = rows.filter(case_manager_id=manager)
    if view == "sorties":
        return rows.filter(closed_at__isnull=False).order_by("-closed_at", "-id")
    # Every row is at NOTHING or after: said aloud, it makes SQLite walk the index in its order.
    rows = rows.filter(closed_at=None, next_at__gte=NOTHING).order_by("next_at", "id")
    today = day_bounds(timezone.localdate())[0]
    match view:
        case "miennes":
            return rows.filter(case_manager_id__in=_mine(acting.current()))
        case "sans-referent":
            return rows.filter(case_manager=None)
        case "rien":
            return rows.filter(next_at=NOTHING, next_kind="")
        case "retard":
            return rows.filter(next_at__lt=today).exclude(next_kind="")
        case "hospitalisees":
            return rows.filter(person_id__in=_away())
        case _:
            return rows.filter(level=LEVELS[view]) if view in LEVELS else rows


def page(
    organisation_id: UUID,
    view: str = "",
    number: int = 1,
    *,
    named: str = "",
    manager: UUID | None = None,
) -> Page:
    """One page of the list with what comes next for each. Seven queries, ten when searching.

    The persons it names are recorded as read.
    """
    rows = listed(organisation_id, view, manager)
    if named.strip():
        found = [one.pk for one in persons.search(_reach(), named)]
        rows = rows.filter(person_id__in=found)
    start = (max(number, 1) - 1) * SHOWN
    wanted = rows.select_related("person", "case_manager__professional")
    shown = list(wanted[start : start + SHOWN + 1])
    more = number + 1 if len(shown) > SHOWN else None
    return Page(_rows(organisation_id, shown[:SHOWN]), more)


def _rows(organisation_id: UUID, shown: list[Accompaniment]) -> list[Row]:
    ids = [row.person_id for row in shown]
    ledger.read(ids, "working_file")
    if not ids:
        return []
    coming = steps.upcoming(organisation_id, [row.person_id for row in shown if row.is_open])
    away = set(_stays().filter(person_id__in=ids).values_list("person_id", flat=True))
    made = []
    for row in shown:
        left = coming.get(row.person_id, [])
        made.append(Row(row, left[0] if left else None, len(left), row.person_id in away))
    return made


def _stays() -> QuerySet[Stay]:
    rows: QuerySet[Stay] = Stay.objects.within(_reach().probed()).filter(
        kind=Stay.Kind.HOSPITAL, status__in=AWAY
    )
    return rows


def _away() -> list[UUID]:
    """Who is in hospital now. Few, whatever a house follows: they are read first. One query."""
    found: QuerySet[Stay, UUID] = _stays().order_by().values_list("person_id", flat=True)
    return list(found.distinct())


def counts(organisation_id: UUID, manager: UUID | None = None) -> Mapping[str, int]:
    """How many persons of a case manager are in each pressing view, `MOST` for as many or more;
    of the actor when none is given. Three queries, each of which stops at `MOST`."""
    actor, now, today = acting.current(), timezone.now(), day_bounds(timezone.localdate())[0]
    whose = [manager] if manager is not None else _mine(actor)

    def counted(planned: bool | None, until: dt.datetime) -> int:
        return len(_counted(actor, now, organisation_id, whose, planned, NOTHING, until))

    return {
        "" if manager else "miennes": counted(None, EVER),
        "retard": counted(True, today),
        "rien": counted(False, UNDATED),
    }


@prepared
def _counted(
    actor: Actor,
    now: dt.datetime,
    organisation_id: UUID,
    whose: Sequence[UUID],
    planned: bool | None,
    since: dt.datetime,
    until: dt.datetime,
) -> QuerySet[Accompaniment, UUID]:
    """Open accompaniments of these case managers, in no order: as the index gives them."""
    rows = Accompaniment.objects.within(Reach(actor, now).probed()).filter(
        organisation_id=organisation_id, case_manager_id__in=whose, closed_at=None,
        next_at__gte=since, next_at__lt=until,
    )  # fmt: skip
    if planned is not None:
        rows = rows.exclude(next_kind="") if planned else rows.filter(next_kind="")
    found: QuerySet[Accompaniment, UUID] = rows.order_by().values_list("pk", flat=True)
    return found[:MOST]


# ------------------------------------------------------------------ one person
@dataclass(frozen=True)
class File:
    """The accompaniment of one person by the actor's organisation, with its histories."""

    row: Accompaniment | None
    left: list[Step]
    levels: list[LevelChange]
    stages: list[AccompanimentStep]
    managers: list[CaseManager]
    contacts: list[Contact]
    reminders: list[Reminder]
    past: list[Accompaniment]


def file_of(organisation_id: UUID, person_id: UUID) -> File:
    """Everything of one person's file. Twelve queries at most, however long it is."""
    cluster = cluster_ids(person_id)
    found = list(
        reached()
        .filter(organisation_id=organisation_id, person_id__in=cluster)
        .select_related("case_manager__professional")
        .order_by("-opened_at")
    )
    current = next((row for row in found if row.is_open), None)
    past = [row for row in found if not row.is_open]
    contacts = contacts_of(organisation_id, cluster)
    if current is None:
        return File(None, [], [], [], [], contacts, [], past)
    left = [step for rows in steps.upcoming(organisation_id, cluster).values() for step in rows]
    managers = current.managers.select_related("practice__professional").order_by("-at", "-id")
    return File(
        current,
        sorted(left, key=lambda step: (step.at is None, step.at or timezone.now())),
        list(current.levels.order_by("-at", "-id")),
        list(current.history.order_by("-at", "-id")),
        list(managers),
        contacts,
        list(Reminder.objects.within(_reach()).filter(
            accompaniment=current, settled_at=None).order_by("due_on")),
        past,
    )  # fmt: skip


def contacts_of(organisation_id: UUID, person_ids: Collection[UUID]) -> list[Contact]:
    """The organisation's last contacts about a person. One query."""
    rows = Contact.objects.within(_reach()).filter(
        organisation_id=organisation_id, person_id__in=list(person_ids)
    )
    return list(rows.select_related("partner").order_by("-at", "-id")[:CONTACTS])


def contacts_with(partner_id: UUID) -> list[Contact]:
    """The contacts of the actor's organisation with a partner, newest first. One query.

    Those about a person out of reach are left out; the read is recorded.
    """
    actor = acting.current()
    if actor.organisation_id is None or not rules.has_file(actor):
        return []
    rows = Contact.objects.within(_reach()).filter(
        organisation_id=actor.organisation_id, partner_id=partner_id
    )
    found = list(rows.select_related("person").order_by("-at", "-id")[:CONTACTS])
    ledger.read({row.person_id for row in found if row.person_id is not None}, "working_file")
    return found


def one(accompaniment_id: UUID) -> Accompaniment | None:
    """One accompaniment within reach, recorded as read, or None. One query."""
    found = reached().select_related("person").filter(pk=accompaniment_id).first()
    if found is not None:
        ledger.read([found.person_id], "working_file", object_id=found.pk)
    return found


def exit_of(referral: Any) -> str:
    """Where the accompaniment that a request opened is ended, or nothing. One query."""
    rows = reached().filter(request_id=referral.pk, closed_at=None)
    found = rows.values_list("pk", flat=True).first()
    return f"/file-active/{found}/sortie/" if found is not None else ""


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Accompaniment]:
    """Accompaniments within reach by id. One query."""
    return {row.pk: row for row in reached().filter(pk__in=ids)}


def contacts_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Contact]:
    """Contacts within reach by id. One query."""
    return {row.pk: row for row in Contact.objects.within(_reach()).filter(pk__in=ids)}


def colleagues(organisation_id: UUID) -> list[Practice]:
    """Those to whom a person may be entrusted, by name. One query."""
    rows = directory.current(
        Practice.objects.filter(
            organisation_id=organisation_id, role__in=rules.KEEPERS, professional__active=True
        )
    )
    return list(rows.select_related("professional").order_by("professional__family"))


# ------------------------------------------------------------------ what the care team learns
@dataclass(frozen=True)
class Card:
    """That an organisation follows the person, at what level, and who is the case manager."""

    organisation: str
    level: str
    case_manager: str
    phone: str
    since: dt.datetime


def cards(person_id: UUID) -> list[Card]:
    """Who supports a person now: for her care team, whatever their organisation. Two queries.

    Read by the system and narrowed here to these facts, for the rows are the organisation's own.
    The caller has checked that the actor is of the care team (`panels.record`).
    """
    cluster = cluster_ids(person_id)
    with acting.acting(acting.system("file active : qui accompagne")):
        return [
            Card(
                row.organisation.name,
                row.get_level_display(),
                row.case_manager.professional.name if row.case_manager else "",
                (row.case_manager.phone if row.case_manager else "") or row.organisation.phone,
                row.opened_at,
            )
            for row in _open(cluster)
        ]


def accompanied(organisation_id: UUID) -> list[UUID] | None:
    """Whom an organisation supports now, for itself; None when it never supported anybody.

    Read by the system, and these identifiers alone: the caller narrows them to its own reach. That
    a person is supported is what every care team learns of it (:func:`cards`).
    """
    with acting.acting(acting.system("file active : groupe")):
        rows = Accompaniment.objects.filter(organisation_id=organisation_id)
        found = list(
            rows.filter(closed_at=None).order_by("person_id").values_list("person_id", flat=True)
        )
        return found if found or rows.exists() else None


@prepared
def _open(cluster: list[UUID]) -> QuerySet[Accompaniment]:
    rows = Accompaniment.objects.filter(person_id__in=cluster, closed_at=None)
    return rows.select_related("organisation", "case_manager__professional").order_by("opened_at")
