"""A webhook of a house, and a call about each person, in the access matrix."""

from liane.api.models import Delivery, Webhook
from liane.clients.models import Client
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """Nobody reads of whom a call is: the journal's own reader and the sender write it."""
    client = Client.objects.create(
        organisation=world.organisations["hospital"], name="Webhook", kind="backend"
    )
    hook = Webhook.objects.create(
        client=client, url="https://example.org/", families="stay", secret="s" * 20
    )
    for name in ("A", "B"):
        Delivery.objects.create(webhook=hook, kind="stay.started", person_id=world.persons[name].pk)
        world.add("webhook_id", name, hook.pk)
