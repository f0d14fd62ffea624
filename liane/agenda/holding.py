"""What stops visits for a time: a stay suspends by reference, and only what it held returns.

Several causes may hold one visit; the last to let go frees it. Called by `stays` and by declared
absences, under whoever declares: the rows are changed by rule, with that actor's name.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.agenda import rules
from liane.agenda.models import Appointment, AppointmentEvent, Cause, Suspension, Window
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.inserting import insert, insert_all, together, update
from liane.core.models import author_of
from liane.core.prepared import prepared
from liane.patients.queries import cluster_ids

Status = Appointment.Status
Period = tuple[dt.datetime, dt.datetime]
SHOWN = dt.timedelta(days=7)
"""How far ahead open pages show visits: those further need no fresh drawing."""
QUIET = Audience(outside=True, person=True, carers=True)


@dataclass(frozen=True)
class Held:
    """The outcome of a suspension or its end: the visits whose state changed."""

    cause: Cause
    suspended: tuple[Appointment, ...] = ()
    freed: tuple[Appointment, ...] = ()


def suspend(
    *,
    person_id: UUID,
    start: dt.datetime,
    end: dt.datetime | None,
    cause_id: UUID,
    cause_kind: str,
    windows: Sequence[Period] = (),
) -> Held:
    """Hold every visit of the period for this cause, those planned later included.

    Saying it again with other dates or ``windows`` (leaves, when visits take place) corrects the
    period: what it held outside of it is freed. ``end`` None means until further notice.
    """
    who = author_of(acting.current())
    with transaction.atomic(savepoint=False), acting.acting(_machine(cause_kind)), together():
        cause = _known.first(cause_id) or Cause(cause_id=cause_id, **who)
        fresh = cause._state.adding
        cause.person_id, cause.kind = person_id, cause_kind
        cause.starts_at, cause.ends_at = start, end
        cause.resume_from = cause.closed_at = None
        if fresh:
            insert(cause)
        else:
            update(cause)
            if _windows(cause.pk):
                cause.windows.all().delete()
        insert_all(
            [Window(cause=cause, starts_at=opens, ends_at=closes) for opens, closes in windows]
        )
        held = _settle(cause, windows, who, fresh=fresh)
        _tell("visits.suspended", held)
        return held


def restore(*, cause_id: UUID) -> Held | None:
    """The cause never was (cancelled admission): what it alone held is planned again.

    None when nothing was ever held under this id.
    """
    who = author_of(acting.current())
    with transaction.atomic(savepoint=False), acting.acting(_machine("restore")), together():
        cause = _known.first(cause_id)
        if cause is None:
            return None
        cause.closed_at, cause.resume_from = timezone.now(), None
        update(cause, "closed_at", "resume_from")
        held = Held(cause, freed=_lift(cause, _living(cause.pk), who))
        _tell("visits.restored", held)
        return held


def propose_resumption(*, cause_id: UUID, resume_from: dt.datetime | None = None) -> Held | None:
    """The person comes back: visits from ``resume_from`` (now) wait for their intervenants' word.

    Those before it stay suspended: they did not take place. None for an unknown cause.
    """
    who = author_of(acting.current())
    with transaction.atomic(savepoint=False), acting.acting(_machine("resumption")), together():
        cause = _known.first(cause_id)
        if cause is None:
            return None
        cause.resume_from = resume_from or timezone.now()
        visits = _waiting(cause.pk, cause.resume_from)
        cause.closed_at = None if visits else timezone.now()
        update(cause, "resume_from", "closed_at")
        insert_all(
            [
                AppointmentEvent(
                    appointment_id=visit.pk, before=Status.SUSPENDED, after=Status.SUSPENDED,
                    reason="reprise proposée", **who,
                )
                for visit in visits
            ]
        )  # fmt: skip
        show_waiting(cause, visits)
        return Held(cause)


def show_waiting(cause: Cause, visits: Iterable[Appointment]) -> None:
    """On the open pages of who comes for these visits: that they wait for a word, or no longer."""
    for holder in {visit.practice_id or visit.post_id for visit in visits} - {None}:
        journal.signal(
            "resumption", person_id=cause.person_id, holder_id=holder, object_id=cause.cause_id
        )


def waiting(cause: Cause) -> QuerySet[Appointment]:
    """Visits of a cause that wait for somebody to say that they resume."""
    return _waiting.build(cause.pk, cause.resume_from or timezone.now())


@prepared
def _waiting(cause_pk: UUID, since: dt.datetime) -> QuerySet[Appointment]:
    rows: QuerySet[Appointment] = Appointment.objects.filter(
        status=Status.SUSPENDED,
        suspensions__cause_id=cause_pk,
        suspensions__lifted_at=None,
        starts_at__gte=since,
    )
    return rows


@prepared
def _known(cause_id: UUID) -> QuerySet[Cause]:
    return Cause.objects.select_for_update().filter(cause_id=cause_id)


@prepared
def _windows(cause_pk: UUID) -> QuerySet[Window, UUID]:
    return Window.objects.filter(cause_id=cause_pk).values_list("pk", flat=True)


@prepared
def _living(cause_pk: UUID) -> QuerySet[Suspension, UUID]:
    """The visits that a cause holds."""
    rows = Suspension.objects.filter(cause_id=cause_pk, lifted_at=None)
    return rows.values_list("appointment_id", flat=True)


def accept_resumption(
    *, cause_id: UUID, appointment_ids: Collection[UUID] | None = None
) -> list[Appointment]:
    """Resume the waiting visits that the actor may change (all, or those named), and say so.

    Raises Http404 for a cause out of reach.
    """
    actor = acting.current()
    cause = Cause.objects.within(Reach.of(actor)).filter(cause_id=cause_id).first()
    if cause is None:
        raise Http404
    with transaction.atomic():
        mine = Appointment.objects.within(Reach.of(actor)).filter(pk__in=waiting(cause))
        if appointment_ids is not None:
            mine = mine.filter(pk__in=list(appointment_ids))
        chosen = [visit for visit in mine if rules.may_change(actor, visit)]
        who = author_of(actor)
        with acting.acting(_machine("resumption")):
            freed = _lift(cause, [visit.pk for visit in chosen], who)
            if not waiting(cause).exists():
                Cause.objects.filter(pk=cause.pk).update(closed_at=timezone.now())
        if freed:
            journal.append(
                "visits.resumed", person_id=cause.person_id, object_id=cause.pk, to=QUIET
            )
            ledger.wrote(cause.person_id, "agenda", object_id=cause.pk, purpose="reprise")
            show_waiting(cause, freed)
        return list(freed)


def hold_new(visits: Iterable[Appointment], who: dict[str, Any]) -> None:
    """Hold visits just planned or moved, where an open cause covers them."""
    fresh = [visit for visit in visits if visit.status == Status.PLANNED]
    if not fresh:
        return
    persons = {visit.person_id for visit in fresh}
    with acting.acting(_machine("new visits")):
        related = {person: set(cluster_ids(person)) for person in persons}
        everyone = {member for cluster in related.values() for member in cluster}
        causes = Cause.objects.filter(person_id__in=everyone, closed_at=None)
        for cause in causes.prefetch_related("windows"):
            covered = [
                visit
                for visit in fresh
                if cause.person_id in related[visit.person_id] and _covers(cause, visit)
            ]
            _hold(cause, covered, who)


def resettle(visit: Appointment, who: dict[str, Any]) -> None:
    """After a move: let go what does not cover the visit any more, hold it where a cause does."""
    with acting.acting(_machine("moved")):
        living = Suspension.objects.filter(appointment=visit, lifted_at=None)
        for held in living.select_related("cause"):
            if held.cause.closed_at is not None or not _covers(held.cause, visit):
                for freed in _lift(held.cause, [visit.pk], who):
                    visit.status = freed.status
    hold_new([visit], who)


def _covers(cause: Cause, visit: Appointment) -> bool:
    at = visit.starts_at
    if at < cause.starts_at or (cause.ends_at is not None and at >= cause.ends_at):
        return False
    if any(window.starts_at <= at < window.ends_at for window in cause.windows.all()):
        return False
    if cause.resume_from is None or at < cause.resume_from:
        return True
    return visit.series_id is not None and waiting(cause).filter(series_id=visit.series_id).exists()


def _settle(cause: Cause, windows: Sequence[Period], who: dict[str, Any], *, fresh: bool) -> Held:
    wanted = _within(
        cluster_ids(cause.person_id),
        cause.starts_at,
        cause.ends_at,
        [opens for opens, _ in windows],
        [closes for _, closes in windows],
    )
    rows = {visit.pk: visit for visit in wanted}
    held = set() if fresh else set(_living(cause.pk))
    freed = _lift(cause, held - set(rows), who)
    suspended = _hold(cause, [rows[pk] for pk in rows if pk not in held], who)
    return Held(cause, suspended, freed)


@prepared
def _within(
    cluster: list[UUID],
    start: dt.datetime,
    end: dt.datetime | None,
    opens: list[dt.datetime],
    closes: list[dt.datetime],
) -> QuerySet[Appointment]:
    """The visits of a period, but in its windows. Locked."""
    wanted: QuerySet[Appointment] = Appointment.objects.standing_within(cluster, start, end)
    wanted = wanted.select_for_update()
    for opened, closed in zip(opens, closes, strict=True):
        wanted = wanted.exclude(starts_at__gte=opened, starts_at__lt=closed)
    return wanted


def _hold(
    cause: Cause, visits: Collection[Appointment], who: dict[str, Any]
) -> tuple[Appointment, ...]:
    insert_all([Suspension(appointment_id=visit.pk, cause=cause) for visit in visits])
    return _become(
        [visit for visit in visits if visit.status == Status.PLANNED],
        Status.SUSPENDED, cause.kind, who,
    )  # fmt: skip


def _lift(cause: Cause, ids: Collection[UUID], who: dict[str, Any]) -> tuple[Appointment, ...]:
    if not ids:
        return ()
    Suspension.objects.filter(cause=cause, appointment_id__in=ids, lifted_at=None).update(
        lifted_at=timezone.now()
    )
    others = Suspension.objects.filter(appointment_id=OuterRef("pk"), lifted_at=None)
    free = Appointment.objects.filter(
        ~Q(Exists(others)), pk__in=ids, status=Status.SUSPENDED
    ).select_for_update()
    return _become(list(free), Status.PLANNED, f"fin : {cause.kind}", who)


def _become(
    visits: list[Appointment], after: str, reason: str, who: dict[str, Any]
) -> tuple[Appointment, ...]:
    if not visits:
        return ()
    insert_all(
        [
            AppointmentEvent(
                appointment_id=visit.pk, before=visit.status, after=after, reason=reason, **who
            )
            for visit in visits
        ]
    )
    Appointment.objects.filter(pk__in=[visit.pk for visit in visits]).update(status=after)
    for visit in visits:
        visit.status = after
        if visit.starts_at < timezone.now() + SHOWN:
            journal.signal("agenda", person_id=visit.person_id, object_id=visit.pk)
    return tuple(visits)


def _tell(kind: str, held: Held) -> None:
    """Keep it in the journal without announcing: the cause tells the people, once."""
    if held.suspended or held.freed:
        journal.append(
            kind, person_id=held.cause.person_id, object_id=held.cause.pk, to=QUIET, announce=False
        )


def _machine(why: str) -> acting.Actor:
    return acting.system(f"agenda: {why}")
