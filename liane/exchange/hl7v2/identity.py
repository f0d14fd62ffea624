"""Who the message is about: PID and MRG."""

import re
from collections.abc import Iterable
from datetime import datetime

from liane.exchange.hl7v2.messages import Identifier, Ins, Traits
from liane.exchange.hl7v2.parsing import Message, Reader, Repetition
from liane.exchange.hl7v2.profile import INS_OIDS
from liane.exchange.hl7v2.times import day, instant

_FINESS = re.compile(r"[0-9][0-9AB][0-9]{7}")
_IPP_TYPES = ("PI", "MR", "PT", "")
_BIRTH_PLACE_TYPES = ("BDL", "BR")


def identifier(repetition: Repetition) -> Identifier:
    """A CX: the number, and its authority by universal id when sent, else by name."""
    return Identifier(
        repetition.get(1), repetition.get(4, 2), repetition.get(4, 1), repetition.get(5)
    )


def identifiers(pid: Reader) -> tuple[Identifier, ...]:
    """PID-3 in order; the empty ones left out."""
    return tuple(found for each in pid.each(3) if (found := identifier(each)))


def ins(sent: Iterable[Identifier], status: str) -> Ins:
    """The INS among the identifiers: by the OID of its authority, else by its type.

    INS-C (1.2.250.1.213.1.4.2 and .6), the abandoned computed number, is no INS.
    """
    listed = list(sent)
    for one in listed:
        if one.authority in INS_OIDS:
            return Ins(one.value.upper(), one.authority, status)
    for one in listed:
        if one.type == "INS" and not one.authority:
            return Ins(one.value.upper(), "", status)
    return Ins()


def ipp(sent: Iterable[Identifier]) -> Identifier:
    """The hospital's own number for the person (IPP)."""
    for one in sent:
        if one.type in _IPP_TYPES and one.authority not in INS_OIDS:
            return one
    return Identifier("")


def finess(text: str) -> str:
    """The FINESS number when the text is one, else nothing."""
    return text if _FINESS.fullmatch(text) else ""


def traits(pid: Reader) -> Traits:
    """Names by their type, sex, birth date and place."""
    names = {each.get(7) or "L": each for each in reversed(list(pid.each(5)))}
    birth = names.get("B") or names.get("M") or names.get("L") or next(iter(names.values()), None)
    used = names.get("D") or (names.get("L") if birth is not names.get("L") else None)
    place, place_text = _birth_place(pid)
    return Traits(
        family=birth.get(1) if birth else "",
        given=birth.get(2) if birth else "",
        given_names=birth.get(3) if birth else "",
        used_name=used.get(1) if used else "",
        used_given=used.get(2) if used else "",
        sex=pid.get(8).upper(),
        birth_date=day(pid.get(7)),
        birth_place=place,
        birth_place_text=place_text or pid.get(23),
    )


def death(pid: Reader) -> tuple[bool | None, datetime | None]:
    """PID-30 and PID-29; None when nothing is said. A date alone says that she died."""
    told, at = pid.get(30).upper(), instant(pid.get(29))
    if told in ("Y", "O", "1"):
        return True, at
    if told in ("N", "0"):
        return False, None
    return (True, at) if at else (None, None)


def status(pid: Reader) -> str:
    """PID-32: reliability of the identity (VALI, PROV, DOUT…), first value."""
    return pid.get(32).upper()


def merged(message: Message) -> tuple[tuple[Identifier, ...], Identifier]:
    """MRG-1 (identifiers that disappear) and MRG-5 (visit number that disappears)."""
    segment = message.first("MRG")
    prior = tuple(found for each in segment.each(1) if (found := identifier(each)))
    visit = next((identifier(each) for each in segment.each(5)), Identifier(""))
    return prior, visit


def _birth_place(pid: Reader) -> tuple[str, str]:
    """The INSEE code (XAD-9) and the town of the address of type BDL, else BR."""
    for wanted in _BIRTH_PLACE_TYPES:
        for each in pid.each(11):
            if each.get(7) == wanted and (each.get(9) or each.get(3)):
                return each.get(9).upper(), each.get(3)
    return "", ""
