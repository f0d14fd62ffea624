"""New rows and changed ones, by statements that are compiled once for each table.

``Model.save()`` builds and compiles its statement at each call, and looks at what an update would
need: half of what a new row costs. :func:`insert` does what ``save(force_insert=True)`` does for a
row whose key is made here, :func:`update` what ``save(force_update=True)`` does, and nothing else:
no signal is sent. Within :func:`together`, a verb's rows leave for PostgreSQL in one journey.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models, transaction
from django.db.models import Field, Model, Q
from django.db.models.sql import InsertQuery, UpdateQuery
from psycopg import Pipeline

from liane.core.journeys import Errand, names_of, seen, travel
from liane.core.named import Row
from liane.core.numbered import plainly


class _Write(NamedTuple):
    """A statement that waits to leave; ``changes``: it must find its row."""

    table: str
    sql: str
    values: Sequence[Any]
    changes: bool = False


_waiting: ContextVar[list[_Write] | None] = ContextVar("liane_waiting_rows", default=None)

KINDS: dict[type["Field[Any, Any]"], type] = {
    models.UUIDField: UUID, models.CharField: str, models.TextField: str,
    models.BooleanField: bool, models.PositiveIntegerField: int,
}  # fmt: skip
"""Fields whose values of this very type need no preparation for PostgreSQL."""
FLAT = frozenset(
    {"uuid", "varchar", "text", "boolean", "bytea", "date", "timestamp with time zone", "smallint",
     "integer", "bigint", "numeric"}
)  # fmt: skip
"""Types of columns that PostgreSQL takes as arrays, one value a row."""


def insert[M: Model](row: M) -> M:
    """Write a new row. Raises IntegrityError as ``save`` does."""
    _insertion(type(row), connections[DEFAULT_DB_ALIAS].vendor)
    insert_all([row])
    return row


def insert_all[M: Model](rows: Sequence[M]) -> None:
    """Write new rows of one table, in one statement. Raises IntegrityError as ``bulk_create`` does.

    A key that the database gives stays None: nothing is read back, so nothing need be readable.
    """
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    sql, fields = _insertion(type(rows[0]), connection.vendor, keyless=True)
    columns = [(one, one.attname, _kind(one, connection.vendor)) for one in fields]
    values = [
        [
            value
            if kind and ((value := row.__dict__.get(name)) is None or type(value) is kind)
            else field.get_db_prep_save(field.pre_save(row, True), connection)
            for field, name, kind in columns
        ]
        for row in rows
    ]
    _write(type(rows[0]), sql, values)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_values[M: Model](model: type[M], rows: Sequence[Sequence[Any]]) -> None:
    """New rows of a table that is derived from others: no object is made of any.

    A row has its values in the order of the model's fields, without the key that the database
    gives; they are what the columns hold, nothing is sealed.
    """
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    sql, fields = _insertion(model, connection.vendor, keyless=True)
    if connection.vendor != "postgresql":
        rows = [
            [field.get_db_prep_save(value, connection)
             for field, value in zip(fields, row, strict=True)]
            for row in rows
        ]  # fmt: skip
    _write(model, sql, rows)


def _write(model: type[Model], sql: str, values: Sequence[Sequence[Any]]) -> None:
    """Write these values now, or let them wait for :func:`together`."""
    connection = connections[DEFAULT_DB_ALIAS]
    table, several = model._meta.db_table, ""
    if len(values) > 1 and connection.vendor == "postgresql":
        several = _several(model)
    if several:
        columns = [list(column) for column in zip(*values, strict=True)]
        writes = [_Write(table, several, columns)]
    else:
        writes = [_Write(table, sql, one) for one in values]
    waiting = _waiting.get()
    if waiting is not None:
        waiting += writes
    elif len(writes) == 1:
        _run(writes)
    else:
        with (
            transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS),
            connection.cursor() as cursor,
        ):
            cursor.executemany(sql, values)


def update[M: Model](row: M, *names: str) -> M:
    """Write these fields of a row again; all of them when none is named.

    Raises DatabaseError where the row is no longer there.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    sql, fields = _change(type(row), names, connection.vendor)
    values = [field.get_db_prep_save(field.pre_save(row, False), connection) for field in fields]
    write = _Write(row._meta.db_table, sql, values, changes=True)
    waiting = _waiting.get()
    if waiting is not None:
        waiting.append(write)
    else:
        _run([write])
    return row


@contextmanager
def together() -> Iterator[None]:
    """What :func:`insert` and :func:`update` write in this block leaves in one journey.

    On PostgreSQL it waits for the end of the block, or for the first statement that could tell:
    anything but a SELECT that names none of the tables written. A refusal of the database is
    raised then. On SQLite each row is written at once.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or _waiting.get() is not None:
        yield
        return
    if not connection.in_atomic_block:
        raise ValueError("inserting.together must be called inside the transaction of the change.")
    mark = _waiting.set([])
    try:
        yield
        _send()
    finally:
        _waiting.reset(mark)


def before(sql: str) -> None:
    """Each statement says itself here first: what waits leaves before whatever could tell."""
    waiting = _waiting.get()
    if not waiting:
        return
    if sql.startswith("ROLLBACK TO SAVEPOINT"):
        waiting.clear()
    elif (
        not sql.startswith(("SELECT", "(SELECT"))
        or sql.startswith("SELECT set_config")  # somebody else acts from here on
        or any(one.table in sql for one in waiting)
    ):
        _send()


def _send() -> None:
    waiting = _waiting.get()
    if waiting:
        writes = list(waiting)
        waiting.clear()
        _run(writes)


def _run(writes: list[_Write]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    if connection.vendor == "postgresql" and _by_name(writes, connection):
        return
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), ExitStack() as stack:
        cursors = [stack.enter_context(connection.cursor()) for _ in writes]
        with ExitStack() as journey:
            if len(writes) > 1 and connection.vendor == "postgresql" and Pipeline.is_supported():
                journey.enter_context(connection.wrap_database_errors)
                journey.enter_context(connection.connection.pipeline())
            for cursor, one in zip(cursors, writes, strict=True):
                cursor.execute(one.sql, one.values)
        for cursor, one in zip(cursors, writes, strict=True):
            if one.changes and cursor.rowcount != 1:
                raise DatabaseError(f"No row of {one.table} was changed.")


def _by_name(writes: Sequence[_Write], connection: Any) -> bool:
    """True when PostgreSQL took the rows, in one journey, by the names of their statements."""
    names = names_of(connection)
    if names is None:
        return False
    errands: list[Errand] = []
    for one in writes:
        errand = _row(one.sql).errand(one.values)
        if errand is None:
            return False
        errands.append(errand)
    connection.validate_no_broken_transaction()
    with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS):
        for errand in errands:
            seen(connection, errand.text, errand.values, _nothing)
        with connection.wrap_database_errors:
            found = travel(connection.connection, names, errands)
        for one, result in zip(writes, found, strict=True):
            if one.changes and result.command_tuples != 1:
                raise DatabaseError(f"No row of {one.table} was changed.")
    return True


def _nothing(*_: Any) -> None:
    """What the wrappers of a connection saw leaves with the others."""


@cache
def _row(sql: str) -> Row:
    return Row(plainly(sql))


@cache
def _kind(field: "Field[Any, Any]", vendor: str) -> type | None:
    """The type of the values that PostgreSQL takes as they are; None where each is prepared."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return KINDS.get(type(field)) if vendor == "postgresql" else None


@cache
def _insertion(
    model: type[Model], vendor: str, *, keyless: bool = False
) -> tuple[str, list["Field[Any, Any]"]]:
    """The INSERT of a table, and the fields of its values in order."""
    meta = model._meta
    given = set(meta.db_returning_fields)
    if meta.parents or given - ({meta.pk} if keyless else set()):
        raise TypeError(f"{meta.label} is given values by the database: use save().")
    fields = [field for field in meta.local_concrete_fields if field not in given]
    query = InsertQuery(model)
    query.insert_values(fields, [model()])
    ((sql, values),) = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    if len(values) != len(fields):
        raise TypeError(f"{meta.label} does not write one value for each column: use save().")
    return sql, fields


@cache
def _change(
    model: type[Model], names: tuple[str, ...], vendor: str
) -> tuple[str, list["Field[Any, Any]"]]:
    """The UPDATE of a row, and the fields of its values in order, its key last."""
    meta = model._meta
    if meta.parents:
        raise TypeError(f"{meta.label} is kept in two tables: use save().")
    fields = [
        field
        for field in meta.local_concrete_fields
        if not field.primary_key and (not names or field.name in names)
    ]
    if len(fields) < len(names):
        raise TypeError(f"{meta.label} has no field for each of {', '.join(names)}.")
    blank = model()
    query = UpdateQuery(model)
    query.add_update_fields([(field, None, field.pre_save(blank, False)) for field in fields])
    query.add_q(Q(pk=blank.pk))
    sql, values = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    if len(values) != len(fields) + 1:
        raise TypeError(f"{meta.label} does not write one value for each column: use save().")
    return sql, [*fields, meta.pk]


@cache
def _several(model: type[Model]) -> str:
    """The INSERT of any number of rows, one array a column; nothing for columns that nest."""
    connection = connections[DEFAULT_DB_ALIAS]
    _, fields = _insertion(model, connection.vendor, keyless=True)
    kinds = [str(field.db_type(connection)).split("(")[0] for field in fields]
    if not FLAT.issuperset(kinds):
        return ""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    arrays = ", ".join(f"(%s)::{kind}[]" for kind in kinds)
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) SELECT * FROM UNNEST({arrays})"
