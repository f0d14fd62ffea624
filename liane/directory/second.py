"""Four eyes: what one prepared, another carries out. Alone, one says why, and it is kept."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.core import acting
from liane.core.errors import Refused
from liane.directory.models import Practice

SHORTEST = 10
"""Characters of a reason that says something."""


def look(
    prepared_by: UUID | None,
    organisation_id: UUID,
    roles: Collection[str],
    alone: str,
    *,
    refused: str,
    asked: str,
) -> str:
    """The reason to keep when the same person prepared and carries out; empty when two people did.

    ``roles``: who could be the second in the organisation. Raises Refused with ``refused`` where a
    colleague could do it, with ``asked`` where no reason is given.
    """
    me = acting.current().user_id
    if me is None or prepared_by is None or me != prepared_by:
        return ""
    if others(organisation_id, roles, me):
        raise Refused(refused, code="four-eyes")
    reason = alone.strip()[:300]
    if len(reason) < SHORTEST:
        raise Refused(asked, field="alone", code="alone")
    return reason


def others(organisation_id: UUID, roles: Collection[str], user_id: UUID) -> bool:
    """True when somebody else has one of these roles in the organisation today. One query."""
    today = timezone.localdate()
    keepers = Practice.objects.filter(
        Q(ended_on=None) | Q(ended_on__gte=today), organisation_id=organisation_id,
        role__in=roles, professional__active=True, professional__user__is_active=True,
    )  # fmt: skip
    return keepers.exclude(professional__user_id=user_id).exists()
