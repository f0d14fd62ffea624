"""A stay of each person in the access matrix: where, in which ward, and who was told."""

import datetime as dt

from django.utils import timezone

from liane.core.acting import acting, system
from liane.stays import services
from liane.stays.models import StayNotice
from liane.stays.movement import Kind, Movement, Ward
from tests.access.world import World, planter

PLACE = frozenset({"team", "person"})
"""Who reads where somebody is; the others only read that they must not come."""


@planter
def plant(world: World) -> None:
    """An admission told by a hospital."""
    now = timezone.now()
    for name in ("A", "B"):
        hospital = world.canary("agenda", name, groups=PLACE)
        said = Movement(
            key=f"plant-{name}",
            at=now - dt.timedelta(hours=3),
            recorded_at=now,
            kind=Kind.ADMIT,
            event="A01",
            class_code="I",
            ward=Ward(code="U1", name=world.canary("agenda", name, groups=PLACE)),
            hospital=hospital,
        )
        with acting(system("plants")):
            source = services.Source(visit=f"V{name}", name=hospital)
            stay, _ = services.hear(world.persons[name].pk, source, said)
        world.add("stay_id", name, stay.pk)
        notice = StayNotice.objects.filter(stay=stay, latest=True).first()
        assert notice is not None
        world.add("notice_id", name, notice.pk)
