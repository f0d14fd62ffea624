"""Series: planned once, made into rows up to eight weeks ahead, ended for all that follows."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from liane.agenda import holding, recurrence, rules
from liane.agenda.models import Appointment, AppointmentEvent, Series
from liane.agenda.visit import Visit
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.errors import Refused
from liane.core.idempotency import once
from liane.core.models import author_of

Status = Appointment.Status
BATCH = 200


def plan_series(
    visit: Visit,
    rule: str,
    *,
    key: UUID | None = None,
    source_uid: str = "",
    excluded: str = "",
    since: dt.datetime | None = None,
    announce: bool = True,
    decided_at: dt.datetime | None = None,
) -> Series:
    """Plan ``visit`` again and again by ``rule`` (an RRULE), from its first start.

    The same ``key`` plans it once. ``excluded`` are original starts to leave out, one a line;
    ``since`` leaves out what lies before (a series begun long ago elsewhere). ``decided_at`` is
    when it was decided, for history that is taken over from elsewhere (now by default).

    Raises Refused for a rule that never happens, NotAllowed as `rules.require_planning`.
    """
    columns = visit.columns()
    first = visit.starts_at
    try:
        text = recurrence.checked(rule)
        soon = recurrence.starts(text, first, settings.TIME_ZONE, first, first + dt.timedelta(800))
    except ValueError:
        raise Refused("Cette répétition n’est pas comprise.", field="repeat") from None
    if not soon:
        raise Refused("Cette répétition ne donne aucune visite.", field="repeat")

    def do() -> Series:
        series = Series.objects.create(
            rule=text,
            zone=settings.TIME_ZONE,
            starts_at=first,
            minutes=visit.minutes,
            source_uid=source_uid,
            excluded=excluded,
            made_until=since,
            **columns,
            **author_of(acting.current()),
        )
        extend(series)
        journal.append(
            "series.planned",
            person_id=series.person_id,
            object_id=series.pk,
            to=rules.audience_of(series),
            announce=announce,
            occurred_at=decided_at,
        )
        ledger.wrote(series.person_id, "agenda", object_id=series.pk)
        return series

    content = [str(visit.person_id), first.isoformat(), visit.title, visit.minutes, text]
    made, _ = once(key, "agenda.series", content, Series, do)
    return made


def extend(series: Series, *, until: dt.datetime | None = None) -> list[Appointment]:
    """Make the rows of a series that are missing up to the horizon; running again adds none."""
    until = until or timezone.now() + recurrence.HORIZON
    since = series.made_until or series.starts_at
    moments = recurrence.starts(series.rule, series.starts_at, series.zone, since, until)
    there = {dt.datetime.fromisoformat(line) for line in series.excluded.split()}
    there |= set(
        Appointment.objects.filter(series=series, original_start__in=moments).values_list(
            "original_start", flat=True
        )
    )
    who = author_of(acting.current())
    made = [_occurrence(series, moment, who) for moment in moments if moment not in there]
    with transaction.atomic():
        Appointment.objects.bulk_create(made)
        AppointmentEvent.objects.bulk_create(
            AppointmentEvent(appointment=visit, after=Status.PLANNED, **who) for visit in made
        )
        Series.objects.filter(pk=series.pk).update(made_until=until)
        series.made_until = until
        holding.hold_new(made, who)
    return made


def _occurrence(series: Series, moment: dt.datetime, who: dict[str, Any]) -> Appointment:
    return Appointment(
        series=series,
        original_start=moment,
        starts_at=moment,
        ends_at=moment + dt.timedelta(minutes=series.minutes),
        person_id=series.person_id,
        practice_id=series.practice_id,
        organisation_id=series.organisation_id,
        post_id=series.post_id,
        kind=series.kind,
        title=series.title,
        place=series.place,
        instructions=series.instructions,
        for_team=series.for_team,
        for_outside=series.for_outside,
        for_person=series.for_person,
        for_carers=series.for_carers,
        **who,
    )


def extend_all() -> int:
    """Periodic work: every living series has its rows up to the horizon. Returns how many rows."""
    total = 0
    with acting.acting(acting.system("agenda: horizon")):
        until = timezone.now() + recurrence.HORIZON
        late = Series.objects.filter(
            Q(made_until=None) | Q(made_until__lt=until - dt.timedelta(hours=12)), ended_at=None
        )
        # Whole batches: SQLite refuses to write behind a cursor that is still being read.
        while batch := list(late.order_by("pk")[:BATCH]):
            total += sum(len(extend(series, until=until)) for series in batch)
    return total


def end_series(
    series_id: UUID, *, after: dt.datetime, reason: str = "", announce: bool = True
) -> int:
    """Cancel what a series still plans from ``after`` on, and tell. Returns how many visits.

    Visits done before stay as they were. Raises Http404 out of reach.
    """
    reach = Reach.of(acting.current())
    series = Series.objects.within(reach).filter(pk=series_id, ended_at=None).first()
    if series is None:
        raise Http404
    rules.require_planning(series.person_id, series.intervenant_id)
    with transaction.atomic():
        number = close(series, after, reason)
        journal.append(
            "series.ended",
            person_id=series.person_id,
            object_id=series.pk,
            to=rules.audience_of(series),
            announce=announce,
        )
        ledger.wrote(series.person_id, "agenda", object_id=series.pk, purpose="fin de série")
    return number


def close(
    series: Series, after: dt.datetime, reason: str, who: dict[str, Any] | None = None
) -> int:
    """End a series without a word: its future rows are cancelled, none is made any more.

    ``who`` says it (the actor by default), for a change made by rule.
    """
    who = who or author_of(acting.current())
    rows = list(
        Appointment.objects.select_for_update().filter(
            series=series, starts_at__gte=after, status__in=[Status.PLANNED, Status.SUSPENDED]
        )
    )
    AppointmentEvent.objects.bulk_create(
        AppointmentEvent(
            appointment=visit, before=visit.status, after=Status.CANCELLED, reason=reason, **who
        )
        for visit in rows
    )
    Appointment.objects.filter(pk__in=[visit.pk for visit in rows]).update(status=Status.CANCELLED)
    Series.objects.filter(pk=series.pk).update(ended_at=after)
    return len(rows)
