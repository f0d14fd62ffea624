"""Who may change what in the directory."""

from uuid import UUID

from liane.core.acting import Actor
from liane.core.errors import NotAllowed
from liane.directory.models import Practice

Role = Practice.Role
OFFICE = frozenset({Role.MANAGER, Role.SECRETARY, Role.COORDINATOR, Role.TECHNICAL})
"""Roles that keep the house's calendar and contact data."""
PORTAL = frozenset({"", "person", "carer_read", "carer_write", "legal"})


def is_professional(actor: Actor) -> bool:
    """Somebody acting for an organisation."""
    return actor.is_system or (actor.role not in PORTAL and actor.organisation_id is not None)


def manages(actor: Actor, organisation_id: UUID) -> bool:
    """Direction or technical administration of that organisation: staff and contracts."""
    return actor.is_system or (
        actor.organisation_id == organisation_id and actor.role in {Role.MANAGER, Role.TECHNICAL}
    )


def keeps_house(actor: Actor, organisation_id: UUID) -> bool:
    """Whoever keeps the calendar of that organisation."""
    return actor.is_system or (actor.organisation_id == organisation_id and actor.role in OFFICE)


def is_self(actor: Actor, practice: Practice) -> bool:
    """The professional of that practice."""
    return actor.professional_id is not None and actor.professional_id == practice.professional_id


def require(allowed: bool, message: str) -> None:
    """Raise NotAllowed with ``message`` unless ``allowed``."""
    if not allowed:
        raise NotAllowed(message)
