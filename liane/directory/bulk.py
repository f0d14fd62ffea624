"""Many new rows at once: COPY on PostgreSQL, one prepared INSERT on SQLite.

Ten times quicker than objects: no model is made. For tables whose rows nobody guards.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from liane.core import journeys

Row = Sequence[Any]


def insert(model: type[Model], names: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Write rows given as tuples of the fields ``names``; other fields take their default.

    Raises IntegrityError as ``bulk_create`` does. The caller holds the transaction.
    """
    columns, rest = _columns(model, names)
    fill = tuple(default() for default in rest)
    quote = connection.ops.quote_name
    table, listed = quote(model._meta.db_table), ", ".join(quote(one) for one in columns)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            journeys.leave(connection)  # no wrapper of the connection sees a COPY
            with cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row((*row, *fill))
            return
        marks = ", ".join("?" for _ in columns)
        statement = f"INSERT INTO {table} ({listed}) VALUES ({marks})"
        cursor.connection.executemany(statement, _plain(rows, fill))


def _plain(rows: Iterable[Row], fill: Row) -> Iterator[list[Any]]:
    """Rows as SQLite keeps them: identifiers in hexadecimal, moments in UTC without offset."""
    tail = [
        connection.ops.adapt_datetimefield_value(one) if isinstance(one, datetime) else one
        for one in fill
    ]
    for row in rows:
        yield [*(one.hex if type(one) is UUID else one for one in row), *tail]


@cache
def _columns(
    model: type[Model], names: tuple[str, ...]
) -> tuple[list[str], list[Callable[[], Any]]]:
    """The columns, those of ``names`` first, and what makes the value of each other one."""
    if getattr(model, "guarded", False):
        raise TypeError(f"{model._meta.label} is guarded: its rows go through a verb.")
    fields = {
        field.attname: field
        for field in model._meta.local_concrete_fields
        if not (field.primary_key and field.get_internal_type().endswith("AutoField"))
    }
    rest = [field for name, field in fields.items() if name not in names]
    columns = [str(fields[name].column) for name in names] + [str(one.column) for one in rest]
    return columns, [field.get_default for field in rest]
