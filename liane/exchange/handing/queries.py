"""Reads of what was handed on."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from liane.careplans.models import PlanVersion
from liane.circle.reach import Reach
from liane.core import acting
from liane.exchange.handing.things import Thing
from liane.exchange.models import Sending
from liane.timeline.models import Document, Note

MOST = 50


def path(row: Any) -> str:
    """The page from which a row of the record is handed on."""
    if isinstance(row, PlanVersion):
        return f"/plan/versions/{row.pk}/transmettre/"
    if isinstance(row, Document):
        return f"/personnes/{row.person_id}/documents/{row.pk}/transmettre/"
    if isinstance(row, Note):
        return f"/personnes/{row.person_id}/notes/{row.pk}/transmettre/"
    return ""


def of_thing(thing: Thing) -> list[Sending]:
    """Where one thing was sent, newest first. One query."""
    return list(_rows().filter(**{thing.name: thing.row})[:MOST])


def of_person(person_id: UUID) -> list[Sending]:
    """What of a person was sent, newest first. One query."""
    return list(_rows().filter(person_id=person_id)[:MOST])


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """Those told by journal entries. One query."""
    return {row.pk: row for row in _rows().filter(pk__in=ids)}


def _rows() -> "QuerySet[Sending]":
    rows: QuerySet[Sending] = Sending.objects.within(Reach.of(acting.current()))
    return rows.select_related("document", "note", "version").order_by("-created_at")
