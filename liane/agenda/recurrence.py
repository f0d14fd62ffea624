"""Repetition in local time: « tous les 3 jours », weekdays, every other week, until a date.

A rule is an iCalendar RRULE (RFC 5545) read in the zone of its series: nine o'clock stays nine
o'clock when the clocks change. A local time that does not exist (the night clocks go forward) is
pushed forward by the gap; one that exists twice means the first. Pure functions, no database.
"""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

HORIZON = dt.timedelta(weeks=8)
"""How far ahead occurrences are rows."""

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_WORDS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


class Every(StrEnum):
    """The unit of a repetition."""

    DAY = "DAILY"
    WEEK = "WEEKLY"
    MONTH = "MONTHLY"


@dataclass(frozen=True)
class Rule:
    """A repetition as people choose it. ``days`` are weekdays from Monday = 0."""

    every: Every
    interval: int = 1
    days: tuple[int, ...] = field(default=())
    until: dt.date | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.interval <= 52:
            raise ValueError("interval between 1 and 52")
        if self.until is not None and self.count is not None:
            raise ValueError("an end date or a number of times, not both")
        if self.count is not None and not 1 <= self.count <= 1000:
            raise ValueError("count between 1 and 1000")
        if self.every is Every.DAY and self.days and self.interval > 1:
            raise ValueError("weekdays go with every day or with weeks")
        object.__setattr__(self, "days", tuple(sorted(set(self.days))))

    @property
    def text(self) -> str:
        """The RRULE; ``UNTIL`` is the last local day, whole."""
        parts = [f"FREQ={self.every.value}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.days and self.every is not Every.MONTH:
            parts.append("BYDAY=" + ",".join(DAYS[day] for day in self.days))
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%d}T235959")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        return ";".join(parts)

    @property
    def words(self) -> str:
        """As one says it: « tous les 3 jours jusqu’au 17 décembre 2026 »."""
        return self._often() + self._end()

    def _often(self) -> str:
        days = " et ".join(
            part for part in (", ".join(self._names()[:-1]), *self._names()[-1:]) if part
        )
        if self.every is Every.MONTH:
            return "tous les mois" if self.interval == 1 else f"tous les {self.interval} mois"
        if self.every is Every.DAY and not self.days:
            return "tous les jours" if self.interval == 1 else f"tous les {self.interval} jours"
        if self.every is Every.DAY or self.interval == 1:
            return f"chaque {days}" if days else "toutes les semaines"
        weeks = (
            "une semaine sur deux" if self.interval == 2 else f"toutes les {self.interval} semaines"
        )
        return f"{weeks}, le {days}" if days else weeks

    def _names(self) -> list[str]:
        if self.days == (0, 1, 2, 3, 4):
            return ["jour de semaine"]
        return [DAY_WORDS[day] for day in self.days]

    def _end(self) -> str:
        if self.until is not None:
            day = "1er" if self.until.day == 1 else str(self.until.day)
            return f" jusqu’au {day} {MONTHS[self.until.month - 1]} {self.until.year}"
        if self.count is not None:
            return f", {self.count} fois"
        return ""


def parse(text: str) -> Rule | None:
    """The :class:`Rule` that an RRULE is, or None when it says more than people choose here."""
    found: dict[str, str] = {}
    for part in text.removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        found[name.upper()] = value
    if set(found) - {"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT", "WKST"}:
        return None
    try:
        until = found.get("UNTIL")
        return Rule(
            Every(found["FREQ"].upper()),
            int(found.get("INTERVAL", "1")),
            tuple(DAYS.index(day) for day in found.get("BYDAY", "").upper().split(",") if day),
            dt.datetime.strptime(until[:8], "%Y%m%d").date() if until else None,
            int(found["COUNT"]) if "COUNT" in found else None,
        )
    except (KeyError, ValueError):
        return None


def words(text: str) -> str:
    """The rule in plain words; a rule from elsewhere that we cannot say is named as such."""
    rule = parse(text)
    return rule.words if rule is not None else "selon un rythme particulier"


def local(moment: dt.datetime, zone: str) -> dt.datetime:
    """``moment`` (aware) as the clock on the wall shows it, without its zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def instant(wall: dt.datetime, zone: str) -> dt.datetime:
    """The UTC instant of a wall clock time (naive) in ``zone``."""
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(dt.UTC)


def starts(
    text: str, first: dt.datetime, zone: str, after: dt.datetime, before: dt.datetime
) -> list[dt.datetime]:
    """Original starts (UTC) of the occurrences in [after, before), in order.

    ``first`` is the aware start of the series, its first occurrence when the rule allows that day.
    """
    after = after.replace(microsecond=0)  # occurrences fall on whole seconds
    rule = rrulestr(_plain(text, zone), dtstart=local(first, zone))
    margin = dt.timedelta(days=1)
    walls = rule.between(local(after, zone) - margin, local(before, zone) + margin, inc=True)
    moments = (instant(wall, zone) for wall in walls)
    return [moment for moment in moments if after <= moment < before]


def checked(text: str) -> str:
    """``text`` if it is a repetition by days, weeks, months or years. Raises ValueError."""
    plain = text.removeprefix("RRULE:").upper()
    frequency = dict(part.partition("=")[::2] for part in plain.split(";")).get("FREQ")
    if frequency not in {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"} or "BYHOUR" in plain:
        raise ValueError("a repetition by days, weeks, months or years")
    if "BYMINUTE" in plain or "BYSECOND" in plain:
        raise ValueError("a repetition at one time of the day")
    rrulestr(_plain(plain, "UTC"), dtstart=dt.datetime(2026, 1, 1))
    return plain


def _plain(text: str, zone: str) -> str:
    """The rule with an ``UNTIL`` in UTC turned into local time, as the walls are."""
    parts = []
    for part in text.removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name.upper() == "UNTIL" and value.endswith("Z"):
            moment = dt.datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
            part = f"UNTIL={local(moment, zone):%Y%m%dT%H%M%S}"
        parts.append(part)
    return ";".join(parts)
