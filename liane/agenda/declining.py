"""« Ne pas reprendre »: after a stay, an intervenant says that they do not come back, and why."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.agenda import holding, repeating, rules
from liane.agenda.models import Appointment, AppointmentEvent, Cause, Series, Suspension
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.errors import Refused
from liane.core.models import author_of

Status = Appointment.Status


def decline_resumption(
    *, cause_id: UUID, reason: str, appointment_ids: Collection[UUID] | None = None
) -> int:
    """Cancel the waiting visits that the actor may change (all, or those named), and say so.

    The series they belong to end: nothing of them comes back in eight weeks. Returns how many
    visits; declining again changes nothing. Raises Refused without a reason, Http404 for a cause
    out of reach.
    """
    why = " ".join(reason.split())[:200]
    if not why:
        raise Refused("Dites pourquoi vous ne reprenez pas ces visites.", field="reason")
    actor = acting.current()
    who = author_of(actor)
    with transaction.atomic():
        cause = Cause.objects.within(Reach.of(actor)).filter(cause_id=cause_id).first()
        if cause is None:
            raise Http404
        chosen = mine(cause, actor, appointment_ids)
        if not chosen:
            return 0
        since = min(visit.starts_at for visit in chosen)
        series = {visit.series_id for visit in chosen if visit.series_id}
        with acting.acting(acting.system("agenda: pas de reprise")):
            _cancel([visit for visit in chosen if not visit.series_id], why, who)
            for one in Series.objects.filter(pk__in=series, ended_at=None):
                repeating.close(one, since, why, who)
            Suspension.objects.filter(
                appointment__status=Status.CANCELLED, cause=cause, lifted_at=None
            ).update(lifted_at=timezone.now())
            if not holding.waiting(cause).exists():
                Cause.objects.filter(pk=cause.pk).update(closed_at=timezone.now())
        journal.append(
            "visits.declined", person_id=cause.person_id, object_id=cause.pk, to=holding.QUIET
        )
        ledger.wrote(cause.person_id, "agenda", object_id=cause.pk, purpose="pas de reprise")
        for visit in chosen:
            journal.signal("agenda", person_id=visit.person_id, object_id=visit.pk)
        holding.show_waiting(cause, chosen)
    return len(chosen)


def mine(
    cause: Cause, actor: acting.Actor, only: Collection[UUID] | None = None
) -> list[Appointment]:
    """The waiting visits of a cause that the actor may change."""
    rows = Appointment.objects.within(Reach.of(actor)).filter(pk__in=holding.waiting(cause))
    if only is not None:
        rows = rows.filter(pk__in=list(only))
    return [visit for visit in rows.order_by("starts_at") if rules.may_change(actor, visit)]


def _cancel(visits: list[Appointment], why: str, who: dict[str, object]) -> None:
    AppointmentEvent.objects.bulk_create(
        AppointmentEvent(
            appointment=visit, before=visit.status, after=Status.CANCELLED, reason=why, **who
        )
        for visit in visits
    )
    Appointment.objects.filter(pk__in=[visit.pk for visit in visits]).update(
        status=Status.CANCELLED
    )
