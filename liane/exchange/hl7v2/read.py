"""From a parsed message to an AdtMessage, forgiving what the field is known to get wrong."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from liane.exchange.hl7v2 import identity
from liane.exchange.hl7v2.messages import (
    AdtMessage,
    FrenchSegments,
    Identifier,
    MovementSegment,
)
from liane.exchange.hl7v2.parsing import Message, Reader
from liane.exchange.hl7v2.profile import EVENTS
from liane.exchange.hl7v2.times import instant
from liane.stays.movement import Action, Outcome, Ward

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_VISIT_TYPES = ("VN", "AN")
_SHIFT = range(38, 44)

#: Exit mode and destination of the French activity data (ZFM-2, ZFM-4).
_EXIT_TRANSFER, _EXIT_DEATH, _EXIT_HOME = ("0", "6", "7"), ("9",), ("8",)
_DESTINATION_HOME_HOSPITAL = "6"
#: PV1-36: two-digit codes of HL7 table 0112; the French one-digit codes say why, not where to.
_DISPOSITIONS = {
    "02": Outcome.TRANSFER,
    "03": Outcome.TRANSFER,
    "05": Outcome.TRANSFER,
    "06": Outcome.HOME_HOSPITAL,
    "08": Outcome.HOME_HOSPITAL,
    "20": Outcome.DEATH,
    "40": Outcome.DEATH,
    "41": Outcome.DEATH,
    "42": Outcome.DEATH,
    "HAD": Outcome.HOME_HOSPITAL,
}


@dataclass
class _Forgiven:
    notes: list[str] = field(default_factory=list)


def read(message: Message) -> AdtMessage:
    """Read every value Liane uses. Never raises: what cannot be read is empty."""
    notes = _Forgiven(list(message.forgiven))
    msh, evn, pid, pv1, pv2 = (message.first(n) for n in ("MSH", "EVN", "PID", "PV1", "PV2"))
    zbe = _movement(message.first("ZBE"))
    event = (msh.get(9, 2) or evn.get(1)).upper()
    recorded = instant(evn.get(2)) or instant(msh.get(7)) or instant(evn.get(6))
    admitted, discharged = _stay_times(pv1, notes)
    french = _french(message)
    sent = identity.identifiers(pid)
    status = identity.status(pid)
    dead, died_at = identity.death(pid)
    prior, prior_visit = identity.merged(message)
    outcome = _outcome(pv1, french) if event in ("A03", "Z99") else None
    at = event_time(evn, zbe, event, admitted, discharged) or recorded or _NEVER
    return AdtMessage(
        application=msh.get(3),
        facility=msh.get(4),
        control_id=msh.get(10),
        code=msh.get(9, 1).upper(),
        event=event,
        version=msh.get(12),
        processing=msh.get(11).upper(),
        sent_at=instant(msh.get(7)),
        recorded_at=recorded or at,
        event_at=at,
        ins=identity.ins(sent, status),
        ipp=identity.ipp(sent),
        identifiers=sent,
        traits=identity.traits(pid),
        identity_status=status,
        visit=_visit(pv1, pid, notes) if _has_visit(event) else Identifier(""),
        class_code=pv1.get(2).upper(),
        ward=_ward(zbe, pv1),
        hospital=_hospital(pv1, sent, msh),
        admitted_at=admitted,
        discharged_at=discharged,
        expected_admission=instant(pv2.get(8)),
        expected_discharge=instant(pv2.get(9)),
        expected_return=instant(pv2.get(47)),
        disposition=pv1.get(36),
        outcome=outcome,
        dead=dead,
        died_at=died_at,
        confidential=_confidential(message, pv1, pv2, french),
        zbe=zbe,
        french=french,
        merged=prior,
        merged_visit=prior_visit,
        forgiven=tuple(notes.notes),
    )


def event_time(
    evn: Reader,
    zbe: MovementSegment,
    event: str,
    admitted: datetime | None,
    discharged: datetime | None,
) -> datetime | None:
    """When the thing happened.

    ZBE-2 first: it is the movement's own time, it follows the movement through updates and
    cancellations, and in the field EVN-6 drifts from it by the minutes of typing. Then EVN-6 (when
    the event occurred), then the stay's own dates; when it was recorded (EVN-2) comes last.
    """
    own = {"A03": discharged, "A01": admitted, "A04": admitted}.get(event)
    return zbe.start or instant(evn.get(6)) or own


def _movement(zbe: Reader) -> MovementSegment:
    number = zbe.get(1)
    authority = zbe.get(1, 3) or zbe.get(1, 2)
    told = zbe.get(4).upper()
    return MovementSegment(
        identifier=f"{number}^{authority}" if number else "",
        start=instant(zbe.get(2)),
        end=instant(zbe.get(3)),
        action=Action(told) if told in list(Action) else None,
        historic=zbe.get(5).upper() == "Y",
        original_event=zbe.get(6).upper(),
        medical_unit=Ward(zbe.get(7), zbe.get(7, 10) or zbe.get(7, 3)),
        nursing_unit=Ward(zbe.get(8), zbe.get(8, 10) or zbe.get(8, 3)),
        nature=zbe.get(9).upper(),
    )


def _french(message: Message) -> FrenchSegments:
    zfm = message.first("ZFM")
    return FrenchSegments(
        zfm.get(1), zfm.get(2), zfm.get(3), zfm.get(4), psychiatric_legal_mode=message.has("ZFS")
    )


def _has_visit(event: str) -> bool:
    return event not in EVENTS or EVENTS[event].visit


def _visit(pv1: Reader, pid: Reader, notes: _Forgiven) -> Identifier:
    """PV1-19; else a number typed as a visit in a neighbouring field; else PID-18."""
    told = next((identity.identifier(each) for each in pv1.each(19)), Identifier(""))
    if told:
        return told
    for position in (20, 18, 21):
        found = next((identity.identifier(each) for each in pv1.each(position)), Identifier(""))
        if found and found.type in _VISIT_TYPES:
            notes.notes.append(f"PV1-19 found in PV1-{position}")
            return found
    account = next((identity.identifier(each) for each in pid.each(18)), Identifier(""))
    if account:
        notes.notes.append("PV1-19 found in PID-18")
    return account


def _stay_times(pv1: Reader, notes: _Forgiven) -> tuple[datetime | None, datetime | None]:
    """PV1-44 and PV1-45; when both are empty, times found a few fields before them."""
    admitted, discharged = instant(pv1.get(44)), instant(pv1.get(45))
    if admitted or discharged:
        return admitted, discharged
    found = [(position, moment) for position in _SHIFT if (moment := _full(pv1.get(position)))]
    if not found:
        return None, None
    first, moment = found[0]
    notes.notes.append(f"PV1-44 found in PV1-{first}")
    following = dict(found).get(first + 1)
    return moment, following


def _full(text: str) -> datetime | None:
    return instant(text) if len(text) >= 12 else None


def _ward(zbe: MovementSegment, pv1: Reader) -> Ward:
    """The medical unit, else the nursing unit, else the point of care of PV1-3."""
    return zbe.medical_unit or zbe.nursing_unit or Ward(pv1.get(3), pv1.get(3))


def _hospital(pv1: Reader, sent: tuple[Identifier, ...], msh: Reader) -> Identifier:
    """The facility of PV1-3, else the authority of the IPP, else the sending facility."""
    if pv1.get(3, 4):
        return Identifier(identity.finess(pv1.get(3, 4, 2)) or pv1.get(3, 4), pv1.get(3, 4, 2))
    own = identity.ipp(sent)
    if own and (own.authority or own.namespace):
        return Identifier(
            identity.finess(own.authority) or own.namespace or own.authority, own.authority
        )
    return Identifier(identity.finess(msh.get(4, 2)) or msh.get(4), msh.get(4, 2))


def _outcome(pv1: Reader, french: FrenchSegments) -> Outcome | None:
    """Where the discharge leads: ZFM, else PV1-36, else a hospital named in PV1-37."""
    if french.destination == _DESTINATION_HOME_HOSPITAL:
        return Outcome.HOME_HOSPITAL
    if french.exit_mode in _EXIT_DEATH:
        return Outcome.DEATH
    if french.exit_mode in _EXIT_TRANSFER:
        return Outcome.TRANSFER
    if french.exit_mode in _EXIT_HOME:
        return Outcome.HOME
    told = _DISPOSITIONS.get(pv1.get(36).upper())
    if told is None and identity.finess(pv1.get(37)):
        return Outcome.TRANSFER
    return told


def _confidential(message: Message, pv1: Reader, pv2: Reader, french: FrenchSegments) -> bool:
    """PV1-16, PV2-22, PD1-12, or a psychiatric legal mode (ZFS)."""
    return (
        pv1.get(16).upper() not in ("", "N", '""')
        or pv2.get(22).upper() == "Y"
        or message.first("PD1").get(12).upper() == "Y"
        or french.psychiatric_legal_mode
    )
