"""Who may record an act, and who reads its note."""

from uuid import UUID

from liane.circle import rules as circle
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area

OUTSIDE = frozenset({"social", "api_client_outside"})


def in_team(actor: Actor, person_id: UUID, area: Area, letter: str = "w") -> bool:
    """True when the actor holds ``letter`` on ``area`` by another line than the outside one.

    Members outside the care team (home help, meals…), and the software of such a structure, have
    a line of their own: their own things.
    """
    scopes = frozenset(
        scope
        for scope in circle.scopes(actor.role, area, letter)
        if circle.line(actor.role, scope) not in OUTSIDE
    )
    return Reach.of(actor).holds(scopes, person_id)


def may_record_for(actor: Actor, person_id: UUID, performed_by_id: UUID | None) -> bool:
    """Home help records its own acts; a care team member also those of a colleague."""
    if performed_by_id is not None and performed_by_id in actor.holders:
        return True
    return in_team(actor, person_id, Area.INTERVENTION)


NOTE_READERS = frozenset({"care", "social", "coordinator", "case_manager", "api_client"})


def reads_notes(actor: Actor) -> bool:
    """The short note is written between those who care: others see the visit without it."""
    return actor.is_system or actor.role in NOTE_READERS
