"""Compiled queries that PostgreSQL knows by name: only their values travel.

psycopg prepares a text by itself, after reading it and its values again at each call. A query that
is compiled once (`core.prepared`) needs none of that: it is given a name on each connection, and
its values go as the database takes them.
"""

import datetime as dt
import operator
import re
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from psycopg import Binary, pq
from psycopg._preparing import PrepareManager
from psycopg.abc import Transformer as Reading
from psycopg.adapt import Transformer
from psycopg.types.json import Jsonb

from liane.core.journeys import Errand, fine, later, names_of, seen, travel

MOST = 256
"""Names kept on a connection; the least used goes first."""

_ENDS = re.compile(rb"^(?:DROP|ALTER|DISCARD ALL|DEALLOCATE ALL)\b").match
_UUID, _UUIDS, _TEXTS, _DATE, _MOMENT, _BYTEA, _UNKNOWN = 2950, 2951, 1009, 1082, 1184, 17, 0
_BINARY, _TEXT = pq.Format.BINARY, pq.Format.TEXT
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
        self.waiting: list[Errand] = []
        """What leaves with the next statement (`core.journeys`)."""
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
        ready = self._ready(connection, values)
        if ready is None:
            return None
        names, given = ready
        run = partial(self._run, connection.connection, names)
        return seen(connection, self.text, given, run)  # type: ignore[no-any-return]

    def later(self, connection: Any, values: Sequence[Any]) -> bool:
        """Let it leave with the next statement: it answers nothing. False where it cannot."""
        ready = self._ready(connection, values)
        if ready is None:
            return False
        return bool(
            seen(connection, self.text, ready[1],
                 lambda _, given, *__: later(connection, self.errand(given)))
        )  # fmt: skip

    def errand(self, given: Sequence[bytes | None]) -> Errand:
        """It, with these values, among others."""
        return Errand(self.text, given, self._types, self._formats, named=not self.by_pattern)

    def _ready(
        self, connection: Any, values: Sequence[Any]
    ) -> tuple[Names, list[bytes | None]] | None:
        if connection.queries_logged:
            return None
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        names = names_of(connection)
        if names is None or names.timezone != connection.timezone:
            return None
        given = self._given(values)
        if given is None:
            return None
        connection.validate_no_broken_transaction()
        return names, given

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
        opens = not inner.autocommit and link.transaction_status == _IDLE
        if names.waiting or opens:
            (found,) = travel(inner, names, [self.errand(given)])
            if self.by_pattern:
                return _read(found, inner, None)[0]
            known = names.named(self.text)
            return self._kept(found, inner, names, known[1] if known else None)
        if self.by_pattern:
            found = link.exec_params(self._bytes, given, self._types, self._formats)
            return _read(fine(found, inner), inner, None)[0]
        known = names.named(text)
        if known is None:
            name, reading = names.new(text), None
            try:
                fine(link.prepare(name, self._bytes, self._types), inner)
            except BaseException:
                names.ours.pop(text, None)
                raise
        else:
            name, reading = known
        found = fine(link.exec_prepared(name, given, self._formats), inner)
        return self._kept(found, inner, names, reading)

    def _kept(
        self, found: Any, inner: Any, names: Names, reading: Reading | None
    ) -> list[tuple[Any, ...]]:
        """Its rows; how they are read is kept beside its name."""
        if found.status == pq.ExecStatus.COMMAND_OK:
            return []
        rows, kept = _read(found, inner, reading)
        known = names.ours.get(self.text)
        if reading is None and known is not None:
            names.ours[self.text] = (known[0], kept)
        return rows


class Row:
    """An INSERT or the UPDATE of one row: each column tells PostgreSQL the type of its value, which
    may be absent."""

    def __init__(self, text: str) -> None:
        self.text = text

    def errand(self, values: Sequence[Any]) -> Errand | None:
        """It, with these values; None when one of them has no known way."""
        given = [_plain(one) for one in values]
        if None in given:
            return None
        formats, travelling = zip(*given, strict=True) if given else ((), ())
        return Errand(self.text, travelling, None, formats, named=True)


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
            return _TEXTS, _TEXT, _strings
    return None


Plain = tuple[int, bytes | None]
"""How a value of a row travels: its format, and itself."""
_ABSENT: Plain = (_TEXT, None)
_LENGTH, _HEAD = struct.Struct("!i"), struct.Struct("!iiIii")
_OF_16 = _LENGTH.pack(16)


def _plain(value: Any) -> Plain | None:
    """A value by its own type; None where it has no known way."""
    if value is None:
        return _ABSENT
    if isinstance(value, str):
        return _TEXT, value.encode()
    if isinstance(value, UUID):
        return _BINARY, value.bytes
    if isinstance(value, list):
        return _column(value)
    if isinstance(value, Binary):
        value = value.obj
    if isinstance(value, bytes):
        return _BINARY, value
    text = _text(value)
    return None if text is None else (_TEXT, text)


def _text(value: Any) -> bytes | None:
    """A value as text."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, Decimal):
        return str(value).encode()
    if isinstance(value, dt.datetime):
        return _written(value) if value.tzinfo else None
    if isinstance(value, dt.date):
        return _written(value)
    if isinstance(value, Jsonb) and value.dumps is not None:
        said = value.dumps(value.obj)
        return said if isinstance(said, bytes) else said.encode()
    return None


_WAYS: dict[type, Callable[[Any], bytes]] = {
    str: str.encode, bool: {True: b"t", False: b"f"}.__getitem__, int: b"%d".__mod__,
}  # fmt: skip
"""How the values of a column that are all of this very type are written."""


def _column(values: list[Any]) -> Plain | None:
    """The values of one column, of several rows: an array."""
    first = next((one for one in values if one is not None), None)
    if isinstance(first, UUID):
        return _BINARY, _array(_UUID, [None if one is None else one.bytes for one in values])
    if isinstance(first, Binary | bytes):
        contents = [one.obj if isinstance(one, Binary) else one for one in values]
        return _BINARY, _array(_BYTEA, contents)
    kinds = set(map(type, values))
    written = _WAYS.get(kinds.pop()) if len(kinds) == 1 else None
    if written is not None:
        return _TEXT, _texts(list(map(written, values)))
    texts = [None if one is None else _text(one) for one in values]
    if any(text is None and one is not None for text, one in zip(texts, values, strict=True)):
        return None
    return _TEXT, _texts(texts)


def _array(kind: int, values: Sequence[bytes | None]) -> bytes:
    """An array as PostgreSQL sends and takes it, of values of this type."""
    parts = [_HEAD.pack(1, None in values, kind, len(values), 1)]
    for one in values:
        if one is None:
            parts.append(_LENGTH.pack(-1))
        else:
            parts += (_OF_16 if len(one) == 16 else _LENGTH.pack(len(one)), one)
    return b"".join(parts)


def _texts(values: Sequence[bytes | None]) -> bytes:
    """The same as text; each value between quotes, unless it is absent."""
    if None not in values:
        whole = b'","'.join(values)  # type: ignore[arg-type]
        if b"\\" not in whole and whole.count(b'"') == 2 * (len(values) - 1):
            return b'{"%s"}' % whole if values else b"{}"
    return b"{%s}" % b",".join([b"NULL" if one is None else _quoted(one) for one in values])


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


def _strings(values: list[str]) -> bytes:
    return _texts([one.encode() for one in values])
