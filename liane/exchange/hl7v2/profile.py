"""The French PAM profile as data: its events, what each requires, what each does.

Source: IHE ITI TF-4 §4.1 (national extension for France, PAM.fr 2.9 to 2.11) and HL7 2.5 chapter 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from liane.stays.movement import Kind


@dataclass(frozen=True, slots=True)
class Event:
    """A trigger event.

    kind: what its message says about a stay (None: about the person's identity only, or, for an
        update such as Z99, whatever ZBE-6 names).
    cancels: the message undoes a movement of ``kind``.
    visit: a visit number is needed to know which stay is meant.
    movement: PAM.fr requires a ZBE segment.
    requires: segments without which the message means nothing.
    """

    code: str
    does: str
    kind: Kind | None = None
    cancels: bool = False
    visit: bool = True
    movement: bool = True
    requires: tuple[str, ...] = ("EVN", "PID", "PV1")


_IDENTITY = ("EVN", "PID")


def _identity(code: str, does: str, requires: tuple[str, ...] = _IDENTITY) -> Event:
    return Event(code, does, visit=False, movement=False, requires=requires)


_EVENTS = (
    Event("A01", "admission of an inpatient", Kind.ADMIT),
    Event("A02", "transfer", Kind.TRANSFER),
    Event("A03", "discharge", Kind.DISCHARGE),
    Event("A04", "outpatient or emergency registration", Kind.ADMIT),
    Event("A05", "pre-admission", Kind.PLAN),
    Event("A06", "outpatient becomes inpatient", Kind.CHANGE_CLASS),
    Event("A07", "inpatient becomes outpatient", Kind.CHANGE_CLASS),
    Event("A08", "update of information", Kind.INFORM, movement=False),
    Event("A11", "cancels an admission", Kind.ADMIT, cancels=True),
    Event("A12", "cancels a transfer", Kind.TRANSFER, cancels=True),
    Event("A13", "cancels a discharge", Kind.DISCHARGE, cancels=True),
    Event("A14", "pending admission", Kind.PLAN),
    Event("A16", "pending discharge", Kind.EXPECT_DISCHARGE, movement=False),
    Event("A21", "leave of absence", Kind.LEAVE),
    Event("A22", "return from leave", Kind.RETURN),
    Event("A25", "cancels a pending discharge", Kind.EXPECT_DISCHARGE, True, movement=False),
    Event("A27", "cancels a pending admission", Kind.PLAN, cancels=True),
    Event("A38", "cancels a pre-admission", Kind.PLAN, cancels=True),
    Event("A44", "moves an account to another person", Kind.INFORM, movement=False),
    Event("A52", "cancels a leave of absence", Kind.LEAVE, cancels=True),
    Event("A53", "cancels a return from leave", Kind.RETURN, cancels=True),
    Event("A54", "change of attending doctor", Kind.INFORM),
    Event("A55", "cancels a change of attending doctor", Kind.INFORM),
    Event("Z99", "update of a movement", requires=("EVN", "PID", "PV1", "ZBE")),
    _identity("A28", "a person is known"),
    _identity("A31", "a person's identity is updated"),
    _identity("A40", "two identities are merged", (*_IDENTITY, "MRG")),
)

EVENTS: Mapping[str, Event] = MappingProxyType({event.code: event for event in _EVENTS})

#: Versions answered. The French profile writes ``2.5^FRA^2.x``.
VERSIONS = ("2.3", "2.4", "2.5", "2.6", "2.7", "2.8")

#: INS assigning authorities (ANS): matricule NIR, NIA, then the NIR of test and demonstration.
INS_OIDS: Mapping[str, str] = MappingProxyType(
    {
        "1.2.250.1.213.1.4.8": "NIR",
        "1.2.250.1.213.1.4.9": "NIA",
        "1.2.250.1.213.1.4.10": "NIR-TEST",
        "1.2.250.1.213.1.4.11": "NIR-DEMO",
    }
)


def original_kind(code: str) -> Kind | None:
    """The kind of movement that an original event (ZBE-6) names."""
    event = EVENTS.get(code)
    return event.kind if event else None
