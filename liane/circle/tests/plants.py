"""Rows of circles for the access matrix."""

from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.patients.models import PersonLink
from tests import factories as make
from tests.access.world import World, planter


@planter
def circles(world: World) -> None:
    """A member, an opposition and a link of records for each person."""
    for name, person in world.persons.items():
        world.add("membership_id", name, Membership.objects.filter(person=person)[:1].get().pk)
        other = make.practice(f"kept_out_{name}".lower())
        opposition = Opposition.objects.create(person=person, practice=other)
        world.add("opposition_id", name, opposition.pk)
        double = make.patient("DOUBLE", "Anne", used_name="", city="")
        link = PersonLink.objects.create(survivor=person, duplicate=double, reason="doublon")
        world.add("link_id", name, link.pk)
        compile_grants(person.pk)
