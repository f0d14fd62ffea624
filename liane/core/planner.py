"""What the database's planner knows of the tables: how many rows, how alike.

PostgreSQL looks by itself when a table has changed (autovacuum). SQLite never does: with what it
saw of a territory of yesterday, it reads whole tables of today.
"""

from django.db import connection

from liane.core import acting

SAMPLE = 1_000
"""Rows of each index that SQLite looks at: some tens of milliseconds at any size."""


def analyse() -> None:
    """Look at every table: after much was written at once."""
    with acting.owner(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA analysis_limit={SAMPLE}")
        cursor.execute("ANALYZE")


def follow() -> None:
    """The same now and then, where the database does not do it. A connection opened before goes by
    what it knew, until it is renewed."""
    if connection.vendor == "sqlite":
        analyse()
