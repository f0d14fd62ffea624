"""The planner knows of what was written since it last looked."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from liane.core import planner

TABLE = "django_session"
MANY = 30


def write() -> None:
    """Rows that nobody's reach concerns."""
    Session.objects.bulk_create(
        Session(session_key=f"planner-{number}", session_data="", expire_date=timezone.now())
        for number in range(MANY)
    )


def seen() -> int:
    """Rows of the table, as far as the planner knows."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT max(stat + 0) FROM sqlite_stat1 WHERE tbl = %s", [TABLE])
        else:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [TABLE])
        return max(0, int(cursor.fetchone()[0] or 0))


@pytest.mark.django_db
def test_it_sees_what_was_written_since():
    planner.analyse()
    before = seen()
    write()
    assert seen() == before

    planner.analyse()

    assert seen() >= before + MANY


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL looks by itself")
def test_sqlite_is_made_to_look_now_and_then():
    write()
    planner.follow()
    assert seen() >= MANY
