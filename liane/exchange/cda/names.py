"""Identifiers and codes of the CI-SIS (ANS): who numbers what, what a document is.

Sources: volet Structuration minimale des documents de santé; jeux de valeurs JDV_J07 (types of
document) and JDV_J06 (classes); TRE_R02 (sectors); published examples of TestContenuCDA 2021.01.
"""

from dataclasses import dataclass
from uuid import UUID

HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

LOINC = "2.16.840.1.113883.6.1"
TA_ASIP = "1.2.250.1.213.1.1.4.322"
RPPS = "1.2.250.1.71.4.2.1"
"""National number of a professional, with its prefix: ``8`` and the RPPS number."""
STRUCTURE = "1.2.250.1.71.4.2.2"
"""National number of a structure, with its prefix: ``1`` FINESS, ``3`` SIRET."""
PROFESSION = "1.2.250.1.213.1.1.4.5"
SECTOR = "1.2.250.1.71.4.2.4"
SETTING = "1.2.250.1.213.1.1.4.9"
CONFIDENTIALITY = "2.16.840.1.113883.5.25"
GENDER = "2.16.840.1.113883.5.1"

TEMPLATE_FRANCE = "2.16.840.1.113883.2.8.2.1"
TEMPLATE_CISIS = "1.2.250.1.213.1.1.1.1"
TEMPLATE_UNSTRUCTURED = "1.3.6.1.4.1.19376.1.2.20"
TEMPLATE_PPS = "1.2.250.1.213.1.1.1.20"
PPS_VERSION = "2021.01"


@dataclass(frozen=True)
class Code:
    """One concept of a nomenclature."""

    code: str
    label: str
    system: str = LOINC
    system_name: str = "LOINC"


@dataclass(frozen=True)
class Kind:
    """A type of document: its type (JDV_J07) and its class (JDV_J06)."""

    type: Code
    class_: Code


def _class(code: str, label: str) -> Code:
    return Code(code, label, "1.2.250.1.213.1.1.4.1", "classCode")


REPORT = _class("10", "Compte rendu")
SYNTHESIS = _class("11", "Synthèse")
PRESCRIPTION = _class("42", "Prescription de produits de santé")
CARE_PLAN = _class("31", "Plan de soins et de prévention")
IMAGE = _class("90", "Image")
ADMINISTRATIVE = _class("52", "Document administratif")

PLAN = Kind(Code("18776-5", "Plan personnalisé de soins"), CARE_PLAN)
LIAISON = Kind(Code("18761-7", "Note de transfert (dont lettre de liaison à l'entrée)"), SYNTHESIS)
FOLLOW_UP = Kind(Code("11506-3", "CR ou fiche de suivi de soins par auxiliaire médical"), REPORT)
DOCUMENTS: dict[str, Kind] = {
    "prescription": Kind(Code("57828-6", "Prescription (autre)"), PRESCRIPTION),
    "letter": Kind(Code("11488-4", "CR ou fiche de consultation ou de visite"), REPORT),
    "discharge": Kind(
        Code("11490-0", "Lettre de liaison à la sortie d'un établissement de soins"), REPORT
    ),
    "result": Kind(Code("11502-2", "CR d'examens biologiques"), REPORT),
    "imaging": Kind(Code("18748-4", "CR d'imagerie médicale"), REPORT),
    "photo": Kind(
        Code("52040-3", "Document encapsulant une image d'illustration non DICOM"), IMAGE
    ),
    "administrative": Kind(Code("51851-4", "Document administratif"), ADMINISTRATIVE),
    "billing": Kind(Code("51851-4", "Document administratif"), ADMINISTRATIVE),
    "other": Kind(Code("34133-9", "Synthèse d'épisode de soins"), SYNTHESIS),
}
"""By category of `timeline.Document`."""
CATEGORIES: dict[str, str] = {
    "57828-6": "prescription", "57833-6": "prescription", "57832-8": "prescription",
    "PRESC-BIO": "prescription", "PRESC-INF": "prescription", "PRESC-KINE": "prescription",
    "11488-4": "letter", "96349-6": "letter", "18761-7": "letter", "11506-3": "letter",
    "11490-0": "discharge", "34112-3": "discharge", "83981-1": "discharge",
    "11502-2": "result", "60568-3": "result",
    "18748-4": "imaging",
    "52040-3": "photo",
    "51851-4": "administrative", "59284-0": "administrative",
}  # fmt: skip
"""The category under which a received type is filed; ``letter`` for any other report."""

SECTORS: dict[str, Code] = {
    kind: Code(code, label, SECTOR, "TRE_R02")
    for kind, code, label in (
        ("practice", "SA07", "Cabinet individuel"),
        ("cds", "SA05", "Centre de santé"),
        ("hospital", "SA01", "Etablissement public de santé"),
        ("pharmacy", "SA33", "Pharmacie d'officine"),
        ("laboratory", "SA25", "Laboratoire de biologie médicale"),
    )
}
NETWORK = Code("SA51", "Réseau de santé", SECTOR, "TRE_R02")
"""Structures of coordination, and those that the table above does not name."""
SETTINGS: dict[str, Code] = {
    "hospital": Code("ETABLISSEMENT", "Etablissement de santé", SETTING, "practiceSettingCode"),
}
AMBULATORY = Code("AMBULATOIRE", "Ambulatoire", SETTING, "practiceSettingCode")

FORMAT_SYSTEM = "1.2.250.1.213.1.1.4.12"
"""TRE_A11 and TRE_A06: the format of a document's content."""
FORMAT_PDF = Code(
    "urn:ihe:iti:xds-sd:pdf:2008", "Document à corps non structuré en Pdf/A-1", FORMAT_SYSTEM
)
FORMAT_TEXT = Code(
    "urn:ihe:iti:xds-sd:text:2008", "Document à corps non structuré en texte brut", FORMAT_SYSTEM
)
FORMAT_JPEG = Code(
    "urn:ihe:iti-fr:xds-sd:jpeg:2010", "Document à corps non structuré en image jpeg", FORMAT_SYSTEM
)
FORMAT_PPS = Code(
    "urn:asip:ci-sis:pps-paerpa:2017", "Plan Personnalisé de Santé - PAERPA", FORMAT_SYSTEM
)
FORMAT_SUMMARY = Code("urn:ihe:pcc:xds-ms:2007", "Synthèse médicale structurée", FORMAT_SYSTEM)
FORMATS = {
    "application/pdf": FORMAT_PDF,
    "text/plain": FORMAT_TEXT,
    "image/jpeg": FORMAT_JPEG,
}


def oid(identifier: UUID) -> str:
    """A UUID as an object identifier (ITU-T X.667: under 2.25)."""
    return f"2.25.{identifier.int}"
