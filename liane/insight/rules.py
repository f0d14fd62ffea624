"""Who reads the figures of an organisation, and who may see whom they count."""

from liane.core.acting import Actor
from liane.core.areas import Area

READERS = frozenset({"manager", "coordinator", "case_manager"})
NAMING = frozenset({"coordinator", "case_manager"})


def reads(actor: Actor) -> bool:
    """True for somebody who reads the report of the organisation they act for."""
    return actor.role in READERS and actor.organisation_id is not None


def names(actor: Actor) -> bool:
    """True for a reader who follows persons: whole figures, and the lists behind them.

    Others read figures without names, small cells hidden (rights of a manager).
    """
    return reads(actor) and actor.role in NAMING and bool(actor.read.get(Area.IDENTITY))
