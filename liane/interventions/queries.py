"""Reads: interventions as the timeline, the record and the reports need them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.acting import Actor
from liane.core.prepared import prepared
from liane.interventions import rules
from liane.interventions.models import Intervention
from liane.patients.queries import attending_doctor


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Intervention]:
    """Interventions within the current actor's reach, by id. One query."""
    rows = _by_ids(acting.current(), timezone.now(), sorted(ids)) if ids else []
    return {row.pk: _seen(row) for row in rows}


@prepared
def _by_ids(actor: Actor, now: dt.datetime, ids: Sequence[UUID]) -> QuerySet[Intervention]:
    rows: QuerySet[Intervention] = Intervention.objects.within(Reach(actor, now))
    return rows.filter(pk__in=ids).select_related(
        "performed_by__professional", "organisation", "undo"
    )


def _seen(row: Intervention) -> Intervention:
    if not rules.reads_notes(acting.current()):
        row.note = ""
    return row


def attending_doctor_of(entry: Any) -> Collection[UUID]:
    """The attending doctor of the person that an entry is about: told of a problem by name."""
    with acting.acting(acting.system("médecin traitant")):
        found = attending_doctor(entry.person_id, timezone.localdate())
        return [found.practice_id] if found is not None else []


def of_person(person_id: UUID, *, since: dt.datetime | None = None) -> QuerySet[Intervention]:
    """Standing interventions of a person, the latest first; their notes are for professionals."""
    rows: QuerySet[Intervention] = (
        Intervention.objects.within(Reach.of(acting.current()))
        .standing()
        .filter(person_id=person_id)
        .select_related("performed_by__professional", "organisation")
        .order_by("-at")
    )
    return rows if since is None else rows.filter(at__gte=since)


def past() -> QuerySet[Intervention]:
    """One's own acts for persons whose circle one has left, newest first."""
    rows: QuerySet[Intervention] = (
        Intervention.objects.past(Reach.of(acting.current()))
        .standing()
        .select_related("performed_by__professional")
        .order_by("-at", "-pk")
    )
    return rows


def left(person_ids: Collection[UUID], start: int, size: int) -> list[Intervention]:
    """A page of one's own past acts. One query."""
    rows = past().filter(person_id__in=person_ids)
    return [_seen(row) for row in rows[start : start + size]]


def standing_of_appointments(ids: Collection[UUID]) -> Mapping[UUID, Intervention]:
    """The standing intervention of each appointment that has one. One query."""
    rows = (
        Intervention.objects.within(Reach.of(acting.current()))
        .standing()
        .filter(appointment_id__in=ids)
        .select_related("performed_by__professional")
    )
    return {row.appointment_id: _seen(row) for row in rows if row.appointment_id is not None}
