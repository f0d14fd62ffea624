"""The picture of free and busy times: one bar a day for each professional, nothing of anybody else.

Times are percentages of a day drawn from `FIRST` to `LAST` o’clock, local.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from liane.agenda.availability import Availability
from liane.agenda.freebusy import Span
from liane.pathways.looking import Search

FIRST, LAST = 7, 20
DAYS = 10
"""Working days drawn."""


@dataclass(frozen=True)
class Bar:
    """Part of a day: where it starts and how long it is, in percent; ``kind`` open or busy."""

    kind: str
    left: int
    width: int


@dataclass(frozen=True)
class DayOf:
    """One day of one professional."""

    on: dt.date
    bars: list[Bar]
    words: str


@dataclass(frozen=True)
class WeekOf:
    """The coming days of one professional."""

    name: str
    declared: bool
    days: list[DayOf]


def drawn(found: Search, now: dt.datetime) -> list[WeekOf]:
    """One row for each professional of a search, in its order. No query."""
    shown: dict[UUID, WeekOf] = {}
    first = timezone.localdate(now) + dt.timedelta(days=1)
    for _, who in found.chosen:
        if who.practice_id in shown:
            continue
        time = found.times[who.practice_id]
        days = [
            _day(time, day)
            for day in (first + dt.timedelta(days=more) for more in range(DAYS + 4))
            if day.weekday() < 5 or any(_within(time.open, day))
        ]
        name = who.practice.professional.name
        shown[who.practice_id] = WeekOf(name, time.declared, days[:DAYS])
    return list(shown.values())


def _day(time: Availability, day: dt.date) -> DayOf:
    if any(since <= day <= until for since, until in time.away):
        return DayOf(day, [], "absent")
    open_ = list(_within(time.open, day))
    if not open_:
        return DayOf(day, [], "ne travaille pas")
    taken = list(_within(time.busy, day))
    bars = [_bar("open", *one) for one in open_] + [_bar("busy", *one) for one in taken]
    said = ", ".join(f"{since:%H:%M} à {until:%H:%M}" for since, until in taken)
    return DayOf(day, bars, f"pris de {said}" if said else "libre")


def _within(spans: Iterable[Span], day: dt.date) -> Iterable[tuple[dt.time, dt.time]]:
    """The parts of these times that lie on a local day."""
    for one in spans:
        since, until = timezone.localtime(one.start), timezone.localtime(one.end)
        if since.date() <= day <= until.date():
            yield (
                since.time() if since.date() == day else dt.time.min,
                until.time() if until.date() == day else dt.time(23, 59),
            )


def _bar(kind: str, since: dt.time, until: dt.time) -> Bar:
    left, right = _at(since), _at(until)
    return Bar(kind, left, max(right - left, 1))


def _at(time: dt.time) -> int:
    hours = time.hour + time.minute / 60
    return round(min(max((hours - FIRST) / (LAST - FIRST), 0), 1) * 100)
