"""The access ledger: every read and write of a person's data, recorded before it is shown.

Reads are noted during the request and committed before the response leaves, batched over the
requests of one process; if that fails the answer is 503 and nothing is shown. Writes record in
their own transaction (:func:`wrote`). The worker seals rows into hash chains.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone

from liane.core import acting
from liane.core.ids import uuid7
from liane.core.inserting import insert_values
from liane.core.models import AccessRow

Action = AccessRow.Action
_DEFAULTS = {one.name: one.default for one in AccessRow._meta.local_fields}
ORDINARY = (_DEFAULTS["outcome"], _DEFAULTS["retention"])
"""The last two columns of a row that went well."""
Row = tuple[Any, ...]
"""The values of an `AccessRow`, in the order of its fields: a page writes dozens."""


class LedgerUnavailable(RuntimeError):
    """The ledger could not be written: nothing may be shown."""


@dataclass
class Batch:
    """What one request has shown so far, one row for each (person, resource, object, action)."""

    rows: dict[tuple[UUID | None, str, UUID | None, str], Row] = field(default_factory=dict)


_batch: ContextVar[Batch | None] = ContextVar("liane_ledger_batch", default=None)


def _row(
    person_id: UUID | None,
    resource: str,
    *,
    action: str,
    object_id: UUID | None,
    ground: str,
    purpose: str = "",
    actor: acting.Actor | None = None,
) -> Row:
    actor = actor or acting.current()
    return (
        uuid7(), timezone.now(), actor.user_id, actor.holder_id, actor.label,
        actor.role or actor.kind, actor.organisation_id, ground, person_id, resource, object_id,
        str(action), str(purpose), actor.channel, actor.request_id, *ORDINARY,
    )  # fmt: skip


def read(
    person_ids: Iterable[UUID | None],
    resource: str,
    *,
    object_id: UUID | None = None,
    ground: str = "",
    action: str = Action.READ,
) -> None:
    """Note that data of these persons is about to be shown. Committed by :func:`recording`.

    None stands for somebody without a record yet: ``object_id`` then says what was shown.
    """
    batch = _batch.get()
    rows = [((person_id, resource, object_id, str(action)), person_id) for person_id in person_ids]
    if batch is None:
        _commit(
            [
                _row(person_id, resource, action=action, object_id=object_id, ground=ground)
                for _, person_id in rows
            ]
        )
        return
    for key, person_id in rows:
        if key not in batch.rows:
            batch.rows[key] = _row(
                person_id, resource, action=action, object_id=object_id, ground=ground
            )


def shown(reads: Iterable[tuple[acting.Actor, UUID, str, UUID | None]]) -> None:
    """Record what a live stream is about to show: (reader, person, resource, object), at once.

    Raises :class:`LedgerUnavailable` when that fails: push nothing then.
    """
    _commit(
        [
            _row(person_id, resource, action=Action.READ, object_id=object_id, ground="", actor=who)
            for who, person_id, resource, object_id in reads
        ]
    )


def wrote(
    person_id: UUID | None,
    resource: str,
    *,
    object_id: UUID | None = None,
    ground: str = "",
    action: str = Action.WRITE,
    purpose: str = "",
) -> None:
    """Record a write in the caller's own transaction."""
    wrote_each([(person_id, object_id)], resource, ground=ground, action=action, purpose=purpose)


def wrote_each(
    what: Iterable[tuple[UUID | None, UUID | None]],
    resource: str,
    *,
    ground: str = "",
    action: str = Action.WRITE,
    purpose: str = "",
) -> None:
    """The same of several (person, object), in one statement."""
    insert_values(
        AccessRow,
        [
            _row(person_id, resource, action=action, object_id=key, ground=ground, purpose=purpose)
            for person_id, key in what
        ],
    )


@contextmanager
def recording() -> Iterator[Batch]:
    """Collect the reads of one request, stream fragment or command; commit them at the end.

    Raises :class:`LedgerUnavailable` when they cannot be committed: show nothing then.
    """
    batch = Batch()
    token = _batch.set(batch)
    try:
        yield batch
    finally:
        _batch.reset(token)
    _commit(list(batch.rows.values()))


def written() -> None:
    """Write what was noted so far in the transaction at hand, which changes something: both are
    committed, or neither, and nothing is left for the end of the request.

    Raises :class:`LedgerUnavailable` when that fails.
    """
    batch = _batch.get()
    if batch is None:
        return
    try:
        insert_values(AccessRow, list(batch.rows.values()))
    except DatabaseError as error:
        raise LedgerUnavailable("The access ledger could not be written.") from error
    batch.rows.clear()


def _commit(rows: list[Row]) -> None:
    if not rows:
        return
    if settings.LEDGER_INLINE:
        insert_values(AccessRow, rows)
        return
    writer().submit(rows)


def _whole() -> AbstractContextManager[Any]:
    """PostgreSQL takes the rows in one statement, which is a transaction by itself."""
    return nullcontext() if connection.vendor == "postgresql" else transaction.atomic()


class Writer:
    """One thread that commits the rows of concurrent requests in one transaction."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[list[Row], threading.Event, list[Exception]]]
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def submit(self, rows: list[Row]) -> None:
        """Commit ``rows`` durably, then return. Raises :class:`LedgerUnavailable`."""
        done = threading.Event()
        errors: list[Exception] = []
        self._queue.put((rows, done, errors))
        if not done.wait(timeout=15) or errors:
            raise LedgerUnavailable("The access ledger could not be written.") from (
                errors[0] if errors else None
            )

    def _run(self) -> None:
        while True:
            waiting = [self._queue.get()]
            while not self._queue.empty() and len(waiting) < 200:
                waiting.append(self._queue.get())
            errors: list[Exception] = []
            try:
                close_old_connections()
                with _whole():
                    insert_values(AccessRow, [row for rows, _, _ in waiting for row in rows])
            except Exception as error:
                errors.append(error)
                connection.close()
            for _, done, theirs in waiting:
                theirs.extend(errors)
                done.set()


_writer: Writer | None = None
_writer_lock = threading.Lock()


def writer() -> Writer:
    """The process's own writer, started at first use (so after a fork)."""
    global _writer
    if _writer is None or not _writer._thread.is_alive():
        with _writer_lock:
            if _writer is None or not _writer._thread.is_alive():
                _writer = Writer()
    return _writer
