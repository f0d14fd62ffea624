"""Rows of the agenda and of interventions in the access matrix."""

import datetime as dt
from uuid import uuid4

from django.utils import timezone

from liane.agenda.models import (
    Appointment,
    AppointmentEvent,
    Cause,
    Feed,
    ImportBatch,
    ImportLine,
    Series,
    Suspension,
)
from liane.core.models import Entry
from liane.directory.models import Absence
from liane.interventions.models import Intervention
from tests.access.world import World, planter

SHARED = frozenset({"team", "person", "carers"})
OPEN = {"for_person": True, "for_carers": True}


@planter
def plant(world: World) -> None:
    """A visit, a series, an act, a stay that waits for a word, a round, for each person."""
    now = timezone.now()
    for name, nurse in (("A", world.practices["nurse"]), ("B", world.practices["zoe"])):
        person = world.persons[name]
        series = Series.objects.create(
            person=person, practice=nurse, rule="FREQ=DAILY", starts_at=now,
            title=world.canary("agenda", name, groups=SHARED),
            instructions=world.canary("agenda", name, groups=SHARED), **OPEN,
        )  # fmt: skip
        visit = Appointment.objects.create(
            person=person, practice=nurse, series=series, original_start=now,
            starts_at=now, ends_at=now + dt.timedelta(minutes=30),
            title=world.canary("agenda", name, groups=SHARED),
            instructions=world.canary("agenda", name, groups=SHARED), **OPEN,
        )  # fmt: skip
        held = Appointment.objects.create(
            person=person, practice=nurse, status="suspended",
            starts_at=now + dt.timedelta(hours=1), ends_at=now + dt.timedelta(hours=2),
            title=world.canary("agenda", name, groups=SHARED), **OPEN,
        )  # fmt: skip
        if name == "A":
            Appointment.objects.create(
                person=person, practice=world.practices["home_help"],
                starts_at=now + dt.timedelta(hours=3), ends_at=now + dt.timedelta(hours=4),
                title=world.canary("agenda", name, groups=SHARED | {"outside"}), **OPEN,
            )  # fmt: skip
        AppointmentEvent.objects.create(
            appointment=visit, before="planned", after="planned",
            reason=world.canary("agenda", name, groups=SHARED),
        )  # fmt: skip
        cause = Cause.objects.create(
            person=person, cause_id=uuid4(), kind="stay", starts_at=now, resume_from=now
        )
        Suspension.objects.create(appointment=held, cause=cause)
        act = Intervention.objects.create(
            person=person, at=now, performed_by=nurse, appointment_id=visit.pk,
            organisation=nurse.organisation,
            title=world.canary("intervention", name, groups=SHARED),
            note=world.canary("intervention", name, clinical=True), **OPEN,
        )  # fmt: skip
        Entry.objects.create(
            person_id=person.pk, kind="visit.done", object_id=act.pk, actor_label="Zoé",
            occurred_at=now, **OPEN,
        )  # fmt: skip
        batch = ImportBatch.objects.create(
            practice=nurse,
            author_user_id=nurse.professional.user_id,
            author_holder_id=nurse.pk,
        )
        ImportLine.objects.create(batch=batch, number=1, who="X", person=person, certain=True)
        absence = Absence.objects.create(practice=nurse, starts_on=now.date(), ends_on=now.date())
        feed = Feed.objects.create(practice=nurse, digest=uuid4().hex * 2)
        world.add("appointment_id", name, visit.pk)
        world.add("series_id", name, series.pk)
        world.add("cause_id", name, cause.cause_id)
        world.add("batch_id", name, batch.pk)
        world.add("absence_id", name, absence.pk)
        world.add("feed_id", name, feed.pk)
