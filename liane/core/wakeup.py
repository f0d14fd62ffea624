"""Waking those who wait for the journal: readers, live streams, the runner of tasks.

PostgreSQL tells (LISTEN/NOTIFY), SQLite is asked (``PRAGMA data_version`` changes when another
connection commits). A lost word costs little: who waits looks again after its timeout.
"""

import os
import select
import time
from abc import ABC, abstractmethod
from contextlib import suppress

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from liane.core import journeys

CHANNEL = "liane"
_NOTIFY = f"SELECT pg_notify('{CHANNEL}', '')"
_UNSURE = "SET LOCAL synchronous_commit = off"
"""A word that a crash may lose need not wait for the disk."""
SHORTEST, LONGEST = 0.005, 0.015
"""Seconds between two looks at SQLite: just after something happened, and at rest."""


def announce() -> None:
    """Once the current transaction commits, wake those who wait. Nothing to do on SQLite."""
    if connection.vendor != "postgresql":
        return
    if not any(callback is _notify for _, callback, *_ in connection.run_on_commit):
        transaction.on_commit(_notify, robust=True)


def announce_at_commit() -> None:
    """The same inside a short transaction of a machine: one statement less than after it."""
    if connection.vendor == "postgresql":
        _notify()


def task_enqueued(**kwargs: object) -> None:
    """A deferred task was written: wake the worker once it commits."""
    announce()


def _notify() -> None:
    if connection.get_autocommit() and journeys.alone(connection, _NOTIFY, _UNSURE):
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOTIFY)


class Waker(ABC):
    """Waits until somebody wrote to the database. One thread waits; any thread may poke."""

    def __init__(self, link: BaseDatabaseWrapper) -> None:
        self.link = link
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def poke(self) -> None:
        """Wake the waiting thread now."""
        with suppress(OSError):
            os.write(self._write, b".")

    def _poked(self, timeout: float) -> bool:
        ready, _, _ = select.select([self._read], [], [], timeout)
        if ready:
            with suppress(BlockingIOError):
                os.read(self._read, 4096)
        return bool(ready)

    @abstractmethod
    def wait(self, timeout: float) -> bool:
        """Sleep at most ``timeout`` seconds. True when something was written, or on a poke."""

    def close(self) -> None:
        """Give back the connection and the pipe."""
        self.link.close()
        for end in (self._read, self._write):
            with suppress(OSError):
                os.close(end)


class SqliteWaker(Waker):
    """Looks at the version of the database file, seldom when nothing happens."""

    def __init__(self, link: BaseDatabaseWrapper) -> None:
        super().__init__(link)
        self._version = self._look()
        self._pause = SHORTEST

    def _look(self) -> int:
        self.link.ensure_connection()
        (version,) = self.link.connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def wait(self, timeout: float) -> bool:
        """See :meth:`Waker.wait`."""
        until = time.monotonic() + timeout
        while True:
            version = self._look()
            if version != self._version:
                self._version, self._pause = version, SHORTEST
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            if self._poked(min(self._pause, left)):
                return True
            self._pause = min(self._pause * 1.2, LONGEST)


class PostgresWaker(Waker):
    """Listens on the channel of the installation's database."""

    def __init__(self, link: BaseDatabaseWrapper) -> None:
        super().__init__(link)
        self._listening: object = None
        self._listen()

    def _listen(self) -> None:
        self.link.ensure_connection()
        if self._listening is not self.link.connection:
            with self.link.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = self.link.connection

    def wait(self, timeout: float) -> bool:
        """See :meth:`Waker.wait`."""
        try:
            self._listen()
            server = self.link.connection
            ready, _, _ = select.select([server.fileno(), self._read], [], [], timeout)
            if self._read in ready:
                self._poked(0)
            if server.fileno() in ready:
                for _ in server.notifies(timeout=0):
                    pass
            return bool(ready)
        except Exception:
            self.link.close()
            raise


def waker(alias: str = DEFAULT_DB_ALIAS) -> Waker:
    """A waker on its own connection. Make it in the thread that will wait."""
    link = connections.create_connection(alias)
    return PostgresWaker(link) if link.vendor == "postgresql" else SqliteWaker(link)
