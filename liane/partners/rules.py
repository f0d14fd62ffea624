"""Who keeps the relations of an organisation; predicates that read as sentences."""

from uuid import UUID

from liane.core.acting import Actor
from liane.core.errors import NotAllowed
from liane.directory.models import Practice
from liane.followups import rules as followup_rules

Role = Practice.Role
KEEPERS = frozenset({Role.COORDINATOR, Role.CASE_MANAGER, Role.MANAGER})
"""Roles that keep an organisation's relations: partners, conventions, campaigns."""
NOTING = frozenset({Role.COORDINATOR, Role.CASE_MANAGER})
"""Roles whose trade is to answer requests: they note what was missing (and keep the file)."""


def keeps(actor: Actor) -> bool:
    """True for whoever keeps the relations of the organisation they act for."""
    return actor.role in KEEPERS and actor.organisation_id is not None


def logs(actor: Actor) -> bool:
    """True where what was said to a partner also enters the contact log."""
    return followup_rules.has_file(actor)


def notes_needs(actor: Actor) -> bool:
    """True for whoever notes and reads the unmet needs of their organisation."""
    return actor.role in NOTING and followup_rules.has_file(actor)


def house(actor: Actor) -> UUID:
    """The organisation whose relations the actor keeps. Raises NotAllowed."""
    if not keeps(actor) or actor.organisation_id is None:
        raise NotAllowed
    return actor.organisation_id
