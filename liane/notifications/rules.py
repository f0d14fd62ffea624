"""When and how loudly to tell somebody: pure functions over values."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from liane.notifications.models import CircleChoice, KindChoice

BEFORE_VISIT = dt.timedelta(minutes=60)
"""An alert that waits for the end of quiet hours still comes this long before the next visit."""
STORM = dt.timedelta(minutes=10)
"""Events on one person within this time are one notification."""
SMS_AFTER = dt.timedelta(minutes=15)
CALL_AFTER = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class QuietHours:
    """Hours of rest in local time. ``start`` later than ``end`` spans midnight; equal: none."""

    start: dt.time
    end: dt.time

    def ends_after(self, now: dt.datetime) -> dt.datetime:
        """The end of the rest in which ``now`` (local) falls; ``now`` itself outside of it."""
        clock = now.time()
        if self.start == self.end:
            return now
        if self.start < self.end:
            resting, tomorrow = self.start <= clock < self.end, False
        else:
            resting, tomorrow = clock >= self.start or clock < self.end, clock >= self.start
        if not resting:
            return now
        day = now.date() + dt.timedelta(days=1 if tomorrow else 0)
        return dt.datetime.combine(day, self.end, tzinfo=now.tzinfo)


def due_at(
    quiet_hours: QuietHours | None,
    now: dt.datetime,
    urgent: bool = False,
    next_visit: dt.datetime | None = None,
) -> dt.datetime:
    """When to reach somebody outside the application, never before ``now`` (local time).

    The earlier of the end of their quiet hours and 60 minutes before their next visit; at once
    when it is urgent.
    """
    if urgent or quiet_hours is None:
        return now
    end = quiet_hours.ends_after(now)
    if next_visit is None:
        return end
    return max(now, min(end, next_visit - BEFORE_VISIT))


@dataclass(frozen=True)
class Wishes:
    """How one account wants to be told."""

    quiet: QuietHours | None = None
    urgent_anytime: bool = True
    push: bool = True
    digest: bool = True
    kinds: Mapping[str, str] = field(default_factory=dict)
    circles: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Channels:
    """Where one event goes for one account. Not even inside: nothing is kept."""

    inside: bool
    push: bool
    digest: bool
    due_at: dt.datetime


NOTHING = Channels(False, False, False, dt.datetime.min)


def channels(
    wishes: Wishes,
    kind: str,
    *,
    urgent: bool,
    person_id: UUID | None,
    now: dt.datetime,
    called: bool = False,
    default_push: bool = True,
    default_digest: bool = True,
) -> Channels:
    """Where an event goes, from the wishes of an account. An urgent one is never dropped, nor one
    that calls them by name (``called``), which still waits for the end of their quiet hours."""
    level = wishes.kinds.get(kind, KindChoice.Level.ALL)
    circle = wishes.circles.get(person_id, CircleChoice.Level.ALL) if person_id else "all"
    if urgent:
        when = due_at(wishes.quiet, now, urgent=wishes.urgent_anytime)
        return Channels(True, wishes.push, wishes.digest, when)
    if called:
        return Channels(True, wishes.push, wishes.digest, due_at(wishes.quiet, now))
    if level == KindChoice.Level.NONE or circle == CircleChoice.Level.URGENT:
        return NOTHING
    aloud = level == KindChoice.Level.ALL and circle == CircleChoice.Level.ALL
    return Channels(
        inside=True,
        push=aloud and wishes.push and default_push,
        digest=aloud and wishes.digest and default_digest,
        due_at=due_at(wishes.quiet, now),
    )


def key_of(entry_id: UUID, user_id: UUID) -> UUID:
    """The identifier of what ``user_id`` is told of ``entry_id``: always the same, in time order.

    It keeps the entry's millisecond (48 bits), so the partition of the month is the entry's.
    """
    mixed = hashlib.sha256(entry_id.bytes + user_id.bytes).digest()
    tail = int.from_bytes(mixed[:10]) & ((1 << 80) - 1)
    tail = (tail & ~(0xF << 76)) | (0x7 << 76)
    tail = (tail & ~(0b11 << 62)) | (0b10 << 62)
    return UUID(int=((entry_id.int >> 80) << 80) | tail)
