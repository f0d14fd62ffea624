"""Open streams: who listens, from where, to what; kept in memory by one process."""

import asyncio
import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from liane.core.acting import Actor

ROOM = 500
"""Events that may wait for one slow browser; beyond, its stream closes and it catches up."""
PER_SESSION = 6
"""Streams of one browser session; the oldest closes."""
_numbers = itertools.count()


@dataclass(eq=False)
class Listener:
    """One open stream. ``watch`` holds the ``data-live`` targets that its pages show."""

    actor: Actor
    session: str
    watch: frozenset[str]
    after: int | None
    since: float | None
    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[bytes | None]" = field(default_factory=lambda: asyncio.Queue(ROOM))
    number: int = field(default_factory=lambda: next(_numbers))
    closed: bool = False

    @property
    def user_id(self) -> UUID | None:
        """The account behind the stream."""
        return self.actor.user_id

    def offer(self, data: bytes) -> None:
        """Put an event in the stream (on the event loop's thread)."""
        try:
            self.queue.put_nowait(data)
        except asyncio.QueueFull:
            self.close()

    def close(self) -> None:
        """End the stream; the browser comes back and catches up (event loop's thread)."""
        self.closed = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Listeners:
    """The open streams of this process, shared between the event loop and the live loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._joining: list[Listener] = []
        self._active: list[Listener] = []

    def join(self, listener: Listener) -> None:
        """A stream opened: the live loop will bring it up to date."""
        with self._lock:
            self._joining.append(listener)
            twins = [one for one in self._all() if one.session == listener.session]
        for old in sorted(twins, key=lambda one: one.number)[:-PER_SESSION]:
            self.close([old])

    def leave(self, listener: Listener) -> None:
        """A stream ended."""
        with self._lock:
            for group in (self._joining, self._active):
                if listener in group:
                    group.remove(listener)

    def take_joining(self) -> list[Listener]:
        """The streams to bring up to date; they are active from now on."""
        with self._lock:
            joining, self._joining = self._joining, []
            self._active += joining
            return joining

    def active(self) -> list[Listener]:
        """The streams that get what is new."""
        with self._lock:
            return list(self._active)

    def by_user(self) -> dict[UUID | None, list[Listener]]:
        """The active streams of each account."""
        found: dict[UUID | None, list[Listener]] = {}
        for listener in self.active():
            found.setdefault(listener.user_id, []).append(listener)
        return found

    def _all(self) -> list[Listener]:
        return self._joining + self._active

    def count(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len(self._all())

    def push(self, items: Iterable[tuple[Listener, bytes]]) -> None:
        """Hand events over to the event loop, all at once."""
        waiting = [item for item in items if not item[0].closed]
        if waiting:
            _on_loop(waiting[0][0].loop, _offer, waiting)

    def close(self, listeners: Iterable[Listener]) -> None:
        """End these streams."""
        for listener in listeners:
            self.leave(listener)
            _on_loop(listener.loop, listener.close)

    def close_all(self) -> None:
        """End every stream: the server stops."""
        with self._lock:
            everybody = self._all()
        self.close(everybody)


def _offer(waiting: list[tuple[Listener, bytes]]) -> None:
    for listener, data in waiting:
        listener.offer(data)


def _on_loop(loop: asyncio.AbstractEventLoop, call: object, *args: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *args)  # type: ignore[arg-type]
