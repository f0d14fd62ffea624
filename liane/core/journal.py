"""The journal: what happened, in the order in which it was told.

A verb that changes something calls :func:`append` inside its own transaction. The entry and its
outbox row commit together; the dispatcher of `liane worker` then gives the entry its position.
"""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.utils import timezone

from liane.core import acting, audience, wakeup
from liane.core.audience import Audience
from liane.core.ids import uuid7
from liane.core.inserting import insert, insert_all, insert_values, together
from liane.core.models import Entry, Outbox, Signal

What = tuple[UUID | None, UUID | None, Audience]
"""Person, object, and for whom it is told."""


def append(
    kind: str,
    *,
    person_id: UUID | None = None,
    object_id: UUID | None = None,
    to: Audience = audience.TEAM,
    occurred_at: dt.datetime | None = None,
    announce: bool = True,
    urgent: bool = False,
) -> Entry:
    """Write that something of ``kind`` happened, by the current actor, for the audience ``to``.

    Must be called inside the transaction of the change itself (ValueError otherwise).
    ``announce=False`` keeps bulk loads and imports of history silent.
    """
    what = [(person_id, object_id, to)]
    (entry,) = append_each(kind, what, occurred_at=occurred_at, announce=announce, urgent=urgent)
    return entry


def append_each(
    kind: str,
    what: Iterable[What],
    *,
    occurred_at: dt.datetime | None = None,
    announce: bool = True,
    urgent: bool = False,
) -> list[Entry]:
    """The same of several things at once: two statements for any number."""
    if not connection.in_atomic_block:
        raise ValueError("journal.append must be called inside the transaction of the change.")
    actor, now = acting.current(), occurred_at or timezone.now()
    entries = [_entry(kind, one, actor, now, announce=announce, urgent=urgent) for one in what]
    with together():
        insert_all(entries)
        insert_values(Outbox, [(uuid7(), entry.id) for entry in entries])
    if entries:
        wakeup.announce()
    return entries


def _entry(
    kind: str,
    what: What,
    actor: acting.Actor,
    occurred_at: dt.datetime,
    *,
    announce: bool,
    urgent: bool,
) -> Entry:
    person_id, object_id, to = what
    return Entry(
        person_id=person_id,
        thread_id=to.thread_id,
        kind=kind,
        object_id=object_id,
        actor_user_id=actor.user_id,
        actor_holder_id=actor.holder_id,
        actor_label=actor.label,
        organisation_id=actor.organisation_id,
        only_organisation_id=to.organisation_id,
        **to.flags,
        occurred_at=occurred_at,
        announce=announce,
        urgent=urgent,
    )


def signal(
    kind: str,
    *,
    user_id: UUID | None = None,
    holder_id: UUID | None = None,
    person_id: UUID | None = None,
    thread_id: UUID | None = None,
    object_id: UUID | None = None,
) -> Signal:
    """Send a short-lived word to the open browsers concerned; it is no history."""
    wakeup.announce()
    made = Signal(
        kind=kind,
        user_id=user_id,
        holder_id=holder_id,
        person_id=person_id,
        thread_id=thread_id,
        object_id=object_id,
    )
    return insert(made)


def signal_each(kind: str, user_ids: Iterable[UUID], *, thread_id: UUID | None = None) -> None:
    """The same short-lived word to each of these accounts, in one statement."""
    wakeup.announce()
    Signal.objects.bulk_create(
        Signal(kind=kind, user_id=user_id, thread_id=thread_id) for user_id in user_ids
    )
