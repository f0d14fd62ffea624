"""The few functions through which pages reach a person. "Not yours" and "not there" are one 404."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.models import Grant
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.errors import NotAllowed
from liane.core.prepared import prepared
from liane.patients.models import Patient


def access_patient(person_id: UUID, area: Area, *, resource: str = "") -> Patient:
    """The person, if the current actor may read ``area`` of the record; the read is recorded.

    Raises Http404 otherwise: even existence is hidden.
    """
    patient = _reached.first(acting.current(), timezone.now(), area, person_id)
    if patient is None:
        raise Http404
    ledger.read([patient.pk], resource or area, ground=patient.ground or "")  # type: ignore[attr-defined]
    return patient


@prepared
def _reached(actor: Actor, now: dt.datetime, area: Area, person_id: UUID) -> QuerySet[Patient]:
    reach = Reach(actor, now)
    return reach.with_ground(reach.patients(area), area).filter(pk=person_id)


def require_write(person_id: UUID, area: Area) -> None:
    """Raise unless the current actor may write ``area`` of this person's record.

    Http404 when the actor may not even read it; :class:`NotAllowed` when it may read only.
    """
    reach = Reach.of(acting.current())
    if reach.may_write(area, person_id):
        return
    if reach.patients(area).filter(pk=person_id).exists():
        raise NotAllowed
    raise Http404


def in_circle(person_id: UUID, holders: Collection[UUID]) -> bool:
    """True when one of these holders reaches the person now, and none of them is denied."""
    now = timezone.now()
    reached = Grant.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), person_id=person_id, holder_id__in=holders
    ).exclude(scope=Grant.Scope.PAST)
    denied = list(reached.values_list("deny", flat=True))
    return bool(denied) and not any(denied)
