"""« Cette visite et les suivantes »: a series ends, another one goes on at its new time.

What was done stays with the former series; its visits to come are cancelled with the reason, and
the new one names the former. Visits that were moved or cancelled one by one stay as they are.
"""

import datetime as dt
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.http import Http404
from django.utils import timezone

from liane.agenda import recurrence, repeating, rules
from liane.agenda.models import Appointment, AppointmentEvent, Series
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.errors import Conflict, Refused
from liane.core.models import author_of

Status = Appointment.Status
OPEN = (Status.PLANNED, Status.SUSPENDED)
REASON = "série modifiée"
CHECKED = dt.timedelta(days=400)
"""How far a shifted repetition is compared with the former one."""


@dataclass(frozen=True)
class Change:
    """How the visits of a series change: by the clock on the wall, in minutes, in instructions."""

    shift: dt.timedelta
    days: int
    minutes: int
    instructions: str


def change_series(
    appointment_id: UUID,
    *,
    starts_at: dt.datetime,
    minutes: int,
    instructions: str | None = None,
    whole: bool = False,
    version: int | None = None,
) -> Series:
    """Change this occurrence and those that follow (``whole``: all those still to come).

    ``starts_at`` is when this occurrence takes place from now on; the others move by as much.
    Returns the series that goes on. Raises Http404 out of reach, Conflict on a stale ``version``,
    Refused for a visit that is alone, over, or a repetition that cannot be moved by days.
    """
    with transaction.atomic():
        visit, series = _locked(appointment_id)
        if version is not None and version != visit.version:
            raise Conflict("Cette visite a été changée entre-temps : voici son état actuel.")
        old = visit.original_start or visit.starts_at
        was, wished = (recurrence.local(at, series.zone) for at in (old, starts_at))
        change = Change(
            wished - was,
            (wished.date() - was.date()).days,
            minutes,
            series.instructions if instructions is None else instructions.strip(),
        )
        cut = _first_to_come(series) if whole else old
        if cut + change.shift < timezone.now() - dt.timedelta(days=1):
            raise Refused("Choisissez une date à venir.", field="day")
        made = _go_on(series, cut, change)
        _end(series, cut)
        repeating.extend(made)
        journal.append(
            "series.changed",
            person_id=made.person_id,
            object_id=made.pk,
            to=rules.audience_of(made),
        )
        ledger.wrote(made.person_id, "agenda", object_id=made.pk, purpose=REASON)
        return made


def _locked(appointment_id: UUID) -> tuple[Appointment, Series]:
    reach = Reach.of(acting.current())
    visit: Appointment | None = (
        Appointment.objects.within(reach)
        .filter(pk=appointment_id)
        .select_for_update(of=("self",))
        .first()
    )
    if visit is None:
        raise Http404
    rules.require_planning(visit.person_id, visit.intervenant_id)
    if visit.status not in OPEN:
        raise Refused("Cette visite ne se déplace plus.")
    series = Series.objects.select_for_update().filter(pk=visit.series_id, ended_at=None).first()
    if series is None:
        raise Refused("Cette visite ne fait pas partie d’une série en cours.")
    if visit.moved:
        _back_in_line(visit, series)
    return visit, series


def _back_in_line(visit: Appointment, series: Series) -> None:
    """An occurrence that was moved alone, and from which the series now changes, follows it."""
    if visit.intervenant_id != series.intervenant_id:
        raise Refused("Cette visite est confiée à quelqu’un d’autre : changez-la seule.")
    visit.moved = False
    visit.save(update_fields=["moved"])


def _first_to_come(series: Series) -> dt.datetime:
    """The original start of the first visit that is still to come."""
    found = Appointment.objects.filter(
        series=series, status__in=OPEN, starts_at__gte=timezone.now(), moved=False
    )
    first = found.order_by("original_start").values_list("original_start", flat=True).first()
    if first is None:
        raise Refused("Cette série n’a plus de visite à venir.")
    moment: dt.datetime = first
    return moment


def _go_on(series: Series, cut: dt.datetime, change: Change) -> Series:
    first = _moved(cut, change, series.zone)
    before = recurrence.starts(
        series.rule, series.starts_at, series.zone, series.starts_at, cut + CHECKED
    )
    kept = [moment for moment in before if moment >= cut]
    rule = _shifted(series.rule, change.days, done=len(before) - len(kept))
    expected = [_moved(moment, change, series.zone) for moment in kept]
    until = (expected[-1] if expected else first) + dt.timedelta(minutes=1)
    if recurrence.starts(rule, first, series.zone, first, until) != expected:
        raise Refused(
            "Cette répétition ne se décale pas d’un jour à l’autre : "
            "arrêtez-la et planifiez-en une nouvelle.",
            field="day",
        )
    return Series.objects.create(
        continues=series,
        rule=rule,
        zone=series.zone,
        starts_at=first,
        minutes=change.minutes,
        instructions=change.instructions,
        excluded="\n".join(
            _moved(moment, change, series.zone).isoformat() for moment in _apart(series, cut)
        ),
        source_uid=series.source_uid,
        person_id=series.person_id,
        practice_id=series.practice_id,
        organisation_id=series.organisation_id,
        post_id=series.post_id,
        kind=series.kind,
        title=series.title,
        place=series.place,
        for_team=series.for_team,
        for_outside=series.for_outside,
        for_person=series.for_person,
        for_carers=series.for_carers,
        **author_of(acting.current()),
    )


def _apart(series: Series, cut: dt.datetime) -> list[dt.datetime]:
    """Original starts that had their own fate: moved, given to somebody else, cancelled, done."""
    own = Appointment.objects.filter(
        Q(moved=True) | ~Q(status__in=OPEN), series=series, original_start__gte=cut
    )
    lines = (dt.datetime.fromisoformat(line) for line in series.excluded.split())
    return [*own.values_list("original_start", flat=True), *(at for at in lines if at >= cut)]


def _end(series: Series, cut: dt.datetime) -> None:
    """Cancel what the former series still planned from ``cut`` on."""
    who = author_of(acting.current())
    rows = list(
        Appointment.objects.select_for_update().filter(
            series=series, original_start__gte=cut, status__in=OPEN, moved=False
        )
    )
    AppointmentEvent.objects.bulk_create(
        AppointmentEvent(
            appointment=visit, before=visit.status, after=Status.CANCELLED, reason=REASON, **who
        )
        for visit in rows
    )
    Appointment.objects.filter(pk__in=[visit.pk for visit in rows]).update(
        status=Status.CANCELLED, version=F("version") + 1
    )
    Series.objects.filter(pk=series.pk).update(ended_at=cut)
    for visit in rows[:14]:  # the open pages that show these days draw them again
        journal.signal("agenda", person_id=visit.person_id, object_id=visit.pk)


def _moved(moment: dt.datetime, change: Change, zone: str) -> dt.datetime:
    """The same occurrence at its new time, nine o'clock staying nine o'clock."""
    return recurrence.instant(recurrence.local(moment, zone) + change.shift, zone)


def _shifted(text: str, days: int, *, done: int) -> str:
    """The repetition from the cut on: its weekdays and its end follow, ``done`` times are spent."""
    rule = recurrence.parse(text)
    if rule is None:
        return text
    return replace(
        rule,
        days=tuple((day + days) % 7 for day in rule.days),
        until=rule.until + dt.timedelta(days=days) if rule.until else None,
        count=max(rule.count - done, 1) if rule.count else None,
    ).text
