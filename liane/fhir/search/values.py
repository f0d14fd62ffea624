"""Values of search parameters: escapes, prefixes, dates with their precision, tokens, numbers."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl
from uuid import UUID

from django.utils import timezone

from liane.fhir.outcomes import Problem, problem

PREFIXES = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"})
LONGEST = 2_000
"""Characters of one value."""
MOST = 200
"""Values of one parameter."""
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{0,30})?([eE][+-]?\d{1,2})?")
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query string or of a form, in order. Raises Problem 400."""
    if len(query) > 32_000:
        raise problem(400, "The query is too long: use POST _search.", code="too-long")
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise problem(400, "The query cannot be read.", code="structure") from None


def bad(code: str, why: str) -> Problem:
    """A value that cannot be read: 400, at its parameter."""
    return problem(400, f"Parameter '{code}': {why}.", code="value", where=f"http.{code}")


def split(text: str, by: str = ",") -> list[str]:
    """Parts between separators that no backslash escapes; escapes are kept."""
    if "\\" not in text:
        return text.split(by)
    parts, current, escaped = [], "", False
    for char in text:
        if escaped:
            current, escaped = current + "\\" + char, False
        elif char == "\\":
            escaped = True
        elif char == by:
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current + ("\\" if escaped else "")]


def plain(text: str) -> str:
    """A part without its escapes."""
    return re.sub(r"\\([,$|\\])", r"\1", text) if "\\" in text else text


def escaped(text: str) -> str:
    """A text as a part of a value: its separators are its own."""
    return re.sub(r"([,$|\\])", r"\\\1", text)


def values(code: str, raw: str) -> list[str]:
    """The values between commas, still escaped. Raises Problem 400."""
    if len(raw) > LONGEST or _ODD.search(raw):
        raise bad(code, "too long, or with characters that are not text")
    found = [one for one in split(raw) if one.strip()]
    if not found:
        raise bad(code, "empty")
    if len(found) > MOST:
        raise bad(code, f"more than {MOST} values")
    return found


def prefixed(text: str) -> tuple[str, str]:
    """(prefix, the rest); ``eq`` where there is none."""
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


@dataclass(frozen=True, slots=True)
class Span:
    """A moment with its precision: from ``start`` (included) to ``end`` (excluded)."""

    start: dt.datetime
    end: dt.datetime

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The same in local days: first one, and the first one after."""
        first = timezone.localtime(self.start).date()
        end = timezone.localtime(self.end)
        after = end.date() if end.time() == dt.time() else end.date() + dt.timedelta(days=1)
        return first, max(after, first + dt.timedelta(days=1))


def span(text: str) -> Span:
    """Read a FHIR date, partial or not. Raises ValueError."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("write a date such as 2026, 2026-03, 2026-03-07 or 2026-03-07T09:00:00Z")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    if not 1 <= int(year) <= 9998:
        raise ValueError("this year cannot be searched")
    if hour is None:
        return _days(int(year), int(month) if month else None, int(day) if day else None)
    at = dt.datetime(
        int(year), int(month), int(day), int(hour), int(minute), min(int(second or 0), 59),
        int((fraction or "0").ljust(6, "0")[:6]), tzinfo=_zone(zone),
    )  # fmt: skip
    wide = (
        dt.timedelta(minutes=1) if second is None
        else dt.timedelta(seconds=1) if fraction is None
        else dt.timedelta(microseconds=10 ** max(0, 6 - len(fraction)))
    )  # fmt: skip
    return Span(at, at + wide)


def _zone(text: str | None) -> dt.tzinfo:
    if text is None:
        return timezone.get_current_timezone()
    if text == "Z":
        return dt.UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    shift = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-shift if text[0] == "-" else shift)


def _days(year: int, month: int | None, day: int | None) -> Span:
    first = dt.date(year, month or 1, day or 1)
    if day:
        after = first + dt.timedelta(days=1)
    elif month:
        after = first + dt.timedelta(days=calendar.monthrange(year, month)[1])
    else:
        after = dt.date(year + 1, 1, 1)
    zone = timezone.get_current_timezone()
    return Span(
        dt.datetime.combine(first, dt.time(), zone), dt.datetime.combine(after, dt.time(), zone)
    )


@dataclass(frozen=True, slots=True)
class Token:
    """``code``, ``system|code``, ``|code`` (no system: ``system`` is empty), ``system|``."""

    system: str | None
    code: str


def token(text: str) -> Token:
    """Read a token."""
    parts = split(text, "|")
    if len(parts) == 1:
        return Token(None, plain(parts[0]))
    return Token(plain(parts[0]), plain("|".join(parts[1:])))


def number(text: str) -> tuple[Decimal, Decimal, Decimal]:
    """(value, low, high): a number and the range that its precision covers. Raises ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("write a number such as 100, 5.40 or 1e2")
    value = Decimal(text)
    if abs(value.adjusted()) > 18:
        raise ValueError("this number is out of range")
    half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
    return value, value - half, value + half


@dataclass(frozen=True, slots=True)
class Link:
    """A reference asked for: ``type`` where it was said, and its id or its whole address."""

    type: str
    id: str
    url: str = ""


_LINK = re.compile(
    r"(?:(?P<base>https?://.+)/)?(?:(?P<type>[A-Z][A-Za-z]{1,40})/)?(?P<id>[A-Za-z0-9.\-]{1,64})"
)


def link(text: str) -> Link | None:
    """Read a reference: ``id``, ``Type/id`` or an absolute address; None for anything else."""
    text = plain(text).split("/_history/")[0]
    found = _LINK.fullmatch(text)
    if found is None:
        return Link("", "", text) if re.match(r"(urn:|https?://)", text) else None
    return Link(found["type"] or "", found["id"], text if found["base"] else "")


def uuid(text: str) -> UUID | None:
    """An identifier of ours, or None: nobody has it."""
    try:
        made = UUID(text)
    except ValueError:
        return None
    return made if str(made) == text.lower() else None
