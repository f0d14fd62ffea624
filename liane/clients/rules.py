"""Who decides which applications an organisation lets in."""

from liane.core.acting import Actor
from liane.core.errors import NotAllowed
from liane.directory.models import Practice

MANAGERS = frozenset({Practice.Role.MANAGER})


def manages(actor: Actor) -> bool:
    """True for the management of an organisation."""
    return actor.role in MANAGERS and actor.organisation_id is not None


def require_manager(actor: Actor) -> None:
    """Raise :class:`NotAllowed` unless the actor manages an organisation, or is a machine."""
    if not manages(actor) and not actor.is_system:
        raise NotAllowed
