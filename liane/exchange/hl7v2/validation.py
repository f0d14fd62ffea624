"""What is wrong with a message, and where, in the terms of an HL7 acknowledgement."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from liane.exchange.hl7v2 import bookings, papers
from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hl7v2.parsing import Message
from liane.exchange.hl7v2.profile import EVENTS, INS_OIDS, VERSIONS, Event
from liane.exchange.hl7v2.times import instant


class Code(StrEnum):
    """HL7 table 0357."""

    SEGMENT_SEQUENCE = "100"
    REQUIRED_FIELD = "101"
    DATA_TYPE = "102"
    TABLE_VALUE = "103"
    UNSUPPORTED_MESSAGE = "200"
    UNSUPPORTED_EVENT = "201"
    UNSUPPORTED_PROCESSING = "202"
    UNSUPPORTED_VERSION = "203"
    UNKNOWN_KEY = "204"
    DUPLICATE_KEY = "205"
    INTERNAL = "207"


HEARD: Mapping[str, Collection[str]] = {
    "ADT": EVENTS,
    "SIU": bookings.EVENTS,
    "MDM": papers.MDM,
    "ORU": ("R01",),
}
"""Messages received, and the events of each."""
_REQUIRED = {"SIU": ("PID", "SCH"), "MDM": ("PID", "TXA"), "ORU": ("PID", "OBR", "OBX")}
_REJECTING = (
    Code.UNSUPPORTED_MESSAGE,
    Code.UNSUPPORTED_EVENT,
    Code.UNSUPPORTED_PROCESSING,
    Code.UNSUPPORTED_VERSION,
    Code.INTERNAL,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``location`` is an ERL (segment^sequence^field); no value of the message."""

    code: Code
    location: str
    text: str
    warning: bool = False

    @property
    def rejects(self) -> bool:
        """The message as a whole is not for us (AR), rather than wrong somewhere (AE)."""
        return self.code in _REJECTING and not self.warning


def problems(message: Message, adt: AdtMessage) -> list[Problem]:
    """Errors and warnings, in the order of the message. Warnings do not stop anything."""
    refused = list(_envelope(adt))
    if any(problem.rejects for problem in refused):
        return refused
    if adt.code != "ADT":
        return [*refused, *_person(message, adt), *_beyond(message, adt)]
    event = EVENTS[adt.event]
    return [
        *refused,
        *_segments(message, event),
        *_person(message, adt),
        *_stay(message, adt, event),
        *(Problem(Code.DATA_TYPE, _place(note), note, warning=True) for note in adt.forgiven),
    ]


def _place(note: str) -> str:
    found = re.match(r"([A-Z][A-Z0-9]{2})-(\d+) ", note)
    return f"{found[1]}^1^{found[2]}" if found else ""


def nir_key(matricule: str) -> bool:
    """Whether the two-digit key fits the 13 characters before it (2A and 2B for Corsica)."""
    if len(matricule) != 15:
        return False
    body = matricule[:13].upper()
    body = body[:5] + body[5:7].replace("2A", "19").replace("2B", "18") + body[7:]
    if not (body.isdigit() and matricule[13:].isdigit()):
        return False
    return 97 - int(body) % 97 == int(matricule[13:])


def _beyond(message: Message, adt: AdtMessage) -> Iterator[Problem]:
    """Appointments and documents: what they cannot do without."""
    for name in _REQUIRED[adt.code]:
        if not message.has(name):
            yield Problem(Code.SEGMENT_SEQUENCE, name, f"Segment {name} is missing")
    if adt.recorded_at.year <= 1:
        yield Problem(Code.REQUIRED_FIELD, "MSH^1^7", "No readable date of the message")
    if adt.code == "SIU":
        yield from _booking(message, adt)
    else:
        yield from _papers(message)


def _booking(message: Message, adt: AdtMessage) -> Iterator[Problem]:
    if not message.has("SCH"):
        return
    told = bookings.read(message)
    if not told.number:
        yield Problem(Code.REQUIRED_FIELD, "SCH^1^2", "Appointment number is missing")
    if told.starts_at is None and adt.event in bookings.NEEDS_TIME:
        yield Problem(Code.REQUIRED_FIELD, "SCH^1^11", "No readable start of the appointment")


def _papers(message: Message) -> Iterator[Problem]:
    found = papers.read(message)
    if not found:
        yield Problem(Code.REQUIRED_FIELD, "OBX^1^5", "No document in this message")
    for paper in found:
        if not paper.number:
            place = "TXA^1^12" if message.has("TXA") else "OBR^1^3"
            yield Problem(Code.REQUIRED_FIELD, place, "Document number is missing")
        if paper.problem:
            yield Problem(Code.DATA_TYPE, f"OBX^{paper.place}^5", paper.problem)


def _envelope(adt: AdtMessage) -> Iterator[Problem]:
    known = HEARD.get(adt.code)
    if known is None:
        yield Problem(Code.UNSUPPORTED_MESSAGE, "MSH^1^9", "This kind of message is not received")
    elif adt.event not in known:
        yield Problem(Code.UNSUPPORTED_EVENT, "MSH^1^9", "This event is not handled")
    if adt.version and not adt.version.startswith(VERSIONS):
        yield Problem(Code.UNSUPPORTED_VERSION, "MSH^1^12", "HL7 version not handled")
    if adt.processing not in ("P", "D", "T", ""):
        yield Problem(Code.UNSUPPORTED_PROCESSING, "MSH^1^11", "Unknown processing id")
    if not adt.control_id:
        yield Problem(Code.REQUIRED_FIELD, "MSH^1^10", "Message control id is missing")


def _segments(message: Message, event: Event) -> Iterator[Problem]:
    for name in event.requires:
        if not message.has(name):
            tolerated = name == "EVN"
            yield Problem(
                Code.SEGMENT_SEQUENCE, name, f"Segment {name} is missing", warning=tolerated
            )
    if event.movement and "ZBE" not in event.requires and not message.has("ZBE"):
        yield Problem(Code.SEGMENT_SEQUENCE, "ZBE", "Segment ZBE is missing", warning=True)


def _person(message: Message, adt: AdtMessage) -> Iterator[Problem]:
    if not message.has("PID"):
        return
    pid = message.first("PID")
    if not adt.traits.family:
        yield Problem(Code.REQUIRED_FIELD, "PID^1^5", "Patient name is missing")
    if not adt.identifiers:
        yield Problem(Code.REQUIRED_FIELD, "PID^1^3", "No patient identifier", warning=True)
    if pid.get(7) and not adt.traits.birth_date:
        yield Problem(Code.DATA_TYPE, "PID^1^7", "Birth date is unreadable", warning=True)
    if adt.traits.sex not in ("M", "F", "U", "O", "A", "N", ""):
        yield Problem(Code.TABLE_VALUE, "PID^1^8", "Unknown administrative sex", warning=True)
    if adt.ins and adt.ins.oid in (*INS_OIDS, "") and not nir_key(adt.ins.matricule):
        yield Problem(Code.DATA_TYPE, "PID^1^3", "The key of the INS does not fit", warning=True)


def _stay(message: Message, adt: AdtMessage, event: Event) -> Iterator[Problem]:
    if event.visit and message.has("PV1") and not adt.visit:
        yield Problem(Code.REQUIRED_FIELD, "PV1^1^19", "Visit number is missing")
    if event.code == "A40" and message.has("MRG") and not adt.merged:
        yield Problem(Code.REQUIRED_FIELD, "MRG^1^1", "Merged identifier is missing")
    if event.visit and adt.event_at.year <= 1:
        yield Problem(Code.REQUIRED_FIELD, "EVN^1^2", "No readable date of the event")
    zbe = message.first("ZBE")
    if not len(zbe):
        return
    if not adt.zbe.identifier:
        yield Problem(Code.REQUIRED_FIELD, "ZBE^1^1", "Movement id is missing", warning=True)
    if not instant(zbe.get(2)):
        yield Problem(Code.DATA_TYPE, "ZBE^1^2", "Start of movement is unreadable", warning=True)
    if adt.zbe.action is None:
        yield Problem(Code.TABLE_VALUE, "ZBE^1^4", "Unknown movement action", warning=True)
    elif adt.zbe.action != "INSERT" and not adt.zbe.original_event:
        yield Problem(Code.REQUIRED_FIELD, "ZBE^1^6", "Original event is missing", warning=True)
