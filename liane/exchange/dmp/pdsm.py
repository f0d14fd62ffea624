"""PDSm 3.1 (ANS; IHE MHD): ITI-65 to feed, ITI-67 to find, ITI-68 to fetch."""

import base64
import binascii
import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from django.utils import timezone

from liane.exchange.cda.facts import Author, Head, House, Number
from liane.exchange.cda.making import Made
from liane.exchange.cda.names import Code, oid
from liane.exchange.outside import Service, Unreachable

IG = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/"
MHD = "https://profiles.ihe.net/ITI/MHD/"
NOS = "https://mos.esante.gouv.fr/NOS/"
URI = "urn:ietf:rfc:3986"
SYSTEMS = {
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "1.2.250.1.213.1.1.4.1": f"{NOS}TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument",
    "1.2.250.1.213.1.1.4.9": f"{NOS}TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice",
    "1.2.250.1.71.4.2.4": f"{NOS}TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite",
    "1.2.250.1.213.1.1.4.12": f"{NOS}TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode",
    "1.2.250.1.213.1.1.4.5": f"{NOS}TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante",
}
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
MOST = 100
_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")


@dataclass(frozen=True)
class Found:
    """A document of the DMP, as its metadata say."""

    id: str
    title: str
    type_label: str
    author: str
    at: dt.datetime | None


class Pdsm:
    """The adapter for a server of document sharing (PDSm manager)."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def submit(self, made: Made) -> str:
        """Feed one document in a transaction. The same document again replaces nothing: its
        number is its own. Raises `Unreachable`."""
        answer = self.service.json("", body=bundle(made, timezone.now()))
        entries = answer.get("entry")
        if answer.get("resourceType") != "Bundle" or not isinstance(entries, list):
            raise Unreachable("La réponse du DMP n’est pas celle attendue.")
        responses = [one.get("response", {}) for one in entries if isinstance(one, dict)]
        if not responses or any(
            not str(one.get("status", "")).startswith("2") for one in responses
        ):
            raise Unreachable("Le DMP n’a pas pris le document.")
        places = (str(one.get("location", "")) for one in responses)
        return next((one for one in places if one.startswith("DocumentReference/")), "")

    def search(self, subject: Number) -> list[Found]:
        """ITI-67 by the person's matricule. It goes in the body (POST _search), never in an address
        that proxies keep. Raises `Unreachable`."""
        asked = urlencode(
            {"patient.identifier": f"urn:oid:{subject.root}|{subject.extension}",
             "status": "current", "_count": str(MOST)}
        )  # fmt: skip
        content, _ = self.service.call(
            "/DocumentReference/_search",
            body=asked.encode(),
            headers={
                "Accept": "application/fhir+json",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        return found(_json(content))

    def fetch(self, found_id: str, subject: Number) -> bytes:
        """ITI-68: the bytes behind one reference, which must be this person's. Raises
        `Unreachable`."""
        if not _ID.fullmatch(found_id):
            raise Unreachable("Ce numéro de document n’en est pas un.")
        if found_id not in {one.id for one in self.search(subject)}:
            raise Unreachable("Ce document n’est plus dans le DMP de la personne.")
        reference = self.service.json(f"/DocumentReference/{quote(found_id)}")
        attachment = _first(reference.get("content")).get("attachment", {})
        if isinstance(attachment.get("data"), str):
            return _decoded(attachment["data"])
        url = str(attachment.get("url", ""))
        path = url.removeprefix(self.service.url).lstrip("/")
        if not re.fullmatch(r"Binary/[A-Za-z0-9.\-]{1,64}", path):
            raise Unreachable("Le DMP renvoie vers une adresse qui n’est pas la sienne.")
        content, kind = self.service.call(f"/{path}", headers={"Accept": "application/xml"})
        if kind.startswith("application/fhir+json"):
            return _decoded(str(_json(content).get("data", "")))
        return content


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        raise Unreachable("La réponse du DMP n’est pas lisible.") from None
    return found if isinstance(found, dict) else {}


def _first(values: Any) -> dict[str, Any]:
    one = values[0] if isinstance(values, list) and values else {}
    return one if isinstance(one, dict) else {}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreachable("Le document rendu par le DMP est abîmé.") from None


def found(bundle_: dict[str, Any]) -> list[Found]:
    """The documents of a search answer; what is not one is passed over."""
    rows = []
    for entry in bundle_.get("entry") or []:
        one = entry.get("resource", {}) if isinstance(entry, dict) else {}
        if one.get("resourceType") != "DocumentReference" or not _ID.fullmatch(
            str(one.get("id", ""))
        ):
            continue
        attachment = _first(one.get("content")).get("attachment", {})
        coding = _first((one.get("type") or {}).get("coding"))
        author = _first(one.get("author"))
        rows.append(
            Found(
                id=one["id"],
                title=str(attachment.get("title") or one.get("description") or "Document")[:120],
                type_label=str(coding.get("display", ""))[:200],
                author=str(author.get("display", ""))[:200],
                at=_moment(str(one.get("date", ""))),
            )
        )
    oldest = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(rows, key=lambda row: row.at or oldest, reverse=True)[:MOST]


def _moment(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else timezone.make_aware(at)


# ------------------------------------------------------------------ what is sent


def bundle(made: Made, at: dt.datetime) -> dict[str, Any]:
    """The transaction of ITI-65: submission set, document reference, bytes."""
    head = made.head
    reference, binary, submission = (f"urn:uuid:{uuid4()}" for _ in range(3))
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{IG}pdsm-comprehensive-provide-document-bundle"]},
        "type": "transaction",
        "timestamp": at.isoformat(),
        "entry": [
            _entry(submission, _submission(head, reference, at), "List"),
            _entry(reference, _reference(made, binary, at), "DocumentReference"),
            _entry(
                binary,
                {
                    "resourceType": "Binary", "contentType": "text/xml",
                    "data": base64.b64encode(made.content).decode(),
                },
                "Binary",
            ),
        ],
    }  # fmt: skip


def _entry(url: str, resource: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": kind}}


def _coded(code: Code) -> dict[str, Any]:
    system = SYSTEMS.get(code.system, f"urn:oid:{code.system}")
    return {"coding": [{"system": system, "code": code.code, "display": code.label}]}


def _identifier(number: Number) -> dict[str, Any]:
    if number.extension:
        return {"system": f"urn:oid:{number.root}", "value": number.extension}
    return {"system": URI, "value": f"urn:oid:{number.root}"}


def _subject(head: Head) -> dict[str, Any]:
    return {"type": "Patient", "identifier": _identifier(head.subject.number)}


def _practitioner(who: Author) -> list[dict[str, Any]]:
    name = {"family": who.family, "given": [who.given]} | (
        {"prefix": [who.title]} if who.title else {}
    )
    role: dict[str, Any] = {
        "resourceType": "PractitionerRole",
        "id": "author",
        "practitioner": {"reference": "#who"},
        "organization": {"reference": "#house"},
    }
    if who.profession:
        role["code"] = [_coded(who.profession)]
    return [
        {
            "resourceType": "Practitioner", "id": "who", "name": [name],
            "identifier": [_identifier(who.number)],
        },
        role,
    ]  # fmt: skip


def _organization(house: House) -> dict[str, Any]:
    return {
        "resourceType": "Organization", "id": "house", "name": house.name,
        "identifier": [_identifier(house.number)],
    }  # fmt: skip


def _patient(head: Head) -> dict[str, Any]:
    who = head.subject
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "source",
        "identifier": [_identifier(who.number)],
        "name": [{"use": "official", "family": who.birth_name, "given": who.given_names.split()}],
        "gender": {"F": "female", "M": "male"}.get(who.sex, "unknown"),
    }
    if who.birth_date:
        made["birthDate"] = who.birth_date.isoformat()
    return made


def _reference(made: Made, binary: str, at: dt.datetime) -> dict[str, Any]:
    head = made.head
    digest = hashlib.sha1(made.content, usedforsecurity=False).digest()
    return {
        "resourceType": "DocumentReference",
        "meta": {"profile": [f"{IG}pdsm-comprehensive-document-reference"]},
        "contained": [*_practitioner(head.author), _organization(head.custodian), _patient(head)],
        "masterIdentifier": {"system": URI, "value": f"urn:oid:{oid(head.id)}"},
        "status": "current",
        "type": _coded(head.kind.type),
        "category": [_coded(head.kind.class_)],
        "subject": _subject(head),
        "date": at.isoformat(),
        "author": [{"reference": "#author"}],
        "authenticator": {"reference": "#author"},
        "custodian": {"reference": "#house"},
        "securityLabel": [
            {"coding": [{"system": CONFIDENTIALITY, "code": "N", "display": "normal"}]}
        ],
        "content": [
            {
                "attachment": {
                    "contentType": "text/xml", "language": "fr-FR", "url": binary,
                    "size": len(made.content), "hash": base64.b64encode(digest).decode(),
                    "title": head.title, "creation": head.at.isoformat(),
                },
                "format": _coded(head.format)["coding"][0],
            }
        ],
        "context": {
            "period": {"start": head.event_at.isoformat()},
            "facilityType": _coded(head.custodian.sector),
            "practiceSetting": _coded(head.custodian.setting),
            "sourcePatientInfo": {"reference": "#source"},
        },
    }  # fmt: skip


def _submission(head: Head, reference: str, at: dt.datetime) -> dict[str, Any]:
    source = {"system": URI, "value": f"urn:oid:{head.custodian.number.root}"}
    designation = {
        "coding": [
            {
                "system": "urn:oid:1.2.250.1.213.2.2",
                "code": "03",
                "display": "Prise en charge",
            }
        ]
    }
    return {
        "resourceType": "List",
        "meta": {"profile": [f"{IG}pdsm-submissionset-comprehensive"]},
        "contained": [*_practitioner(head.author), _organization(head.custodian)],
        "extension": [
            {
                "url": f"{MHD}StructureDefinition/ihe-designationType",
                "valueCodeableConcept": designation,
            },
            {"url": f"{MHD}StructureDefinition/ihe-sourceId", "valueIdentifier": source},
        ],
        "identifier": [
            {"use": "usual", "system": URI, "value": f"urn:uuid:{uuid4()}"},
            {"use": "official", "system": URI, "value": f"urn:oid:{oid(uuid4())}"},
        ],
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"system": f"{MHD}CodeSystem/MHDlistTypes", "code": "submissionset"}]},
        "subject": _subject(head),
        "date": at.isoformat(),
        "source": {"reference": "#author"},
        "entry": [{"item": {"reference": reference}}],
    }
