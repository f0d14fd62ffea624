"""Acts of those who left the circle, in the access matrix: their own past, and what is not."""

from django.utils import timezone

from liane.circle.models import Mask
from liane.interventions.models import Intervention
from tests.access.world import World, planter

SHARED = frozenset({"team", "person", "carers"})


@planter
def plant(world: World) -> None:
    """Of an ex-member and of an opposed member: an act in their time, a hidden one, a later one."""
    for name in ("ex_member", "opposed"):
        _act(world, name, own=True)
        hidden = _act(world, name, masked=True)
        Mask.objects.create(person=world.persons["A"], object_id=hidden.pk)
        _act(world, name, at=timezone.now())
    _act(world, "outsider")
    _act(world, "nurse")


def _act(
    world: World, by: str, *, own: bool = False, masked: bool = False, **more: object
) -> Intervention:
    practice = world.practices[by]
    about = {
        "groups": SHARED, "masked": masked, "own": frozenset({by}) if own else frozenset()
    }  # fmt: skip
    return Intervention.objects.create(
        person=world.persons["A"], performed_by=practice, organisation=practice.organisation,
        title=world.canary("intervention", "A", **about),
        note=world.canary("intervention", "A", clinical=True, **{**about, "groups": {"team"}}),
        for_person=True, for_carers=True,
        **{"at": world.past, **more},
    )  # fmt: skip
