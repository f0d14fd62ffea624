"""What an entry, or a signal, brings to the open browsers.

For each entry: who may read it now (`circle.queries.recipients`), rendered once for each audience
inside ``acting`` as one of its members, recorded in the access ledger in one batch, then pushed to
the browsers whose page shows that target. Nothing is shown that could not be recorded.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import Error as DatabaseTrouble

from liane.circle.queries import question, recipients
from liane.core import ledger, registry
from liane.core.acting import Actor, acting
from liane.core.models import Entry, Signal
from liane.core.registry import Fragment
from liane.live import events, sessions
from liane.live.listeners import Listener

log = structlog.get_logger(__name__)
Push = tuple[Listener, bytes]
Moved = Callable[[Listener, str], None]
"""Told of a listener and of the badge whose count changed for it."""
TROUBLE = (DatabaseTrouble, ledger.LedgerUnavailable)
"""What passes by itself: the whole batch is tried again, nothing is skipped."""


def _nobody(listener: Listener, badge: str) -> None:
    """Nobody keeps counts."""


@dataclass
class Batch:
    """What is about to be shown: events by listener, and the reads to record first."""

    moved: Moved = _nobody
    pushes: list[Push] = field(default_factory=list)
    reads: list[tuple[Actor, UUID, str, UUID | None]] = field(default_factory=list)
    readers: dict[Hashable, dict[tuple[UUID | None, str], str]] = field(default_factory=dict)

    def flags(self, entry: Entry) -> dict[tuple[UUID | None, str], str]:
        """By account and role, the audience flag through which ``entry`` is read; those of one
        conversation are asked once."""
        asked = question(entry) or entry.pk
        if asked not in self.readers:
            found = recipients(entry)
            self.readers[asked] = {(one.user_id, one.role): one.flag for one in found}
        return self.readers[asked]

    def commit(self) -> list[Push]:
        """Record the reads, then let the events go. Raises `ledger.LedgerUnavailable`."""
        ledger.shown(self.reads)
        return self.pushes


def entries_to(
    entries: Iterable[Entry], listeners: Collection[Listener], moved: Moved = _nobody
) -> list[Push]:
    """What these entries bring to these listeners. ``moved`` is told whose count changes by them,
    whatever their page shows."""
    batch = Batch(moved)
    living = _living(listeners)
    for entry in entries:
        renderer = registry.live_renderers.get(entry.kind)
        if renderer is None or not entry.announce:
            continue
        try:
            _one(batch, entry, renderer, living)
        except TROUBLE:
            raise
        except Exception as error:
            log.error("live_entry_failed", kind=entry.kind, error=type(error).__name__)
    return batch.commit()


def _living(listeners: Collection[Listener]) -> list[Listener]:
    keys = sessions.living({listener.session for listener in listeners})
    return [listener for listener in listeners if listener.session in keys]


def _one(
    batch: Batch,
    entry: Entry,
    renderer: registry.LiveRenderer,
    listeners: Collection[Listener],
    about: Entry | Signal | None = None,
) -> None:
    position: int | None = getattr(entry, "position", None)
    targets = renderer.targets(entry) if renderer.targets is not None else None
    counted = renderer.counts and batch.moved is not _nobody
    if not counted:
        listeners = [one for one in listeners if _shows(one, targets)]
        if not listeners:
            return
    allowed = batch.flags(entry)
    groups: dict[tuple[str, str, bool], list[Listener]] = {}
    for listener in listeners:
        if listener.after is not None and position is not None and position <= listener.after:
            continue
        flag = allowed.get((listener.user_id, listener.actor.role))
        if flag is None:
            continue
        author = listener.user_id == entry.actor_user_id
        if counted and not author:
            batch.moved(listener, renderer.counts)
        if not _shows(listener, targets):
            continue
        groups.setdefault((listener.actor.role, flag, author), []).append(listener)
    for (_, _, author), members in groups.items():
        pieces = _rendered(renderer, about or entry, members[0].actor)
        _address(batch, entry, pieces, members, record=not author)


def _shows(listener: Listener, targets: Collection[str] | None) -> bool:
    """False where nothing of what could be drawn is on the pages of this browser."""
    if targets is None:
        return bool(listener.watch)
    return not listener.watch.isdisjoint(targets)


def _rendered(
    renderer: registry.LiveRenderer, about: Entry | Signal, actor: Actor
) -> list[Fragment]:
    try:
        with acting(actor, read_only=True):
            return renderer.render(about)
    except TROUBLE:
        raise
    except Exception as error:
        log.error("live_rendering_failed", kind=about.kind, error=type(error).__name__)
        return []


def _address(
    batch: Batch, entry: Entry, pieces: list[Fragment], members: list[Listener], *, record: bool
) -> None:
    position: int | None = getattr(entry, "position", None)
    encoded: dict[tuple[int, ...], bytes] = {}
    for listener in members:
        wanted = tuple(i for i, piece in enumerate(pieces) if piece.target in listener.watch)
        if not wanted:
            continue
        if wanted not in encoded:
            encoded[wanted] = events.fragments([pieces[i] for i in wanted], position)
        batch.pushes.append((listener, encoded[wanted]))
        if record and entry.person_id is not None and any(pieces[i].html for i in wanted):
            batch.reads.append((listener.actor, entry.person_id, entry.kind, entry.object_id))


def signal_to(signal: Signal, listeners: Collection[Listener]) -> list[Push]:
    """What a signal brings where its kind has a renderer. Counts are the live loop's affair.

    Meant for one account or one holder when it names them, else for those who may read the thread
    or the person concerned.
    """
    batch = Batch()
    renderer = registry.live_renderers.get(signal.kind)
    if renderer is not None:
        heard = _living(listeners)
        entry = Entry(
            person_id=signal.person_id, thread_id=signal.thread_id, kind=signal.kind,
            object_id=signal.object_id, for_team=True, for_outside=True, for_person=True,
            for_carers=True,
        )  # fmt: skip
        _one(batch, entry, renderer, heard, about=signal)
    return batch.commit()


def meant(signal: Signal, listeners: Collection[Listener]) -> list[Listener]:
    """The listeners that a signal names by account or holder; all of them when it names none."""
    return [
        listener
        for listener in listeners
        if (signal.user_id is None or listener.user_id == signal.user_id)
        and (signal.holder_id is None or signal.holder_id in listener.actor.holders)
    ]


def badges_to(wanted: Mapping[Listener, Collection[str]]) -> list[Push]:
    """The counts that each of these waits for, where its session lives."""
    if not wanted:
        return []
    living = [one for one in _living(list(wanted)) if not one.closed]
    return [(one, events.event("badges", _counts(one.actor, wanted[one]))) for one in living]


def _counts(actor: Actor, names: Collection[str]) -> dict[str, int]:
    """These counts of an actor, in one go; each by itself where one of them fails."""
    try:
        with acting(actor, read_only=True):
            request = sessions.request_of(actor)
            return {name: registry.badges[name](request) for name in names}
    except Exception as error:
        if len(names) > 1:
            return {key: count for one in names for key, count in _counts(actor, [one]).items()}
        log.error("badge_failed", badge=",".join(names), error=type(error).__name__)
        return {}
