"""Reads of the documents received."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.areas import Area
from liane.exchange.models import ReceivedDocument
from liane.patients.models import Patient

Status = ReceivedDocument.Status
MOST = 50


def of_person(person_id: UUID) -> list[ReceivedDocument]:
    """What was received about a person: what waits first, then the latest settled. One query."""
    rows = (
        ReceivedDocument.objects.within(Reach.of(acting.current()))
        .filter(person_id=person_id)
        .defer("content")
        .select_related("document")
        .order_by("-created_at")[: 2 * MOST]
    )
    return sorted(rows, key=lambda row: row.status != Status.WAITING)[:MOST]


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """Those told by journal entries. One query."""
    rows = ReceivedDocument.objects.within(Reach.of(acting.current())).filter(pk__in=ids)
    return {row.pk: row for row in rows.defer("content")}


def panel(request: HttpRequest, person: Patient) -> Mapping[str, Any] | None:
    """What waits, told on the page of documents; shown to who may bring a document in."""
    reach = Reach.of(acting.current())
    rows = ReceivedDocument.objects.within(reach).filter(person_id=person.pk)
    writes = reach.may_write(Area.DOCUMENT, person.pk)
    waiting = rows.filter(status=Status.WAITING).count()
    return {"waiting": waiting, "writes": writes} if waiting or writes else None
