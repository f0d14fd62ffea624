"""Periods of a report: a month, a quarter, a year, or two dates; and the one just before."""

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from liane.core.errors import Refused
from liane.core.templatetags.liane import MONTHS, long_date

KINDS = {"mois": "Mois", "trimestre": "Trimestre", "annee": "Année", "dates": "Du… au…"}
LENGTHS = {"mois": 1, "trimestre": 3, "annee": 12}
FIRST_YEAR = 2000
LONGEST = 366 * 5
"""Days: a longer report would compare with a time before anything was kept."""


@dataclass(frozen=True)
class Period:
    """From the first day to the last one, both counted, in local time."""

    kind: str
    first: dt.date
    last: dt.date

    @property
    def start(self) -> dt.datetime:
        """The first moment."""
        return _midnight(self.first)

    @property
    def end(self) -> dt.datetime:
        """The first moment after it."""
        return _midnight(self.last + dt.timedelta(days=1))

    @property
    def label(self) -> str:
        """« mars 2026 », « 1er trimestre 2026 », « 2026 », « du 3 mars 2026 au 9 mars 2026 »."""
        if self.kind == "mois":
            return f"{MONTHS[self.first.month - 1]} {self.first.year}"
        if self.kind == "trimestre":
            number = (self.first.month + 2) // 3
            return f"{number}{'er' if number == 1 else 'e'} trimestre {self.first.year}"
        if self.kind == "annee":
            return str(self.first.year)
        if self.first == self.last:
            return long_date(self.first)
        return f"du {long_date(self.first)} au {long_date(self.last)}"

    @property
    def before(self) -> "Period":
        """The period of the same length just before."""
        last = self.first - dt.timedelta(days=1)
        if self.kind in LENGTHS:
            return of(self.kind, last)
        length = self.last - self.first
        return Period(self.kind, last - length, last)

    @property
    def after(self) -> "Period":
        """The period of the same length just after."""
        first = self.last + dt.timedelta(days=1)
        if self.kind in LENGTHS:
            return of(self.kind, first)
        return Period(self.kind, first, first + (self.last - self.first))

    @property
    def running(self) -> bool:
        """True until its last day is over: its figures still grow."""
        return self.first <= timezone.localdate() <= self.last

    @property
    def is_past(self) -> bool:
        """True once its last day is over: the one after has begun."""
        return self.last < timezone.localdate()

    @property
    def query(self) -> str:
        """The period as a page's address says it."""
        if self.kind in LENGTHS:
            return f"periode={self.kind}&de={self.first.isoformat()}"
        return f"periode=dates&de={self.first.isoformat()}&a={self.last.isoformat()}"


def of(kind: str, day: dt.date) -> Period:
    """The month, quarter or year that holds ``day``. KeyError for another kind."""
    length = LENGTHS[kind]
    month = (day.month - 1) // length * length + 1
    last = month + length - 1
    return Period(
        kind,
        dt.date(day.year, month, 1),
        dt.date(day.year, last, calendar.monthrange(day.year, last)[1]),
    )


def asked(said: Mapping[str, str]) -> Period:
    """The period that a form asks for (``periode``, ``de``, ``a``); this year without a word.

    Raises Refused where the dates mean nothing, with how to mend them.
    """
    kind = said.get("periode") or "annee"
    if kind not in KINDS:
        raise Refused("Choisissez un mois, un trimestre, une année ou deux dates.", field="periode")
    first = _day(said.get("de", ""), "de") or timezone.localdate()
    if kind in LENGTHS:
        return of(kind, first)
    last = _day(said.get("a", ""), "a") or timezone.localdate()
    if last < first:
        raise Refused("La date de fin est avant la date de début : inversez-les.", field="a")
    if (last - first).days > LONGEST:
        raise Refused("Choisissez une période de cinq ans au plus.", field="a")
    return Period(kind, first, last)


def _day(text: str, field: str) -> dt.date | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text + "-01" if len(text) == 7 else text)
    except ValueError:
        raise Refused(
            "Cette date n’est pas lisible : écrivez par exemple 2026-03-15.", field=field
        ) from None
    if not FIRST_YEAR <= day.year <= 2100:
        raise Refused("Choisissez une date entre 2000 et 2100.", field=field)
    return day


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
