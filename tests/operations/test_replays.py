"""Sent twice, or ten thousand times, a thing happens once: the client's key decides.

A phone in a stairwell sends again what it is not sure to have sent; a double tap sends twice. Each
verb is called with keys drawn again and again, in any order: one object and one journal entry for
each key, and another content under a used key is refused.
"""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from liane.agenda import services as agenda
from liane.agenda.models import Appointment
from liane.core.acting import acting, owner
from liane.core.errors import Replayed
from liane.core.ids import uuid7
from liane.core.models import Entry
from liane.directory.models import Practice
from liane.interventions.models import Intervention
from liane.interventions.services import Act
from liane.messaging import services as messaging
from liane.messaging.models import Message
from liane.patients.models import Patient
from liane.referrals import sending
from liane.referrals.models import Referral
from liane.tasks import services as tasks
from liane.tasks.models import Task
from liane.timeline import services as timeline
from liane.timeline.models import Note
from tests import factories as make

pytestmark = pytest.mark.django_db

START = dt.datetime(2031, 3, 3, 8, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Scene:
    """Mme Dupont, her nurse, and a DAC that answers."""

    person: Patient
    nurse: Practice
    dac: UUID

    def message(self, number: int, key: UUID) -> Any:
        """In the team's conversation."""
        thread = messaging.default_thread(self.person.pk)
        return messaging.send_message(thread, f"Message {number}", key=key)[0]

    def note(self, number: int, key: UUID) -> Any:
        """A follow-up note."""
        return timeline.write_note(self.person.pk, kind="liaison", text=f"Note {number}", key=key)

    def task(self, number: int, key: UUID) -> Any:
        """A task for the nurse herself."""
        asked = tasks.Asked(f"Tâche {number}", person_id=self.person.pk, practice_id=self.nurse.pk)
        return tasks.create_task(asked, key=key)

    def visit(self, number: int, key: UUID) -> Any:
        """A visit on a day of its own."""
        starts_at = START + dt.timedelta(days=number)
        planned = agenda.Visit(self.person.pk, starts_at, practice_id=self.nurse.pk)
        return agenda.plan_visit(planned, key=key)

    def act(self, number: int, key: UUID) -> Any:
        """A visit that nobody planned, done."""
        at = timezone.now() - dt.timedelta(minutes=number)
        done = Act(self.person.pk, at, self.nurse.pk, title=f"Passage {number}")
        return agenda.note_visit(done, key=key)

    def request(self, number: int, key: UUID) -> Any:
        """A request for support."""
        wanted = sending.Wanted(
            "staying_home", consent="agrees", person_id=self.person.pk, organisation_id=self.dac,
            text=f"Demande {number}",
        )  # fmt: skip
        return sending.send(wanted, key=key)


VERBS: list[tuple[str, Callable[[Scene], Callable[[int, UUID], Any]], Any, str]] = [
    ("message", lambda scene: scene.message, Message, "message.sent"),
    ("note", lambda scene: scene.note, Note, "note.written"),
    ("task", lambda scene: scene.task, Task, "task.created"),
    ("visit", lambda scene: scene.visit, Appointment, "visit.planned"),
    ("act", lambda scene: scene.act, Intervention, "visit.done"),
    ("request", lambda scene: scene.request, Referral, "referral.sent"),
]


@pytest.fixture
def scene() -> Scene:
    person, nurse = make.patient(), make.practice("claire")
    make.member(person, nurse)
    return Scene(person, nurse, make.organisation("DAC des Landes", "dac").pk)


def replay(
    scene: Scene, verb: Callable[[int, UUID], Any], model: Any, kind: str, times: int
) -> None:
    """Call ``verb`` so many times with a tenth as many keys, in any order."""
    keys = [uuid7() for _ in range(max(2, times // 10))]
    chance = random.Random(times)  # noqa: S311  (a reproducible order, no secret)
    calls = [*range(len(keys)), *(chance.randrange(len(keys)) for _ in range(times - len(keys)))]
    chance.shuffle(calls)
    made: dict[int, UUID] = {}
    with acting(make.actor(scene.nurse)):
        for number in calls:
            found = verb(number, keys[number]).pk
            assert made.setdefault(number, found) == found
        with pytest.raises(Replayed):
            verb(len(keys), keys[0])
    with owner():
        assert model._base_manager.count() == len(keys)
        told = Entry.objects.filter(kind=kind)
        assert set(told.values_list("object_id", flat=True)) == set(made.values())
        assert told.count() == len(keys)


@pytest.mark.parametrize(("name", "verb", "model", "kind"), VERBS, ids=[one[0] for one in VERBS])
def test_a_key_does_one_thing_once(
    scene: Scene, name: str, verb: Any, model: Any, kind: str
) -> None:
    replay(scene, verb(scene), model, kind, 30)


@pytest.mark.full
@pytest.mark.parametrize(("name", "verb", "model", "kind"), VERBS, ids=[one[0] for one in VERBS])
def test_ten_thousand_replays(scene: Scene, name: str, verb: Any, model: Any, kind: str) -> None:
    replay(scene, verb(scene), model, kind, 1_700)
