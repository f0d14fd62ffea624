"""Absence and replacement: visits of a period change hands, and everybody concerned is told."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from liane.agenda import rules
from liane.agenda.models import Appointment, AppointmentEvent
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.directory.models import Absence, Practice

Status = Appointment.Status


@dataclass(frozen=True)
class Reassigned:
    """What changed hands, and what could not: the replacement is not in those circles."""

    moved: tuple[Appointment, ...]
    kept: tuple[Appointment, ...]


def reassign(*, practice_id: UUID, to_id: UUID, start: dt.datetime, end: dt.datetime) -> Reassigned:
    """Give the visits planned with ``practice_id`` in [start, end) to another practice.

    Visits that the actor may not change, or with persons whose circle the replacement is not in,
    stay as they are and are returned. Raises Refused for an empty period.
    """
    if end <= start:
        raise Refused("La période finit avant de commencer.", field="ends_on")
    replacement = Practice.objects.filter(pk=to_id).first()
    if replacement is None or to_id == practice_id:
        raise Refused("Choisissez qui remplace.", field="replaced_by")
    actor = acting.current()
    who = author_of(actor)
    moved: list[Appointment] = []
    kept: list[Appointment] = []
    with transaction.atomic():
        rows = planned_with(practice_id, start, end)
        for visit in rows.select_for_update(of=("self",)).order_by("starts_at"):
            fits = rules.may_change(actor, visit) and _fits(visit, replacement)
            (moved if fits else kept).append(visit)
        Appointment.objects.filter(pk__in=[visit.pk for visit in moved]).update(
            practice=replacement, moved=True
        )
        AppointmentEvent.objects.bulk_create(
            AppointmentEvent(
                appointment=visit, before=visit.status, after=visit.status,
                reason="remplacement", **who,
            )
            for visit in moved
        )  # fmt: skip
        for visit in {visit.person_id: visit for visit in moved}.values():
            visit.practice = replacement
            journal.append(
                "visit.reassigned",
                person_id=visit.person_id,
                object_id=visit.pk,
                to=rules.audience_of(visit),
            )
            ledger.wrote(visit.person_id, "agenda", object_id=visit.pk, purpose="remplacement")
    return Reassigned(tuple(moved), tuple(kept))


def _fits(visit: Appointment, replacement: Practice) -> bool:
    try:
        rules.require_in_circle(visit.person_id, rules.holders_of(replacement, None, None))
    except Refused:
        return False
    return True


def for_absence(absence: Absence) -> str:
    """An absence with a replacement: the visits of its days change hands. What to say of it."""
    zone = timezone.get_current_timezone()
    start = dt.datetime.combine(absence.starts_on, dt.time(), tzinfo=zone)
    end = dt.datetime.combine(absence.ends_on + dt.timedelta(1), dt.time(), tzinfo=zone)
    if absence.replaced_by_id is None:
        left = planned_with(absence.practice_id, start, end).count()
        return f"Visites de ces jours sans remplaçant : {left}." if left else ""
    result = reassign(
        practice_id=absence.practice_id, to_id=absence.replaced_by_id, start=start, end=end
    )
    said = []
    if result.moved:
        said.append(f"Visites confiées au remplaçant : {len(result.moved)}.")
    if result.kept:
        said.append(
            f"Visites qui restent à confier, car le remplaçant n’est pas dans ces cercles :"
            f" {len(result.kept)}."
        )
    return " ".join(said)


def planned_with(practice_id: UUID, start: dt.datetime, end: dt.datetime) -> QuerySet[Appointment]:
    """What is planned with a practice in [start, end), as far as the actor reaches."""
    rows: QuerySet[Appointment] = Appointment.objects.within(Reach.of(acting.current())).filter(
        practice_id=practice_id,
        starts_at__gte=start,
        starts_at__lt=end,
        status__in=[Status.PLANNED, Status.SUSPENDED],
    )
    return rows
