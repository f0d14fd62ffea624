"""Offers and those whom to call in the access matrix: the public directory, no person in it."""

from liane.directory.models import Correspondent, HealthcareService
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """An offer and somebody to call for each of two structures."""
    for name, place in (("A", "ssiad"), ("B", "saad")):
        house = world.organisations[place]
        offer = HealthcareService.objects.create(organisation=house, need="nursing", name="Soins")
        person = Correspondent.objects.create(organisation=house, name="Accueil")
        world.add("service_id", name, offer.pk)
        world.add("correspondent_id", name, person.pk)
