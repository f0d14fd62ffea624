"""Who may correct, hide or uncover what was written."""

from typing import Protocol
from uuid import UUID

from liane.circle.models import Mask
from liane.core.acting import Actor

OWNERS = frozenset({"person", "legal"})
"""Those who decide for the record itself: the person, and who represents her by law."""


CARERS = frozenset({"carer_read", "carer_write"})


class Written(Protocol):
    """A row with its author."""

    author_user_id: UUID | None
    author_holder_id: UUID | None


def wrote(actor: Actor, row: Written) -> bool:
    """True when ``actor`` is the author of ``row``, in whatever seat."""
    return actor.user_id is not None and actor.user_id == row.author_user_id


def may_mask(actor: Actor, row: Written) -> bool:
    """The author of a thing and the person herself may hide it (CSP L.1110-4, IV)."""
    return wrote(actor, row) or actor.role in OWNERS


def may_unmask(actor: Actor, mask: Mask) -> bool:
    """Only who hid a thing uncovers it; the person may uncover anything of hers."""
    return wrote(actor, mask) or actor.role in OWNERS
