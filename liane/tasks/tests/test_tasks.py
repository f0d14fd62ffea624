"""Tasks are given, taken, done, refused with a reason, opened again."""

import datetime as dt
from uuid import uuid4

import pytest
from django.http import Http404
from django.utils import timezone

from liane.circle.queries import recipients
from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry
from liane.directory.models import Practice
from liane.patients.models import Patient
from liane.tasks import queries, services
from liane.tasks.models import Task
from liane.tasks.services import Asked
from tests import factories as make

pytestmark = pytest.mark.django_db
Status = Task.Status


def as_(who):
    return acting.acting(make.actor(who))


@pytest.fixture
def odette() -> Patient:
    return make.patient()


@pytest.fixture
def roussel(odette) -> Practice:
    doctor = make.practice("roussel", profession="10", name="Dr Roussel")
    make.member(odette, doctor)
    return doctor


@pytest.fixture
def claire(odette) -> Practice:
    nurse = make.practice("claire", name="Claire Aubert")
    make.member(odette, nurse)
    return nurse


def given(by: Practice, person: Patient | None, **more) -> Task:
    with as_(by):
        return services.create_task(
            Asked("Appeler la fille", person.pk if person else None, **more)
        )


def told(kind: str) -> set[str]:
    with acting.acting(acting.system("test")):
        entry = Entry.objects.filter(kind=kind).latest("id")
    return {one.role + ":" + _name(one.user_id) for one in recipients(entry)}


def _name(user_id) -> str:
    from liane.accounts.models import User

    return User.objects.get(pk=user_id).username


def mine(who: Practice) -> list[str]:
    with as_(who):
        return [task.title for task in queries.mine()]


def test_a_task_reaches_the_one_who_is_asked_and_nobody_else_is_told(
    odette, roussel, claire
) -> None:
    paul = make.practice("paul")
    make.member(odette, paul)
    given(roussel, odette, practice_id=claire.pk)
    assert told("task.created") == {"care:claire"}
    assert (mine(claire), mine(paul)) == (["Appeler la fille"], [])


def test_a_role_of_the_circle_reaches_whoever_holds_it_there(odette, roussel, claire) -> None:
    other = make.practice("zoe")
    given(roussel, odette, role="nurse")
    assert told("task.created") == {"care:claire"}
    assert (mine(claire), mine(roussel), mine(other)) == (["Appeler la fille"], [], [])


def test_a_task_for_a_structure_is_taken_by_one_and_the_others_see_it(odette, roussel) -> None:
    dac = make.organisation("DAC", "dac")
    manon, lise = (make.practice(name, role="case_manager", of=dac) for name in ("manon", "lise"))
    make.member(odette, dac)
    task = given(roussel, odette, organisation_id=dac.pk)
    with as_(manon):
        services.claim(task.pk)
        services.claim(task.pk)
    with as_(lise), pytest.raises(Refused):
        services.claim(task.pk)
    assert told("task.claimed") == {"care:roussel"}
    with as_(lise):
        assert queries.mine()[0].claimed_by_id == manon.pk


def test_done_is_told_to_whoever_asked_and_undone_is_told_too(odette, roussel, claire) -> None:
    task = given(roussel, odette, practice_id=claire.pk)
    with as_(claire):
        services.complete(task.pk)
        services.complete(task.pk)
        assert list(queries.mine()) == []
        services.reopen(task.pk)
        assert [row.pk for row in queries.mine()] == [task.pk]
    assert told("task.done") == {"care:roussel"}
    assert told("task.reopened") == {"care:roussel", "care:claire"}
    with acting.acting(acting.system("test")):
        assert Entry.objects.filter(kind="task.done").count() == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_refusal_says_why(odette, roussel, claire, reason) -> None:
    task = given(roussel, odette, practice_id=claire.pk)
    with as_(claire):
        with pytest.raises(Refused):
            services.refuse(task.pk, reason=reason)
        services.refuse(task.pk, reason="En congés")
        with pytest.raises(Refused):
            services.complete(task.pk)
    with as_(roussel):
        (row,) = queries.given()
        assert (row.status, queries.history(row)[-1].reason) == (Status.REFUSED, "En congés")


def test_what_presses_comes_first(roussel, odette, claire) -> None:
    today = timezone.localdate()
    with as_(roussel):
        for title, due, priority in [
            ("sans date", None, 2), ("demain", today + dt.timedelta(1), 2),
            ("prioritaire", None, 1), ("en retard", today - dt.timedelta(1), 2),
        ]:  # fmt: skip
            services.create_task(
                Asked(title, odette.pk, practice_id=claire.pk, due_on=due, priority=priority)
            )
    assert mine(claire) == ["prioritaire", "en retard", "demain", "sans date"]
    with as_(claire):
        assert [task.is_late for task in queries.mine()] == [False, True, False, False]


WRONG = [
    ({}, "assignee"),
    ({"role": "nurse", "title": " "}, "title"),
    ({"practice_id": uuid4()}, "assignee"),
]


@pytest.mark.parametrize(("more", "field"), WRONG)
def test_a_task_without_what_or_whom_is_refused(odette, roussel, more, field) -> None:
    title = more.pop("title", "Appeler") if "title" in more else "Appeler"
    with as_(roussel), pytest.raises(Refused) as refusal:
        services.create_task(Asked(title, odette.pk, **more))
    assert refusal.value.field == field


def test_outside_the_circle_nobody_gives_gets_or_sees_a_task(odette, roussel, claire) -> None:
    bruno = make.practice("bruno")
    task = given(roussel, odette, practice_id=claire.pk)
    with as_(bruno):
        with pytest.raises(Http404):
            services.create_task(Asked("x", odette.pk, practice_id=claire.pk))
        with pytest.raises(Http404):
            services.complete(task.pk)
    with as_(roussel), pytest.raises(Refused):
        services.create_task(Asked("x", odette.pk, practice_id=bruno.pk))


def test_home_help_sees_the_tasks_that_are_hers_alone(odette, roussel, claire) -> None:
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, sonia, outside_team=True)
    given(roussel, odette, practice_id=claire.pk)
    hers = given(roussel, odette, practice_id=sonia.pk)
    with as_(sonia):
        assert [task.pk for task in queries.of_person(odette.pk)] == [hers.pk]
        services.complete(hers.pk)


def test_a_colleague_of_the_team_sees_a_task_and_does_not_settle_it(
    odette, roussel, claire
) -> None:
    paul = make.practice("paul", profession="70")
    make.member(odette, paul)
    task = given(roussel, odette, practice_id=claire.pk)
    with as_(paul):
        assert [row.pk for row in queries.of_person(odette.pk)] == [task.pk]
        with pytest.raises(NotAllowed):
            services.complete(task.pk)


def test_who_left_the_circle_loses_its_tasks(odette, roussel, claire) -> None:
    from liane.circle.compile import compile_grants
    from liane.circle.models import Membership

    task = given(roussel, odette, practice_id=claire.pk)
    with acting.owner():
        Membership.objects.filter(practice=claire).update(status="left", ends_at=timezone.now())
        compile_grants(odette.pk)
    assert mine(claire) == []
    with as_(claire), pytest.raises(Http404):
        services.complete(task.pk)


def test_a_task_about_nobody_stays_between_colleagues(roussel, claire) -> None:
    lea = make.practice("lea", role="secretary", of=roussel.organisation)
    task = given(roussel, None, practice_id=lea.pk)
    assert mine(lea) == ["Appeler la fille"]
    with as_(claire):
        assert queries.one(task.pk) is None
    with as_(roussel), pytest.raises(Refused):
        services.create_task(Asked("x", practice_id=claire.pk))
    with as_(roussel), pytest.raises(Refused):
        services.create_task(Asked("x", role="nurse"))


def test_a_secretary_reads_of_a_person_only_what_is_asked_of_her(odette, roussel, claire) -> None:
    make.member(odette, roussel.organisation)
    lea = make.practice("lea", role="secretary", of=roussel.organisation)
    clinical = given(roussel, odette, practice_id=claire.pk)
    hers = given(roussel, odette, practice_id=lea.pk)
    anyone = given(roussel, odette, role="secretary")
    with as_(lea):
        assert queries.one(clinical.pk) is None
        assert queries.one(hers.pk) == hers
        assert queries.one(anyone.pk) == anyone


def test_the_same_key_gives_one_task(odette, roussel, claire) -> None:
    key = uuid4()
    asked = Asked("Appeler", odette.pk, practice_id=claire.pk)
    with as_(roussel):
        assert services.create_task(asked, key=key) == services.create_task(asked, key=key)
        assert len(queries.given()) == 1


def test_the_pages_from_the_record_to_done(odette, roussel, claire, sign_in) -> None:
    doctor, nurse = sign_in("roussel"), sign_in("claire")
    url = f"/personnes/{odette.pk}/taches/nouvelle/"
    assert "Claire Aubert" in doctor.get(url).content.decode()
    form = {"title": "Rappeler", "assignee": f"practice:{claire.pk}", "priority": "2"}
    assert doctor.post(url, form).status_code == 302
    assert doctor.post(url, {**form, "assignee": ""}).status_code == 422
    assert "Rappeler" in nurse.get("/").content.decode()
    assert "Rappeler" in nurse.get(f"/personnes/{odette.pk}/").content.decode()
    with acting.owner():
        task = Task.objects.get()
    fragment = nurse.post(f"/taches/{task.pk}/faite/", headers={"HX-Request": "true"})
    assert "Fait" in fragment.content.decode()
    assert "Rappeler" not in nurse.get("/").content.decode()
    assert "Rappeler" in doctor.get("/taches/?vue=confiees").content.decode()
    assert "Rappeler" in nurse.get("/taches/?vue=terminees").content.decode()
    assert nurse.post(f"/taches/{task.pk}/rouvrir/").status_code == 302
    assert nurse.post(f"/taches/{task.pk}/refuser/", {"reason": ""}).status_code == 422
    assert nurse.post(f"/taches/{task.pk}/refuser/", {"reason": "Absente"}).status_code == 302
    assert "Absente" in doctor.get(f"/taches/{task.pk}/").content.decode()
    make.practice("bruno")
    assert sign_in("bruno").get(f"/taches/{task.pk}/").status_code == 404
    assert sign_in("bruno").post(f"/taches/{task.pk}/faite/").status_code == 404


def test_my_tasks_cost_the_same_whatever_their_number(odette, roussel, claire, sign_in) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = sign_in("claire")

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/taches/").status_code == 200
        return len(captured)

    given(roussel, odette, practice_id=claire.pk)
    few = cost()
    for number in range(5):
        person = make.patient(f"SIMON{number}", "Marcel")
        make.member(person, claire)
        make.member(person, roussel)
        given(roussel, person, role="nurse")
    assert cost() == few


def test_open_pages_keep_the_gesture_of_whoever_may_settle(odette, roussel, claire) -> None:
    from liane.core.models import Signal
    from liane.core.registry import live_renderers

    task = given(roussel, odette, practice_id=claire.pk)
    paul = make.practice("paul", profession="70")
    make.member(odette, paul)
    with as_(claire):
        services.complete(task.pk)
        signal = Signal.objects.filter(kind="tasks").latest("id")
        (piece,) = live_renderers["tasks"].render(signal)
    assert "Rouvrir" in piece.html
    with as_(paul):
        (piece,) = live_renderers["tasks"].render(signal)
    assert "Rouvrir" not in piece.html
