"""Append-only tables keep their triggers, and a version that brings a new one can be installed."""

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from liane.core import triggers
from liane.core.acting import acting, owner, system
from liane.core.models import Entry

pytestmark = pytest.mark.django_db


def test_every_append_only_table_has_its_triggers() -> None:
    assert triggers.missing(connection) == []


def test_a_table_that_is_not_made_yet_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "tables", lambda: ["core_entry", "core_of_the_next_version"])
    assert triggers.missing(connection) == []


def test_a_lost_trigger_is_missed() -> None:
    where = " ON core_entry" if connection.vendor == "postgresql" else ""
    with owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER core_entry_no_update{where}")
    assert triggers.missing(connection) == ["core_entry_no_update"]


def test_the_database_itself_refuses_to_change_an_entry() -> None:
    with acting(system("test")):
        entry = Entry.objects.create(kind="x", actor_label="x", occurred_at="2026-11-22T10:00Z")
    with owner(), pytest.raises(DatabaseError):
        Entry.objects.filter(pk=entry.pk).update(kind="y")
