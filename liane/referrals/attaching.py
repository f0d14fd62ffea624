"""From an incomplete identity to a record: attach a request to a person known, or open one."""

from uuid import UUID

from django.db import transaction

from liane.circle import tokens
from liane.circle.reach import Reach
from liane.core import acting, clock, ledger, registry
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.patients.queries import attending_doctor
from liane.referrals import rules
from liane.referrals.models import Referral
from liane.referrals.services import locked

FIELDS = ("birth_name", "given_names", "used_name", "used_given", "sex", "birth_date", "phone",
          "address_line", "postcode", "city", "words")  # fmt: skip


def complete(referral_id: UUID, said: dict[str, str], *, doctor_name: str = "") -> Referral:
    """Complete what is known of the person; the former words stay in nobody's way."""
    with transaction.atomic():
        referral = _mine(referral_id)
        referral.identity = {**referral.identity, **{k: said[k] for k in FIELDS if k in said}}
        referral.doctor_name = doctor_name.strip()[:200] or referral.doctor_name
        referral.version += 1
        referral.save(update_fields=["identity_sealed", "doctor_name", "version"])
        ledger.wrote(referral.person_id, "referral", object_id=referral.pk, purpose="identité")
    return referral


def attach(referral_id: UUID, person_id: UUID) -> Referral:
    """It is this person, whose record the actor reads."""
    if not Reach.of(acting.current()).patients(Area.IDENTITY).filter(pk=person_id).exists():
        raise Refused("Ce dossier ne vous est pas ouvert.", field="person")
    return _attach(referral_id, person_id)


def attach_unseen(referral_id: UUID, token: str) -> Referral:
    """It is a person whose record is closed to the actor, named by a token of duplicate detection.

    Nothing of the record opens: support will ask the circle, which decides.
    """
    person_id = tokens.take(token)
    if person_id is None:
        raise Refused("Cette proposition a expiré : recommencez la recherche.")
    return _attach(referral_id, person_id)


def _attach(referral_id: UUID, person_id: UUID) -> Referral:
    with transaction.atomic():
        referral = _mine(referral_id)
        if referral.person_id not in {None, person_id}:
            raise Refused("Cette demande est déjà rattachée à un dossier.")
        referral.person_id = person_id
        with acting.acting(acting.system("demandes : médecin traitant")):
            doctor = attending_doctor(person_id, clock.today())
        if doctor is not None and referral.doctor_id is None:
            referral.doctor_id = doctor.practice_id
        referral.version += 1
        referral.save(update_fields=["person", "doctor", "version"])
        ledger.wrote(person_id, "referral", object_id=referral.pk, purpose="rattachement")
        if referral.is_followed:
            for follow in registry.support_steps:
                follow(referral)
    return referral


def _mine(referral_id: UUID) -> Referral:
    referral = locked(referral_id)
    if not rules.works(acting.current(), referral):
        raise NotAllowed
    return referral
