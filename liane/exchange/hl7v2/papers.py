"""Documents that a hospital sends (MDM, ORU): which one, its file, its restrictions. Pure code.

Sources: HL7 2.5 chapters 7 and 9; ANS, volet « Transmission d’un document CDA-R2 en HL7 v2 »:
OBX-11 F (first), C (replaced), D (deleted), and the OBX of the table MetaDMPMSS.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from liane.exchange.hl7v2.parsing import Message, Reader
from liane.exchange.hl7v2.times import day, instant

#: MDM events: what each does to the document it names.
MDM: Mapping[str, str] = MappingProxyType(
    {"T02": "first", "T08": "changed", "T10": "replaced", "T11": "withdrawn"}
)
_NAMES = {
    "PDF": ("document.pdf", "application/pdf"),
    "JPEG": ("document.jpg", "image/jpeg"),
    "JPG": ("document.jpg", "image/jpeg"),
    "PNG": ("document.png", "image/png"),
    "TXT": ("document.txt", "text/plain"),
    "PLAIN": ("document.txt", "text/plain"),
    "XML": ("document.xml", "text/xml"),
}
_TEXTS = ("TX", "FT", "ST")
_NO = ("", "N", "NO", "NON", "0", "FALSE")
_SPACES = re.compile(r"\s+")


class Unreadable(ValueError):
    """The content of an OBX cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of a message. ``place`` is its first OBX, for the acknowledgement.

    ``content`` None: withdrawn, or (``problem``) unreadable.
    """

    number: str
    parent: str
    code: str
    title: str
    author: str
    dated_on: date | None
    content: bytes | None
    name: str
    declared: str
    withdrawn: bool
    place: int = 1
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What MetaDMPMSS asks: hidden from professionals; from the person or who speaks for her."""

    from_professionals: bool = False
    from_person: bool = False


def restrictions(message: Message) -> Restrictions:
    """The restrictions of a message; a value that is not a plain « no » restricts."""
    asked = {obx.get(3).upper() for obx in message.all("OBX") if obx.get(5).upper() not in _NO}
    return Restrictions(
        "MASQUE_PS" in asked,
        bool(asked & {"INVISIBLE_PATIENT", "INVISIBLE_REP_LEGAUX", "CONNEXION_SECRETE"}),
    )


def read(message: Message) -> list[Paper]:
    """The documents of a message. Never raises: ``problem`` says what could not be read."""
    files = [obx for obx in message.all("OBX") if not _is_metadata(obx)]
    attached = [obx for obx in files if obx.get(2).upper() == "ED"]
    groups = [[obx] for obx in attached] or ([lines] if (lines := _lines(files)) else [])
    event = message.first("MSH").get(9, 2).upper()
    gone = MDM.get(event) == "withdrawn" or any(obx.get(11).upper() == "D" for obx in attached)
    if message.first("MSH").get(9).upper() == "MDM":
        return [_of_txa(message, groups[0] if groups else [], gone)]
    seen: dict[str, int] = {}
    return [_of_order(message, group, seen) for group in groups]


def _is_metadata(obx: Reader) -> bool:
    return obx.get(3, 3).upper() == "METADMPMSS"


def _lines(files: list[Reader]) -> list[Reader]:
    return [obx for obx in files if obx.get(2).upper() in _TEXTS]


def _of_txa(message: Message, group: list[Reader], gone: bool) -> Paper:
    txa = message.first("TXA")
    moment = instant(txa.get(4)) or instant(txa.get(6)) or instant(txa.get(7))
    title = txa.get(16) or txa.get(2, 2) or (group[0].get(3, 2) if group else "") or txa.get(2)
    author = _name(txa, 9) or _name(txa, 5) or _name(txa, 10)
    return _paper(
        message, group, _entity(txa, 12), _entity(txa, 13), title, author,
        _day(moment, txa.get(4)), gone,
    )  # fmt: skip


def _of_order(message: Message, group: list[Reader], seen: dict[str, int]) -> Paper:
    obr, obx = message.first("OBR"), group[0]
    order = _entity(obr, 3) or _entity(obr, 2) or _entity(message.first("ORC"), 3)
    key = f"{order}|{obx.get(3)}|{obx.get(4)}"
    seen[key] = seen.get(key, 0) + 1
    again = f"|{seen[key]}" if seen[key] > 1 else ""
    moment = instant(obx.get(14)) or instant(obr.get(7)) or instant(obr.get(22))
    return _paper(
        message, group, f"{key}{again}"[:190] if order else "", "",
        obx.get(3, 2) or obr.get(4, 2) or obx.get(3), _name(obr, 32) or _name(obx, 16),
        _day(moment, ""), obx.get(11).upper() == "D",
    )  # fmt: skip


def _paper(
    message: Message, group: list[Reader], number: str, parent: str, title: str, author: str,
    dated_on: date | None, gone: bool,
) -> Paper:  # fmt: skip
    content, name, declared, problem = b"", "", "", ""
    if not gone:
        try:
            content, name, declared = _content(group)
        except Unreadable as error:
            problem = str(error)
    place = message.all("OBX").index(group[0]) + 1 if group else 1
    code = group[0].get(3) if group else message.first("TXA").get(2)
    return Paper(
        number, parent if parent != number else "", code, " ".join(title.split())[:120],
        author[:120], dated_on, None if gone or problem else content, name, declared, gone,
        place, problem,
    )  # fmt: skip


def _content(group: list[Reader]) -> tuple[bytes, str, str]:
    if not group:
        raise Unreadable("No content")
    obx = group[0]
    if obx.get(2).upper() != "ED":
        text = "\n".join(each.get(1) for line in group for each in line.each(5))
        if not text.strip():
            raise Unreadable("Empty text")
        return text.encode(), *_NAMES["TXT"]
    kind = (obx.get(5, 3) or obx.get(5, 2)).upper()
    data = obx.get(5, 5)
    if obx.get(5, 4).upper() not in ("BASE64", ""):
        raise Unreadable("Only Base64 is read here")
    try:
        content = base64.b64decode(_SPACES.sub("", data), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("Base64 is broken") from None
    if not content:
        raise Unreadable("Empty file")
    return content, *_NAMES.get(kind, ("", ""))


def _entity(segment: Reader, position: int) -> str:
    """An EI: number and authority (its OID when sent, else its name)."""
    number = segment.get(position)
    authority = segment.get(position, 3) or segment.get(position, 2)
    return f"{number}^{authority}".rstrip("^")[:190] if number else ""


def _name(segment: Reader, position: int) -> str:
    """An XCN (or NDL) in words: title, given, family."""
    told = [segment.get(position, part) for part in (6, 3, 2)]
    return " ".join(part for part in told if part) if segment.get(position, 2) else ""


def _day(moment: datetime | None, stamp: str) -> date | None:
    return day(stamp) or (moment.date() if moment else None)
