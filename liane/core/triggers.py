"""Append-only tables, held by the database itself on both engines.

Declared on the model (``append_only = True``), installed after every migrate because SQLite drops
triggers silently when it rebuilds a table, checked at start-up and by ``liane audit verify``.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


def tables() -> list[str]:
    """Tables whose rows may only be added."""
    return [
        model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)
    ]


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Reinstall every trigger once migrations are done."""
    if sender.name == "liane.core":
        install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Install the triggers of every append-only table that exists."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION liane_append_only() RETURNS trigger LANGUAGE plpgsql "
                "AS $$ BEGIN RAISE EXCEPTION 'append-only table: %', TG_TABLE_NAME; END $$"
            )
        for table in tables():
            if table not in existing:
                continue
            for verb in ("UPDATE", "DELETE"):
                name = f"{table}_no_{verb.lower()}"
                if connection.vendor == "postgresql":
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
                    cursor.execute(
                        f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" '
                        "FOR EACH ROW EXECUTE FUNCTION liane_append_only()"
                    )
                else:
                    cursor.execute(
                        f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {verb} ON "{table}" '
                        "BEGIN SELECT RAISE(ABORT, 'append-only table'); END"
                    )


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that should be there and are not, for the tables that exist already."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {name for (name,) in cursor.fetchall()}
    wanted = [
        f"{table}_no_{verb}"
        for table in tables()
        if table in existing
        for verb in ("update", "delete")
    ]
    return [name for name in wanted if name not in present]
