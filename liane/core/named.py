"""Compiled queries that PostgreSQL knows by name: only their values travel.

psycopg prepares a text by itself, after reading it and its values again at each call. A query that
is compiled once (`core.prepared`) needs none of that: it is given a name on each connection, and
its values go as the database takes them.
"""

import datetime as dt
import operator
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from psycopg import errors, pq
from psycopg._preparing import PrepareManager
from psycopg.abc import Transformer as Reading
from psycopg.adapt import Transformer
from psycopg.types.json import Jsonb

MOST = 256
"""Names kept on a connection; the least used goes first."""

_ENDS = re.compile(rb"^(?:DROP|ALTER|DISCARD ALL|DEALLOCATE ALL)\b").match
_UUID, _UUIDS, _TEXTS, _DATE, _MOMENT, _UNKNOWN = 2950, 2951, 1009, 1082, 1184, 0
_BINARY, _TEXT = pq.Format.BINARY, pq.Format.TEXT
_FINE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_IDLE = pq.TransactionStatus.IDLE
Encode = Callable[[Any], bytes]
Kind = tuple[int, int, Encode]
"""How a value travels: the identifier of its type, its format, and what writes it."""


class Names(PrepareManager):
    """Statements of one connection: psycopg's own, and ours.

    psycopg forgets all of them after a rollback, for a type may have been made in it. Liane's types
    are made by migrations alone, and PostgreSQL plans again by itself when a table changes: only
    changing a table forgets here.
    """

    def __init__(self, timezone: Any) -> None:
        super().__init__()
        self.timezone = timezone
        self.ours: OrderedDict[str, tuple[bytes, Reading | None]] = OrderedDict()
        self._count = 0

    def clear(self) -> bool:
        """After a rollback: what was prepared stays."""
        return False

    def _should_discard(self, prep: Any, results: Sequence[Any], *_: Any) -> bool:
        for result in results:
            if _ENDS(result.command_status or b""):
                self.ours.clear()
                super().clear()
                self._to_flush.clear()
                self._to_flush.append(None)
                return True
        return False

    def named(self, text: str) -> tuple[bytes, Reading | None] | None:
        """Its name, and how its rows are read once it ran."""
        known = self.ours.get(text)
        if known is not None:
            self.ours.move_to_end(text)
        return known

    def new(self, text: str) -> bytes:
        """A name for it. The oldest name is given back to the database."""
        self._count += 1
        name = b"_liane_%d" % self._count
        self.ours[text] = (name, None)
        if len(self.ours) > MOST:
            self._to_flush.append(self.ours.popitem(last=False)[1][0])
        return name


class Named:
    """A text with ``$1…``, whose values always are of the same types, and how each travels."""

    def __init__(self, text: str, *, by_pattern: bool = False) -> None:
        """``by_pattern``: the plan hangs on the values; it is made anew at each call."""
        self.text, self.by_pattern = text, by_pattern
        self._bytes = text.encode()
        self._types: list[int] | None = None
        self._formats: list[int] | None = None
        self._encode: list[Encode] | None = None

    def rows(self, connection: Any, values: Sequence[Any]) -> list[tuple[Any, ...]] | None:
        """Run it, through the wrappers of Django's connection: its rows, none for a write.

        None, and nothing is run, when it cannot go this way: a type of value that is not known
        here, a log of queries that needs Django's own text. A cursor can. Raises as a cursor does.
        """
        names = _names(connection)
        given = self._given(values) if names is not None else None
        if names is None or given is None:
            return None
        connection.validate_no_broken_transaction()
        run = partial(self._run, connection.connection, names)
        with connection.wrap_database_errors:
            return _wrapped(connection, run)(self.text, given)  # type: ignore[no-any-return]

    def _given(self, values: Sequence[Any]) -> list[bytes | None] | None:
        """The values as they travel; None when one of them has no known way."""
        if self._encode is None:
            kinds = [_kind(one) for one in values]
            known = [kind for kind in kinds if kind is not None]
            if len(known) < len(kinds):
                return None
            self._types = [kind[0] for kind in known]
            self._formats = [kind[1] for kind in known]
            self._encode = [kind[2] for kind in known]
        return [encode(one) for encode, one in zip(self._encode, values, strict=True)]

    def _run(
        self, inner: Any, names: Names, text: str, given: list[bytes], *_: Any
    ) -> list[tuple[Any, ...]]:
        link = inner.pgconn
        _begun(inner)
        if self.by_pattern:
            found = link.exec_params(self._bytes, given, self._types, self._formats)
            return _read(_checked(found, inner), inner, None)[0]
        name, reading = self._name(inner, names)
        found = _checked(link.exec_prepared(name, given, self._formats), inner)
        if found.status == pq.ExecStatus.COMMAND_OK:
            return []
        rows, kept = _read(found, inner, reading)
        if reading is None:
            names.ours[text] = (name, kept)
        return rows

    def _name(self, inner: Any, names: Names) -> tuple[bytes, Reading | None]:
        """Its name on this connection, given now if it has none."""
        known = names.named(self.text)
        if known is not None:
            return known
        name = names.new(self.text)
        try:
            _checked(inner.pgconn.prepare(name, self._bytes, self._types), inner)
        except BaseException:
            names.ours.pop(self.text, None)
            raise
        return name, None


class Row(Named):
    """An INSERT or the UPDATE of a row: each column tells PostgreSQL the type of its value, which
    may be absent."""

    def _given(self, values: Sequence[Any]) -> list[bytes | None] | None:
        given = [_plain(one) for one in values]
        return None if any(one is NotImplemented for one in given) else given


def together(connection: Any, writes: Sequence[tuple[Row, Sequence[Any]]]) -> list[int] | None:
    """Run these in one journey to the database: how many rows each wrote.

    None, and nothing is run, when one of them cannot go this way. The first that is refused is
    raised, as a cursor would; none that follows it is run.
    """
    names = _names(connection)
    if names is None:
        return None
    given = [known for one, values in writes if (known := one._given(values)) is not None]
    if len(given) < len(writes):
        return None
    connection.validate_no_broken_transaction()
    inner = connection.connection
    link = inner.pgconn
    with connection.wrap_database_errors:
        _begun(inner)
        named = [one._name(inner, names)[0] for one, _ in writes]
        link.enter_pipeline_mode()
        try:
            try:
                for (one, _), name, values in zip(writes, named, given, strict=True):
                    run = partial(_queued, link, name)
                    _wrapped(connection, run)(one.text, values)
            finally:
                link.pipeline_sync()
                found = _arrived(link)
        finally:
            link.exit_pipeline_mode()
        return [_checked(result, inner).command_tuples or 0 for result in found]


def told(connection: Any, text: str) -> bool:
    """Run a statement that has no values and gives no rows (``SAVEPOINT``); False: it was not."""
    names = _names(connection)
    if names is None:
        return False
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        _wrapped(connection, partial(_said, connection.connection))(text, [])
    return True


def _said(inner: Any, text: str, *_: Any) -> None:
    _begun(inner)
    _checked(inner.pgconn.exec_(text.encode()), inner)


def _queued(link: Any, name: bytes, text: str, given: list[bytes | None], *_: Any) -> None:
    link.send_query_prepared(name, given)


def _arrived(link: Any) -> list[Any]:
    """What each statement of a journey gave; nothing after the first that was refused."""
    found: list[Any] = []
    while True:
        result = link.get_result()
        if result is None:
            if link.status == pq.ConnStatus.BAD:
                raise errors.OperationalError("the connection is lost")
        elif result.status == pq.ExecStatus.PIPELINE_SYNC:
            return found
        elif result.status != pq.ExecStatus.PIPELINE_ABORTED:
            found.append(result)


def _names(connection: Any) -> Names | None:
    """What the connection knows by name; None when statements cannot go this way."""
    if connection.queries_logged:
        return None
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    names = connection.connection._prepared
    return names if type(names) is Names and names.timezone == connection.timezone else None


def _begun(inner: Any) -> None:
    """The transaction is open, as psycopg opens it before a first statement."""
    if not inner.autocommit and inner.pgconn.transaction_status == _IDLE:
        _checked(inner.pgconn.exec_(b"BEGIN"), inner)


def _wrapped(connection: Any, run: Callable[..., Any]) -> Callable[[str, list[Any]], Any]:
    """``run`` within the wrappers of Django's connection."""
    context = {"connection": connection, "cursor": None}
    for wrapper in reversed(connection.execute_wrappers):
        run = partial(wrapper, run)
    return lambda text, given: run(text, given, False, context)


def _checked(result: Any, inner: Any) -> Any:
    if result.status not in _FINE:
        raise errors.error_from_result(result, encoding=inner.info.encoding)
    return result


def _read(found: Any, inner: Any, reading: Reading | None) -> tuple[list[tuple[Any, ...]], Reading]:
    """The rows, and what reads those of this text."""
    if reading is None:
        reading = Transformer(inner)
        reading.set_pgresult(found)
    else:
        reading.set_pgresult(found, set_loaders=False)
    rows = reading.load_rows(0, found.ntuples, tuple)
    reading.set_pgresult(None, set_loaders=False)
    return rows, reading


def _kind(value: Any) -> Kind | None:
    """How values like this one travel: the shape of a query fixes the type of each."""
    if isinstance(value, UUID):
        return _UUID, _BINARY, operator.attrgetter("bytes")
    if isinstance(value, str):
        return _UNKNOWN, _TEXT, str.encode
    if type(value) is int:
        return _UNKNOWN, _TEXT, b"%d".__mod__
    if isinstance(value, dt.datetime):
        return (_MOMENT, _TEXT, _written) if value.tzinfo else None
    if isinstance(value, dt.date):
        return _DATE, _TEXT, _written
    if isinstance(value, list) and value:
        if all(isinstance(one, UUID) for one in value):
            return _UUIDS, _TEXT, _uuids
        if all(isinstance(one, str) for one in value):
            return _TEXTS, _TEXT, _texts
    return None


def _plain(value: Any) -> Any:
    """A value as text, by its own type; NotImplemented where it has no known way."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, UUID | Decimal):
        return str(value).encode()
    if isinstance(value, dt.datetime):
        return _written(value) if value.tzinfo else NotImplemented
    if isinstance(value, dt.date):
        return _written(value)
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, Jsonb) and value.dumps is not None:
        said = value.dumps(value.obj)
        return said if isinstance(said, bytes) else said.encode()
    if isinstance(value, list):
        return _column([_plain(one) for one in value])
    return NotImplemented


def _column(values: list[Any]) -> Any:
    """An array of values that are text already."""
    if any(one is NotImplemented for one in values):
        return NotImplemented
    return b"{" + b",".join(b"NULL" if one is None else _quoted(one) for one in values) + b"}"


def _quoted(value: bytes) -> bytes:
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _written(value: dt.date) -> bytes:
    return value.isoformat().encode()


def _uuids(values: list[UUID]) -> bytes:
    return _several(tuple(values))


@lru_cache(maxsize=512)
def _several(values: tuple[UUID, ...]) -> bytes:
    """The holders of an actor come back in every condition of a page."""
    return b"{%s}" % b",".join(str(one).encode() for one in values)


def _texts(values: list[str]) -> bytes:
    return bytes(_column([one.encode() for one in values]))
