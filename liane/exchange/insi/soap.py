"""The INSi service in SOAP 1.2: ``rechercherInsAvecTraitsIdentite`` (GIE SESAM-Vitale, INSi).

Answers: 00 one identity, 01 none, 02 several. The context of the caller (``ContexteLPS``) is the
software's authorisation; the certificate authenticates the organisation.
"""

import datetime as dt
import re
from dataclasses import asdict, dataclass
from uuid import uuid4

from lxml import etree
from lxml.etree import _Element as Element

from liane.core import xml
from liane.core.errors import Refused
from liane.exchange.outside import Service, Unreachable
from liane.patients import ins
from liane.patients.models import Patient

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
ASKED = "http://www.cnamts.fr/INSiRecSans"
ANSWERED = "http://www.cnamts.fr/INSiResultat"
ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite"
ONE, NONE, SEVERAL = "00", "01", "02"
_PLACE = re.compile(r"\d{5}|2[AB]\d{3}")


@dataclass(frozen=True)
class Identity:
    """The identity that the service holds: matricule and strict traits, as plain text."""

    matricule: str
    oid: str
    birth_name: str
    given_names: str
    sex: str
    birth_date: str
    birth_place: str

    def number(self) -> ins.Matricule:
        """The matricule, its key checked. Raises `Refused`."""
        return ins.parse(self.matricule, self.oid)

    def traits(self) -> dict[str, object]:
        """The strict traits by the name of their column."""
        return {
            "birth_name": self.birth_name,
            "given_names": self.given_names,
            "sex": self.sex,
            "birth_date": dt.date.fromisoformat(self.birth_date),
            "birth_place": self.birth_place,
        }

    def plain(self) -> dict[str, str]:
        """Itself as a mapping, to seal."""
        return asdict(self)


@dataclass(frozen=True)
class Answer:
    """What the service said: one of `ONE`, `NONE`, `SEVERAL`; the identity where there is one."""

    code: str
    identity: Identity | None = None


class Soap:
    """The adapter for a SOAP service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def by_traits(self, person: Patient) -> Answer:
        """Ask for a person by birth name, first given name, sex, birth date and place."""
        content, _ = self.service.call(
            "",
            body=question(person),
            headers={"Content-Type": f'application/soap+xml; charset=utf-8; action="{ACTION}"'},
        )
        return answer(content)


def question(person: Patient) -> bytes:
    """The envelope of a search by traits. Raises `Refused` when one that it needs is missing."""
    if person.birth_date is None or person.sex not in {"F", "M"}:
        raise Refused("Complétez le sexe et la date de naissance avant d’interroger INSi.")
    root: Element = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "wsa": WSA})
    head = etree.SubElement(root, f"{{{SOAP}}}Header")
    etree.SubElement(head, f"{{{WSA}}}Action").text = ACTION
    etree.SubElement(head, f"{{{WSA}}}MessageID").text = f"uuid:{uuid4()}"
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    asked = etree.SubElement(body, f"{{{ASKED}}}RECSANSVITALE", nsmap={None: ASKED})
    for name, value in (
        ("NomNaissance", person.birth_name),
        ("Prenom", person.first_given.upper()),
        ("Sexe", person.sex),
        ("DateNaissance", person.birth_date.isoformat()),
        ("LieuNaissance", person.birth_place),
    ):
        if value:
            etree.SubElement(asked, f"{{{ASKED}}}{name}").text = value
    return xml.written(root)


def answer(content: bytes) -> Answer:
    """The service's answer. Raises `Unreachable` for a fault, or for anything that is not one."""
    try:
        root = xml.parse(content, what="La réponse d’INSi")
    except Refused as refusal:
        raise Unreachable(refusal.message) from None
    code = _text(root, "CodeCR")
    if code in (NONE, SEVERAL):
        return Answer(code)
    if code != ONE:
        raise Unreachable("Le téléservice INSi n’a pas pu répondre.")
    try:
        return Answer(ONE, _identity(root))
    except (Refused, ValueError):
        raise Unreachable("Le téléservice INSi a rendu une identité illisible.") from None


def _identity(root: Element) -> Identity:
    active = _one(root, "INSACTIF")
    traits = _one(root, "TIQ")
    if active is None or traits is None:
        raise ValueError("no identity in an answer that says there is one")
    place = _text(traits, "LieuNaissance")
    found = Identity(
        matricule=_text(active, "NumIdentifiant") + _text(active, "Cle"),
        oid=_text(active, "OID"),
        birth_name=_text(traits, "NomNaissance").upper(),
        given_names=_text(traits, "ListePrenom") or _text(traits, "Prenom"),
        sex=_text(traits, "Sexe"),
        birth_date=_text(traits, "DateNaissance"),
        birth_place=place if _PLACE.fullmatch(place) else "",
    )
    if not found.birth_name or not found.given_names or found.sex not in {"F", "M"}:
        raise ValueError("strict traits are missing")
    found.number()
    found.traits()
    return found


def _one(root: Element, name: str) -> Element | None:
    found: Element | None = root.find(f".//{{*}}{name}")
    return found


def _text(root: Element, name: str) -> str:
    found = _one(root, name)
    return " ".join((found.text or "").split())[:200] if found is not None else ""
