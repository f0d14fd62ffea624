"""Who hears that a convention is to be renewed: those who keep the relations of the house."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from liane.core import acting
from liane.core.models import Entry
from liane.directory.models import Practice
from liane.directory.queries import current
from liane.partners import rules
from liane.partners.models import Convention


def told_of(entry: Entry) -> Collection[UUID]:
    """The practices told of it. Two queries."""
    with acting.acting(acting.system("conventions : destinataires")):
        rows = Convention.objects.filter(pk__in=[entry.object_id])
        house = rows.values_list("partnership__organisation_id", flat=True).first()
        if house is None:
            return []
        keepers = Practice.objects.filter(organisation_id=house, role__in=rules.KEEPERS)
        return list(current(keepers).values_list("pk", flat=True))


def sentence(entry: Any, person: Any) -> str:
    """A notification inside the application."""
    return "Une convention est à renouveler"


def link(entry: Any) -> str:
    """Where it leads."""
    return "/annuaire/relations/"
