"""What somebody finds again of the circles they have left: their own past, without a name.

The identity of the person is no longer theirs to read: a record left is known by its dates alone.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.http import Http404

from liane.circle import rules
from liane.circle.models import Grant
from liane.circle.reach import Reach
from liane.core import acting, ledger, registry
from liane.core.areas import Area
from liane.core.registry import LeftPart
from liane.patients.models import PersonLink
from liane.patients.queries import cluster_ids

SIZE = 20
"""Records on one page of the list."""
ROWS = 50
"""Rows of each part on one page of a record."""
GROUND = "ancien membre du cercle"


@dataclass(frozen=True)
class Left:
    """A record one has left. ``ids`` are the linked records of that one person."""

    person_id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    ids: tuple[UUID, ...]
    counts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Rows of one part on a page; ``more`` when older ones follow."""

    part: LeftPart
    rows: list[Any]
    more: bool


def has_past(role: str) -> bool:
    """True for a role that leaves something behind: acts, or notes of its organisation."""
    return any(rules.scopes(role, area, "r") for area in (Area.INTERVENTION, Area.WORKING_FILE))


def records(page: int = 0) -> tuple[list[Left], bool]:
    """The records left, the last first, and whether more follow; their reading is recorded.

    Queries: two, and one for each part that a room offers.
    """
    reach = Reach.of(acting.current())
    with acting.acting(acting.system("dossiers quittés")):
        listed = list(_left(reach)[page * SIZE : (page + 1) * SIZE + 1])
        linked = _linked([person_id for person_id, _, _ in listed[:SIZE]])
    found = [
        Left(person_id, starts, ends, (person_id, *linked.get(person_id, ())))
        for person_id, starts, ends in listed[:SIZE]
    ]
    ids = [pk for one in found for pk in one.ids]
    counts = [(part, part.count(ids)) for part in _parts()] if ids else []
    ledger.read([one.person_id for one in found], "own_past", ground=GROUND)
    return [
        replace(one, counts=tuple(_words(part, one, by_id) for part, by_id in counts))
        for one in found
    ], len(listed) > SIZE


def record_or_404(person_id: UUID) -> Left:
    """One record left; Http404 for any other, present members' records included. Recorded."""
    reach = Reach.of(acting.current())
    with acting.acting(acting.system("dossiers quittés")):
        row = _left(reach).filter(person_id=person_id).first()
        if row is None:
            raise Http404
        ids = tuple(cluster_ids(person_id))
    ledger.read([person_id], "own_past", ground=GROUND)
    return Left(person_id, row[1], row[2], ids)


def parts(left: Left, page: int = 0) -> list[Part]:
    """What is left of a record, part by part. One query for each."""
    shown = []
    for part in _parts():
        rows = part.load(left.ids, page * ROWS, ROWS + 1)
        shown.append(Part(part, rows[:ROWS], len(rows) > ROWS))
    return shown


def counted(rows: QuerySet[Any], person_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of these rows by person: for the parts that rooms offer. One query."""
    found = rows.filter(person_id__in=person_ids).order_by()
    return dict(found.values_list("person_id").annotate(n=Count("pk")))


def _left(reach: Reach) -> QuerySet[Grant, Any]:
    """(person, first day, last day) of the records left, the last first: neither those reached
    again, nor those linked to another record, which speaks for them."""
    scopes = rules.scopes(reach.actor.role, Area.IDENTITY, "r")
    doubles = PersonLink.objects.filter(duplicate_id=OuterRef("person_id"), ended_at=None)
    rows = Grant.objects.filter(
        ~Exists(doubles),
        holder_id__in=reach.actor.holders,
        scope=Grant.Scope.PAST,
        ends_at__lte=reach.now,
    )
    return (
        rows.exclude(reach.reached("person_id", scopes))
        .order_by()
        .values_list("person_id")
        .annotate(starts=Min("starts_at"), ends=Max("ends_at"))
        .order_by("-ends", "person_id")
    )


def _linked(ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """The records linked under each of these."""
    found: dict[UUID, list[UUID]] = {}
    links = PersonLink.objects.filter(survivor_id__in=ids, ended_at=None)
    for survivor, duplicate in links.values_list("survivor_id", "duplicate_id"):
        found.setdefault(survivor, []).append(duplicate)
    return found


def _parts() -> list[LeftPart]:
    return sorted(registry.left_parts, key=lambda part: part.order)


def _words(part: LeftPart, one: Left, by_id: Any) -> str:
    number = sum(by_id.get(pk, 0) for pk in one.ids)
    return f"{number}\u00a0{part.count_of[number > 1]}"
