"""Rows of tasks in the access matrix."""

from liane.tasks.models import Task, TaskEvent
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """A task about each person, given to her nurse."""
    for name, nurse in (("A", world.practices["nurse"]), ("B", world.practices["zoe"])):
        task = Task.objects.create(
            person=world.persons[name],
            practice=nurse,
            title=world.canary("timeline", name, clinical=True),
            details=world.canary("timeline", name, clinical=True),
            author_holder_id=nurse.pk,
            author_user_id=nurse.professional.user_id,
        )
        TaskEvent.objects.create(
            task=task,
            before="todo",
            after="refused",
            reason=world.canary("timeline", name, clinical=True),
        )
        world.add("task_id", name, task.pk)
