"""When somebody works and when their time is taken: open hours, busy times, absences.

Span times are merged, so that neither persons nor their number show. Who may ask is the caller's
rule: a coordinator for the professionals of a pathway, never anybody for anyone.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.agenda import queries
from liane.agenda.freebusy import Repeated, Span
from liane.agenda.models import Appointment, Cause, Opening, Schedule
from liane.core import acting
from liane.directory.models import Absence, Practice
from liane.patients.queries import cluster_ids

LONGEST = dt.timedelta(days=1)


OPENS, CLOSES, WORKED = dt.time(8), dt.time(19), range(5)
"""From Monday to Friday: taken for those who opened no hours (`schedules`); pages say so."""


@dataclass(frozen=True)
class Availability:
    """One practice's time over a period: what may be shown to whoever looks for a slot."""

    open: tuple[Span, ...]
    declared: bool
    busy: tuple[Span, ...]
    away: tuple[tuple[dt.date, dt.date], ...]


# ------------------------------------------------------------------ hours of work
def opened(
    practice_ids: Collection[UUID], start: dt.datetime, end: dt.datetime
) -> dict[UUID, list[Span]]:
    """The hours that practices opened between two moments, what they closed again left out.

    A practice that opened none is not there. Two queries.
    """
    rows = Schedule.objects.filter(practice_id__in=list(practice_ids), closed_at=None)
    window, zone = Span(start, end), timezone.get_current_timezone_name()
    found: dict[UUID, list[Span]] = {}
    for schedule in rows.prefetch_related("openings"):
        spans: dict[str, list[Span]] = defaultdict(list)
        for one in schedule.openings.all():
            repeated = Repeated(Span(one.starts_at, one.ends_at), one.rule)
            spans[one.kind] += repeated.within(window, zone)
        if free := merged(spans[Opening.Kind.FREE]):
            found[schedule.practice_id] = without(free, spans[Opening.Kind.CLOSED])
    return found


def usual(start: dt.datetime, end: dt.datetime) -> list[Span]:
    """The hours supposed of somebody who opened none."""
    zone, day = timezone.get_current_timezone(), timezone.localdate(start)
    found = []
    while day <= timezone.localdate(end):
        if day.weekday() in WORKED:
            found.append(Span(dt.datetime.combine(day, OPENS, tzinfo=zone),
                              dt.datetime.combine(day, CLOSES, tzinfo=zone)))  # fmt: skip
        day += dt.timedelta(days=1)
    return found


def without(spans: Iterable[Span], closed: Iterable[Span]) -> list[Span]:
    """What is left of times once others are taken out of them."""
    left = list(spans)
    for shut in closed:
        left = [
            piece
            for one in left
            for piece in (Span(one.start, min(one.end, shut.start)),
                          Span(max(one.start, shut.end), one.end))
            if piece.start < piece.end
        ]  # fmt: skip
    return left


# ------------------------------------------------------------------ free and busy
def of(
    practice_ids: Collection[UUID], start: dt.datetime, end: dt.datetime
) -> dict[UUID, Availability]:
    """The time of these practices' professionals between two moments, wherever they practise.

    Six queries, and one a practice for meetings. Counts visits, meetings and absences of every
    practice of theirs.
    """
    with acting.acting(acting.system("agenda: disponibilités"), read_only=True):
        who = dict(
            Practice.objects.filter(pk__in=list(practice_ids)).values_list("pk", "professional_id")
        )
        theirs = dict(
            Practice.objects.filter(professional_id__in=set(who.values())).values_list(
                "pk", "professional_id"
            )
        )
        taken = _taken(theirs, start, end)
        absences = _absences(theirs, start.date(), end.date())
        hours = opened(practice_ids, start, end)
    return {
        pk: Availability(
            tuple(hours.get(pk) or usual(start, end)), pk in hours,
            tuple(merged(taken[professional])), tuple(absences[professional]),
        )
        for pk, professional in who.items()
    }  # fmt: skip


def _taken(
    theirs: Mapping[UUID, UUID], start: dt.datetime, end: dt.datetime
) -> defaultdict[UUID, list[Span]]:
    found: defaultdict[UUID, list[Span]] = defaultdict(list)
    rows = Appointment.objects.filter(
        practice_id__in=list(theirs), status=Appointment.Status.PLANNED,
        starts_at__gte=start - LONGEST, starts_at__lt=end, ends_at__gt=start,
    ).values_list("practice_id", "starts_at", "ends_at")  # fmt: skip
    for practice_id, since, until in rows:
        found[theirs[practice_id]].append(Span(since, until))
    for practice_id, professional_id in theirs.items():
        for one in queries.engagements_of([practice_id], start - LONGEST, end):
            found[professional_id].append(Span(one.starts_at, one.ends_at))
    return found


def _absences(
    theirs: Mapping[UUID, UUID], first: dt.date, last: dt.date
) -> defaultdict[UUID, list[tuple[dt.date, dt.date]]]:
    found: defaultdict[UUID, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    rows = Absence.objects.filter(
        practice_id__in=list(theirs), starts_on__lte=last, ends_on__gte=first
    )
    for row in rows.order_by("starts_on"):
        found[theirs[row.practice_id]].append((row.starts_on, row.ends_on))
    return found


def of_person(person_id: UUID, start: dt.datetime, end: dt.datetime) -> list[Span]:
    """The person's own time: visits planned with anybody, and stays away from home. Two queries."""
    with acting.acting(acting.system("agenda: disponibilités"), read_only=True):
        cluster = cluster_ids(person_id)
        visits = Appointment.objects.filter(
            person_id__in=cluster, status=Appointment.Status.PLANNED,
            starts_at__gte=start - LONGEST, starts_at__lt=end, ends_at__gt=start,
        ).values_list("starts_at", "ends_at")  # fmt: skip
        stays = Cause.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=start),
            person_id__in=cluster,
            closed_at=None,
            starts_at__lt=end,
        )
        found = [Span(*times) for times in visits]
        found += [Span(one.starts_at, one.resume_from or one.ends_at or end) for one in stays]
    return merged(found)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same times without overlap, in order: how many there were no longer shows."""
    found: list[Span] = []
    for one in sorted(spans):
        if found and one.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found
