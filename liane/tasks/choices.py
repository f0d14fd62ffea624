"""To whom a task may be given."""

from uuid import UUID

from liane.circle.models import Membership
from liane.core import acting
from liane.directory.models import Practice
from liane.tasks.models import CircleRole

Choices = list[tuple[str, str]]


def around(person_id: UUID) -> Choices:
    """The roles, professionals, structures and posts of a person's circle. Three queries."""
    members = list(
        Membership.objects.filter(
            person_id=person_id, status=Membership.Status.ACTIVE, contact=None
        ).select_related("practice__professional", "practice__organisation", "organisation", "post")
    )
    structures = [member.organisation for member in members if member.organisation is not None]
    staff = Practice.objects.filter(organisation__in=structures, professional__active=True)
    people = {member.practice.pk: member.practice for member in members if member.practice}
    people |= {one.pk: one for one in staff.select_related("professional", "organisation")}
    mine = set(acting.current().holders)
    named = sorted(people.values(), key=lambda one: (one.pk not in mine, one.professional.family))
    rows = [
        (f"practice:{one.pk}", f"{_name(one, mine)} · {one.organisation.name}") for one in named
    ]
    rows += [(f"role:{value}", f"Rôle : {label}") for value, label in CircleRole.choices]
    rows += [(f"organisation:{place.pk}", f"{place.name} (structure)") for place in structures]
    return rows + [(f"post:{one.post_id}", str(one.post)) for one in members if one.post]


def colleagues() -> Choices:
    """Oneself, one's colleagues and one's structures, for a task about nobody. One query."""
    actor = acting.current()
    mine = set(actor.holders)
    found = list(
        Practice.objects.filter(organisation_id__in=mine, professional__active=True)
        .select_related("professional", "organisation")
        .order_by("professional__family")
    )
    found.sort(key=lambda one: one.pk not in mine)
    places = {one.organisation_id: one.organisation.name for one in found}
    rows = [
        (f"practice:{one.pk}", f"{_name(one, mine)} · {one.organisation.name}") for one in found
    ]
    return rows + [(f"organisation:{pk}", f"{name} (structure)") for pk, name in places.items()]


def _name(practice: Practice, mine: set[UUID]) -> str:
    return "Moi" if practice.pk in mine else practice.professional.name
