"""Joining a circle as one of a formal team: those who signed the project of a pathway.

They are a care team by law (CSP L.4012-1: « réputés constituer une équipe de soins ») and accepted
by signing; the person was told of the team and did not oppose it. Never silent: the journal tells
the circle, the person and whoever joins. The person's wishes and oppositions still decide.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from liane.circle import holders
from liane.circle.access import require_write
from liane.circle.models import Membership
from liane.circle.services.membership import LIFE, LIVING, TOLD, check_wishes, write_membership
from liane.core import guard, journal, ledger
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.states import transition

S = Membership.Status


def join_team(person_id: UUID, holder_ids: Collection[UUID], *, proof: str) -> list[Membership]:
    """These holders join at once, ground « formal ». Those already there change nothing.

    Raises Refused when one of them is not of health (consent is needed then), or against the
    person's wishes; nobody joins in that case.
    """
    require_write(person_id, Area.CIRCLE)
    with transaction.atomic():
        joined = [
            made
            for holder_id in dict.fromkeys(holder_ids)
            if (made := _join(person_id, holder_id, proof)) is not None
        ]
        if joined:
            guard.rights_changed(person_id)
    return joined


def _join(person_id: UUID, holder_id: UUID, proof: str) -> Membership | None:
    place = holders.place(holder_id)
    if place.outside_team:
        raise Refused(
            f"{place.holder} n’est pas de l’équipe de soins : invitez avec l’accord de la "
            "personne, depuis son cercle.",
            code="consent-needed",
        )
    check_wishes(person_id, place)
    membership = Membership.objects.filter(
        person_id=person_id, holder_id=holder_id, status__in=LIVING
    ).first()
    if membership is None:
        membership = write_membership(
            person_id, place, ground=Membership.Ground.FORMAL, proof=proof, status=S.ACTIVE
        )
    elif membership.status != S.ACTIVE:
        transition(membership, LIFE, S.ACTIVE, reason=proof[:500])
    else:
        return None
    journal.append("circle.joined", person_id=person_id, object_id=membership.pk, to=TOLD)
    ledger.wrote(person_id, "membership", object_id=membership.pk, purpose="équipe du parcours")
    return membership
