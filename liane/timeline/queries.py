"""The timeline: a person's journal, read under reach, with the objects that its entries tell of."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from liane.circle.expressions import Masked
from liane.circle.reach import Reach
from liane.circle.scoping import FLAGS
from liane.core import registry
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.core.registry import EntryKind
from liane.patients.queries import cluster_ids
from liane.timeline import cursors

PAGE = 30
ROUNDS = 3
"""Times a page looks further when what it found is not for this reader."""


@dataclass(frozen=True)
class Family:
    """A filter of the timeline: its word in the address, its label, the family of kinds."""

    slug: str
    label: str
    family: str


FAMILIES = (
    Family("", "Tout", ""),
    Family("notes", "Notes", "note"),
    Family("visites", "Visites", "visit"),
    Family("documents", "Documents", "document"),
    Family("messages", "Messages", "message"),
    Family("sejours", "Séjours", "stay"),
    Family("plan", "Plan", "plan"),
)


@dataclass(frozen=True)
class Item:
    """An entry as it is shown: its kind tells how, ``object`` is what its room loaded for it."""

    entry: Entry
    kind: EntryKind
    object: Any


@dataclass(frozen=True)
class Page:
    """Part of a timeline, newest first. ``older``: the cursor of what follows, empty at the end."""

    items: list[Item]
    older: str


def family_of(slug: str) -> Family:
    """The filter named in the address; the first one, which is all, for any other word."""
    return next((family for family in FAMILIES if family.slug == slug), FAMILIES[0])


def page(
    reach: Reach, person_id: UUID, *, family: str = "", before: str = "", size: int = PAGE
) -> Page:
    """The entries of a person that the actor may read, with their objects.

    Queries: one for linked records; then, at most :data:`ROUNDS` times, one for entries and those
    of each kind's loader. An entry whose object the reader may not see is left out.
    """
    kinds = _kinds(reach.actor.role, family)
    cluster = cluster_ids(person_id)
    items: list[Item] = []
    for _ in range(ROUNDS):
        wanted = size - len(items)
        entries = _entries(
            reach.actor, reach.now, cluster, frozenset(kinds), wanted + 1, *cursors.read(before)
        )
        more = len(entries) > wanted
        entries = entries[:wanted]
        items += _once(items, _loaded(entries, kinds))
        before = cursors.write(entries[-1].occurred_at, entries[-1].pk) if more else ""
        if not before or len(items) >= size:
            break
    return Page(items, before)


def _once(shown: list[Item], found: list[Item]) -> list[Item]:
    """What happened to two records that are one person is told once: their being brought together
    is written on each."""
    of = {(one.entry.kind, one.entry.object_id): one.entry.person_id for one in shown}
    return [
        one
        for one in found
        if of.setdefault((one.entry.kind, one.entry.object_id), one.entry.person_id)
        == one.entry.person_id
    ]


def item(entry: Entry) -> Item | None:
    """One entry as the current actor may see it, or None."""
    kind = registry.entry_kinds.get(entry.kind)
    if kind is None or not kind.in_timeline:
        return None
    return next(iter(_loaded([entry], {kind.kind: kind})), None)


def told_to(reach: Reach, entries: list[Entry]) -> list[Entry]:
    """Those of these entries that the timeline of ``reach``'s actor shows, objects included."""
    kinds = _kinds(reach.actor.role, "")
    persons = [one.person_id for one in entries if one.person_id is not None]
    ids = [one.pk for one in entries]
    seen = set(
        _readable(reach, persons, frozenset(kinds)).filter(pk__in=ids).values_list("pk", flat=True)
    )
    return [item.entry for item in _loaded([one for one in entries if one.pk in seen], kinds)]


def _kinds(role: str, family: str) -> dict[str, EntryKind]:
    return {
        name: kind
        for name, kind in registry.entry_kinds.items()
        if kind.in_timeline
        and (not family or kind.family == family)
        and (not kind.roles or role in kind.roles)
    }


@prepared
def _entries(
    actor: Actor,
    now: dt.datetime,
    cluster: list[UUID],
    kinds: frozenset[str],
    most: int,
    moment: dt.datetime | None,
    identifier: UUID | None,
) -> QuerySet[Entry]:
    rows = _readable(Reach(actor, now), cluster, kinds)
    return cursors.older(rows, "occurred_at", moment, identifier)[:most]


def _readable(reach: Reach, cluster: list[UUID], kinds: frozenset[str]) -> QuerySet[Entry]:
    entries = Entry.objects.filter(person_id__in=cluster, kind__in=sorted(kinds))
    if reach.everything:
        return entries
    holders = reach.actor.holders
    shared = reach.condition(Area.TIMELINE, "person_id", FLAGS)
    reached = reach.condition(Area.TIMELINE, "person_id", frozenset())
    narrowed = Q(only_organisation_id__in=holders) | Q(thread_id__isnull=False)
    masked = Q(Masked("object_id", holders, reach.actor.holder_id))
    mine = Q(actor_holder_id=reach.actor.holder_id) & Q(actor_holder_id__isnull=False)
    return entries.filter(shared | (reached & narrowed), ~masked | mine)


def _loaded(entries: list[Entry], kinds: Mapping[str, EntryKind]) -> list[Item]:
    wanted: dict[str, set[UUID]] = {}
    for entry in entries:
        if entry.object_id is not None and kinds[entry.kind].load is not None:
            wanted.setdefault(entry.kind, set()).add(entry.object_id)
    loaded = {
        name: load(found)
        for name, found in wanted.items()
        if (load := kinds[name].load) is not None
    }
    items = []
    for entry in entries:
        kind = kinds[entry.kind]
        shown = None
        if kind.load is not None:
            shown = loaded.get(entry.kind, {}).get(entry.object_id) if entry.object_id else None
            if shown is None:
                continue
        elif entry.thread_id is not None:
            continue
        items.append(Item(entry, kind, shown))
    return items
