"""`liane worker`: the dispatcher, the readers of the journal, periodic jobs, deferred tasks.

Each is a thread with its own connection, so that a slow task never delays a message. A loop that
fails says so and goes on: everything it does can be done again.
"""

import threading
import time
from collections.abc import Callable

import structlog
from django.db import close_old_connections, connection
from django.utils import timezone

from liane.core import deferred, dispatcher, jobs, readers, wakeup

log = structlog.get_logger(__name__)
REST = 1.0
"""Seconds after which everybody looks again, told or not."""
BROWSERS_FIRST = 0.05
"""Seconds left to open browsers, which follow the same entries, before the readers' turn: on SQLite
one writes at a time, and what is shown is written in the ledger first."""


def run_once() -> dict[str, int]:
    """Do everything that is due now, until nothing is left. Returns how much of each was done."""
    jobs.ensure()
    done = {"published": 0, "read": 0, "jobs": len(jobs.run_due()), "tasks": 0}
    done["tasks"] += deferred.put_back()
    while True:
        published, read = dispatcher.publish_all(), readers.run() + readers.retry()
        tasks = int(deferred.run_one())
        if not (published or read or tasks):
            return done
        done["published"] += published
        done["read"] += read
        done["tasks"] += tasks


class Worker:
    """The threads of one worker process."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._published = threading.Event()
        self._awake = threading.Event()
        self._waker: wakeup.Waker | None = None
        loops = {
            "dispatcher": self._dispatch,
            "readers": self._read,
            "jobs": self._jobs,
            "tasks": self._tasks,
        }
        self._threads = [
            threading.Thread(target=self._keep, args=(name, loop), name=name)
            for name, loop in loops.items()
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the threads to end; safe from a signal handler."""
        self.stopping.set()
        self._published.set()
        self._awake.set()
        if self._waker is not None:
            self._waker.poke()

    def join(self, timeout: float = 15) -> bool:
        """Wait for the threads. True when all have ended."""
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _keep(self, name: str, loop: Callable[[], None]) -> None:
        pause = 0.2
        while not self.stopping.is_set():
            try:
                loop()
            except Exception as error:
                log.error("worker_loop_failed", loop=name, error=type(error).__name__)
                connection.close()
                self.stopping.wait(pause)
                pause = min(pause * 2, 5.0)
        connection.close()

    def _dispatch(self) -> None:
        self._waker = wakeup.waker()
        try:
            while not self.stopping.is_set():
                while dispatcher.publish() == dispatcher.BATCH:
                    self._published.set()
                self._published.set()
                self._awake.set()
                self._waker.wait(REST)
                close_old_connections()
        finally:
            self._waker.close()

    def _read(self) -> None:
        while not self.stopping.is_set():
            if self._published.wait(REST):
                self.stopping.wait(BROWSERS_FIRST)
            self._published.clear()
            while readers.run() and not self.stopping.is_set():
                pass
            close_old_connections()

    def _jobs(self) -> None:
        jobs.ensure()
        while not self.stopping.is_set():
            jobs.run_due()
            readers.retry()
            deferred.put_back()
            close_old_connections()
            due = jobs.next_due()
            wait = (due - timezone.now()).total_seconds() if due else 2.0
            self.stopping.wait(min(max(wait, 0.2), 2.0))

    def _tasks(self) -> None:
        while not self.stopping.is_set():
            self._awake.wait(REST)
            self._awake.clear()
            while not self.stopping.is_set() and deferred.run_one():
                pass
            close_old_connections()
