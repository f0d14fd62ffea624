"""An empty SQLite database, made at once or migrated step by step, ends the same."""

import os
import re
import sqlite3
import subprocess
import sys

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, RunSQL

ROOMS = "liane."


def tables_of(folder, *how: str) -> dict[str, set[str]]:
    """Columns, indexes, constraints and triggers of each table, whatever their order."""
    environment = os.environ | {"LIANE_DATA_DIR": str(folder), "LIANE_DATABASE_URL": ""}
    command = [sys.executable, "manage.py", "migrate", "-v", "0", *how]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    (path,) = folder.glob("*.sqlite3")
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        found: dict[str, set[str]] = {}
        for table, sql in rows:
            inside = sql[sql.index("(") + 1 :] if sql.startswith("CREATE TABLE") else sql
            parts = re.split(r",(?![^(]*\))", inside) if sql.startswith("CREATE TABLE") else [sql]
            found.setdefault(table, set()).update(
                " ".join(one.split()).rstrip(")") for one in parts
            )
        return found


@pytest.mark.full
def test_both_ways_make_the_same_tables(tmp_path) -> None:
    at_once, replayed = tmp_path / "once", tmp_path / "replayed"
    at_once.mkdir()
    replayed.mkdir()
    assert tables_of(at_once) == tables_of(replayed, "--replay")


def test_no_migration_of_ours_puts_data_in() -> None:
    loader = MigrationLoader(None)
    for key, migration in loader.disk_migrations.items():
        if type(migration).__module__.startswith(ROOMS):
            moved = [one for one in migration.operations if isinstance(one, RunPython | RunSQL)]
            assert all(one.elidable for one in moved), f"{key}: see docs/adr/0005-fresh-tables.md"


@pytest.mark.django_db
def test_every_migration_is_written_as_applied() -> None:
    loader = MigrationLoader(connection)
    assert set(loader.disk_migrations) <= set(loader.applied_migrations)
