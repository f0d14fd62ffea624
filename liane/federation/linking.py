"""From somebody whom a provider vouches for to their account here: linked, never guessed.

A professional is found by RPPS number; a person by the pivot identity, when it is that of one
record and no more. Raises :class:`Refused` with the sentence to show.
"""

from django.db import transaction
from django.utils import timezone

from liane.accounts.models import User
from liane.circle.compile import follow
from liane.circle.seats import seats_of
from liane.core import acting, keys, ledger
from liane.core.errors import Refused
from liane.core.ids import uuid7
from liane.core.text import normalise
from liane.directory.models import Practice, Professional
from liane.federation.claims import Claims, Pivot, pivot_of, pro_of
from liane.federation.models import FederatedIdentity
from liane.patients.models import Patient, PersonLink

NOT_A_PROFESSIONAL = (
    "Pro Santé Connect vous reconnaît, mais pas comme professionnel : aucun exercice ne figure à "
    "votre dossier. Faites-le compléter par votre ordre ou l’autorité qui vous enregistre."
)
UNKNOWN = (
    "Votre numéro RPPS n’est pas connu ici. Demandez à votre structure de vous inscrire dans "
    "Liane, puis revenez."
)
NO_PLACE = (
    "Vous êtes dans l’annuaire, mais aucune structure ne vous compte aujourd’hui parmi les siens. "
    "Demandez-lui de vous inscrire, puis revenez."
)
CLOSED = "Votre compte est fermé. Adressez-vous à votre structure."
NO_RECORD = (
    "Aucun dossier ne porte exactement votre identité. Demandez à un professionnel qui vous suit "
    "de vérifier vos nom de naissance, prénom, date et lieu de naissance dans Liane."
)
SEVERAL = (
    "Plusieurs dossiers portent cette identité, ou un homonyme est signalé : par prudence, aucun "
    "n’est ouvert. Demandez à un professionnel qui vous suit de faire vérifier votre identité."
)


def professional(claims: Claims) -> User:
    """The account of a professional. It is opened where a structure already counts them in."""
    pro = pro_of(claims)
    if pro is None:
        raise Refused(NOT_A_PROFESSIONAL)
    known = Professional.objects.select_related("user").filter(rpps=pro.rpps).first()
    if known is None or not known.active:
        raise Refused(UNKNOWN)
    user = known.user or _opened(known)
    if not user.is_active:
        raise Refused(CLOSED)
    if not any(seat.professional_id for seat in seats_of(user)):
        raise Refused(NO_PLACE)
    return user


def _opened(known: Professional) -> User:
    day = timezone.localdate()
    places = Practice.objects.filter(professional=known, organisation__active=True)
    if not places.exclude(ended_on__lt=day).exclude(started_on__gt=day).exists():
        raise Refused(NO_PLACE)
    with transaction.atomic():
        user = User.objects.create_user(f"psc-{uuid7()}", name=f"{known.given} {known.family}")
        known.user = user
        known.save(update_fields=["user"])
    return user


def person(claims: Claims) -> User:
    """The account of a person on their own record."""
    digests = keys.digests(str(claims["sub"]), purpose="franceconnect")
    rows = FederatedIdentity.objects.filter(provider="fc", digest__in=digests)
    known = rows.select_related("user").first()
    if known is not None and Patient.objects.filter(user=known.user, died_on=None).exists():
        user = known.user
    else:
        user = _by_pivot(pivot_of(claims), digests[0])
    if not user.is_active:
        raise Refused(CLOSED)
    return user


def _by_pivot(pivot: Pivot | None, digest: str) -> User:
    found = [] if pivot is None else matching(pivot)
    if not found:
        raise Refused(NO_RECORD)
    if len(found) > 1 or found[0].twin_warning:
        raise Refused(SEVERAL)
    return _linked(found[0], digest)


def matching(pivot: Pivot) -> list[Patient]:
    """Living records with exactly these traits, one for each person. Read as the system."""
    absorbed = PersonLink.objects.filter(ended_at=None).values("duplicate_id")
    rows = Patient.objects.filter(
        birth_date=pivot.born, sex=pivot.sex, birth_place=pivot.birth_place, died_on=None
    ).exclude(pk__in=absorbed)
    return [
        row
        for row in rows
        if normalise(row.birth_name) == pivot.family and normalise(row.first_given) == pivot.given
    ]


def _linked(found: Patient, digest: str) -> User:
    with transaction.atomic():
        user = found.user
        if user is None:
            user = User.objects.create_user(f"fc-{uuid7()}", name=found.usual_name)
            found.user = user
            found.save(update_fields=["user"])
            follow(found.pk)
        FederatedIdentity.objects.update_or_create(
            provider="fc", digest=digest, defaults={"user": user}
        )
        ledger.wrote(found.pk, "account", purpose="compte ouvert par FranceConnect")
    return user


def linking() -> acting.Actor:
    """Who looks for the account, before anybody is signed in."""
    return acting.system("sign-in by a provider", channel="page")
