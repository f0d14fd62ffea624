"""Those of the person's own life, the attending doctor, and what the person wishes."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from liane.core import acting, clock, guard, journal, ledger
from liane.core.areas import Area
from liane.core.audience import EVERYONE, Audience
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.directory.models import Practice
from liane.patients.models import AttendingDoctor, Contact, Wish

CONTACT_FIELDS = (
    "name", "relationship", "is_carer", "is_emergency", "line", "postcode", "city", "phone",
    "email",
)  # fmt: skip
OWN = frozenset({"person", "legal"})
TOLD = Audience(outside=False, person=True)


def add_contact(person_id: UUID, values: Mapping[str, Any]) -> Contact:
    """Note somebody of the person's own life, without any right to read."""
    guard.require_write(person_id, Area.IDENTITY)
    if not str(values.get("name", "")).strip():
        raise Refused("Le nom manque.", field="name")
    contact = Contact(
        person_id=person_id,
        **{name: values[name] for name in CONTACT_FIELDS if name in values},
        **author_of(acting.current()),
    )
    with transaction.atomic():
        contact.save(force_insert=True)
        journal.append("contact.added", person_id=person_id, object_id=contact.pk, to=TOLD)
        ledger.wrote(person_id, "contact", object_id=contact.pk)
    return contact


def update_contact(contact_id: UUID, values: Mapping[str, Any]) -> Contact:
    """Correct a contact's name, link, phone, address."""
    contact = _writable(contact_id)
    with transaction.atomic():
        for name in CONTACT_FIELDS:
            if name in values:
                setattr(contact, name, values[name])
        contact.save()
        ledger.wrote(contact.person_id, "contact", object_id=contact.pk)
    return contact


def end_contact(contact_id: UUID) -> Contact:
    """This person is no longer around: every right ends now."""
    contact = _writable(contact_id)
    with transaction.atomic():
        contact.ended_at = clock.now()
        contact.save(update_fields=["ended_at"])
        journal.append("contact.ended", person_id=contact.person_id, object_id=contact.pk, to=TOLD)
        ledger.wrote(contact.person_id, "contact", object_id=contact.pk)
        guard.rights_changed(contact.person_id)
    return contact


def set_access(
    contact_id: UUID, access: str, *, until: dt.datetime | None = None, measure: str = ""
) -> Contact:
    """Give a carer a dated right to see or write, or take it back at once (``access`` empty).

    Given by the person, their legal representative, or a professional who writes down the
    person's wish. A legal representative's right names the measure of protection.
    """
    contact = _writable(contact_id)
    guard.require_write(contact.person_id, Area.CONSENT)
    if access not in Contact.Access.values:
        raise Refused("Ce droit n’existe pas.", field="access")
    if access == Contact.Access.LEGAL and not measure.strip():
        raise Refused("Indiquez la mesure de protection.", field="measure")
    if access == Contact.Access.LEGAL and acting.current().role in OWN:
        raise NotAllowed("La mesure de protection est enregistrée par un professionnel.")
    with transaction.atomic():
        contact.access = access
        contact.access_from = clock.now() if access else None
        contact.access_until = until if access else None
        contact.measure = measure if access == Contact.Access.LEGAL else ""
        contact.save(update_fields=["access", "access_from", "access_until", "measure"])
        journal.append("contact.access", person_id=contact.person_id, object_id=contact.pk, to=TOLD)
        ledger.wrote(contact.person_id, "contact_access", object_id=contact.pk, purpose=access)
        guard.rights_changed(contact.person_id)
    return contact


def name_trusted(contact_id: UUID, trusted: bool) -> Contact:
    """Name the person of trust, or end it. It gives no right to read (CSP L.1111-6)."""
    contact = _writable(contact_id)
    with transaction.atomic():
        if trusted:
            Contact.objects.filter(person_id=contact.person_id, is_trusted=True).update(
                is_trusted=False
            )
        contact.is_trusted = trusted
        contact.save(update_fields=["is_trusted"])
        journal.append("contact.trusted", person_id=contact.person_id, object_id=contact.pk,
                       to=TOLD)  # fmt: skip
        ledger.wrote(contact.person_id, "contact", object_id=contact.pk)
    return contact


def name_attending_doctor(
    person_id: UUID, practice_id: UUID | None, *, since: dt.date | None = None
) -> AttendingDoctor | None:
    """Name the attending doctor from a day on; the former one ends that day. None ends it."""
    guard.require_write(person_id, Area.IDENTITY)
    day = since or clock.today()
    if (
        practice_id is not None
        and not Practice.objects.filter(pk=practice_id, professional__profession="10").exists()
    ):
        raise Refused("Le médecin traitant est un médecin.", field="practice")
    with transaction.atomic():
        AttendingDoctor.objects.filter(person_id=person_id, ended_on=None).update(ended_on=day)
        named = None
        if practice_id is not None:
            named = AttendingDoctor(
                person_id=person_id,
                practice_id=practice_id,
                started_on=day,
                **author_of(acting.current()),
            )
            named.save(force_insert=True)
        journal.append("doctor.named", person_id=person_id, object_id=person_id, to=TOLD)
        ledger.wrote(person_id, "attending_doctor", object_id=person_id)
    return named


def record_wish(
    person_id: UUID, answer: str, *, topic: str = "record", consulted: str = "", proof: str = ""
) -> Wish:
    """Write down an answer of the person, dated; nothing is ever edited.

    Unable to answer asks who was consulted (person of trust, family, close friend). What a refusal
    closes is the affair of `circle.services.record_wish`.
    """
    guard.require_write(person_id, Area.CONSENT)
    return write_wish(person_id, answer, topic=topic, consulted=consulted, proof=proof)


def write_wish(
    person_id: UUID, answer: str, *, topic: str = "record", consulted: str = "", proof: str = ""
) -> Wish:
    """The same, where the caller holds the rule (opening a record)."""
    if answer not in Wish.Answer.values:
        raise Refused("Choisissez la réponse de la personne.", field="answer")
    if answer == Wish.Answer.UNABLE and not consulted.strip():
        raise Refused("Dites qui a été consulté.", field="consulted")
    with transaction.atomic():
        wish = Wish(
            person_id=person_id,
            topic=topic,
            answer=answer,
            consulted=consulted,
            proof=proof,
            **author_of(acting.current()),
        )
        wish.save(force_insert=True)
        journal.append("wish.recorded", person_id=person_id, object_id=wish.pk, to=EVERYONE)
        ledger.wrote(person_id, "wish", object_id=wish.pk)
    return wish


def _writable(contact_id: UUID) -> Contact:
    contact = Contact.objects.filter(pk=contact_id, ended_at=None).first()
    if contact is None:
        raise Refused("Cette personne n’est plus dans l’entourage.")
    guard.require_write(contact.person_id, Area.IDENTITY)
    return contact
