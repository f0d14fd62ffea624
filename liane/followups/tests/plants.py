"""Rows of the file active in the access matrix: the DAC's, and another organisation's."""

import datetime as dt

from django.utils import timezone

from liane.followups.models import (
    Accompaniment,
    AccompanimentStep,
    CaseManager,
    Contact,
    LevelChange,
    Reminder,
)
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """For each person, the file of the MSP, of the DAC and of a stranger."""
    for name in ("A", "B"):
        for place, who in (("msp", "coordinator"), ("other", "outsider"), ("dac", "case_manager")):
            _file(world, name, place, who)


def _file(world: World, name: str, place: str, who: str) -> None:
    def canary() -> str:
        return world.canary("working_file", name, organisation=place)

    person, house = world.persons[name], world.organisations[place]
    manager = world.practices[who]
    author = {"author_holder_id": manager.pk, "author_organisation_id": house.pk}
    row = Accompaniment.objects.create(
        person=person, organisation=house, level="intensive", case_manager=manager, **author
    )
    world.add("accompaniment_id", name, row.pk)
    AccompanimentStep.objects.create(
        accompaniment=row, after="qualification", reason=canary(), **author
    )
    LevelChange.objects.create(accompaniment=row, after="intensive", reason=canary(), **author)
    CaseManager.objects.create(accompaniment=row, practice=manager, reason=canary(), **author)
    reminder = Reminder(
        person=person, organisation=house, accompaniment=row,
        due_on=timezone.localdate() + dt.timedelta(days=1), **author,
    )  # fmt: skip
    reminder.text = canary()
    reminder.save(force_insert=True)
    world.add("reminder_id", name, reminder.pk)
    contact = Contact(
        person=person, organisation=house, partner=world.organisations["ssiad"], channel="call",
        **author,
    )  # fmt: skip
    contact.note = canary()
    contact.save(force_insert=True)
    if place == "other":
        old = Contact(
            person=person, organisation=house, partner=world.organisations["ssiad"],
            channel="call", at=world.past, **author,
        )  # fmt: skip
        old.note = world.canary("working_file", name, organisation=place, past=True)
        old.save(force_insert=True)
    world.add("organisation_id", name, world.organisations["ssiad"].pk)
