"""A large run over more than one processor: other processes take chunks beside this one.

Each chunk is a transaction of its own, so who settles it changes nothing: the same answers, the
same lines. A helper that dies fails the run; what was settled stays, and the next run finishes.
"""

import contextvars
import datetime as dt
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connections

LARGE = 10_000
"""Enrolments from which a run is worth a helper: starting one takes some seconds."""
AHEAD = 3
"""Chunks that wait at each helper, so that it never waits for us."""

type Chunk = tuple[UUID, ...]


def helpers(size: int) -> int:
    """How many helpers so many enrolments are worth: one for each other processor, or none.

    A process that may have no child, as a server's may be, works alone.
    """
    if size < LARGE or multiprocessing.current_process().daemon:
        return 0
    return len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else 0


def share(
    chunks: Collection[Chunk],
    here: Callable[[Chunk], Any],
    there: Callable[[Chunk], Any],
    helpers: int,
) -> Iterator[Any]:
    """The result of each chunk, from ``here`` or from ``there``, a function of a helper process.

    ``there`` is pickled. Raises what a chunk raised.
    """
    left = deque(chunks)
    with _pool(helpers) as pool:
        given: list[Future[Any]] = []
        while left or given:
            while left and pool is not None and len(given) < AHEAD * helpers:
                given.append(pool.submit(_apart, there, left.popleft()))
            if left:
                yield here(left.popleft())
            done = [one for one in given if one.done() or not left]
            given = [one for one in given if one not in done]
            for one in done:
                yield one.result()


@contextmanager
def _pool(helpers: int) -> Iterator[ProcessPoolExecutor | None]:
    if helpers < 1:
        yield None
        return
    context = multiprocessing.get_context("fork" if _alone() else "spawn")
    start = partial(_start, os.getpid(), context.get_start_method())
    pool = ProcessPoolExecutor(helpers, context, initializer=start)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _alone() -> bool:
    """No other thread runs in this process: it may be copied, which costs nothing; a copy of a
    thread's locks would never be released. A server starts its helpers anew, in some seconds."""
    tasks = Path("/proc/self/task")
    return tasks.is_dir() and len(list(tasks.iterdir())) == 1


_LEFT: list[Any] = []
"""What a copy must neither use nor close: the connections of the process that it is a copy of."""


def _start(parent: int, method: str) -> None:
    """A helper begins: with its own connections, and it ends with the run, however that ends."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if method == "fork":
        for alias in connections:
            _LEFT.append(connections[alias])
            connections[alias] = connections.create_connection(alias)
    else:
        import django

        django.setup()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _apart(work: Callable[[Chunk], Any], chunk: Chunk) -> Any:
    """Nobody acts in a helper before its work says who: not even in a copy of who does."""
    return contextvars.Context().run(work, chunk)


def settled(
    run_id: UUID, until: dt.date, organisation_id: UUID | None, ids: Chunk
) -> tuple[int, int, int]:
    """One chunk of a run, in a helper: how many were examined, written, unchanged."""
    from liane.bundles import settling
    from liane.core import acting

    worker = _WORKERS.get(run_id)
    with acting.acting(settling.machine(organisation_id)):
        if worker is None:
            worker = _WORKERS[run_id] = settling.Worker(run_id, until)
        return worker.settle(ids)


_WORKERS: dict[UUID, Any] = {}
