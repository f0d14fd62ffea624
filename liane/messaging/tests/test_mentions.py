"""Somebody called by name is told by itself, whatever they muted, at their hours."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.core import dispatcher, readers
from liane.core.acting import acting, owner
from liane.messaging import composer, services
from liane.messaging.models import Thread
from liane.notifications import queries
from liane.notifications.models import CircleChoice, KindChoice, Notification, Preference
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def odette() -> Patient:
    person = make.patient()
    for username, name in (("claire", "Claire Dubois"), ("paul", "Paul Dubois"), ("roussel", "")):
        make.member(person, make.practice(username, name=name))
    return person


def write(person: Patient, text: str, by: str = "roussel", *, urgent: bool = False) -> None:
    with acting(make.actor(by)):
        thread = services.default_thread(person.pk)
        names = composer.called(thread, text)
        services.send_message(thread, text, mentions=names, urgent=urgent)
    dispatcher.publish_all()
    readers.run()


def told(username: str) -> list[Notification]:
    with owner():
        user = make.User.objects.get(username=username)
        return list(Notification.objects.filter(user_id=user.pk).order_by("id"))


def mute(username: str, person: Patient) -> None:
    user = make.User.objects.get(username=username)
    with owner():
        KindChoice.objects.create(user=user, kind="message.sent", level="none")
        CircleChoice.objects.create(user=user, person_id=person.pk, level="urgent")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@claire votre avis ?", ["Claire Dubois"]),
        ("Avis de @Claire Dubois, merci", ["Claire Dubois"]),
        ("@dubois qui passe ?", ["Claire Dubois", "Paul Dubois"]),
        ("@Paul Dubois et @CLAIRE", ["Claire Dubois", "Paul Dubois"]),
        ("@Clairette ou @x, claire@example.org", []),
    ],
)
def test_a_name_calls_one_reader_a_family_name_all_who_bear_it(
    odette: Patient, text: str, names: list[str]
) -> None:
    with acting(make.actor("roussel")):
        thread: Thread = services.default_thread(odette.pk)
        assert sorted(name for _, name in composer.called(thread, text)) == names


def test_called_by_name_she_is_told_although_she_muted_that_circle(odette: Patient) -> None:
    mute("claire", odette)
    write(odette, "Un mot pour tous")
    assert told("claire") == []
    write(odette, "@Claire Dubois votre avis ?")
    [row] = told("claire")
    assert (row.called, row.push) == (True, True)
    assert [row.called for row in told("paul")] == [False, False]
    with acting(make.actor("claire")):
        [group] = queries.told(make.actor("claire"))
        assert "vous interpelle" in group.lines[0].sentence


def test_it_is_told_by_itself_beside_what_was_told_just_before(odette: Patient) -> None:
    write(odette, "Un mot pour tous")
    write(odette, "@claire ?")
    assert [row.is_head for row in told("claire")] == [True, True]
    assert [row.is_head for row in told("paul")] == [True, False]


@pytest.mark.parametrize(("urgent", "waits"), [(False, True), (True, False)])
def test_her_quiet_hours_hold_unless_it_is_urgent(
    odette: Patient, urgent: bool, waits: bool
) -> None:
    now = timezone.localtime()
    with owner():
        Preference.objects.create(
            user=make.User.objects.get(username="claire"),
            quiet_from=(now - dt.timedelta(hours=2)).time(),
            quiet_until=(now + dt.timedelta(hours=2)).time(),
        )
    write(odette, "@claire ?", urgent=urgent)
    [row] = told("claire")
    assert (row.due_at > timezone.now() + dt.timedelta(hours=1)) is waits


def test_a_structure_called_by_name_tells_its_staff(odette: Patient) -> None:
    ssiad = make.organisation("SSIAD Adour", "ssiad")
    make.practice("anna", of=ssiad)
    make.member(odette, ssiad)
    mute("anna", odette)
    write(odette, "@SSIAD Adour pouvez-vous passer ?")
    assert [row.called for row in told("anna")] == [True]
