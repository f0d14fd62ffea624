"""How long a request may wait at each step, and how long it did: a versioned file, working days.

``4 h`` are hours of the clock; ``3 d`` are working days, Monday to Friday but for the days off of
the Code du travail (L.3133-1), at the same time of day.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from liane.referrals.states import STAGES, Status

DATA = Path(__file__).with_name("data")
CURRENT = "2026"
STAGE_WORDS = {
    "take": "prise en charge",
    "qualify": "qualification",
    "answer": "réponse",
    "close": "clôture",
}


@dataclass(frozen=True)
class Waits:
    """Longest waits: ``steps[urgency][stage]``, and those of a search before it widens."""

    version: str
    steps: Mapping[str, Mapping[str, str]]
    wider: dt.timedelta
    desk: dt.timedelta


def current() -> Waits:
    """The waits of this installation: ours, or the file of ``LIANE_REFERRAL_RULES_FILE``.

    Raises ImproperlyConfigured, in one line, for a file that means nothing.
    """
    return _read(str(getattr(settings, "LIANE_REFERRAL_RULES_FILE", "")))


@lru_cache(maxsize=8)
def _read(path: str) -> Waits:
    source = Path(path) if path else DATA / f"waits-{CURRENT}.json"
    try:
        said = json.loads(source.read_text(encoding="utf-8"))
        for steps in said["waits"].values():
            for stage in STAGE_WORDS:
                after(timezone.now(), steps[stage])
        search = said["search"]
        return Waits(said["version"], said["waits"], _hours(search["wider"]),
                     _hours(search["desk"]))  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"LIANE_REFERRAL_RULES_FILE={path}: {error!r}") from None


def _hours(wait: str) -> dt.timedelta:
    number, unit = wait.split()
    if unit != "h":
        raise ValueError(f"{wait!r}: a search waits hours")
    return dt.timedelta(hours=float(number))


def until(urgency: str, status: str, since: dt.datetime) -> dt.datetime | None:
    """From when a request in ``status`` since that moment waits too long; None when it need not."""
    stage = STAGES.get(Status(status))
    return after(since, current().steps[urgency][stage]) if stage else None


def after(moment: dt.datetime, wait: str) -> dt.datetime:
    """``moment`` plus ``4 h`` (clock) or ``3 d`` (working days). ValueError for another unit."""
    number, unit = wait.split()
    if unit == "h":
        return moment + dt.timedelta(hours=float(number))
    if unit != "d":
        raise ValueError(f"{wait!r}: write « 4 h » or « 3 d »")
    local = timezone.localtime(moment)
    day = local.date()
    for _ in range(int(number)):
        day += dt.timedelta(days=1)
        while not works(day):
            day += dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, local.time()))


def works(day: dt.date) -> bool:
    """True on a working day."""
    return day.weekday() < 5 and day not in days_off(day.year)


@lru_cache(maxsize=32)
def days_off(year: int) -> frozenset[dt.date]:
    """The eleven legal days off of a year (Code du travail L.3133-1)."""
    sunday = easter(year)
    moving = {sunday + dt.timedelta(days=shift) for shift in (1, 39, 50)}
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return frozenset(moving | {dt.date(year, month, day) for month, day in fixed})


def easter(year: int) -> dt.date:
    """Easter Sunday (Meeus's Gregorian algorithm)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


@dataclass(frozen=True)
class Measured:
    """How long one stage took; ``over`` is False while it still runs."""

    label: str
    took: dt.timedelta
    over: bool = True

    @property
    def words(self) -> str:
        """« 2 h 05 », « 3 jours »."""
        return words(self.took)


def measured(history: Sequence[Any], now: dt.datetime | None = None) -> list[Measured]:
    """The delay of each stage since the request was sent or last reopened, from its dated rows."""
    found: list[Measured] = []
    for row, following in zip(history, [*history[1:], None], strict=True):
        stage = STAGES.get(Status(row.after))
        if stage is None:
            continue
        end = following.at if following is not None else now or timezone.now()
        found.append(Measured(STAGE_WORDS[stage], end - row.at, following is not None))
    return found


def words(span: dt.timedelta) -> str:
    """A length of time as people say it."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} min"
    if minutes < 60 * 24:
        rest = f" {minutes % 60:02d}" if minutes % 60 else ""
        return f"{minutes // 60} h{rest}"
    days = minutes // (60 * 24)
    return f"{days} jour{'s' if days > 1 else ''}"
