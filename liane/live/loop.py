"""The live loop: one thread a process, the only one of the live side that reads the database.

It follows `published_entry` from its position, brings newcomers up to date from theirs
(Last-Event-ID, or the moment their page was drawn), watches signals, and closes the streams of
sessions that ended.
"""

import datetime as dt
import threading
import time
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

import structlog
from django.db import close_old_connections, connection
from django.db.models import QuerySet
from django.utils import timezone

from liane.core import dispatcher, registry, signs, wakeup
from liane.core.ids import first_at
from liane.core.models import Entry, PublishedEntry, Signal
from liane.core.prepared import prepared
from liane.live import delivery, events, sessions
from liane.live.listeners import Listener, Listeners

log = structlog.get_logger(__name__)
CHUNK = 50
LATEST = 2000
"""Entries a browser may catch up; further behind, its page says so and offers to reload."""
STRIDE = LATEST // 8
"""Entries after which every open stream is told the position: a browser to which a busy territory
brings nothing would otherwise come back from far behind."""
MARGIN = 5.0
"""Seconds taken off the moment a page was drawn: clocks of two machines may differ."""
CHECK_EVERY = 30.0
"""Seconds between two looks at whether sessions still live."""
PATIENCE = 6
"""Times a batch is tried before it is taken entry by entry."""
SIGNAL_WINDOW = dt.timedelta(seconds=30)
COUNTS_AT_ONCE, RIGHTS_AT_ONCE = 10, 3
"""Browsers whose counts, and rights, are refreshed between two looks: messages come first."""
BADGES_AFTER = 0.25
"""Seconds between a change and the counts it calls for: several changes make one count."""
LONGEST_REST = 0.05
"""Seconds between counts, at most: as long as the last ones took, for pages have their turn."""
CLOSING = frozenset({"revoked"})
"""Signals after which the streams concerned close, and come back if they still may."""


@dataclass
class Stale:
    """The counts that a browser waits for, and when they are due."""

    due: float
    badges: set[str] = field(default_factory=set)


@prepared
def _since(first: UUID) -> QuerySet[Signal, UUID]:
    """The signals of the last seconds: one that was committed late has an early identifier."""
    return Signal.objects.filter(id__gte=first).order_by("id").values_list("id", flat=True)


class LiveLoop:
    """Reads for everybody, pushes to each."""

    def __init__(self, listeners: Listeners) -> None:
        self.listeners = listeners
        self.position = 0
        self._told = 0
        self._seen: set[UUID] = set()
        self._stale: dict[Listener, Stale] = {}
        self._rest = 0.0
        self._failures = 0
        self._aged: dict[Listener, None] = {}
        self._started = timezone.now()
        self._checked = time.monotonic()
        self._stopping = threading.Event()
        self._waker: wakeup.Waker | None = None
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the streams."""
        self._stopping.set()
        self.listeners.close_all()
        self.poke()

    def poke(self) -> None:
        """Look now: somebody joined."""
        if self._waker is not None:
            self._waker.poke()

    def _run(self) -> None:
        ready = False
        while not self._stopping.is_set():
            try:
                if self._waker is None:
                    self._waker = wakeup.waker()
                if not ready:
                    self.begin()
                    ready = True
                self.step()
                close_old_connections()
                self._waker.wait(self._pause())
            except Exception as error:
                log.error("live_loop_failed", error=type(error).__name__)
                connection.close()
                self._stopping.wait(0.5)
        if self._waker is not None:
            self._waker.close()
        connection.close()

    def _pause(self) -> float:
        """Seconds until counts are due, one at most."""
        if self._aged:
            return 0.0
        if not self._stale:
            return 1.0
        due = min(stale.due for stale in self._stale.values()) - time.monotonic()
        return min(1.0, max(self._rest, due))

    def begin(self) -> None:
        """Start from what is published now."""
        self.position = self._told = dispatcher.last_position()
        self._sign()

    def step(self) -> None:
        """Everything that can be done now."""
        self._welcome()
        self._follow()
        self._signals()
        self._badges()
        if time.monotonic() - self._checked > CHECK_EVERY:
            self._checked = time.monotonic()
            self._check()
        self._renew()

    def _welcome(self) -> None:
        joining = self.listeners.take_joining()
        if not joining:
            return
        try:
            for listener in joining:
                listener.after = self._after(listener)
            self._catch_up(joining)
        except Exception:
            self.listeners.close(joining)
            raise
        self.listeners.push((one, events.beat(self.position)) for one in joining)
        for listener in joining:
            self._stale[listener] = Stale(time.monotonic(), set(registry.badges))

    def _after(self, listener: Listener) -> int:
        """The position from which a newcomer lacks entries: the older of what it says it knows."""
        known = [self.position]
        if listener.after is not None:
            known.append(listener.after)
        if listener.since is not None:
            known.append(self._at(listener.since))
        return min(known)

    def _at(self, moment: float) -> int:
        """The position that had been reached a little before ``moment`` (seconds)."""
        drawn = dt.datetime.fromtimestamp(moment - MARGIN, tz=dt.UTC)
        later = PublishedEntry.objects.filter(
            published_at__gte=drawn, position__gt=self.position - LATEST
        )
        first = later.order_by("position").values_list("position", flat=True).first()
        return self.position if first is None else first - 1

    def _catch_up(self, joining: list[Listener]) -> None:
        late = [one for one in joining if (one.after or 0) < self.position - LATEST]
        self.listeners.push((one, events.event("behind", None)) for one in late)
        for one in late:
            one.after = self.position
        place = min((one.after or 0) for one in joining)
        while place < self.position:
            entries = dispatcher.entries_after(place, CHUNK, upto=self.position)
            if not entries:
                break
            self.listeners.push(delivery.entries_to(entries, joining))
            place = entries[-1].position  # type: ignore[attr-defined]

    def _follow(self) -> None:
        while dispatcher.last_position() > self.position:
            entries = dispatcher.entries_after(self.position, CHUNK)
            if not entries:
                return
            self.listeners.push(self._delivered(entries))
            self.position = entries[-1].position  # type: ignore[attr-defined]
            self._failures = 0
            if self.position - self._told >= STRIDE:
                self._beat(self.listeners.active())

    def _beat(self, listeners: list[Listener]) -> None:
        """Say where the journal is: a browser that comes back asks for what follows."""
        self.listeners.push((one, events.beat(self.position)) for one in listeners)
        self._told = self.position

    def _delivered(self, entries: list[Entry]) -> list[delivery.Push]:
        """What these entries bring. Trouble is raised, to try again; the sixth time, entry by
        entry, so that one that cannot be shown does not silence the others."""
        active = self.listeners.active()
        try:
            return delivery.entries_to(entries, active, self._moved)
        except delivery.TROUBLE:
            self._failures += 1
            if self._failures < PATIENCE:
                raise
        found = []
        for entry in entries:
            try:
                found += delivery.entries_to([entry], active, self._moved)
            except delivery.TROUBLE as error:
                log.error("live_entry_given_up", kind=entry.kind, error=type(error).__name__)
        return found

    def _moved(self, listener: Listener, *badges: str) -> None:
        """These counts of a browser changed: they are sent with those that change meanwhile."""
        due = time.monotonic() + BADGES_AFTER
        self._stale.setdefault(listener, Stale(due)).badges.update(badges)

    def _signals(self) -> None:
        oldest = max(timezone.now() - SIGNAL_WINDOW, self._started)
        known = _since(first_at(oldest))
        fresh = [pk for pk in known if pk not in self._seen]
        self._seen = set(known)
        if not fresh:
            return
        by_user = self.listeners.by_user()
        for signal in Signal.objects.filter(pk__in=fresh).order_by("id"):
            if signal.user_id is not None:
                heard = by_user.get(signal.user_id, [])
            else:
                heard = [one for group in by_user.values() for one in group]
            named = delivery.meant(signal, heard)
            if signal.kind in CLOSING:
                self.listeners.close(named)
                continue
            if signal.kind in registry.live_renderers:
                self.listeners.push(delivery.signal_to(signal, named))
            if signal.user_id is not None or signal.holder_id is not None:
                for listener in named:
                    self._moved(listener, *registry.badges)

    def _badges(self) -> None:
        """Fresh counts for some of those who wait for them, once whatever happened meanwhile."""
        began = time.monotonic()
        ready = (one for one, stale in self._stale.items() if stale.due <= began)
        waiting = {one: self._stale[one].badges for one in list(islice(ready, COUNTS_AT_ONCE))}
        for listener in waiting:
            del self._stale[listener]
        self.listeners.push(delivery.badges_to(waiting))
        self._rest = min(time.monotonic() - began, LONGEST_REST)

    def _check(self) -> None:
        """Close what ended; have each stream's actor made again, a few at a time."""
        active = self.listeners.active()
        keys = sessions.living({listener.session for listener in active})
        ended = [one for one in active if one.session not in keys]
        self.listeners.close(ended)
        alive = [one for one in active if one.session in keys]
        self._aged = dict.fromkeys(alive) | self._aged
        self._sign(len(alive))
        self._beat(alive)

    def _sign(self, streams: int = 0) -> None:
        """For the page of the service's state: this process runs, with so many open streams."""
        signs.leave(signs.process("live"), streams)

    def _renew(self) -> None:
        """What a stream may reach changes with duties, contracts and seats: ask again."""
        for listener in list(self._aged)[:RIGHTS_AT_ONCE]:
            del self._aged[listener]
            actor = sessions.authenticate(listener.session)
            if actor is None:
                self.listeners.close([listener])
            else:
                listener.actor = actor
