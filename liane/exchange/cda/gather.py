"""From rows of the record to what a CDA document says. Reads only; the caller holds the right."""

from uuid import UUID

from liane.core import acting
from liane.core.errors import Refused
from liane.directory.models import Organisation, Practice
from liane.exchange.cda import names
from liane.exchange.cda.facts import Author, House, Number, Place, Subject
from liane.exchange.cda.names import AMBULATORY, NETWORK, PROFESSION, SECTORS, SETTINGS, Code, oid
from liane.patients import ins
from liane.patients.models import Patient


def subject(person: Patient) -> Subject:
    """The person; the matricule only where the identity is qualified (RNIV)."""
    matricule = ins.of(person) if person.is_qualified else None
    return Subject(
        local=Number(oid(person.pk)),
        matricule=Number(matricule.oid, matricule.value) if matricule else None,
        birth_name=person.birth_name,
        given_names=person.given_names,
        used_name=person.used_name,
        sex=person.sex,
        birth_date=person.birth_date,
        birth_place=person.birth_place,
        birth_place_name=person.birth_place_name,
        place=Place(person.address_line, person.postcode, person.city, person.phone),
    )


def house(place: Organisation) -> House:
    """A structure, by FINESS, by SIRET, or by our own number."""
    number = Number(oid(place.pk))
    if place.siret:
        number = Number(names.STRUCTURE, f"3{place.siret}")
    if place.finess:
        number = Number(names.STRUCTURE, f"1{place.finess}")
    return House(
        number=number,
        name=place.name,
        place=Place(place.line, place.postcode, place.city, place.phone),
        sector=SECTORS.get(place.kind, NETWORK),
        setting=SETTINGS.get(place.kind, AMBULATORY),
    )


def author(holder_id: UUID | None) -> Author:
    """The professional who wrote, or who sends where nobody of the directory wrote.

    Raises `Refused` when neither is a professional.
    """
    wanted = [pk for pk in (holder_id, acting.current().holder_id) if pk is not None]
    found = {
        one.pk: one
        for one in Practice.objects.filter(pk__in=wanted).select_related(
            "professional", "organisation"
        )
    }
    practice = next((found[pk] for pk in wanted if pk in found), None)
    if practice is None:
        raise Refused("Un document structuré doit avoir un professionnel pour auteur.")
    return _author(practice)


def _author(practice: Practice) -> Author:
    who = practice.professional
    code = f"G15_{who.profession}" + (f"/{who.specialty}" if who.specialty else "")
    known = who.profession.isdigit()
    place = practice if practice.line or practice.city else practice.organisation
    return Author(
        number=Number(names.RPPS, f"8{who.rpps}") if who.rpps else Number(oid(who.pk)),
        family=who.family,
        given=who.given,
        title=who.title,
        profession=Code(code, who.profession_label, PROFESSION, "G15") if known else None,
        place=Place(
            place.line, place.postcode, place.city, practice.phone or practice.organisation.phone
        ),
        house=house(practice.organisation),
    )
