"""Who asks, who sits at the desk of a request, who decides; predicates that read as sentences."""

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.routes import PORTAL_ROLES
from liane.directory.models import Organisation, Practice
from liane.referrals.models import Referral
from liane.referrals.models.scoping import at_desk
from liane.referrals.states import LIFE, QUALIFIED, RETURNED, Status

Role = Practice.Role
FOR_THE_HOUSE = frozenset({Role.COORDINATOR, Role.CASE_MANAGER, Role.SECRETARY})
"""Roles that ask in the name of their organisation: its whole desk follows the request."""
ASKING = frozenset({Role.CARE, Role.SOCIAL, *FOR_THE_HOUSE})
RECEPTION = frozenset({Role.SOCIAL, *FOR_THE_HOUSE})
"""Roles that take calls from others, in any house."""
SUPPORTING = frozenset({Organisation.Kind.DAC, Organisation.Kind.CPTS})
"""Houses whose whole staff takes them: they support others, on a territory."""
EVERYBODY = ASKING | PORTAL_ROLES
"""Roles that requests concern at all."""


def asks(actor: Actor) -> bool:
    """Somebody who may make a request; the software of a structure makes those of its house."""
    return actor.is_system or actor.kind == "client" or actor.role in EVERYBODY


def sits_at(actor: Actor, organisation_id: object) -> bool:
    """Staff of that organisation who work its requests."""
    if actor.is_system:
        return True
    return actor.role in ASKING and at_desk(actor.role) and organisation_id in actor.holders


def keeps_desk(actor: Actor) -> bool:
    """Takes calls and a colleague's whole file: by role, or in a house whose trade it is. A
    nurse's practice works the requests that it is sent, and keeps no desk. One query at most."""
    house = actor.organisation_id
    if house is None or not sits_at(actor, house):
        return False
    if actor.is_system or actor.role in RECEPTION:
        return True
    return Organisation.objects.filter(pk=house, kind__in=SUPPORTING).exists()


def works(actor: Actor, referral: Referral) -> bool:
    """At the desk of the addressed organisation."""
    return sits_at(actor, referral.organisation_id)


def decides(actor: Actor, referral: Referral) -> bool:
    """May qualify and answer: anybody at the desk but its secretary."""
    return works(actor, referral) and actor.role != Role.SECRETARY


def asked_it(actor: Actor, referral: Referral) -> bool:
    """On the requester's side."""
    if actor.is_system or referral.author_holder_id in actor.holders:
        return True
    return referral.requester_id in actor.holders and (
        referral.requester_kind != Referral.Requester.ORGANISATION or actor.role in ASKING
    )


def may(actor: Actor, referral: Referral, after: str) -> bool:
    """True when the step exists from here and is this actor's to take."""
    if not LIFE.allows(referral.status, after):
        return False
    if after == Status.REVOKED:
        return asked_it(actor, referral)
    if after == Status.REOPENED:
        return asked_it(actor, referral) or works(actor, referral)
    if after in QUALIFIED or after in RETURNED:
        return decides(actor, referral)
    return works(actor, referral)


def could_invite(actor: Actor, person_id: object) -> bool:
    """The requester is of the circle and may open it: asking is then inviting."""
    return Reach.of(actor).may_write(Area.CIRCLE, person_id)  # type: ignore[arg-type]
