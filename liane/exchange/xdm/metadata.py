"""METADATA.XML: one submission set and its documents in ebRIM 3.0 (IHE ITI TF-3, 4.2).

Attributes of the French volume « Partage de documents de santé » (v1.6): class, type, format,
practice setting, facility type, confidentiality, source patient identity, hash and size.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from uuid import UUID, uuid4

from lxml import etree
from lxml.etree import _Element as Element

from liane.core import xml
from liane.exchange.cda.facts import Author, Head, Number
from liane.exchange.cda.names import CONFIDENTIALITY, Code, oid

LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
STABLE = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
SUBMISSION_NODE = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"

ENTRY = {
    "author": "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
    "class": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "confidentiality": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "format": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "facility": "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "setting": "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
    "type": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "patientId": "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "uniqueId": "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
}
SUBMISSION = {
    "author": "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d",
    "contentType": "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500",
    "patientId": "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "uniqueId": "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
    "sourceId": "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
}
CARE = Code("03", "Prise en charge", "1.2.250.1.213.2.2", "contentTypeCode")
NORMAL = Code("N", "Normal", CONFIDENTIALITY, "Confidentiality")


@dataclass(frozen=True)
class Entry:
    """A document of the archive: its head, its bytes, its name inside the subset."""

    head: Head
    content: bytes
    uri: str

    @property
    def hash(self) -> str:
        """SHA-1 in hexadecimal, as XDS asks (it is no protection)."""
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()


def written(entries: list[Entry], *, set_id: UUID, title: str, at: dt.datetime) -> bytes:
    """METADATA.XML for these documents, all of one person."""
    root: Element = etree.Element(f"{{{LCM}}}SubmitObjectsRequest", nsmap={"lcm": LCM, None: RIM})
    objects = _sub(root, "RegistryObjectList")
    for place, entry in enumerate(entries, 1):
        _entry(objects, f"Document{place:02d}", entry)
    _submission(objects, entries, set_id, title, at)
    for place, _ in enumerate(entries, 1):
        link = _sub(
            objects, "Association", id=f"as{place:02d}", associationType=HAS_MEMBER,
            sourceObject="SubmissionSet01", targetObject=f"Document{place:02d}",
        )  # fmt: skip
        _slot(link, "SubmissionSetStatus", "Original")
    return xml.written(root)


def _sub(parent: Element, name: str, /, **attributes: str) -> Element:
    return etree.SubElement(parent, f"{{{RIM}}}{name}", attributes)


def _slot(parent: Element, name: str, *values: str) -> None:
    kept = [value for value in values if value]
    if not kept:
        return
    listed = _sub(_sub(parent, "Slot", name=name), "ValueList")
    for value in kept:
        _sub(listed, "Value").text = value


def _named(parent: Element, name: str, words: str) -> None:
    _sub(
        _sub(parent, name), "LocalizedString",
        **{"value": words, "{http://www.w3.org/XML/1998/namespace}lang": "FR"},
    )  # fmt: skip


def _coded(parent: Element, owner: str, scheme: str, code: Code) -> None:
    made = _sub(
        parent, "Classification", id=f"urn:uuid:{uuid4()}", classifiedObject=owner,
        classificationScheme=scheme, nodeRepresentation=code.code,
    )  # fmt: skip
    _slot(made, "codingScheme", code.system)
    _named(made, "Name", code.label)


def _author(parent: Element, owner: str, scheme: str, who: Author) -> None:
    made = _sub(
        parent, "Classification", id=f"urn:uuid:{uuid4()}", classifiedObject=owner,
        classificationScheme=scheme, nodeRepresentation="",
    )  # fmt: skip
    house = who.house
    _slot(made, "authorInstitution", f"{house.name}^^^^^{_authority(house.number)}")
    _slot(made, "authorPerson", _person(who))
    if who.profession:
        code = who.profession
        _slot(made, "authorSpecialty", f"{code.code}^{code.label}^{code.system}")


def _person(who: Author) -> str:
    """XCN: number, name, given name, authority."""
    number = who.number.extension or who.number.root
    return f"{number}^{who.family}^{who.given}^^^{who.title}^^^&{who.number.root}&ISO^D^^^IDNPS"


def _authority(number: Number) -> str:
    return f"&{number.root}&ISO^IDNST^^^{number.extension or number.root}"


def patient_id(number: Number) -> str:
    """CX: the number and its authority."""
    return f"{number.extension or number.root}^^^&{number.root}&ISO^{_kind(number)}"


def _kind(number: Number) -> str:
    return "NH" if number.root.startswith("1.2.250.1.213.1.4.") else "PI"


def _identified(parent: Element, owner: str, scheme: str, value: str, name: str) -> None:
    made = _sub(
        parent, "ExternalIdentifier", id=f"urn:uuid:{uuid4()}", registryObject=owner,
        identificationScheme=scheme, value=value,
    )  # fmt: skip
    _named(made, "Name", name)


def _entry(objects: Element, name: str, entry: Entry) -> None:
    head = entry.head
    made = _sub(
        objects, "ExtrinsicObject", id=name, mimeType="text/xml", objectType=STABLE,
        status=APPROVED,
    )  # fmt: skip
    _slot(made, "creationTime", _utc(head.at))
    _slot(made, "hash", entry.hash)
    _slot(made, "languageCode", "fr-FR")
    _slot(made, "legalAuthenticator", _person(head.author))
    _slot(made, "serviceStartTime", _utc(head.event_at))
    _slot(made, "size", str(len(entry.content)))
    _slot(made, "sourcePatientId", patient_id(head.subject.number))
    _slot(made, "sourcePatientInfo", *_identity(head))
    _slot(made, "URI", entry.uri)
    _named(made, "Name", head.title)
    _author(made, name, ENTRY["author"], head.author)
    for scheme, code in (
        ("class", head.kind.class_), ("confidentiality", NORMAL), ("format", head.format),
        ("facility", head.custodian.sector), ("setting", head.custodian.setting),
        ("type", head.kind.type),
    ):  # fmt: skip
        _coded(made, name, ENTRY[scheme], code)
    number = patient_id(head.subject.number)
    _identified(made, name, ENTRY["patientId"], number, "XDSDocumentEntry.patientId")
    _identified(made, name, ENTRY["uniqueId"], oid(head.id), "XDSDocumentEntry.uniqueId")


def _identity(head: Head) -> list[str]:
    who = head.subject
    born = f"{who.birth_date:%Y%m%d}" if who.birth_date else ""
    return [
        f"PID-5|{who.birth_name}^{who.given_names}^^^^^L",
        f"PID-5|{who.used_name}^{who.given_names}^^^^^D" if who.used_name else "",
        f"PID-7|{born}" if born else "",
        f"PID-8|{who.sex}",
        f"PID-11|^^{who.birth_place_name}^^^^BDL^^{who.birth_place}" if who.birth_place else "",
    ]


def _submission(
    objects: Element, entries: list[Entry], set_id: UUID, title: str, at: dt.datetime
) -> None:
    head, owner = entries[0].head, "SubmissionSet01"
    made = _sub(objects, "RegistryPackage", id=owner, status=APPROVED)
    _slot(made, "submissionTime", _utc(at))
    _named(made, "Name", title)
    _sub(
        made, "Classification", id=f"urn:uuid:{uuid4()}", classifiedObject=owner,
        classificationNode=SUBMISSION_NODE,
    )  # fmt: skip
    _author(made, owner, SUBMISSION["author"], head.author)
    _coded(made, owner, SUBMISSION["contentType"], CARE)
    number = patient_id(head.subject.number)
    _identified(made, owner, SUBMISSION["patientId"], number, "XDSSubmissionSet.patientId")
    _identified(made, owner, SUBMISSION["uniqueId"], oid(set_id), "XDSSubmissionSet.uniqueId")
    source = head.custodian.number.root
    _identified(made, owner, SUBMISSION["sourceId"], source, "XDSSubmissionSet.sourceId")


def _utc(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y%m%d%H%M%S")
