"""`liane migrate` puts back a trigger that was lost, although the checks report it."""

import pytest
from django.core.management import call_command
from django.db import connection

from liane.core import triggers
from liane.core.acting import owner

pytestmark = pytest.mark.django_db


def test_a_lost_trigger_comes_back():
    table = "core_entry"
    name = f"{table}_no_update"
    target = "" if connection.vendor == "sqlite" else f" ON {table}"
    with owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{target}")
    assert name in triggers.missing(connection)
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection) == []
