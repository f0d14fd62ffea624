"""When somebody is free: openings, minus what is closed, absences and what is taken.

Pure functions over intervals: what takes a time, or whom it concerns, is unknown here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from liane.agenda import recurrence

FREE, BUSY, AWAY = "free", "busy", "busy-unavailable"


class Span(NamedTuple):
    """From ``start`` (included) to ``end`` (excluded), both aware."""

    start: dt.datetime
    end: dt.datetime

    def meets(self, other: "Span") -> bool:
        """True when the two share a moment."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Repeated:
    """A span, alone or repeated by an RRULE read in ``zone``."""

    span: Span
    rule: str = ""

    def within(self, window: Span, zone: str) -> Iterator[Span]:
        """Its occurrences that share a moment with ``window``."""
        if not self.rule:
            if self.span.meets(window):
                yield self.span
            return
        length = self.span.end - self.span.start
        first = window.start - length
        for start in recurrence.starts(self.rule, self.span.start, zone, first, window.end):
            if start + length > window.start:
                yield Span(start, start + length)


@dataclass(frozen=True)
class Cut:
    """One slot and how it stands."""

    span: Span
    status: str


def cut(
    openings: Iterable[Repeated], closed: Iterable[Repeated], away: Sequence[Span],
    taken: Sequence[Span], *, minutes: int, window: Span, zone: str,
) -> list[Cut]:  # fmt: skip
    """Slots of ``minutes`` in each opening, in order; the rest of an opening too short is lost.

    One that meets something closed or an absence is ``busy-unavailable``, else one that meets what
    is taken is ``busy``. Where openings overlap, the one that begins first is cut.
    """
    length = dt.timedelta(minutes=minutes)
    hours = sorted(one for opening in openings for one in opening.within(window, zone))
    shut = [*away, *(one for each in closed for one in each.within(window, zone))]
    made: list[Cut] = []
    last = window.start
    for opening in hours:
        start = opening.start
        while start + length <= opening.end and start < window.end:
            slot = Span(start, start + length)
            if start >= last:
                made.append(Cut(slot, _status(slot, shut, taken)))
                last = slot.end
            start += length
    return made


def _status(slot: Span, shut: Sequence[Span], taken: Sequence[Span]) -> str:
    if any(slot.meets(one) for one in shut):
        return AWAY
    return BUSY if any(slot.meets(one) for one in taken) else FREE
