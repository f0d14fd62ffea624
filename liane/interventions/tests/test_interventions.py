"""Acts are written once, by those who may, and never changed."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404
from django.utils import timezone

from liane.core import acting, dispatcher, readers
from liane.core.errors import NotAllowed, Refused
from liane.core.models import AccessRow, Entry
from liane.directory.models import Practice
from liane.interventions import queries
from liane.interventions.models import Intervention
from liane.interventions.services import (
    Act,
    amend_intervention,
    record_intervention,
    undo_intervention,
)
from liane.notifications import queries as notices
from liane.notifications.models import Notification
from liane.patients.models import AttendingDoctor, Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


def as_(who):
    return acting.acting(make.actor(who))


def act(person: Patient, by: Practice | None, **more) -> Act:
    return Act(person.pk, more.pop("at", timezone.now()), by.pk if by else None, **more)


@pytest.fixture
def odette() -> Patient:
    return make.patient()


@pytest.fixture
def claire(odette) -> Practice:
    nurse = make.practice("claire", name="Claire Aubert")
    make.member(odette, nurse)
    return nurse


ROLES = [
    ("care", False, True),
    ("coordinator", False, True),
    ("case_manager", False, True),
    ("social", True, True),
    ("secretary", False, False),
    ("billing", False, False),
    ("manager", False, None),
]


@pytest.mark.parametrize(("role", "outside", "may"), ROLES)
def test_who_may_write_an_act(odette, role, outside, may) -> None:
    who = make.practice("paul", role=role)
    make.member(odette, who, outside_team=outside)
    with as_(who):
        if may:
            record_intervention(act(odette, who))
        else:
            with pytest.raises(NotAllowed if may is False else Http404):
                record_intervention(act(odette, who))
    with acting.owner():
        assert Intervention.objects.count() == int(bool(may))
        assert AccessRow.objects.filter(resource="intervention").count() == int(bool(may))


def test_a_team_member_writes_for_a_colleague_and_home_help_does_not(odette, claire) -> None:
    sonia = make.practice("sonia", role="social")
    make.member(odette, sonia, outside_team=True)
    manon = make.practice("manon", role="coordinator")
    make.member(odette, manon)
    with as_(manon):
        made = record_intervention(act(odette, claire))
    assert (made.performed_by_id, made.author_holder_id) == (claire.pk, manon.pk)
    with as_(sonia), pytest.raises(NotAllowed):
        record_intervention(act(odette, claire))


def test_an_act_entered_later_keeps_both_dates(odette, claire) -> None:
    yesterday = timezone.now() - dt.timedelta(days=1)
    with as_(claire):
        made = record_intervention(act(odette, claire, at=yesterday))
    assert made.entered_late
    assert made.day == timezone.localdate(yesterday)


def test_the_database_itself_refuses_to_change_or_remove_an_act(odette, claire) -> None:
    with as_(claire):
        made = record_intervention(act(odette, claire))
    with acting.owner():
        with pytest.raises(DatabaseError), transaction.atomic():
            Intervention.objects.filter(pk=made.pk).update(note="autre")
        with pytest.raises(DatabaseError), transaction.atomic():
            Intervention.objects.filter(pk=made.pk).delete()


def test_an_amended_act_names_the_one_it_replaces(odette, claire) -> None:
    with as_(claire):
        first = record_intervention(act(odette, claire))
        second = amend_intervention(first.pk, outcome="watch", note="Pâle")
        assert amend_intervention(second.pk, outcome="watch", note="Pâle") == second
        assert list(queries.of_person(odette.pk)) == [second]
        with pytest.raises(Refused):
            undo_intervention(first.pk)
    assert second.replaces_id == first.pk


def test_a_problem_withdrawn_is_told_to_those_who_were_alerted(odette, claire) -> None:
    with as_(claire):
        made = record_intervention(act(odette, claire, outcome="problem", note="Chute"))
        undo_intervention(made.pk, reason="erreur de personne")
    with acting.owner():
        assert Entry.objects.get(kind="visit.undone").announce is True


@pytest.mark.parametrize(
    ("username", "role", "note"),
    [("paul", "care", "Plaie"), ("lea", "secretary", ""), ("noe", "billing", "")],
)
def test_the_note_is_for_those_who_care(odette, claire, username, role, note) -> None:
    reader = make.practice(username, role=role)
    make.member(odette, reader)
    with as_(claire):
        made = record_intervention(act(odette, claire, note="Plaie"))
    with as_(reader):
        assert queries.by_ids([made.pk])[made.pk].note == note


def test_the_carer_sees_the_visit_without_its_note(odette, claire) -> None:
    make.contact(odette, "julie", "carer_read")
    with as_(claire):
        made = record_intervention(act(odette, claire, note="Plaie"))
    with as_("julie"):
        assert queries.by_ids([made.pk])[made.pk].note == ""


def test_an_ex_member_reads_nothing_any_more(odette, claire) -> None:
    paul = make.practice("paul")
    make.member(odette, paul, ends_at=timezone.now() - dt.timedelta(hours=1))
    with as_(claire):
        made = record_intervention(act(odette, claire))
    with as_(paul):
        assert queries.by_ids([made.pk]) == {}


def test_the_attending_doctor_is_alerted_by_name_and_nobody_twice(odette, claire) -> None:
    roussel = make.practice("roussel", profession="10")
    karim = make.practice("karim", profession="10")
    for doctor in (roussel, karim):
        make.member(odette, doctor)
    with acting.owner():
        AttendingDoctor.objects.create(
            person=odette, practice=roussel, started_on=dt.date(2020, 1, 1)
        )
    with as_(claire):
        record_intervention(act(odette, claire, outcome="problem", note="Chute"))
    dispatcher.publish_all()
    readers.run()
    with acting.owner():
        told = {row.holder_id: row for row in Notification.objects.filter(kind="visit.problem")}
    assert len(told) == 2
    assert (told[roussel.pk].called, told[karim.pk].called) == (True, False)
    with as_(roussel):
        [group] = notices.told(acting.current())
    assert "médecin traitant" in group.lines[0].sentence


def test_an_attending_doctor_outside_the_circle_is_told_nothing(odette, claire) -> None:
    away = make.practice("roussel", profession="10")
    with acting.owner():
        AttendingDoctor.objects.create(person=odette, practice=away, started_on=dt.date(2020, 1, 1))
    with as_(claire):
        record_intervention(act(odette, claire, outcome="problem", note="Chute"))
    dispatcher.publish_all()
    readers.run()
    with acting.owner():
        assert not Notification.objects.filter(holder_id=away.pk).exists()
