"""Common slots: sessions due of one person, one after the other, when everybody can.

Pure. A slot holds each session once, in any order, on one local day, with at most `WAIT` between
two of them: the person comes once. It keeps to the working hours of each professional, to what
takes their time, to absences, to the days on which the protocol counts each session, to its spacing
between two of one requirement, and to the person's own time. Travel is left out.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

STEP = dt.timedelta(minutes=15)
NONE, WAIT = dt.timedelta(0), dt.timedelta(minutes=30)
APART = dt.timedelta(hours=2)
"""Two slots offered on one day start at least so far from each other."""
MOST_PARTS = 4
A_DAY = 2


class Span(NamedTuple):
    """From a moment to another, both aware; the end is not part of it."""

    start: dt.datetime
    end: dt.datetime

    def meets(self, other: "Span") -> bool:
        """They share some time."""
        return self.start < other.end and other.start < self.end


class Part(NamedTuple):
    """One session to place, with the time of whoever does it.

    ``open``: times worked. ``first`` to ``last``: days on which it counts, both included.
    ``near``: days of the same ``requirement`` done or planned, at least ``spacing`` days away.
    ``away``: days of absence.
    """

    key: str
    minutes: int
    open: Sequence[Span]
    first: dt.date
    last: dt.date
    busy: Sequence[Span] = ()
    away: Sequence[tuple[dt.date, dt.date]] = ()
    requirement: str = ""
    spacing: int = 0
    near: Sequence[dt.date] = ()


class Placed(NamedTuple):
    """One session in a slot."""

    key: str
    span: Span


type Slot = tuple[Placed, ...]


def why_not(part: Part, span: Span, zone: dt.tzinfo) -> str:
    """What stands against a session at that time: "" when nothing does.

    One of ``window``, ``spacing``, ``away``, ``hours``, ``busy``.
    """
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    day = start.date()
    if not part.first <= day <= part.last or end.date() != day:
        return "window"
    if any(abs((day - other).days) < part.spacing for other in part.near):
        return "spacing"
    if any(since <= day <= until for since, until in part.away):
        return "away"
    if not any(one.start <= span.start and span.end <= one.end for one in part.open):
        return "hours"
    return "busy" if any(span.meets(one) for one in part.busy) else ""


def common(
    parts: Sequence[Part],
    taken: Collection[Span],
    *,
    now: dt.datetime,
    zone: dt.tzinfo,
    days: int = 42,
    most: int = 6,
) -> list[Slot]:
    """The first slots at which every part can take place, soonest first, two a day at most.

    ``taken``: the person's own time. Looks ``days`` days ahead of ``now`` (aware), and starts on
    the next day. Raises ValueError beyond `MOST_PARTS` sessions.
    """
    if len(parts) > MOST_PARTS:
        raise ValueError("parts")
    if not parts or _too_close(parts):
        return []
    today = now.astimezone(zone).date()
    first = max(today + dt.timedelta(days=1), *(part.first for part in parts))
    last = min(today + dt.timedelta(days=days), *(part.last for part in parts))
    found: list[Slot] = []
    day = first
    while day <= last and len(found) < most:
        found += _of_day(parts, taken, day, zone)
        day += dt.timedelta(days=1)
    return found[:most]


def _too_close(parts: Sequence[Part]) -> bool:
    """Two of one requirement, which the protocol keeps apart, never share a day."""
    spaced = [part.requirement for part in parts if part.spacing and part.requirement]
    return len(spaced) != len(set(spaced))


def _of_day(
    parts: Sequence[Part], taken: Collection[Span], day: dt.date, zone: dt.tzinfo
) -> list[Slot]:
    """The slots of one day without any waiting; with some, when there is no other."""
    return _offered(parts, taken, day, zone, NONE) or _offered(parts, taken, day, zone, WAIT)


def _offered(
    parts: Sequence[Part],
    taken: Collection[Span],
    day: dt.date,
    zone: dt.tzinfo,
    patience: dt.timedelta,
) -> list[Slot]:
    found: list[Slot] = []
    for start in _starts(parts, day, zone):
        if found and start < found[-1][0].span.start + APART:
            continue
        tried = (_chain(order, taken, start, zone, patience) for order in permutations(parts))
        fitting = [slot for slot in tried if slot is not None]
        if fitting:
            found.append(min(fitting, key=lambda slot: slot[-1].span.end))
            if len(found) == A_DAY:
                break
    return found


def _starts(parts: Sequence[Part], day: dt.date, zone: dt.tzinfo) -> Iterator[dt.datetime]:
    """Each quarter of an hour at which somebody works that day, in UTC: no hour is there twice."""
    midnight = dt.datetime.combine(day, dt.time.min, tzinfo=zone)
    night = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, tzinfo=zone)
    worked = [one for part in parts for one in part.open if one.meets(Span(midnight, night))]
    if not worked:
        return
    moment = max(midnight, min(one.start for one in worked)).astimezone(dt.UTC)
    end = min(night, max(one.end for one in worked)).astimezone(dt.UTC)
    while moment < end:
        yield moment
        moment += STEP


def _chain(
    order: Sequence[Part],
    taken: Collection[Span],
    start: dt.datetime,
    zone: dt.tzinfo,
    patience: dt.timedelta,
) -> Slot | None:
    """The parts in this order from ``start`` on, each as soon as it can; None when one cannot."""
    placed: list[Placed] = []
    for part in order:
        length = dt.timedelta(minutes=part.minutes)
        wait = NONE
        while wait <= patience:
            span = Span(start + wait, start + wait + length)
            if not why_not(part, span, zone) and not any(span.meets(one) for one in taken):
                break
            if not placed:
                return None
            wait += STEP
        else:
            return None
        placed.append(Placed(part.key, span))
        start = span.end
    return tuple(placed)
