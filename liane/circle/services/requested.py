"""Joining a circle because a request for support was accepted. Never silent: the journal tells it.

Who made the request decides how: somebody who could invite has invited by asking; anybody else's
request lets the organisation ask to join, and the circle answers.
"""

from uuid import UUID

from django.db import transaction

from liane.circle import holders
from liane.circle.models import Membership
from liane.circle.services.membership import LIFE, LIVING, TOLD, check_wishes, write_membership
from liane.core import acting, guard, journal, ledger
from liane.core.audience import TEAM
from liane.core.errors import NotAllowed, Refused
from liane.core.states import transition

S = Membership.Status
GROUNDS = {Membership.Ground.CONSENT, Membership.Ground.TEAM, Membership.Ground.DESIGNATED}


def may_be_sent(person_id: UUID, holder_id: UUID) -> None:
    """Raise Refused when the person's wishes keep this holder out of the record."""
    place = holders.place(holder_id)
    with acting.acting(acting.system("wishes of the person")):
        check_wishes(person_id, place)


def join(person_id: UUID, holder_id: UUID, *, ground: str, proof: str) -> Membership:
    """A holder of the current actor joins, invited by the request it accepts; told to the circle.

    Already a member: nothing changes. Raises Refused against the person's wishes, or outside the
    care team without the person's consent (CSP L.1110-4 III).
    """
    place = _checked(person_id, holder_id, ground, proof)
    with transaction.atomic():
        membership = _living(person_id, holder_id)
        if membership is None:
            membership = write_membership(
                person_id, place, ground=ground, proof=proof, status=S.ACTIVE
            )
        elif membership.status != S.ACTIVE:
            transition(membership, LIFE, S.ACTIVE, reason=proof[:500])
        else:
            return membership
        guard.rights_changed(person_id)
        journal.append("circle.joined", person_id=person_id, object_id=membership.pk, to=TOLD)
        ledger.wrote(person_id, "membership", object_id=membership.pk, purpose="demande acceptée")
    return membership


def ask(person_id: UUID, holder_id: UUID, *, ground: str, proof: str) -> Membership:
    """A holder of the current actor asks to join; the members of the circle decide."""
    place = _checked(person_id, holder_id, ground, proof)
    with transaction.atomic():
        membership = _living(person_id, holder_id)
        if membership is None:
            membership = write_membership(
                person_id, place, ground=ground, proof=proof, status=S.REQUESTED
            )
            journal.append(
                "circle.requested", person_id=person_id, object_id=membership.pk, to=TEAM
            )
            ledger.wrote(person_id, "membership", object_id=membership.pk, purpose="demande")
    return membership


def _checked(person_id: UUID, holder_id: UUID, ground: str, proof: str) -> holders.Place:
    if holder_id not in acting.current().holders:
        raise NotAllowed("On ne fait entrer dans un cercle que sa propre structure.")
    if ground not in GROUNDS:
        raise Refused("Choisissez le motif.", field="ground")
    place = holders.place(holder_id)
    if place.outside_team and ground != Membership.Ground.CONSENT:
        raise Refused(
            "Hors de l’équipe de soins, il faut l’accord de la personne.",
            field="consent",
            code="consent-needed",
        )
    may_be_sent(person_id, holder_id)
    return place


def _living(person_id: UUID, holder_id: UUID) -> Membership | None:
    return Membership.objects.filter(
        person_id=person_id, holder_id=holder_id, status__in=LIVING
    ).first()
