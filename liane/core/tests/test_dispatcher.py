"""Entries are published once, in order, without a gap, to every reader."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from liane.core import dispatcher, journal, readers, registry
from liane.core.acting import acting, system
from liane.core.models import Cursor, DueJob, Entry, Outbox, PublishedEntry

pytestmark = pytest.mark.django_db


def told(kind: str = "note.added") -> Entry:
    with transaction.atomic(), acting(system("test")):
        return journal.append(kind)


def test_waiting_entries_get_consecutive_positions_and_leave_the_outbox() -> None:
    told(), told()
    assert dispatcher.publish_all() == 2
    told()
    assert dispatcher.publish_all() == 1
    assert list(PublishedEntry.objects.order_by("position").values_list("position", flat=True)) == [
        1,
        2,
        3,
    ]
    assert not Outbox.objects.exists()
    assert dispatcher.last_position() == 3


def test_an_entry_of_an_older_identifier_that_commits_late_is_still_read() -> None:
    late = told()
    row = Outbox.objects.get(entry_id=late.id)
    row.delete()
    told()
    dispatcher.publish_all()
    row.save(force_insert=True)
    dispatcher.publish_all()
    assert [entry.id for entry in dispatcher.entries_after(1)] == [late.id]


def test_a_batch_is_bounded() -> None:
    for _ in range(3):
        told()
    assert [dispatcher.publish(limit=2), dispatcher.publish(limit=2)] == [2, 1]


class Seen:
    """A reader that remembers, and fails on what it is told to."""

    def __init__(self, *bad: str) -> None:
        self.kinds: list[str] = []
        self.bad = set(bad)

    def handle(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.kind in self.bad:
                raise RuntimeError(entry.kind)
        self.kinds += [entry.kind for entry in entries]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    reader = Seen()
    monkeypatch.setattr(registry, "readers", [registry.Reader("seen", reader.handle)])
    return reader


def test_a_reader_gets_each_entry_once_in_order(seen: Seen) -> None:
    for kind in ("a", "b"):
        told(kind)
    dispatcher.publish_all()
    readers.run()
    told("c")
    dispatcher.publish_all()
    readers.run()
    assert readers.run() == 0
    assert seen.kinds == ["a", "b", "c"]
    assert Cursor.objects.get(name="seen").position == 3


def test_an_indigestible_entry_stops_nobody_and_is_tried_again(seen: Seen) -> None:
    seen.bad = {"b"}
    for kind in ("a", "b", "c"):
        told(kind)
    dispatcher.publish_all()
    readers.run()
    assert seen.kinds == ["a", "c"]
    seen.bad = set()
    assert readers.retry(timezone.now() + dt.timedelta(minutes=1)) == 1
    assert seen.kinds == ["a", "c", "b"]
    assert not DueJob.objects.filter(name__startswith="reader:").exists()


def test_an_entry_refused_eight_times_is_left_for_the_operator(seen: Seen) -> None:
    seen.bad = {"b"}
    told("b")
    dispatcher.publish_all()
    readers.run()
    now = timezone.now()
    for hour in range(1, 12):
        readers.retry(now + dt.timedelta(hours=2 * hour))
    assert DueJob.objects.get(name="reader:seen:1").failures == 8
