"""The head of a CDA document, element by element in the order of the CDA R2 schema."""

import datetime as dt
from typing import Any

from django.utils import timezone
from lxml import etree
from lxml.etree import _Element as Element

from liane.exchange.cda.facts import Author, Head, House, Number, Place, Subject
from liane.exchange.cda.names import (
    CONFIDENTIALITY,
    GENDER,
    HL7,
    TEMPLATE_CISIS,
    TEMPLATE_FRANCE,
    XSI,
    Code,
    oid,
)

GENDERS = {"F": ("F", "Féminin"), "M": ("M", "Masculin")}


def sub(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """A child of the CDA namespace; ``xsi_type`` gives its type."""
    kind = attributes.pop("xsi_type", "")
    child = etree.SubElement(parent, f"{{{HL7}}}{name}", attributes)
    if kind:
        child.set(f"{{{XSI}}}type", kind)
    if text:
        child.text = text
    return child


def coded(parent: Element, name: str, code: Code, **more: str) -> Element:
    """A coded child."""
    return sub(
        parent, name, code=code.code, displayName=code.label, codeSystem=code.system,
        codeSystemName=code.system_name, **more,
    )  # fmt: skip


def stamp(at: dt.datetime) -> str:
    """A moment as HL7 writes it, with its zone."""
    return timezone.localtime(at).strftime("%Y%m%d%H%M%S%z")


def document(head: Head) -> Element:
    """The document with its head: only the body is missing."""
    root: Element = etree.Element(f"{{{HL7}}}ClinicalDocument", nsmap={None: HL7, "xsi": XSI})
    sub(root, "realmCode", code="FR")
    sub(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for template in (Number(TEMPLATE_FRANCE), Number(TEMPLATE_CISIS), *head.templates):
        _number(root, "templateId", template)
    sub(root, "id", root=oid(head.id))
    coded(root, "code", head.kind.type)
    sub(root, "title", head.title)
    sub(root, "effectiveTime", value=stamp(head.at))
    sub(
        root, "confidentialityCode", code="N", displayName="Normal", codeSystem=CONFIDENTIALITY,
        codeSystemName="Confidentiality",
    )  # fmt: skip
    sub(root, "languageCode", code="fr-FR")
    sub(root, "setId", root=oid(head.series))
    sub(root, "versionNumber", value=str(head.version))
    _subject(root, head.subject)
    _author(root, head)
    _custodian(root, head.custodian)
    _authenticator(root, head)
    _event(root, head)
    if head.consent:
        _consent(root)
    _encounter(root, head)
    return root


def _number(parent: Element, name: str, number: Number) -> Element:
    more = {"extension": number.extension} if number.extension else {}
    return sub(parent, name, root=number.root, **more)


def _subject(root: Element, who: Subject) -> None:
    role = sub(sub(root, "recordTarget"), "patientRole")
    if who.matricule is not None:
        _number(role, "id", who.matricule)
    _number(role, "id", who.local)
    _address(role, who.place)
    _phone(role, who.place, "H")
    person = sub(role, "patient", classCode="PSN")
    name = sub(person, "name")
    for place, given in enumerate(who.given_names.replace(",", " ").split()):
        sub(name, "given", given, **({} if place else {"qualifier": "BR"}))
    sub(name, "family", who.birth_name, qualifier="BR")
    if who.used_name:
        sub(name, "family", who.used_name, qualifier="CL")
    sex = GENDERS.get(who.sex)
    if sex:
        sub(person, "administrativeGenderCode", code=sex[0], displayName=sex[1], codeSystem=GENDER)
    else:
        sub(person, "administrativeGenderCode", nullFlavor="UNK")
    if who.birth_date:
        sub(person, "birthTime", value=f"{who.birth_date:%Y%m%d}")
    else:
        sub(person, "birthTime", nullFlavor="UNK")
    if who.birth_place or who.birth_place_name:
        address = sub(sub(sub(person, "birthplace"), "place"), "addr")
        if who.birth_place:
            sub(address, "county", who.birth_place)
        if who.birth_place_name:
            sub(address, "city", who.birth_place_name)


def _address(parent: Element, place: Place) -> None:
    if not (place.line or place.city):
        sub(parent, "addr", nullFlavor="UNK")
        return
    address = sub(parent, "addr")
    for name, value in (
        ("streetAddressLine", place.line),
        ("postalCode", place.postcode),
        ("city", place.city),
    ):
        if value:
            sub(address, name, value)


def _phone(parent: Element, place: Place, use: str) -> None:
    if place.phone:
        sub(parent, "telecom", value=f"tel:{place.phone.replace(' ', '')}", use=use)
    else:
        sub(parent, "telecom", nullFlavor="UNK")


def _author(root: Element, head: Head) -> None:
    author = sub(root, "author")
    sub(author, "time", value=stamp(head.at))
    _who(author, "assignedAuthor", head.author)


def _who(parent: Element, name: str, who: Author) -> Element:
    assigned = sub(parent, name)
    _number(assigned, "id", who.number)
    if who.profession is not None:
        sub(
            assigned, "code", code=who.profession.code, displayName=who.profession.label,
            codeSystem=who.profession.system,
        )  # fmt: skip
    _address(assigned, who.place)
    _phone(assigned, who.place, "WP")
    named = sub(sub(assigned, "assignedPerson"), "name")
    if who.title:
        sub(named, "prefix", who.title)
    if who.given:
        sub(named, "given", who.given)
    sub(named, "family", who.family)
    house = _house(assigned, "representedOrganization", who.house)
    coded(house, "standardIndustryClassCode", who.house.setting)
    return assigned


def _house(parent: Element, name: str, house: House) -> Element:
    element = sub(parent, name)
    _number(element, "id", house.number)
    sub(element, "name", house.name)
    _phone(element, house.place, "WP")
    _address(element, house.place)
    return element


def _custodian(root: Element, house: House) -> None:
    keeper = sub(sub(root, "custodian"), "assignedCustodian")
    _house(keeper, "representedCustodianOrganization", house)


def _authenticator(root: Element, head: Head) -> None:
    legal = sub(root, "legalAuthenticator")
    sub(legal, "time", value=stamp(head.at))
    sub(legal, "signatureCode", code="S")
    _who(legal, "assignedEntity", head.author)


def _event(root: Element, head: Head) -> None:
    event = sub(sub(root, "documentationOf"), "serviceEvent")
    coded(event, "code", head.kind.type)
    sub(sub(event, "effectiveTime"), "low", value=stamp(head.event_at))
    performer = sub(event, "performer", typeCode="PRF")
    _who(performer, "assignedEntity", head.author)


def _consent(root: Element) -> None:
    consent = sub(
        sub(root, "authorization", typeCode="AUTH"), "consent", classCode="CONS", moodCode="EVN"
    )
    sub(
        consent, "code", code="IDSCL", codeSystem="2.16.840.1.113883.5.4",
        displayName="Consentement du patient au partage des informations collectées",
    )  # fmt: skip
    sub(consent, "statusCode", code="completed")


def _encounter(root: Element, head: Head) -> None:
    encounter = sub(sub(root, "componentOf"), "encompassingEncounter")
    sub(sub(encounter, "effectiveTime"), "low", value=stamp(head.event_at))
    facility = sub(sub(encounter, "location"), "healthCareFacility")
    _number(facility, "id", head.custodian.number)
    coded(facility, "code", head.custodian.sector)


def section(body: Element, code: Code, title: str, *templates: str) -> tuple[Element, Element]:
    """A section of a structured body: (the section, its narrative block, still empty)."""
    made = sub(sub(body, "component"), "section")
    for template in templates:
        sub(made, "templateId", root=template)
    coded(made, "code", code)
    sub(made, "title", title)
    return made, sub(made, "text")


def structured(root: Element) -> Element:
    """A structured body to put sections in."""
    return sub(sub(root, "component"), "structuredBody")


def table(text: Element, heads: list[str], rows: list[list[Any]]) -> None:
    """A table of the narrative; a cell (identifier, words) can be referred to by entries."""
    made = sub(text, "table")
    line = sub(sub(made, "thead"), "tr")
    for head in heads:
        sub(line, "th", head)
    body = sub(made, "tbody")
    for row in rows:
        line = sub(body, "tr")
        for cell in row:
            if isinstance(cell, tuple):
                sub(sub(line, "td"), "content", cell[1], ID=cell[0])
            else:
                sub(line, "td", str(cell))
