"""Liane made naive on purpose, for the kill drill alone: the drill must find it at fault.

What teams often write: no client-made key, the outbox emptied before the entries are published,
the reader's cursor moved before its work. ``python -m bench.drills.naive serve …`` is
``liane serve …`` with these three.
"""

import os
import time

from django.db import transaction


def _once(key, verb, content, model, do):
    with transaction.atomic():
        return do(), True


def _publish(limit=500):
    from liane.core.dispatcher import COUNTER
    from liane.core.models import Counter, Outbox, PublishedEntry

    waiting = list(Outbox.objects.order_by("id")[:limit])
    if not waiting:
        return 0
    Outbox.objects.filter(pk__in=[row.pk for row in waiting]).delete()
    time.sleep(0.02)
    counter, _ = Counter.objects.get_or_create(name=COUNTER)
    PublishedEntry.objects.bulk_create(
        PublishedEntry(position=position, entry_id=row.entry_id)
        for position, row in enumerate(waiting, counter.value + 1)
    )
    Counter.objects.filter(pk=COUNTER).update(value=counter.value + len(waiting))
    return len(waiting)


def _read(reader):
    from liane.core.acting import acting, system
    from liane.core.dispatcher import entries_after
    from liane.core.models import Cursor

    cursor, _ = Cursor.objects.get_or_create(name=reader.name)
    entries = entries_after(cursor.position, 50)
    if not entries:
        return 0
    Cursor.objects.filter(pk=reader.name).update(position=entries[-1].position)
    time.sleep(0.02)
    with acting(system("naive")), transaction.atomic():
        reader.handle(entries)
    return len(entries)


def spoil() -> None:
    """Put the naive versions in place of the real ones, in this process."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    from liane.core import dispatcher, idempotency, readers
    from liane.messaging import services

    idempotency.once = services.once = _once
    dispatcher.publish = _publish
    readers._read = _read


if __name__ == "__main__":
    spoil()
    from liane.cli import main

    main()
