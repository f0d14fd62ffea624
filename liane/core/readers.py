"""Readers of the journal: each one gets every published entry, in order, from its own cursor.

A reader's writes and its cursor commit together. An entry that a reader cannot digest does not
stop the others: it is set aside, tried again later, eight times at most, then shown to the
operator (`core.health`).
"""

import datetime as dt
from collections.abc import Collection

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from liane.core import registry
from liane.core.acting import acting, system
from liane.core.dispatcher import entries_after, last_position
from liane.core.jobs import TRIES, backoff
from liane.core.models import Cursor, DueJob, Entry
from liane.core.prepared import prepared

log = structlog.get_logger(__name__)
BATCH = 50


def run() -> int:
    """Let every registered reader read what is new. Returns the number of entries read."""
    newest, known = last_position(), dict(_cursors())
    for reader in registry.readers:
        if reader.name not in known:
            Cursor.objects.get_or_create(name=reader.name)
    return sum(_read(one) for one in registry.readers if known.get(one.name, 0) < newest)


@prepared
def _cursors() -> QuerySet[Cursor, tuple[str, int]]:
    return Cursor.objects.values_list("name", "position")


def _read(reader: registry.Reader) -> int:
    with transaction.atomic():
        held = Cursor.objects.select_for_update(skip_locked=True).filter(pk=reader.name).first()
        entries = entries_after(held.position, BATCH) if held else []
        if held is None or not entries:
            return 0
        if not _handled(reader, entries):
            for entry in entries:
                if not _handled(reader, [entry]):
                    _set_aside(reader, entry)
        held.position = entries[-1].position  # type: ignore[attr-defined]
        held.save(update_fields=["position"])
    return len(entries)


def _handled(reader: registry.Reader, entries: Collection[Entry]) -> bool:
    try:
        with transaction.atomic(), acting(system(f"lecture du journal : {reader.name}")):
            reader.handle(entries)
    except Exception as error:
        log.error("reader_failed", reader=reader.name, error=type(error).__name__)
        return False
    return True


def _set_aside(reader: registry.Reader, entry: Entry) -> None:
    DueJob.objects.create(
        name=f"reader:{reader.name}:{entry.position}",  # type: ignore[attr-defined]
        due_at=timezone.now() + backoff(1),
        failures=1,
        last_error="set aside",
    )


def retry(now: dt.datetime | None = None) -> int:
    """Try again the entries that were set aside and are due. Returns how many went through."""
    now = now or timezone.now()
    by_name = {reader.name: reader for reader in registry.readers}
    done = 0
    waiting = DueJob.objects.filter(
        name__startswith="reader:", due_at__lte=now, failures__lt=TRIES
    ).order_by("due_at")
    for row in list(waiting):
        _, name, position = row.name.split(":")
        reader = by_name.get(name)
        entries = entries_after(int(position) - 1, 1) if reader else []
        if reader is not None and entries and _handled(reader, entries):
            row.delete()
            done += 1
        else:
            row.failures += 1
            row.due_at = now + backoff(row.failures)
            row.save(update_fields=["failures", "due_at"])
    return done
