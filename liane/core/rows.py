"""Rows without models, for machines that read and write them by the hundred thousand.

`read` runs a queryset of `values_list` and gives what the driver gives: no object, no conversion.
`write` adds rows in one statement a batch. The querysets, their conditions and row-level security
are those of anybody else, and the tripwire sees each statement; only the work of Django for each
value is left out, which costs more than the database itself.

Values are written as both databases take them: identifiers in hexadecimal (`key`), days in ISO,
moments as `moment` gives them.
"""

import datetime as dt
import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Aggregate, Model, QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.utils import timezone

FEW = 50
BATCH = 5_000
"""Rows of one statement: what PostgreSQL takes as arrays without a large peak of memory."""


def read(rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """What a queryset of `values_list` selects, as the driver gives it."""
    try:
        sql, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def among(pks: Collection[UUID]) -> Any:
    """What ``__in`` takes for many identifiers: one value of the statement, not one for each.

    Django prepares each value of a list; a chunk has a thousand of them, for a dozen queries.
    """
    if len(pks) < FEW:
        return list(pks)
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::uuid[])", [[pk.hex for pk in pks]])
    listed = "[" + ",".join(f'"{pk.hex}"' for pk in pks) + "]"
    return RawSQL("SELECT value FROM json_each(%s)", [listed])  # noqa: S611


def key(pk: UUID) -> str:
    """An identifier as it is written."""
    return pk.hex


def raw(pk: UUID) -> Any:
    """An identifier as the driver reads it: to find it among rows that were `read`."""
    return pk if connection.vendor == "postgresql" else pk.hex


def text(value: Any) -> str:
    """An identifier that was `read`, as it is shown and compared."""
    if type(value) is str and len(value) == 32:
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
    return str(value)


def uuid(value: Any) -> UUID:
    """An identifier that was `read`, as Django gives it."""
    return value if isinstance(value, UUID) else UUID(value)


shared = lru_cache(4_096)(uuid)
"""The same of what few rows share (an organisation, a project): each made once."""
named = lru_cache(4_096)(str)
"""The text of an identifier that many rows share: made once."""


def day(value: Any) -> Any:
    """A date that was `read` (or None)."""
    return dt.date.fromisoformat(value) if type(value) is str else value


class Gathered(Aggregate):
    """The rows of a group as one text: a JSON array of arrays of these columns, in any order.

    One value of the driver for a group where each row would cost a tuple of values. Identifiers
    are those of `text` on PostgreSQL, in hexadecimal on SQLite; days and moments, their text.
    """

    function = "json_group_array"
    template = "%(function)s(json_array(%(expressions)s))"
    arity = None
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The same for PostgreSQL."""
        template = "json_agg(json_build_array(%(expressions)s))::text"
        return self.as_sql(compiler, connection, template=template, **context)


class Days(dict[str, dt.date]):
    """The day that a text names, each read once; ``cut`` characters of it say which."""

    cut = 10

    def __missing__(self, key: str) -> dt.date:
        found = self[key] = dt.date.fromisoformat(key)
        return found


class LocalDays(Days):
    """The local day of a moment that SQLite keeps as text in UTC, by ten minutes."""

    cut = 15

    def __missing__(self, key: str) -> dt.date:
        moment = dt.datetime.fromisoformat(f"{key}0").replace(tzinfo=dt.UTC)
        found = self[key] = timezone.localdate(moment)
        return found


def local_days() -> Days:
    """Local days of what `Gathered` says: of moments on SQLite, of days asked of PostgreSQL."""
    return Days() if connection.vendor == "postgresql" else LocalDays()


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for unreachable cycles within: a chunk makes rows by the hundred thousand, none of
    them cyclic, and each search would look at all of them again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def moment(value: dt.datetime) -> Any:
    """A moment as it is written."""
    return connection.ops.adapt_datetimefield_value(value)


def write(
    model: type[Model],
    names: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    unique: Collection[str] = (),
) -> None:
    """Add rows given as tuples of the fields ``names``, their key among them; each other field
    takes its default, the same for all.

    All of them or none, in one transaction. With ``unique``, a row that stands under the same
    value of these takes the new values.
    Raises IntegrityError as ``bulk_create`` does.
    """
    if not rows:
        return
    columns, casts, rest = _columns(model, names)
    fill = [default() for default in rest]
    quote = connection.ops.quote_name
    table, listed = quote(model._meta.db_table), ", ".join(map(quote, columns))
    again = _again(model, names, unique)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            marks = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({listed}) VALUES ({marks}){again}"  # noqa: S608
            cursor.executemany(statement, [(*row, *fill) for row in rows])
            return
        marks = ", ".join(f"%s::{cast}[]" for cast in casts)
        statement = f"INSERT INTO {table} ({listed}) SELECT * FROM unnest({marks}){again}"  # noqa: S608
        for start in range(0, len(rows), BATCH):
            page = [(*row, *fill) for row in rows[start : start + BATCH]]
            cursor.execute(statement, [list(column) for column in zip(*page, strict=True)])


def _again(model: type[Model], names: Sequence[str], unique: Collection[str]) -> str:
    if not unique:
        return ""
    quote, column = connection.ops.quote_name, _column_of(model)
    found = ", ".join(quote(column[name]) for name in unique)
    taken = ", ".join(
        f"{quote(column[name])} = excluded.{quote(column[name])}"
        for name in names
        if name not in unique and name != "id"
    )
    return f" ON CONFLICT ({found}) DO UPDATE SET {taken}"


def _column_of(model: type[Model]) -> dict[str, str]:
    return {field.attname: str(field.column) for field in model._meta.local_concrete_fields}


@cache
def _columns(
    model: type[Model], names: tuple[str, ...]
) -> tuple[list[str], list[str], list[Callable[[], Any]]]:
    """The columns, those of ``names`` first, their types, and what gives each other value."""
    fields = {field.attname: field for field in model._meta.local_concrete_fields}
    rest = [field for name, field in fields.items() if name not in names]
    every = [*(fields[name] for name in names), *rest]
    casts = [str(field.rel_db_type(connection)) for field in every]
    return [str(field.column) for field in every], casts, [_default(field) for field in rest]


def _default(field: Any) -> Callable[[], Any]:
    if field.primary_key:
        raise TypeError(f"{field.model._meta.label}: each row is given its own {field.name}.")
    return lambda: field.get_db_prep_save(field.get_default(), connection)
