"""Who keeps the file of an organisation; predicates that read as sentences."""

from uuid import UUID

from liane.circle import rules as circle_rules
from liane.circle.models import Grant
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.directory.models import Practice

KEEPERS = frozenset({
    Practice.Role.COORDINATOR, Practice.Role.CASE_MANAGER, Practice.Role.CARE, Practice.Role.SOCIAL,
})  # fmt: skip
"""Roles to whom a person may be entrusted in their organisation."""
FOLLOWERS = frozenset({Practice.Role.COORDINATOR, Practice.Role.CASE_MANAGER})
"""Roles whose trade is to follow a file active: it stands in their navigation."""


def has_file(actor: Actor) -> bool:
    """Somebody who reads the non-shared file of an organisation (rights: working_file)."""
    own = circle_rules.scopes(actor.role, Area.WORKING_FILE, "r")
    return Grant.Scope.CARE in own and actor.organisation_id is not None


def keeps(actor: Actor, organisation_id: UUID, person_id: UUID) -> bool:
    """May write this organisation's file of this person. One query."""
    if actor.is_system:
        return True
    return organisation_id in actor.holders and Reach.of(actor).may_write(
        Area.WORKING_FILE, person_id
    )
