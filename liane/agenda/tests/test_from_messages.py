"""A message becomes a task or a visit, and says so."""

from uuid import uuid4

import pytest

from liane.agenda.tests.support import as_, statuses, tomorrow
from liane.core import acting
from liane.messaging import services as messaging
from liane.tasks.models import Task
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def story():
    person, claire, doctor = make.patient(), make.practice("claire"), make.practice("roussel")
    make.member(person, claire)
    make.member(person, doctor)
    with as_(doctor):
        thread = messaging.default_thread(person.pk, "team")
        message, _ = messaging.send_message(thread, "Passer voir la plaie", key=uuid4())
    return person, claire, thread, message


def test_a_message_becomes_a_task_that_it_points_to(story, sign_in) -> None:
    person, claire, thread, message = story
    browser = sign_in("claire")
    conversation = browser.get(f"/messages/{thread.pk}/").content.decode()
    url = f"/personnes/{person.pk}/taches/nouvelle/?message={message.pk}"
    assert url in conversation.replace("&amp;", "&")
    assert "Passer voir la plaie" in browser.get(url).content.decode()
    form = {
        "title": "Plaie", "assignee": f"practice:{claire.pk}", "priority": "2",
        "message": message.pk,
    }  # fmt: skip
    assert browser.post(url, form).status_code == 302
    with acting.owner():
        task = Task.objects.get()
    assert task.source_message_id == message.pk
    assert f"/taches/{task.pk}/" in browser.get(f"/messages/{thread.pk}/").content.decode()


def test_a_message_becomes_a_visit(story, sign_in) -> None:
    person, claire, thread, message = story
    browser = sign_in("claire")
    url = f"/personnes/{person.pk}/agenda/nouvelle/?message={message.pk}"
    assert url in browser.get(f"/messages/{thread.pk}/").content.decode().replace("&amp;", "&")
    form = {
        "intervenant": f"practice:{claire.pk}", "day": tomorrow().date().isoformat(),
        "hour": "09:00", "minutes": "30", "kind": "visit", "place": "home",
        "message": message.pk,
    }  # fmt: skip
    assert browser.post(url, form).status_code == 302
    assert len(statuses()) == 1
    assert "Visite planifiée" in browser.get(f"/messages/{thread.pk}/").content.decode()


@pytest.mark.parametrize("room", ["taches", "agenda"])
def test_a_message_out_of_reach_gives_nothing(story, sign_in, room) -> None:
    _person, _claire, _, message = story
    other = make.patient("SIMON", "Marcel")
    bruno = make.practice("bruno")
    make.member(other, bruno)
    form = {
        "title": "Plaie", "assignee": f"practice:{bruno.pk}", "priority": "2",
        "intervenant": f"practice:{bruno.pk}", "day": tomorrow().date().isoformat(),
        "hour": "09:00", "minutes": "30", "kind": "visit", "place": "home",
        "message": message.pk,
    }  # fmt: skip
    url = f"/personnes/{other.pk}/{room}/nouvelle/"
    assert sign_in("bruno").post(url, form).status_code == 404
    assert statuses() == {}
    with acting.owner():
        assert not Task.objects.exists()
