"""Rows of circles for the access matrix."""

from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.core.models import AccessRow
from liane.patients.models import PersonLink, Wish
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


@planter
def traces(world: World) -> None:
    """What was opened by some members, and how each person answered about sharing."""
    for name, who in (("A", "doctor"), ("A", "nurse"), ("A", "ex_member"), ("B", "zoe")):
        practice = world.practices[who]
        AccessRow.objects.create(
            user_id=practice.professional.user_id, organisation_id=practice.organisation_id,
            person_id=world.persons[name].pk, resource="record", action="read", channel="page",
            role="care", actor_label="Zoé", at=world.past,
            ground=world.canary(
                "access_ledger", name, own=frozenset({who}),
                organisation=next(
                    key for key, place in world.organisations.items()
                    if place.pk == practice.organisation_id
                ),
            ),
        )  # fmt: skip
    for name, person in world.persons.items():
        Wish.objects.create(
            person=person, answer="agrees",
            consulted=world.canary("consent", name, groups=frozenset({"team", "person"})),
        )  # fmt: skip
