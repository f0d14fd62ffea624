"""The dispatcher gives each committed journal entry its place in the order of publication.

A verb commits its entry with an outbox row. The dispatcher takes outbox rows, numbers them without
a gap, and removes them, in one transaction. Whoever holds the counter's row is the active one, so
positions become visible in order: a reader that remembers a position misses nothing, however late
a transaction commits.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from liane.core import wakeup
from liane.core.acting import acting, system
from liane.core.models import Counter, Entry, Outbox, PublishedEntry
from liane.core.prepared import prepared

COUNTER = "journal"
BATCH = 500


def publish(limit: int = BATCH) -> int:
    """Publish at most ``limit`` waiting entries. Returns how many; 0 also when another does it."""
    if not _waiting():
        return 0
    Counter.objects.get_or_create(name=COUNTER)
    with transaction.atomic():
        counter = Counter.objects.select_for_update(skip_locked=True).filter(pk=COUNTER).first()
        if counter is None:
            return 0
        waiting = list(Outbox.objects.select_for_update(skip_locked=True).order_by("id")[:limit])
        if not waiting:
            return 0
        PublishedEntry.objects.bulk_create(
            PublishedEntry(position=position, entry_id=row.entry_id)
            for position, row in enumerate(waiting, counter.value + 1)
        )
        Outbox.objects.filter(pk__in=[row.pk for row in waiting]).delete()
        counter.value += len(waiting)
        counter.save(update_fields=["value"])
        wakeup.announce_at_commit()
    return len(waiting)


@prepared
def _waiting() -> QuerySet[Outbox, UUID]:
    return Outbox.objects.values_list("pk", flat=True)[:1]


def publish_all() -> int:
    """Publish everything that waits. Returns how many."""
    total = 0
    while (done := publish()) > 0:
        total += done
    return total


def last_position() -> int:
    """The position of the newest published entry, 0 when there is none."""
    return _value.first(COUNTER) or 0


@prepared
def _value(name: str) -> QuerySet[Counter, int]:
    return Counter.objects.filter(pk=name).values_list("value", flat=True)


def entries_after(position: int, limit: int = BATCH, upto: int | None = None) -> list[Entry]:
    """Published entries after ``position``, in order, each with its ``position``."""
    published = PublishedEntry.objects.filter(position__gt=position).order_by("position")
    if upto is not None:
        published = published.filter(position__lte=upto)
    places = list(published[:limit].values_list("position", "entry_id"))
    if not places:
        return []
    with acting(system("journal")):
        found = {entry.pk: entry for entry in _entries([entry_id for _, entry_id in places])}
    entries = []
    for place, entry_id in places:
        entry = found[entry_id]
        entry.position = place  # type: ignore[attr-defined]
        entries.append(entry)
    return entries


@prepared
def _entries(ids: list[UUID]) -> QuerySet[Entry]:
    return Entry.objects.filter(pk__in=ids)
