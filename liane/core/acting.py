"""Who acts. ``acting(actor)`` is the only door to tables that hold personal data.

A request, a live stream, a task and a command each run inside ``with acting(actor)``. Inside, the
tripwire of `core.database` lets scoped tables be touched; on PostgreSQL the block is a transaction
in which row-level security sees the actor's holders and scopes. Outside, touching a scoped table
raises :class:`NoActor`, and PostgreSQL shows no row.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from liane.core.areas import Area


class NoActor(RuntimeError):
    """A scoped table was touched although nobody acts: a programming error, never a user's."""


class WriteRefused(RuntimeError):
    """A request that may only read tried to write."""


@dataclass(frozen=True)
class Actor:
    """Somebody, or some machine, acting now in one capacity.

    ``holders`` are the identifiers through which grants reach this actor (own practice, its
    organisation, posts on duty, a replaced colleague…), ``lent`` those of them that are another's
    for a time (a post, a colleague), listed last; ``read`` and ``write`` give, by area, the scopes
    of a grant that let it read or write. `liane.circle` fills them; nothing else should.
    """

    kind: str
    label: str
    user_id: UUID | None = None
    holder_id: UUID | None = None
    professional_id: UUID | None = None
    organisation_id: UUID | None = None
    role: str = ""
    holders: tuple[UUID, ...] = ()
    lent: tuple[UUID, ...] = ()
    read: Mapping[Area, frozenset[str]] = field(default_factory=dict)
    write: Mapping[Area, frozenset[str]] = field(default_factory=dict)
    channel: str = "page"
    request_id: UUID | None = None

    @cached_property
    def shape(self) -> Hashable:
        """What the text of this actor's queries depends on, its identifiers aside."""
        return (
            self.kind,
            self.role,
            (len(self.holders) - 1).bit_length() if self.holders else None,
            (len(self.holders), len(self.lent)) if self.lent else None,
            self.user_id is None,
            self.holder_id is None,
            self.professional_id is None,
            self.organisation_id is None,
            frozenset(self.read.items()),
            frozenset(self.write.items()),
        )

    @property
    def is_system(self) -> bool:
        """True for a machine that acts by rule: import, dispatcher, scheduled work."""
        return self.kind == "system"


def system(reason: str, *, organisation_id: UUID | None = None, channel: str = "machine") -> Actor:
    """A machine acting for ``reason``, which is recorded with everything it does."""
    return Actor(kind="system", label=reason, organisation_id=organisation_id, channel=channel)


Told = Mapping[str, str]
"""Settings of PostgreSQL for one transaction, as they were told."""

NOBODY = Actor(kind="nobody", label="personne")
_current: ContextVar[Actor | None] = ContextVar("liane_actor", default=None)
_owner: ContextVar[bool] = ContextVar("liane_owner", default=False)
_read_only: ContextVar[bool] = ContextVar("liane_read_only", default=False)
_remembered: ContextVar[dict[Hashable, Any] | None] = ContextVar("liane_remembered", default=None)


def current() -> Actor:
    """The actor of this context. Raises :class:`NoActor` where there is none."""
    actor = _current.get()
    if actor is None:
        raise NoActor("Nobody acts here: wrap this in core.acting.acting(actor).")
    return actor


def present() -> bool:
    """True where scoped tables may be touched."""
    return _current.get() is not None or _owner.get()


def is_owner() -> bool:
    """True inside :func:`owner`: migrations and test factories."""
    return _owner.get()


def reading_only() -> bool:
    """True where only the ledger may write (a GET request)."""
    return _read_only.get()


def remember[T](key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gives, asked once for each actor in a request that only reads.

    Kept for the length of that request, under that very actor; anywhere else, made each time.
    """
    kept = _remembered.get()
    if kept is None:
        return make()
    if key not in kept:
        kept[key] = make()
    found: T = kept[key]
    return found


@contextmanager
def acting(actor: Actor, *, read_only: bool | None = None) -> Iterator[Actor]:
    """Act as ``actor``. On PostgreSQL this is a transaction seen by row-level security.

    Within a request that only reads, whoever acts for a moment only reads too, unless it says
    ``read_only=False``: a sign-in is written although a browser comes to it by a link.
    """
    token = _current.set(actor)
    reads = _read_only.get() if read_only is None else read_only
    mark = _read_only.set(reads)
    kept = _remembered.set({} if reads else None)
    try:
        if connection.vendor == "postgresql":
            with _announced_to_postgresql(actor, reads):
                yield actor
        else:
            yield actor
    finally:
        _remembered.reset(kept)
        _read_only.reset(mark)
        _current.reset(token)


@contextmanager
def at_once(actor: Actor) -> Iterator[Actor]:
    """Act as ``actor`` in one transaction, on both databases; an error undoes all of it."""
    outer, _ = _announced.get()
    opens = connection.vendor == "postgresql" and not (
        outer is not None and _same_to_postgresql(outer, actor)
    )
    with acting(actor), nullcontext() if opens else transaction.atomic():
        yield actor


@contextmanager
def _announced_to_postgresql(actor: Actor, reads: bool) -> Iterator[None]:
    """``reads``: nothing is written, here or in the request around."""
    from liane.core.database import announced

    outer, told = _announced.get()
    if outer is not None and _same_to_postgresql(outer, actor):
        yield
        return
    said: dict[str, str] = announced(actor)
    if not actor.is_system:
        said = {name: "" for name in told if name.startswith("liane.read_")} | said
    mark = _announced.set((actor, {**told, **said}))
    try:
        if outer is not None and reads:
            with _instead_of(told, said):
                yield
        else:
            with _in_its_transaction(told, said):
                yield
    finally:
        _announced.reset(mark)


@contextmanager
def _in_its_transaction(told: Told, said: Told) -> Iterator[None]:
    """What was announced ends with the transaction, or is taken back where one goes on."""
    from liane.core.database import announce, silence

    with transaction.atomic():
        announce(said, told)
        yield
        if told:
            announce(told, {**told, **said})
        elif connection.savepoint_ids:
            silence()


@contextmanager
def _instead_of(told: Told, said: Told) -> Iterator[None]:
    """No savepoint: nothing is written that could be undone. The outer actor always comes back,
    or the transaction is spoilt and shows nothing more."""
    from liane.core.database import announce

    announce(said, told)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            announce(told, {**told, **said})


def _same_to_postgresql(outer: Actor, actor: Actor) -> bool:
    """A machine within a machine: the transaction goes on, and knows who acts.

    No savepoint: who goes on after an error puts ``transaction.atomic()`` around what may fail.
    """
    return outer.is_system and actor.is_system


_NOTHING: tuple[Actor | None, Told] = (None, {})
_announced: ContextVar[tuple[Actor | None, Told]] = ContextVar("liane_announced", default=_NOTHING)
"""Who was announced last in this transaction, and every setting as it stands since."""


@contextmanager
def owner() -> Iterator[None]:
    """Run as the owner of the tables: migrations and test factories only."""
    from liane.core.database import become_owner

    token = _owner.set(True)
    try:
        with become_owner():
            yield
    finally:
        _owner.reset(token)
