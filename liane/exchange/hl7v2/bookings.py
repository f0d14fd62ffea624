"""Appointments of a hospital (SIU): which one, when, for what. Pure code.

Sources: HL7 2.5 chapter 10; IHE ITI TF-4 (France) names no scheduling profile, so what French
senders write in practice is read: SCH-11 (2.3 to 2.5), else TQ1, else the first AIS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from liane.exchange.hl7v2.parsing import Message, Reader
from liane.exchange.hl7v2.times import instant

#: Trigger events, as `agenda.BookingSaid.Event` counts them.
EVENTS: Mapping[str, str] = MappingProxyType(
    {"S12": "1", "S13": "2", "S14": "3", "S15": "4", "S26": "5"}
)
NEEDS_TIME = ("S12", "S13")
#: SCH-10, AIS-8: a unit of duration in minutes.
_UNITS = {"": 1, "M": 1, "MIN": 1, "MN": 1, "MINUTES": 1, "H": 60, "HR": 60, "S": 1 / 60}
_LONGEST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment as sent; times are UTC, None when not said."""

    number: str
    starts_at: datetime | None
    ends_at: datetime | None
    title: str


def read(message: Message) -> Booking:
    """The appointment of a message. Never raises: what cannot be read is empty."""
    sch, tq1, ais = (message.first(name) for name in ("SCH", "TQ1", "AIS"))
    starts = instant(sch.get(11, 4)) or instant(tq1.get(7)) or instant(ais.get(4))
    ends = instant(sch.get(11, 5)) or instant(tq1.get(8))
    if starts and (ends is None or not starts < ends <= starts + _LONGEST):
        length = _length(sch, 9, 10) or _length(ais, 7, 8)
        ends = starts + length if length else None
    title = ais.get(3, 2) or sch.get(8, 2) or ais.get(3) or sch.get(8)
    return Booking(_number(sch), starts, ends, " ".join(title.split())[:120])


def _number(sch: Reader) -> str:
    """The filler's number (who keeps the agenda), else the placer's."""
    for position in (2, 1):
        if sch.get(position):
            authority = sch.get(position, 3) or sch.get(position, 2)
            return f"{sch.get(position)}^{authority}".rstrip("^")[:190]
    return ""


def _length(segment: Reader, amount: int, unit: int) -> timedelta | None:
    told, scale = segment.get(amount), _UNITS.get(segment.get(unit).upper())
    if scale is None or not told.isascii() or not told.isdigit() or len(told) > 6:
        return None
    length = timedelta(minutes=int(told) * scale)
    return length if timedelta() < length <= _LONGEST else None
