"""Four eyes on money: what one prepared, another who keeps the accounts issues or pays."""

from uuid import UUID

from liane.bundles import rules
from liane.directory import second

REFUSED = "Vous l’avez préparée : un ou une collègue doit l’émettre."
ASKED = (
    "Vous êtes seul ou seule à tenir les comptes de la structure : dites pourquoi vous émettez ce "
    "que vous avez préparé. Ce motif est gardé."
)


def second_look(prepared_by: UUID | None, organisation_id: UUID, alone: str) -> str:
    """The reason to keep when the same person prepared and issues; empty when two people did.

    Raises Refused where a colleague could do it, or where no reason is given.
    """
    return second.look(
        prepared_by, organisation_id, rules.KEEPERS, alone, refused=REFUSED, asked=ASKED
    )


def others(organisation_id: UUID, user_id: UUID) -> bool:
    """True when somebody else keeps the accounts of this structure today."""
    return second.others(organisation_id, rules.KEEPERS, user_id)
