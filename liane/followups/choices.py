"""What the forms of the file active offer."""

from uuid import UUID

from liane.circle.queries import members
from liane.core import acting
from liane.followups import queries

Choices = list[tuple[str, str]]


def colleagues(organisation_id: UUID) -> Choices:
    """Those of the house to whom a person may be entrusted."""
    return [(str(one.pk), one.professional.name) for one in queries.colleagues(organisation_id)]


def partners(person_id: UUID) -> Choices:
    """The structures around a person, by name: with them one speaks of her. Ours is left out."""
    places = [
        one.practice.organisation if one.practice else one.organisation
        for one in members(person_id)
    ]
    mine = acting.current().holders
    found = {(str(one.pk), one.name) for one in places if one is not None and one.pk not in mine}
    return sorted(found, key=lambda pair: pair[1])
