"""A notification to somebody around each person in the access matrix."""

from django.utils import timezone

from liane.core import journal
from liane.core.acting import acting, system
from liane.core.audience import Audience
from liane.core.ids import uuid7
from liane.notifications.models import Notification
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """One unread row each, to the nurse and to a stranger of hers."""
    for name, who in (("A", "nurse"), ("B", "zoe")):
        person, practice, now = world.persons[name], world.practices[who], timezone.now()
        with acting(system("plants")):
            entry = journal.append(
                "visits.suspended",
                person_id=person.pk,
                object_id=person.pk,
                to=Audience(team=True),
                announce=False,
            )
        row = Notification(
            id=uuid7(),
            user_id=practice.professional.user_id,
            holder_id=practice.pk,
            entry_id=entry.pk,
            kind=entry.kind,
            person_id=person.pk,
            occurred_at=now,
            due_at=now,
        )
        row.group_id = row.id
        row.save(force_insert=True)
        world.add("notification_id", name, row.pk)
