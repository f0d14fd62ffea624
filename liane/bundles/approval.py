"""Four eyes: what one prepared, another issues or pays. Alone, one says why, and it is kept."""

from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.bundles import rules
from liane.core import acting
from liane.core.errors import Refused
from liane.directory.models import Practice

SHORTEST = 10
"""Characters of a reason that says something."""


def second_look(prepared_by: UUID | None, organisation_id: UUID, alone: str) -> str:
    """The reason to keep when the same person prepared and issues; empty when two people did.

    Raises Refused where a colleague could do it, or where no reason is given.
    """
    me = acting.current().user_id
    if me is None or prepared_by is None or me != prepared_by:
        return ""
    if others(organisation_id, me):
        raise Refused("Vous l’avez préparée : un ou une collègue doit l’émettre.", code="four-eyes")
    reason = alone.strip()[:300]
    if len(reason) < SHORTEST:
        raise Refused(
            "Vous êtes seul ou seule à tenir les comptes de la structure : dites pourquoi vous "
            "émettez ce que vous avez préparé. Ce motif est gardé.",
            field="alone",
            code="alone",
        )
    return reason


def others(organisation_id: UUID, user_id: UUID) -> bool:
    """True when somebody else keeps the accounts of this structure today."""
    today = timezone.localdate()
    keepers = Practice.objects.filter(
        Q(ended_on=None) | Q(ended_on__gte=today), organisation_id=organisation_id,
        role__in=rules.KEEPERS, professional__active=True, professional__user__is_active=True,
    )  # fmt: skip
    return keepers.exclude(professional__user_id=user_id).exists()
