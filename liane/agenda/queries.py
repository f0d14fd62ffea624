"""Reads: a day's round, a week, who comes when, what overlaps. Each says its number of queries."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import F, Q, QuerySet, prefetch_related_objects
from django.utils import timezone

from liane.agenda import recurrence, rules
from liane.agenda.models import Appointment, AppointmentEvent, Cause, Series
from liane.circle.reach import Reach
from liane.core import acting, ledger, registry
from liane.core.acting import Actor
from liane.core.clock import day_bounds
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.core.registry import Engagement
from liane.core.text import normalise
from liane.directory.models import Absence, Practice
from liane.interventions.models import Intervention
from liane.interventions.queries import standing_of_appointments
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids

Status = Appointment.Status
LIVE = (Status.PLANNED, Status.DONE, Status.SUSPENDED, Status.MISSED)
RELATED = (
    "person",
    "practice__professional",
    "practice__organisation",
    "organisation",
    "post",
    "series",
)


@dataclass(frozen=True)
class Day:
    """One column of a week."""

    date: dt.date
    visits: list[Appointment]
    absences: list[Absence] = field(default_factory=list)
    engagements: list[Engagement] = field(default_factory=list)

    @property
    def is_today(self) -> bool:
        """True for the local day of now."""
        return self.date == timezone.localdate()


@dataclass(frozen=True)
class Round:
    """The visits of one day, in order, and how far one has come."""

    visits: list[Appointment]
    done: int
    total: int
    several: bool


@dataclass(frozen=True)
class Comes:
    """Somebody who comes in a period: what `stays` must tell."""

    holder_id: UUID
    practice_id: UUID | None
    organisation_id: UUID | None
    post_id: UUID | None
    next_at: dt.datetime


@dataclass(frozen=True)
class Busy:
    """A time already taken in a professional's agenda; whom it concerns is not said."""

    appointment_id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime


def reached() -> QuerySet[Appointment]:
    """Appointments that the current actor may read."""
    rows: QuerySet[Appointment] = Appointment.objects.within(Reach.of(acting.current()))
    return rows.select_related(*RELATED)


def mine(start: dt.datetime, end: dt.datetime) -> QuerySet[Appointment]:
    """The actor's own visits of a period, in all structures and posts held."""
    actor = acting.current()
    own = [holder for holder in actor.holders if holder != actor.organisation_id]
    return (
        reached()
        .filter(
            Q(practice_id__in=own) | Q(post_id__in=own), starts_at__gte=start, starts_at__lt=end
        )
        .order_by("starts_at")
    )


def to_assign(start: dt.datetime, end: dt.datetime) -> QuerySet[Appointment]:
    """Visits that the actor's structures must still give to somebody."""
    actor = acting.current()
    return (
        reached()
        .filter(
            practice=None,
            post=None,
            organisation_id__in=actor.holders,
            starts_at__gte=start,
            starts_at__lt=end,
            status=Status.PLANNED,
        )
        .order_by("starts_at")
    )


def day_round(day: dt.date) -> Round:
    """One's round of a day: two queries, whatever its length."""
    start, end = day_bounds(day)
    actor = acting.current()
    own = [holder for holder in actor.holders if holder != actor.organisation_id]
    visits = with_acts(_of_day(actor, timezone.now(), own, start, end) if own else [])
    visits = with_questions(visits)
    ledger.read({visit.person_id for visit in visits}, "agenda")
    due = [visit for visit in visits if visit.status != Status.SUSPENDED]
    places = {visit.practice.organisation_id for visit in visits if visit.practice is not None}
    done = sum(visit.status == Status.DONE for visit in due)
    return Round(visits, done, len(due), len(places) > 1)


@prepared
def _of_day(
    actor: Actor, now: dt.datetime, own: list[UUID], start: dt.datetime, end: dt.datetime
) -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.within(Reach(actor, now)).filter(
        Q(practice_id__in=own) | Q(post_id__in=own),
        starts_at__gte=start, starts_at__lt=end, status__in=LIVE,
    )  # fmt: skip
    return rows.select_related(*RELATED).order_by("starts_at")


def with_acts(rows: Iterable[Appointment]) -> list[Appointment]:
    """The visits with ``act``, their standing intervention or None: one query more."""
    visits = list(rows)
    done = [visit.pk for visit in visits if visit.status == Status.DONE]
    acts: Mapping[UUID, Intervention] = standing_of_appointments(done) if done else {}
    for visit in visits:
        visit.act = acts.get(visit.pk)  # type: ignore[attr-defined]
    return visits


def with_questions(visits: list[Appointment]) -> list[Appointment]:
    """The visits of `with_acts` with ``asked``: the acts to choose from, where it is to be said
    which act of a pathway one was. No query where every act is said."""
    done = [visit.act for visit in visits if visit.act is not None]  # type: ignore[attr-defined]
    asked = {
        pk: pairs for desk in registry.act_desks for pk, pairs in desk.asked(done).items()
    } if done else {}  # fmt: skip
    for visit in visits:
        act = visit.act  # type: ignore[attr-defined]
        visit.asked = asked.get(act.pk, []) if act is not None else []  # type: ignore[attr-defined]
    return visits


def monday_of(day: dt.date) -> dt.date:
    """The Monday of a day's week."""
    return day - dt.timedelta(days=day.weekday())


def week(
    rows: QuerySet[Appointment],
    monday: dt.date,
    absences: Iterable[Absence] = (),
    engagements: Collection[Engagement] = (),
) -> list[Day]:
    """Seven days of ``rows`` (already narrowed), cancelled ones left out. Two queries."""
    start, _ = day_bounds(monday)
    _, end = day_bounds(monday + dt.timedelta(days=6))
    visits = with_acts(
        rows.filter(starts_at__gte=start, starts_at__lt=end)
        .exclude(status=Status.CANCELLED)
        .order_by("starts_at")
    )
    ledger.read({visit.person_id for visit in visits}, "agenda")
    away = list(absences)
    return [
        Day(
            date,
            [visit for visit in visits if timezone.localdate(visit.starts_at) == date],
            [absence for absence in away if absence.starts_on <= date <= absence.ends_on],
            [one for one in engagements if timezone.localdate(one.starts_at) == date],
        )
        for date in (monday + dt.timedelta(days=number) for number in range(7))
    ]


def my_week(monday: dt.date) -> list[Day]:
    """One's own week in all structures: three queries, and one for each sort of engagement."""
    start, _ = day_bounds(monday)
    _, end = day_bounds(monday + dt.timedelta(days=6))
    taken = engagements_of(acting.current().holders, start, end)
    ledger.read({one.person_id for one in taken}, "agenda")
    return week(mine(start, end), monday, absences_of_mine(monday), taken)


def engagements_of(
    holders: Collection[UUID], start: dt.datetime, end: dt.datetime
) -> list[Engagement]:
    """What takes the time of these holders besides visits, in order."""
    found = [one for hook in registry.engagements for one in hook(holders, start, end)]
    return sorted(found, key=lambda one: one.starts_at)


def absences_of_mine(monday: dt.date) -> QuerySet[Absence]:
    """One's own absences that touch a week."""
    return Absence.objects.filter(
        practice_id__in=acting.current().holders,
        starts_on__lte=monday + dt.timedelta(days=6),
        ends_on__gte=monday,
    ).select_related("practice__organisation", "replaced_by__professional")


def my_practices() -> QuerySet[Practice]:
    """The practices that the actor may speak for: own ones, not those replaced."""
    actor = acting.current()
    if actor.professional_id is None:
        return Practice.objects.none()
    return Practice.objects.filter(
        pk__in=actor.holders, professional_id=actor.professional_id
    ).select_related("organisation")


def of_person(person_id: UUID) -> QuerySet[Appointment]:
    """The appointments of a person (and of the records linked to it) within reach."""
    return reached().filter(person_id__in=cluster_ids(person_id))


def upcoming(person_id: UUID, limit: int = 5) -> list[Appointment]:
    """The next visits of a person, suspended ones included. Two queries."""
    return _upcoming(acting.current(), timezone.now(), cluster_ids(person_id), limit)


@prepared
def _upcoming(
    actor: Actor, now: dt.datetime, cluster: list[UUID], limit: int
) -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.within(Reach(actor, now))
    return (
        rows.filter(
            person_id__in=cluster,
            starts_at__gte=now,
            status__in=[Status.PLANNED, Status.SUSPENDED],
        )
        .select_related(*RELATED)
        .order_by("starts_at")[:limit]
    )


def series_of(person_id: UUID) -> QuerySet[Series]:
    """The living series of a person within reach."""
    rows: QuerySet[Series] = Series.objects.within(Reach.of(acting.current()))
    return (
        rows.filter(person_id__in=cluster_ids(person_id), ended_at=None)
        .select_related("practice__professional", "practice__organisation", "organisation", "post")
        .order_by("starts_at")
    )


def one(appointment_id: UUID) -> Appointment | None:
    """An appointment within reach, with its act, or None."""
    found = with_acts(reached().filter(pk=appointment_id))
    if not found:
        return None
    ledger.read([found[0].person_id], "agenda", object_id=found[0].pk)
    return found[0]


def history(visit: Appointment) -> list[AppointmentEvent]:
    """What happened to an appointment, in order."""
    return list(AppointmentEvent.objects.filter(appointment=visit).order_by("at"))


def planned_today(person_id: UUID) -> list[Appointment]:
    """One's own visits of today with a person that still wait to be marked."""
    start, end = day_bounds(timezone.localdate())
    return list(mine(start, end).filter(person_id=person_id, status=Status.PLANNED))


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Appointment]:
    """Appointments within reach by id. One query."""
    return {visit.pk: visit for visit in reached().filter(pk__in=ids)}


def series_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Series]:
    """Series within reach by id. One query."""
    return {row.pk: row for row in _series(acting.current(), timezone.now(), sorted(ids))}


@prepared
def _series(actor: Actor, now: dt.datetime, ids: list[UUID]) -> QuerySet[Series]:
    rows: QuerySet[Series] = Series.objects.within(Reach(actor, now)).filter(pk__in=ids)
    return rows.select_related("practice__professional", "organisation", "post")


def told_of(entry: Entry) -> list[UUID]:
    """Who comes, for an entry about a visit or a series: told even outside the care team."""
    with acting.acting(acting.system("agenda: intervenant")):
        for model in (Appointment, Series):
            found = model.objects.filter(pk=entry.object_id).first()
            if found is not None:
                return [found.intervenant_id]
    return []


def causes_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Cause]:
    """Causes of suspension within reach by id. One query."""
    rows = Cause.objects.within(Reach.of(acting.current())).filter(pk__in=ids)
    return {row.pk: row for row in rows}


def resumptions(person_id: UUID | None = None) -> list[tuple[Cause, list[Appointment]]]:
    """Suspended visits that wait for a word, by cause: the actor's own, or a person's."""
    rows = _suspended(acting.current(), timezone.now(), person_id)
    prefetch_related_objects(rows, "suspensions__cause")
    found: dict[UUID, tuple[Cause, list[Appointment]]] = {}
    for visit in rows:
        for held in visit.suspensions.all():
            cause = held.cause
            if (
                held.lifted_at is None
                and cause.resume_from
                and visit.starts_at >= cause.resume_from
            ):
                found.setdefault(cause.pk, (cause, []))[1].append(visit)
    ledger.read({visits[0].person_id for _, visits in found.values()}, "agenda")
    return list(found.values())


def goes_on(series_id: UUID) -> bool:
    """Whether a series still has visits to come, made into rows or not yet."""
    coming = Appointment.objects.filter(
        series_id=series_id, status__in=[Status.PLANNED, Status.SUSPENDED]
    )
    if coming.exists():
        return True
    series = Series.objects.filter(pk=series_id, ended_at=None).first()
    if series is None:
        return False
    since = series.made_until or series.starts_at
    far = since + dt.timedelta(days=800)
    return bool(recurrence.starts(series.rule, series.starts_at, series.zone, since, far))


@prepared
def _suspended(actor: Actor, now: dt.datetime, person_id: UUID | None) -> QuerySet[Appointment]:
    """Visits whose suspension has an end: a person's, else those of the actor."""
    rows: QuerySet[Appointment] = Appointment.objects.within(Reach(actor, now)).filter(
        status=Status.SUSPENDED,
        starts_at__gte=now,
        suspensions__lifted_at=None,
        suspensions__cause__resume_from__isnull=False,
        suspensions__cause__closed_at=None,
    )
    if person_id is None:
        rows = rows.filter(Q(practice_id__in=actor.holders) | Q(post_id__in=actor.holders))
    else:
        rows = rows.filter(person_id=person_id)
    return rows.select_related(*RELATED).order_by("starts_at")


def waiting_of(cause_id: UUID, *, mine: bool = False) -> list[Appointment]:
    """The visits of one cause that the actor may say a word of, in order; ``mine``: their own."""
    holders = acting.current().holders
    own = Q(practice_id__in=holders) | Q(post_id__in=holders) if mine else Q()
    found = reached().filter(
        own,
        status=Status.SUSPENDED,
        starts_at__gte=timezone.now(),
        suspensions__lifted_at=None,
        suspensions__cause__cause_id=cause_id,
        suspensions__cause__closed_at=None,
        suspensions__cause__resume_from__lte=F("starts_at"),
    )
    visits = [one for one in found.order_by("starts_at") if rules.may_change(acting.current(), one)]
    ledger.read({visit.person_id for visit in visits}, "agenda")
    return visits


def conflicts(
    practice_id: UUID, start: dt.datetime, end: dt.datetime, *, except_id: UUID | None = None
) -> list[Busy]:
    """Times already taken between ``start`` and ``end`` in all practices of one professional."""
    with acting.acting(acting.system("agenda: conflits")):
        rows = Appointment.objects.filter(
            practice__professional__practices=practice_id,
            status=Status.PLANNED,
            starts_at__lt=end,
            ends_at__gt=start,
        ).order_by("starts_at")
        return [
            Busy(visit.pk, visit.starts_at, visit.ends_at)
            for visit in rows
            if visit.pk != except_id
        ]


def overlapping(visits: Iterable[Appointment]) -> set[UUID]:
    """Those of the visits that overlap another one of the same list. No query."""
    found: set[UUID] = set()
    latest: Appointment | None = None
    for visit in visits:
        if visit.status not in {Status.PLANNED, Status.DONE}:
            continue
        if latest is not None and visit.starts_at < latest.ends_at:
            found |= {visit.pk, latest.pk}
        if latest is None or visit.ends_at > latest.ends_at:
            latest = visit
    return found


def next_visit_of(practice_id: UUID, person_id: UUID) -> dt.datetime | None:
    """When a practice next visits a person (planned or suspended), for whoever must warn it."""
    with acting.acting(acting.system("agenda: prochaine visite")):
        return (
            Appointment.objects.filter(
                practice_id=practice_id,
                person_id__in=cluster_ids(person_id),
                starts_at__gte=timezone.now(),
                status__in=[Status.PLANNED, Status.SUSPENDED],
            )
            .order_by("starts_at")
            .values_list("starts_at", flat=True)
            .first()
        )


def intervenants(person_id: UUID, start: dt.datetime, end: dt.datetime | None) -> list[Comes]:
    """Who was to come in a period, each with the first time: what an admission must tell."""
    with acting.acting(acting.system("agenda: intervenants")):
        found: dict[UUID, Comes] = {}
        for visit in _coming(cluster_ids(person_id), start, end):
            found.setdefault(
                visit.intervenant_id,
                Comes(
                    visit.intervenant_id,
                    visit.practice_id,
                    visit.organisation_id,
                    visit.post_id,
                    visit.starts_at,
                ),
            )
        return list(found.values())


@prepared
def _coming(
    cluster: list[UUID], start: dt.datetime, end: dt.datetime | None
) -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.standing_within(cluster, start, end)
    return rows.order_by("starts_at")


def people_of_my_rounds() -> list[Patient]:
    """Whom one visits: those of the last and next two weeks, by name. Two queries."""
    now = timezone.now()
    ids = (
        mine(now - dt.timedelta(days=14), now + dt.timedelta(days=14))
        .order_by()
        .values_list("person_id", flat=True)
        .distinct()
    )
    people = Reach.of(acting.current()).patients().filter(pk__in=list(ids), died_on=None)
    return sorted(people, key=lambda person: normalise(person.used_name or person.birth_name))


def changeable(visits: Iterable[Appointment]) -> set[UUID]:
    """Those that the actor may change, asking the circle once a person."""
    actor = acting.current()
    known: dict[UUID, bool] = {}
    found = set()
    for visit in visits:
        if visit.intervenant_id in actor.holders:
            found.add(visit.pk)
            continue
        if visit.person_id not in known:
            known[visit.person_id] = rules.may_change(actor, visit)
        if known[visit.person_id]:
            found.add(visit.pk)
    return found
