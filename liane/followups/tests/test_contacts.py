"""The contact log, the reminders, what is left to do, and who hears of it."""

import datetime as dt
from uuid import uuid4

import pytest
import time_machine
from django.http import Http404
from django.utils import timezone

from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry
from liane.followups import contacts, queries, steps, telling
from liane.followups.contacts import Said
from liane.followups.models import Contact, Reminder
from liane.followups.tests.conftest import as_, as_system, only
from liane.patients.models import Patient
from liane.tasks import services as tasks
from liane.tasks.services import Asked
from tests import factories as make

pytestmark = pytest.mark.django_db


def in_days(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def told(kind: str) -> int:
    with as_system():
        return Entry.objects.filter(kind=kind).count()


def test_a_contact_is_kept_once_and_sealed(followed, isabelle, simon, dac):
    key = uuid4()
    with as_(isabelle):
        first = contacts.log(Said("call", simon.pk, note="Sa fille rappelle jeudi"), key=key)
        again = contacts.log(Said("call", simon.pk, note="Sa fille rappelle jeudi"), key=key)
        assert first.pk == again.pk
        [row] = queries.contacts_of(dac.pk, [simon.pk])
        assert row.note == "Sa fille rappelle jeudi"
    from django.db import connection

    with as_system(), connection.cursor() as cursor:
        cursor.execute("SELECT note FROM followups_contact")
        assert b"jeudi" not in bytes(cursor.fetchone()[0])


def test_a_colleague_reads_it_and_another_house_does_not(followed, isabelle, lise, claire, simon):
    with as_(isabelle):
        made = contacts.log(Said("visit", simon.pk, note="x"))
    with as_(lise):
        assert made.pk in queries.contacts_by_ids([made.pk])
    with as_(claire):
        assert queries.contacts_by_ids([made.pk]) == {}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"direction": "up"}, "direction"),
        ({"minutes": 0}, "minutes"),
        ({"note": "x" * 4001}, "note"),
        ({"again_on": dt.date(2001, 1, 1)}, "again_on"),
        ({"at": dt.datetime(2990, 1, 1, tzinfo=dt.UTC)}, "at"),
        ({"partner_id": uuid4()}, "partner"),
        ({"person_id": None}, "partner"),
    ],
)
def test_what_is_wrong_is_said_where(followed, isabelle, simon, said, field):
    with as_(isabelle), pytest.raises(Refused) as refusal:
        contacts.log(Said(**{"channel": "call", "person_id": simon.pk, **said}))
    assert refusal.value.field == field


def test_nothing_is_logged_about_a_person_out_of_reach(isabelle, simon, dac):
    with as_(isabelle), pytest.raises(Http404):
        contacts.log(Said("call", simon.pk))


def test_a_secretary_writes_nothing_in_the_file(simon, dac):
    paule = make.practice("paule", role="secretary", of=dac, name="Paule Dubourg")
    make.member(simon, dac)
    with as_(paule), pytest.raises(NotAllowed):
        contacts.log(Said("call", simon.pk))


def test_a_partner_has_its_history_with_and_without_a_person(followed, isabelle, lise, simon):
    ssiad = make.organisation("SSIAD", "ssiad")
    with as_(isabelle):
        contacts.log(Said("meeting", None, ssiad.pk, note="Trois places"))
        contacts.log(Said("call", simon.pk, ssiad.pk, direction="in", note="Passe mardi"))
    with as_(lise):
        found = queries.contacts_with(ssiad.pk)
        assert {(row.channel, row.person_id) for row in found} == {
            ("meeting", None), ("call", simon.pk),
        }  # fmt: skip


def test_a_contact_counts_in_the_file_active_of_its_period(isabelle, simon, dac):
    make.member(simon, dac)
    with as_(isabelle):
        contacts.log(Said("call", simon.pk))
    with as_system():
        assert queries.file_active(dac.pk, in_days(0)) == frozenset()
        assert queries.file_active(dac.pk, in_days(0), since=in_days(-7)) == {simon.pk}
        assert queries.file_active(dac.pk, in_days(-3), since=in_days(-7)) == frozenset()


def test_what_is_left_to_do_is_computed_earliest_first(followed, isabelle, lise, simon, dac):
    assert only().next_kind == ""
    with as_(isabelle):
        contacts.remind(simon.pk, in_days(6), "Relancer l’APA")
        tasks.create_task(
            Asked("Appeler le fils", simon.pk, practice_id=lise.pk, due_on=in_days(2))
        )
        steps.refresh([simon.pk])
        left = steps.upcoming(dac.pk, [simon.pk])[simon.pk]
    assert [(step.kind, step.title) for step in left] == [
        ("task", "Appeler le fils"), ("reminder", "Relancer l’APA"),
    ]  # fmt: skip
    assert only().next_kind == "task"


def test_a_task_given_elsewhere_comes_to_the_list_by_the_journal(followed, isabelle, claire, simon):
    with as_(claire):
        tasks.create_task(
            Asked("Rappeler l’infirmière", simon.pk, practice_id=isabelle.pk, due_on=in_days(1))
        )
    with as_system():
        steps.read(list(Entry.objects.filter(person_id=simon.pk)))
    assert only().next_kind == "task"


def test_a_reminder_is_told_once_and_settled_once(followed, isabelle, simon):
    with as_(isabelle):
        row = contacts.remind(simon.pk, in_days(0), "Rappeler le fils")
    morning = timezone.localtime().replace(hour=9)
    assert telling.remind(morning.replace(hour=5)) == 0
    assert (telling.remind(morning), telling.remind(morning)) == (1, 0)
    with as_system():
        entry = Entry.objects.get(kind="followup.reminder")
        assert telling.told_of(entry) == [isabelle.pk]
    with as_(isabelle):
        contacts.settle(row.pk)
        contacts.settle(row.pk)
        assert Reminder.objects.get(pk=row.pk).settled_by == "Isabelle Lafitte"
    assert only().next_kind == ""


def test_a_reminder_of_another_house_is_not_there(followed, isabelle, claire, simon):
    with as_(isabelle):
        row = contacts.remind(simon.pk, in_days(1), "x")
    with as_(claire), pytest.raises(Http404):
        contacts.settle(row.pk)


def test_the_case_manager_is_reminded_when_nothing_is_planned(followed, isabelle, simon):
    now = timezone.now()
    assert telling.watch(now) == 0, "opened today"
    later = now + dt.timedelta(days=2)
    assert (telling.watch(later), telling.watch(later)) == (1, 0)
    with as_system():
        entry = Entry.objects.get(kind="followup.nothing")
        assert telling.told_of(entry) == [isabelle.pk]
        assert "M. Simon" in telling.sentence(entry, Patient.objects.get(pk=simon.pk))
    assert telling.watch(later + dt.timedelta(days=7)) == 1, "again a week later"


def test_nobody_is_reminded_of_somebody_with_a_next_step(followed, isabelle, simon):
    with as_(isabelle):
        contacts.remind(simon.pk, in_days(30), "Point")
    assert telling.watch(timezone.now() + dt.timedelta(days=3)) == 0
    assert told("followup.nothing") == 0


def test_late_is_a_past_day(followed, isabelle, simon, dac):
    with as_(isabelle):
        contacts.remind(simon.pk, in_days(1), "Point")
    with time_machine.travel(timezone.now() + dt.timedelta(days=3)), as_(isabelle):
        [row] = queries.page(dac.pk, "retard").rows
        assert row.is_late
    with as_system():
        assert Contact.objects.count() == 0
