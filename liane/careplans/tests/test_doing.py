"""Actions become tasks and appointments; what is done there comes back by itself, once."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.agenda import services as agenda
from liane.agenda.models import Appointment
from liane.agenda.visit import Visit
from liane.careplans import doing, panels, queries, returns
from liane.careplans.models import Action, LineEvent, Objective
from liane.careplans.tests.conftest import as_
from liane.core import acting, dispatcher, readers
from liane.core.errors import Conflict, Refused
from liane.core.models import Cursor, Entry, Signal
from liane.referrals import services as requests
from liane.referrals.sending import Wanted
from liane.tasks import services as tasks
from liane.tasks.services import Asked
from tests import factories as make

pytestmark = pytest.mark.django_db
Status = Action.Status


def now_(action) -> Action:
    with acting.acting(acting.system("test")):
        return Action.objects.get(pk=action.pk)


def let_the_worker_read() -> None:
    dispatcher.publish_all()
    readers.run()


@pytest.fixture
def task(action, isabelle, claire):
    with as_(isabelle):
        asked = Asked("Revoir le traitement", action.person_id, practice_id=claire.pk)
        return doing.give_task(action.pk, asked)


@pytest.fixture
def visit(action, isabelle, claire):
    now = timezone.now()
    with as_(isabelle):
        planned = Visit(action.person_id, now - dt.timedelta(minutes=1), practice_id=claire.pk)
        return doing.plan_visit(action.pk, planned)


def test_one_tap_moves_an_action_and_is_dated(action, isabelle, claire) -> None:
    with as_(claire):
        doing.set_status(action.pk, Status.DONE, seen="todo", result="Fait ce matin.")
        doing.set_status(action.pk, Status.DONE, seen="todo")
    assert (now_(action).status, now_(action).result) == (Status.DONE, "Fait ce matin.")
    with acting.acting(acting.system("test")):
        assert LineEvent.objects.filter(line_id=action.pk).count() == 1


def test_a_tap_on_an_old_state_says_that_it_changed(action, isabelle, claire) -> None:
    with as_(claire):
        doing.set_status(action.pk, Status.DONE)
    with as_(isabelle), pytest.raises(Conflict, match="faite"):
        doing.set_status(action.pk, Status.DOING, seen="todo")


def test_an_objective_not_reached_says_why_and_stays(goal, isabelle) -> None:
    with as_(isabelle):
        with pytest.raises(Refused, match="pourquoi"):
            doing.settle(goal.pk, Objective.Status.UNREACHED)
        doing.settle(goal.pk, Objective.Status.UNREACHED, why="Le genou l’en empêche.")
        (wished,) = queries.screen(queries.current(goal.person_id)).wished
    assert wished.why == "Le genou l’en empêche."


def test_a_task_done_comes_back_to_the_plan(action, task, claire) -> None:
    assert now_(action).status == Status.DOING
    with as_(claire):
        tasks.complete(task.pk)
    let_the_worker_read()
    back = now_(action)
    assert back.status == Status.DONE
    assert back.result.startswith("Faite par Claire Aubert, le ")


def test_the_open_pages_of_the_plan_show_the_action_as_it_is_now(
    action, task, isabelle, claire
) -> None:
    with as_(claire):
        tasks.complete(task.pk)
    let_the_worker_read()
    told = Signal.objects.filter(kind="careplan", object_id=action.pk).latest("id")
    with as_(isabelle):
        (shown,) = panels.moved(told)
    assert (shown.target, shown.swap) == (f"careplan:{action.person_id}", "none")
    assert f'id="ligne-{action.pk}"' in shown.html
    assert "Faite par Claire Aubert" in shown.html
    with as_(make.practice("loin")):
        assert panels.moved(told) == []


def test_a_task_refused_comes_back_and_the_action_may_be_given_again(
    action, task, isabelle, claire
) -> None:
    with as_(claire):
        tasks.refuse(task.pk, reason="En congé")
    let_the_worker_read()
    assert now_(action).status == Status.NOT_DONE
    with as_(isabelle):
        again = Asked("Revoir", action.person_id, practice_id=isabelle.pk)
        other = doing.give_task(action.pk, again)
    assert (now_(action).task_id, now_(action).status) == (other.pk, Status.DOING)


def test_a_task_reopened_reopens_the_action(action, task, claire) -> None:
    with as_(claire):
        tasks.complete(task.pk)
        tasks.reopen(task.pk)
    let_the_worker_read()
    assert now_(action).status == Status.DOING


def test_an_action_already_given_is_not_given_twice(action, task, isabelle, claire) -> None:
    with as_(isabelle), pytest.raises(Refused, match="déjà confiée"):
        doing.give_task(action.pk, Asked("x", action.person_id, practice_id=claire.pk))


def test_a_visit_held_comes_back_and_its_undoing_too(action, visit, claire) -> None:
    with as_(claire):
        agenda.mark_done(visit.pk)
    let_the_worker_read()
    assert now_(action).status == Status.DONE
    with as_(claire):
        agenda.undo_done(visit.pk)
    let_the_worker_read()
    assert now_(action).status == Status.DOING


def test_a_visit_missed_comes_back(action, visit, claire) -> None:
    with as_(claire):
        agenda.mark_missed(visit.pk, reason="Personne n’a ouvert")
    let_the_worker_read()
    assert (now_(action).status, now_(action).result[:16]) == (Status.NOT_DONE, "Visite non faite")


@pytest.fixture
def series(action, isabelle, claire):
    """Every third day, three times, the last one today."""
    first = timezone.now().replace(second=0, microsecond=0) - dt.timedelta(days=6)
    with as_(isabelle):
        planned = Visit(action.person_id, first, practice_id=claire.pk)
        return doing.plan_visits(action.pk, planned, "FREQ=DAILY;INTERVAL=3;COUNT=3")


def occurrences(series) -> list[Appointment]:
    with acting.acting(acting.system("test")):
        return list(Appointment.objects.filter(series=series).order_by("starts_at"))


def test_an_action_every_third_day_lasts_until_its_last_visit(action, series, claire) -> None:
    visits = occurrences(series)
    days = [(one.starts_at.date() - visits[0].starts_at.date()).days for one in visits]
    assert days == [0, 3, 6]
    assert (now_(action).become, now_(action).status) == ("visits", Status.DOING)
    seen = []
    for visit in visits:
        with as_(claire):
            agenda.mark_done(visit.pk)
        let_the_worker_read()
        seen.append((now_(action).status, now_(action).result.partition(" par ")[0]))
    assert seen == [
        (Status.DOING, "Dernière visite faite"),
        (Status.DOING, "Dernière visite faite"),
        (Status.DONE, "La dernière visite faite"),
    ]
    with as_(claire):
        agenda.undo_done(visits[-1].pk)
    let_the_worker_read()
    assert now_(action).status == Status.DOING


@pytest.mark.parametrize(("held", "status"), [(1, Status.DONE), (0, Status.NOT_DONE)])
def test_visits_that_stop_end_the_action(action, series, claire, held, status) -> None:
    with as_(claire):
        for visit in occurrences(series)[:held]:
            agenda.mark_done(visit.pk)
    let_the_worker_read()
    with as_(claire):
        agenda.end_series(
            series.pk, after=timezone.now() - dt.timedelta(days=5), reason="Elle va mieux"
        )
    let_the_worker_read()
    assert (now_(action).status, now_(action).result[:17]) == (status, "Visites arrêtées ")


def test_a_series_cut_in_two_is_still_the_action_s(action, series, claire) -> None:
    third = occurrences(series)[2]
    with as_(claire):
        made = agenda.change_series(third.pk, starts_at=third.starts_at, minutes=45)
    let_the_worker_read()
    assert now_(action).series_id == made.pk
    for visit in occurrences(made):
        if visit.status == "planned":
            with as_(claire):
                agenda.mark_done(visit.pk)
    let_the_worker_read()
    assert now_(action).status == Status.DONE


def test_the_same_entry_read_twice_counts_once(action, task, isabelle, claire) -> None:
    with as_(claire):
        tasks.complete(task.pk)
    let_the_worker_read()
    with as_(isabelle):
        doing.set_status(action.pk, Status.DOING)
    with acting.acting(acting.system("test")):
        returns.read(Entry.objects.filter(kind="task.done"))
        Cursor.objects.filter(name="careplans").update(position=0)
    let_the_worker_read()
    assert now_(action).status == Status.DOING


def test_the_history_says_who_did_it_elsewhere(action, task, claire) -> None:
    with as_(claire):
        tasks.complete(task.pk)
    let_the_worker_read()
    with as_(claire):
        last = queries.history(now_(action))
    assert ("état : faite", "Claire Aubert", "en retour") in [
        (step.what, step.who, step.reason) for step in last
    ]


@pytest.fixture
def referral(action, isabelle):
    msp = make.organisation("MSP de l’Adour", "msp")
    nathalie = make.practice("nathalie", role="coordinator", of=msp, name="Nathalie Cazenave")
    wanted = Wanted(
        "staying_home", "agrees", person_id=action.person_id, organisation_id=msp.pk, text="Aide"
    )
    with as_(isabelle):
        return doing.ask(action.pk, wanted), nathalie


def test_an_action_becomes_a_request_whose_refusal_comes_back(action, referral) -> None:
    made, nathalie = referral
    assert (now_(action).referral_id, now_(action).status) == (made.pk, Status.DOING)
    with as_(nathalie):
        requests.take(made.pk)
        requests.refuse(made.pk, reason="Hors de notre secteur.")
    let_the_worker_read()
    back = now_(action)
    assert back.status == Status.NOT_DONE
    assert back.result.startswith("Demande refusée par Nathalie Cazenave")
