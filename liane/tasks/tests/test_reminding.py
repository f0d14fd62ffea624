"""The morning of its day, a task recalls itself once; late, it says so on Aujourd’hui."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.core import acting, dispatcher, readers
from liane.core.models import Entry
from liane.directory.models import Practice
from liane.notifications.models import Notification
from liane.patients.models import Patient
from liane.tasks import panels, queries, services
from liane.tasks.models import Task
from liane.tasks.services import Asked
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def as_(who: Practice):
    return acting.acting(make.actor(who))


@pytest.fixture
def odette() -> Patient:
    return make.patient()


@pytest.fixture
def claire(odette: Patient) -> Practice:
    nurse = make.practice("claire")
    make.member(odette, nurse)
    return nurse


def task(by: Practice, person: Patient, title: str = "Appeler la fille", **more) -> Task:
    with as_(by):
        return services.create_task(Asked(title, person.pk, **more))


def at(hour: int, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), tzinfo=timezone.get_current_timezone())


def told() -> list[str]:
    dispatcher.publish_all()
    readers.run()
    with acting.owner():
        users = Notification.objects.filter(kind="task.due").values_list("user_id", flat=True)
        return [make.User.objects.get(pk=user).username for user in users]


def test_the_morning_of_its_day_whoever_is_asked_is_reminded_once(odette, claire) -> None:
    due = TODAY() + dt.timedelta(days=3)
    paul = make.practice("paul")
    make.member(odette, paul)
    task(paul, odette, practice_id=claire.pk, due_on=due)
    assert services.remind(at(12, due - dt.timedelta(days=1))) == 0
    assert services.remind(at(6, due)) == 0
    assert services.remind(at(7, due)) == 1
    assert services.remind(at(8, due)) == 0
    assert told() == ["claire"]


def test_whoever_took_it_is_reminded_and_not_the_whole_role(odette, claire) -> None:
    due = TODAY() + dt.timedelta(days=1)
    paul = make.practice("paul")
    make.member(odette, paul)
    asked = task(paul, odette, role="nurse", due_on=due)
    with as_(claire):
        services.claim(asked.pk)
    services.remind(at(9, due))
    assert told() == ["claire"]


def test_what_is_done_or_was_given_the_same_day_is_not_recalled(odette, claire) -> None:
    due = TODAY() + dt.timedelta(days=1)
    done = task(claire, odette, practice_id=claire.pk, due_on=due)
    with as_(claire):
        services.complete(done.pk)
    task(claire, odette, practice_id=claire.pk, due_on=TODAY())
    assert (services.remind(at(9, TODAY())), services.remind(at(9, due))) == (0, 0)
    with acting.owner():
        assert not Entry.objects.filter(kind="task.due").exists()


def test_what_is_late_shows_on_aujourdhui(odette, claire, sign_in) -> None:
    task(claire, odette, "Urgent", practice_id=claire.pk, priority=1)
    late = task(claire, odette, "Oubliée", practice_id=claire.pk)
    with acting.owner():
        Task.objects.filter(pk=late.pk).update(due_on=TODAY() - dt.timedelta(days=2))
    with as_(claire):
        assert [one.title for one in queries.mine()] == ["Urgent", "Oubliée"]
        shown = panels.today(None)
    assert shown is not None
    assert shown["late"] == 1
    assert "1 en retard" in sign_in("claire").get("/").content.decode()
