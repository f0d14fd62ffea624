"""HL7 time stamps. A stamp without an offset is local time of the sender's zone."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
_STAMP = re.compile(
    r"(?P<y>\d{4})(?:(?P<m>\d\d)(?:(?P<d>\d\d)(?:(?P<H>\d\d)(?:(?P<M>\d\d)(?:(?P<S>\d\d)"
    r"(?:\.\d{1,6})?)?)?)?)?)?(?P<sign>[+-])?(?P<off>\d{4})?"
)


def instant(stamp: str, zone: ZoneInfo = PARIS) -> datetime | None:
    """The moment a TS field names, in UTC; None when empty or unreadable.

    UTC on purpose: two aware datetimes of one summer-time zone compare by their wall clocks.
    """
    found = _STAMP.fullmatch(stamp.strip())
    if not found:
        return None
    part = found.groupdict()
    try:
        moment = datetime(
            int(part["y"]),
            int(part["m"] or 1),
            int(part["d"] or 1),
            int(part["H"] or 0),
            int(part["M"] or 0),
            int(part["S"] or 0),
            tzinfo=_offset(part["sign"], part["off"]) or zone,
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(stamp: str) -> date | None:
    """The calendar day a DT or TS field names; None when shorter than a day or unreadable."""
    digits = stamp.strip()[:8]
    if len(digits) != 8 or not digits.isdigit():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def stamp(moment: datetime, zone: ZoneInfo = PARIS) -> str:
    """A moment as a TS field with its offset."""
    return moment.astimezone(zone).strftime("%Y%m%d%H%M%S%z")


def _offset(sign: str | None, digits: str | None) -> timezone | None:
    if not sign or not digits:
        return None
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(delta if sign == "+" else -delta)
