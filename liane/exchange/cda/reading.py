"""Reading a CDA document that somebody sent: whose, from whom, what it says. Nothing is stored."""

import base64
import binascii
import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.safestring import SafeString
from lxml.etree import _Element as Element

from liane.core import xml
from liane.core.errors import Refused
from liane.exchange.cda import narrative
from liane.exchange.cda.names import HL7
from liane.patients import ins

N = {"h": HL7}
PROPOSED = {
    "48765-2": "allergy",
    "11450-4": "problem",
    "10160-0": "treatment",
    "57828-6": "treatment",
    "57833-6": "treatment",
}
"""LOINC codes of sections whose entries are offered for the record."""
MOST_SECTIONS = 80
MOST_PROPOSALS = 40
MEDIA = frozenset({"application/pdf", "image/jpeg", "image/png", "text/plain"})


@dataclass(frozen=True)
class Person:
    """Whom the document says it is about."""

    matricule: ins.Matricule | None
    birth_name: str
    given_names: str
    used_name: str
    sex: str
    birth_date: dt.date | None
    birth_place: str


@dataclass(frozen=True)
class Section:
    """A section: its title, and its words as inert markup."""

    title: str
    code: str
    markup: SafeString
    depth: int = 0


@dataclass(frozen=True)
class Proposal:
    """One allergy, problem or treatment that the document states, in words."""

    kind: str
    words: str


@dataclass(frozen=True)
class Wrapped:
    """The file inside a document of level 1."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Document:
    """A document as read."""

    id: str
    series: str
    version: int
    type_code: str
    type_label: str
    title: str
    at: dt.datetime | None
    person: Person
    author: str
    house: str
    wrapped: Wrapped | None = None
    sections: list[Section] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def level(self) -> int:
        """1: a file wrapped; 3: sections."""
        return 1 if self.wrapped is not None else 3


def read(content: bytes) -> Document:
    """Read a CDA document. Raises :class:`Refused` for anything else, saying why."""
    root = xml.parse(content, what="Ce document")
    if root.tag != f"{{{HL7}}}ClinicalDocument":
        raise _refused("Ce fichier n’est pas un document CDA (ClinicalDocument absent).")
    role = root.find("h:recordTarget/h:patientRole", N)
    if role is None:
        raise _refused("Ce document CDA ne dit pas de qui il parle : il ne peut être classé.")
    code = _code(root.find("h:code", N))
    body = root.find("h:component/h:structuredBody", N)
    return Document(
        id=_identifier(root.find("h:id", N)),
        series=_identifier(root.find("h:setId", N)),
        version=_integer(_attribute(root.find("h:versionNumber", N), "value")),
        type_code=code[0],
        type_label=code[1],
        title=narrative.words(root.find("h:title", N))[:120] or code[1] or "Document reçu",
        at=_moment(_attribute(root.find("h:effectiveTime", N), "value")),
        person=_person(role),
        author=_author(root),
        house=narrative.words(
            root.find("h:custodian//h:representedCustodianOrganization/h:name", N)
        )[:200],
        wrapped=_wrapped(root) if body is None else None,
        sections=_sections(body) if body is not None else [],
        proposals=_proposals(body) if body is not None else [],
    )


def _refused(message: str) -> Refused:
    return Refused(message, field="file", code="cda")


def _attribute(element: Element | None, name: str) -> str:
    return (element.get(name) or "")[:300] if element is not None else ""


def _identifier(element: Element | None) -> str:
    root, extension = _attribute(element, "root"), _attribute(element, "extension")
    return f"{root}^{extension}"[:200] if extension else root[:200]


def _code(element: Element | None) -> tuple[str, str]:
    return _attribute(element, "code")[:40], _attribute(element, "displayName")[:200]


def _integer(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _moment(text: str) -> dt.datetime | None:
    plain = text.split(".")[0]
    for size, shape in ((19, "%Y%m%d%H%M%S%z"), (17, "%Y%m%d%H%M%z"), (14, "%Y%m%d%H%M%S"),
                        (12, "%Y%m%d%H%M"), (8, "%Y%m%d")):  # fmt: skip
        if len(plain) == size:
            try:
                found = dt.datetime.strptime(plain, shape)  # noqa: DTZ007
            except ValueError:
                return None
            return found if found.tzinfo else timezone.make_aware(found)
    return None


def _day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text[:8], "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        return None


def _person(role: Element) -> Person:
    patient = role.find("h:patient", N)
    names = patient.findall("h:name/h:family", N) if patient is not None else []
    birth = _named(names, "BR") or (narrative.words(names[0]) if names else "")
    givens = patient.findall("h:name/h:given", N) if patient is not None else []
    place = role.find("h:patient/h:birthplace/h:place/h:addr/h:county", N)
    return Person(
        matricule=_matricule(role),
        birth_name=birth[:100],
        given_names=" ".join(narrative.words(one) for one in givens)[:200],
        used_name=(_named(names, "CL") or _named(names, "SP"))[:100],
        sex=_attribute(role.find("h:patient/h:administrativeGenderCode", N), "code")[:1],
        birth_date=_day(_attribute(role.find("h:patient/h:birthTime", N), "value")),
        birth_place=narrative.words(place)[:5],
    )


def _named(names: list[Element], qualifier: str) -> str:
    return next((narrative.words(one) for one in names if one.get("qualifier") == qualifier), "")


def _matricule(role: Element) -> ins.Matricule | None:
    for number in role.findall("h:id", N):
        if number.get("root") in ins.OIDS:
            try:
                return ins.parse(number.get("extension") or "", number.get("root") or "")
            except Refused:
                return None
    return None


def _author(root: Element) -> str:
    who = root.find("h:author/h:assignedAuthor", N)
    if who is None:
        return ""
    return (
        narrative.words(who.find("h:assignedPerson/h:name", N))
        or narrative.words(who.find("h:representedOrganization/h:name", N))
    )[:200]


def _wrapped(root: Element) -> Wrapped:
    text = root.find("h:component/h:nonXMLBody/h:text", N)
    if text is None:
        raise _refused("Ce document CDA n’a pas de corps : demandez-le de nouveau à l’expéditeur.")
    media = _attribute(text, "mediaType")
    if media not in MEDIA:
        raise _refused(f"Ce document contient un fichier « {media[:40]} », qui n’est pas accepté.")
    said = "".join(str(part) for part in text.itertext())
    if text.get("representation") != "B64":
        return Wrapped(media, said.strip().encode())
    try:
        return Wrapped(media, base64.b64decode("".join(said.split()), validate=True))
    except (binascii.Error, ValueError):
        raise _refused("Le fichier contenu dans ce document est abîmé.") from None


def _sections(body: Element) -> list[Section]:
    found = []
    for section in body.iterfind(".//h:section", N):
        depth = sum(1 for one in section.iterancestors(f"{{{HL7}}}section"))
        title = narrative.words(section.find("h:title", N))[:200]
        code = _code(section.find("h:code", N))
        made = narrative.markup(section.find("h:text", N))
        found.append(Section(title or code[1] or "Section", code[0], made, min(depth, 3)))
        if len(found) == MOST_SECTIONS:
            break
    return found


def _proposals(body: Element) -> list[Proposal]:
    found: list[Proposal] = []
    for section in body.iterfind(".//h:section", N):
        kind = PROPOSED.get(_code(section.find("h:code", N))[0])
        if kind is None:
            continue
        stated = [_stated(entry, section) for entry in section.iterfind("h:entry", N)]
        lines = [line for line in stated if line] or narrative.rows(section.find("h:text", N))
        found += [Proposal(kind, line[:300]) for line in dict.fromkeys(lines)]
    return found[:MOST_PROPOSALS]


def _stated(entry: Element, section: Element) -> str:
    """What an entry states: a product's name, a value's label, or the words it refers to."""
    for path in (
        ".//h:manufacturedMaterial/h:name",
        ".//h:participant/h:participantRole/h:playingEntity/h:name",
    ):
        said = narrative.words(entry.find(path, N))
        if said:
            return said
    for path in (".//h:manufacturedMaterial/h:code", ".//h:observation/h:value"):
        for one in entry.iterfind(path, N):
            said = _attribute(one, "displayName") or _referred(one, section)
            if said:
                return said
    return ""


def _referred(element: Element, section: Element) -> str:
    reference = element.find("h:originalText/h:reference", N)
    target = _attribute(reference, "value").removeprefix("#")
    if not target:
        return narrative.words(element.find("h:originalText", N))
    for one in section.iter():
        if one.get("ID") == target:
            return narrative.words(one)
    return ""
