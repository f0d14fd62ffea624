"""Applications in the access matrix: the MSP's for A, another house's for B."""

from liane.clients.models import Client
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """One application each, that opens from records."""
    for name, place in (("A", "msp"), ("B", "other")):
        client = Client.objects.create(
            organisation=world.organisations[place], name="Carnet", kind="public",
            scopes="launch/patient patient/*.rs user/*.rs", redirect_uris="https://app.example/",
            launch_url="https://app.example/lancer",
        )  # fmt: skip
        world.add("client_id", name, client.pk)
