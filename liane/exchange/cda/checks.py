"""Structural checks of a CDA document, from the order of the CDA R2 schema and the CI-SIS volume
« structuration minimale ».

They are not the schema itself, nor the schematrons of the ANS: those are not redistributed here.
:func:`faults` holds what the French volume requires of every document, and is run on each document
before it leaves.
"""

import base64
import binascii

from lxml import etree

from liane.exchange.cda.names import HL7, TEMPLATE_CISIS, TEMPLATE_FRANCE
from liane.exchange.cda.narrative import name

N = {"h": HL7}
ORDERS: dict[str, tuple[str, ...]] = {
    "ClinicalDocument": (
        "realmCode", "typeId", "templateId", "id", "code", "title", "effectiveTime",
        "confidentialityCode", "languageCode", "setId", "versionNumber", "copyTime",
        "recordTarget", "author", "dataEnterer", "informant", "custodian", "informationRecipient",
        "legalAuthenticator", "authenticator", "participant", "inFulfillmentOf", "documentationOf",
        "relatedDocument", "authorization", "componentOf", "component",
    ),
    "patientRole": ("id", "addr", "telecom", "patient", "providerOrganization"),
    "patient": (
        "id", "name", "administrativeGenderCode", "birthTime", "maritalStatusCode",
        "religiousAffiliationCode", "raceCode", "ethnicGroupCode", "guardian", "birthplace",
        "languageCommunication",
    ),
    "assignedAuthor": (
        "id", "code", "addr", "telecom", "assignedPerson", "assignedAuthoringDevice",
        "representedOrganization",
    ),
    "assignedEntity": ("id", "code", "addr", "telecom", "assignedPerson",
                       "representedOrganization"),
    "representedOrganization": ("id", "name", "telecom", "addr", "standardIndustryClassCode",
                                "asOrganizationPartOf"),
    "representedCustodianOrganization": ("id", "name", "telecom", "addr"),
    "serviceEvent": ("id", "code", "effectiveTime", "performer"),
    "encompassingEncounter": ("id", "code", "effectiveTime", "dischargeDispositionCode",
                              "responsibleParty", "encounterParticipant", "location"),
    "section": ("templateId", "id", "code", "title", "text", "confidentialityCode",
                "languageCode", "subject", "author", "informant", "entry", "component"),
    "act": ("templateId", "id", "code", "text", "statusCode", "effectiveTime", "priorityCode",
            "languageCode", "subject", "specimen", "performer", "author", "informant",
            "participant", "entryRelationship", "reference", "precondition"),
    "observation": (
        "templateId", "id", "code", "derivationExpr", "text", "statusCode", "effectiveTime",
        "priorityCode", "repeatNumber", "languageCode", "value", "interpretationCode",
        "methodCode", "targetSiteCode", "subject", "specimen", "performer", "author", "informant",
        "participant", "entryRelationship", "reference", "precondition", "referenceRange",
    ),
}  # fmt: skip
"""Children of each element, in the order of POCD_MT000040."""
REQUIRED = (
    "realmCode[@code='FR']",
    "typeId[@root='2.16.840.1.113883.1.3'][@extension='POCD_HD000040']",
    f"templateId[@root='{TEMPLATE_FRANCE}']",
    f"templateId[@root='{TEMPLATE_CISIS}']",
    "id[@root]", "code[@code][@codeSystem][@displayName]", "title", "effectiveTime[@value]",
    "confidentialityCode[@code]", "languageCode[@code='fr-FR']", "setId[@root]",
    "versionNumber[@value]",
    "recordTarget/h:patientRole/h:id[@root]",
    "recordTarget/h:patientRole/h:patient/h:name/h:family[@qualifier='BR']",
    "recordTarget/h:patientRole/h:patient/h:name/h:given[@qualifier='BR']",
    "recordTarget/h:patientRole/h:patient/h:administrativeGenderCode",
    "recordTarget/h:patientRole/h:patient/h:birthTime",
    "author/h:time", "author/h:assignedAuthor/h:id[@root]",
    "author/h:assignedAuthor/h:assignedPerson/h:name/h:family",
    "custodian/h:assignedCustodian/h:representedCustodianOrganization/h:id[@root]",
    "custodian/h:assignedCustodian/h:representedCustodianOrganization/h:name",
    "legalAuthenticator/h:time", "legalAuthenticator/h:signatureCode[@code='S']",
    "legalAuthenticator/h:assignedEntity/h:id[@root]",
    "documentationOf/h:serviceEvent/h:effectiveTime/h:low[@value]",
    "documentationOf/h:serviceEvent/h:performer/h:assignedEntity",
    "componentOf/h:encompassingEncounter/h:effectiveTime",
    "componentOf/h:encompassingEncounter/h:location/h:healthCareFacility/h:code[@code]",
    "component",
)  # fmt: skip


def faults(root: etree._Element) -> list[str]:
    """What is wrong with a document, empty when nothing is."""
    return [
        *(f"missing: {path}" for path in REQUIRED if root.find(f"h:{path}", N) is None),
        *_orders(root),
        *_body(root),
        *_references(root),
    ]


def _orders(root: etree._Element) -> list[str]:
    found = []
    for element in root.iter(f"{{{HL7}}}*"):
        order = ORDERS.get(name(element))
        if order is None:
            continue
        places = [order.index(name(one)) if name(one) in order else -1 for one in element]
        if -1 in places:
            found.append(f"unknown child of {name(element)}")
        elif places != sorted(places):
            found.append(f"order of {name(element)}")
    return found


def _body(root: etree._Element) -> list[str]:
    text = root.find("h:component/h:nonXMLBody/h:text", N)
    sections = root.findall("h:component/h:structuredBody/h:component/h:section", N)
    if text is None and not sections:
        return ["no body"]
    if text is not None:
        try:
            return [] if base64.b64decode(text.text or "", validate=True) else ["empty body"]
        except (binascii.Error, ValueError):
            return ["body is not base64"]
    return [
        f"section without {part}"
        for section in sections
        for part in ("code", "title", "text")
        if section.find(f"h:{part}", N) is None
    ]


def _references(root: etree._Element) -> list[str]:
    held = {one.get("ID") for one in root.iter() if one.get("ID")}
    asked = {(one.get("value") or "") for one in root.iter(f"{{{HL7}}}reference")}
    return [
        f"reference to nothing: {value}"
        for value in sorted(asked)
        if value and value.removeprefix("#") not in held
    ]
