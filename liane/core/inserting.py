"""New rows, by a statement that is compiled once for each table.

``Model.save()`` builds and compiles its INSERT at each call, and looks at what an update would
need: half of what a new row costs. :func:`insert` does what ``save(force_insert=True)`` does for a
row whose key is made here, and nothing else: no signal is sent.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Field, Model
from django.db.models.sql import InsertQuery


def insert[M: Model](row: M) -> M:
    """Write a new row. Raises IntegrityError as ``save`` does."""
    connection = connections[DEFAULT_DB_ALIAS]
    sql, fields = _statement(type(row), connection.vendor)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        cursor.execute(sql, values)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def insert_all[M: Model](rows: Sequence[M]) -> None:
    """Write new rows of one table. Raises IntegrityError as ``bulk_create`` does."""
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    sql, fields = _statement(type(rows[0]), connection.vendor)
    values = [
        [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
        for row in rows
    ]
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
        cursor.executemany(sql, values)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _statement(model: type[Model], vendor: str) -> tuple[str, list["Field[Any, Any]"]]:
    """The INSERT of a table, and the fields of its values in order."""
    meta = model._meta
    if meta.parents or meta.db_returning_fields:
        raise TypeError(f"{meta.label} is given values by the database: use save().")
    fields = list(meta.local_concrete_fields)
    query = InsertQuery(model)
    query.insert_values(fields, [model()])
    ((sql, values),) = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    if len(values) != len(fields):
        raise TypeError(f"{meta.label} does not write one value for each column: use save().")
    return sql, fields
