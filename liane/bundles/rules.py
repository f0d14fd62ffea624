"""Who keeps the accounts of a structure; predicates that read as sentences."""

from uuid import UUID

from liane.circle import rules as circle_rules
from liane.circle.models import Grant
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.directory.models import Practice

KEEPERS = frozenset({Practice.Role.COORDINATOR, Practice.Role.BILLING})
"""Roles that bill and pay for their structure (rights: money, rw own structure)."""
FIGURES = KEEPERS | {Practice.Role.MANAGER}
"""Roles that read the structure's money in figures."""


def keeps_accounts(actor: Actor) -> bool:
    """Somebody who bills for the structure they act for."""
    scopes = circle_rules.scopes(actor.role, Area.MONEY, "w")
    return Grant.Scope.CARE in scopes and actor.organisation_id is not None


def keeps(actor: Actor, organisation_id: UUID) -> bool:
    """May prepare, issue and pay for this structure."""
    return actor.is_system or (keeps_accounts(actor) and organisation_id in actor.holders)


def reads_figures(actor: Actor) -> bool:
    """May read the money of the structure as figures, without names."""
    return actor.role in FIGURES and actor.organisation_id is not None
