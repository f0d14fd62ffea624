"""The screen and its gestures, without a script; a known number of queries."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from liane.agenda.models import Appointment
from liane.careplans import editing, queries, services
from liane.careplans.models import Action
from liane.careplans.tests.conftest import as_
from liane.core import acting
from liane.core.acting import owner
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(simon) -> str:
    return f"/personnes/{simon.pk}/plan/"


def test_one_screen_shows_everything(action, page, sign_in, isabelle) -> None:
    shown = sign_in("isabelle").get(page).content.decode()
    for text in ("Chutes à répétition", "Sortir chaque semaine", "Revoir le traitement",
                 "Claire Aubert", "Isabelle Lafitte", "brouillon"):  # fmt: skip
        assert text in shown


def test_the_screen_makes_as_many_queries_however_long_it_is(
    plan, problem, goal, action, isabelle, django_assert_max_num_queries
) -> None:
    with as_(isabelle):
        for number in range(6):
            one = editing.add_line(
                plan.pk, "problem", {"domain": "social", "statement": f"Problème {number}"}
            )
            editing.add_line(plan.pk, "objective", {"text": "Un"}, parent_id=one.pk)
            editing.add_line(plan.pk, "action", {"text": "Deux"}, parent_id=goal.pk)
        services.send(plan.pk)
        with django_assert_max_num_queries(17):
            screen = queries.screen(queries.current(plan.person_id))
            who = [one.who for row in screen.rows for goal in row.goals for one in goal.actions]
    assert len(who) == 7


def test_a_plan_is_opened_from_a_situation(simon, isabelle, page, sign_in) -> None:
    client = sign_in("isabelle")
    assert "Ouvrir un plan" in client.get(page).content.decode()
    answer = client.post(f"{page}nouveau/", {"referent": str(isabelle.pk), "template": "chutes"})
    assert answer.status_code == 302
    assert "Peur de tomber" in client.get(page).content.decode()


def test_lines_are_added_in_place(plan, page, sign_in, isabelle, simon) -> None:
    client = sign_in("isabelle")
    client.post(f"{page}ajouter/", {
        "kind": "problem", "problem-statement": "Isolement", "problem-domain": "social",
        "problem-priority": "1",
    })  # fmt: skip
    with as_(isabelle):
        (row,) = queries.screen(queries.current(simon.pk)).rows
    client.post(f"{page}ajouter/", {
        "kind": "objective", "parent": str(row.problem.pk), "objective-text": "Voir du monde",
        "objective-shared": "on",
    })  # fmt: skip
    with as_(isabelle):
        (row,) = queries.screen(queries.current(simon.pk)).rows
    answer = client.post(f"{page}ajouter/", {
        "kind": "action", "parent": str(row.goals[0].goal.pk), "action-text": "Appeler le fils",
        "action-recourse": "2", "action-assignee": f"practice:{isabelle.pk}",
    })  # fmt: skip
    assert "#ligne-" in answer["Location"]
    with as_(isabelle):
        assert Action.objects.get().who == "Isabelle Lafitte"


def test_what_is_wrong_comes_back_with_what_was_typed(goal, page, sign_in, isabelle) -> None:
    answer = sign_in("isabelle").post(f"{page}ajouter/", {
        "kind": "action", "parent": str(goal.pk), "action-text": "Peser", "action-recourse": "2",
        "action-due_on": "32/13/2026",
    })  # fmt: skip
    assert answer.status_code == 422
    assert "Peser" in answer.content.decode()


def test_the_second_editor_is_shown_both_versions(problem, sign_in, isabelle, claire) -> None:
    path = f"/plan/lignes/{problem.pk}/"
    values = {"version": "1", "domain": "medical", "priority": "1", "origin": ""}
    sign_in("isabelle").post(path, {**values, "statement": "Chutes la nuit"})
    second = sign_in("claire")
    answer = second.post(path, {**values, "statement": "Chutes au lever"})
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "Chutes la nuit" in shown
    assert "Chutes au lever" in shown
    second.post(path, {**values, "version": "2", "statement": "Chutes la nuit et au lever"})
    assert "Chutes la nuit et au lever" in second.get(path).content.decode()


def test_a_state_is_one_tap(action, sign_in, claire) -> None:
    path = f"/plan/lignes/{action.pk}/etat/"
    sign_in("claire").post(path, {"status": "done", "seen": "todo"})
    with acting.acting(acting.system("test")):
        assert Action.objects.get(pk=action.pk).status == "done"


def test_an_action_is_given_as_a_task_and_planned_as_a_visit(action, sign_in, claire) -> None:
    client = sign_in("claire")
    answer = client.post(f"/plan/lignes/{action.pk}/tache/", {
        "title": "Revoir le traitement", "assignee": f"practice:{claire.pk}",
    })  # fmt: skip
    assert answer.status_code == 302
    again = client.post(f"/plan/lignes/{action.pk}/rendez-vous/", {
        "intervenant": f"practice:{claire.pk}", "day": "2031-03-04", "hour": "10:00",
        "minutes": "30", "place": "home", "kind": "visit",
    })  # fmt: skip
    assert again.status_code == 422
    assert "déjà confiée" in again.content.decode()


def test_an_action_is_planned_every_third_day(action, sign_in, claire) -> None:
    client, address = sign_in("claire"), f"/plan/lignes/{action.pk}/rendez-vous/"
    day = timezone.localdate() + dt.timedelta(days=1)
    asked = {
        "intervenant": f"practice:{claire.pk}", "day": str(day), "hour": "10:00", "minutes": "30",
        "place": "home", "kind": "visit", "repeat": "every_n",
    }  # fmt: skip
    assert "tous les combien" in client.post(address, asked).content.decode().lower()
    until = day + dt.timedelta(days=7)
    answer = client.post(address, asked | {"interval": "3", "until": str(until)})
    assert answer.status_code == 302
    with acting.acting(acting.system("test")):
        made = Appointment.objects.filter(person_id=action.person_id).order_by("starts_at")
        days = [timezone.localtime(one.starts_at).date() - day for one in made]
    assert [one.days for one in days] == [0, 3, 6]
    assert (
        "visites planifiées" in client.get(f"/personnes/{action.person_id}/plan/").content.decode()
    )


def test_home_help_reads_its_actions_and_nothing_else(
    plan, problem, goal, simon, isabelle, page, sign_in
) -> None:
    helper = make.practice("maite", role="social", of=make.organisation("SAAD", "saad"))
    make.member(simon, helper, outside_team=True, ground="consent")
    with as_(isabelle):
        editing.add_line(
            plan.pk, "action", {"text": "Aide au repas", "practice": helper.pk}, parent_id=goal.pk
        )
    shown = sign_in("maite").get(page).content.decode()
    assert "Aide au repas" in shown
    assert "Chutes" not in shown
    assert "Sortir chaque semaine" not in shown


def test_the_versions_stand_side_by_side(plan, problem, isabelle, page, sign_in) -> None:
    with as_(isabelle):
        services.send(plan.pk)
        editing.edit_line(problem.pk, version=1, values={"statement": "Chutes la nuit"})
        services.send(plan.pk)
    shown = sign_in("isabelle").get(f"{page}versions/").content.decode()
    assert "<mark>Chutes la nuit</mark>" in shown
    assert "<mark>Chutes à répétition</mark>" in shown


def test_the_doctor_finds_it_on_aujourdhui_and_validates(
    plan, problem, isabelle, roussel, sign_in
) -> None:
    with as_(isabelle):
        version = services.send(plan.pk)
    client = sign_in("roussel")
    assert "à valider" in client.get("/").content.decode()
    client.post(f"/plan/versions/{version.pk}/reponse/", {"answer": "validated"})
    assert "validé par" in client.get(f"/personnes/{plan.person_id}/plan/").content.decode()
    refused = sign_in("isabelle").post(
        f"/plan/versions/{version.pk}/reponse/", {"answer": "validated"}
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("name", ["cadre/", "clore/", "reviser/", "retirees/", "versions/"])
def test_every_page_of_the_plan_answers(plan, problem, isabelle, page, sign_in, name) -> None:
    assert sign_in("isabelle").get(f"{page}{name}").status_code == 200


def test_an_action_is_sent_as_a_request(action, sign_in, claire) -> None:
    msp = make.organisation("MSP de l’Adour", "msp")
    with owner():
        Action.objects.filter(pk=action.pk).update(practice=None, organisation=msp)
    client = sign_in("claire")
    path = f"/plan/lignes/{action.pk}/demande/"
    assert "MSP de l’Adour" in client.get(path).content.decode()
    answer = client.post(path, {
        "motive": "staying_home", "consent": "agrees", "urgency": "normal", "text": "Aide",
        "organisation": str(msp.pk),
    })  # fmt: skip
    assert answer.status_code == 302
    assert "demande envoyée" in client.get(f"/personnes/{action.person_id}/plan/").content.decode()


def test_a_problem_cites_the_line_of_an_assessment(problem, sign_in, simon) -> None:
    from liane.assessments.models import Questionnaire, Response

    client = sign_in("isabelle")
    katz = Questionnaire.objects.get(url="urn:liane:questionnaire:katz")
    client.post(f"/personnes/{simon.pk}/evaluations/nouvelle/", {"questionnaire": str(katz.pk)})
    with owner():
        response = Response.objects.get()
    form = {"q": [str(n) for n in range(1, 7)], "version": "1", "partie": "1", "go": "fin"}
    form |= {f"a-{n}": "1" for n in range(1, 7)}
    client.post(f"/evaluations/{response.pk}/remplir/", form)
    with owner():
        response.refresh_from_db()
    done = {"version": str(response.version), "on": timezone.localdate().isoformat()}
    client.post(f"/evaluations/{response.pk}/terminer/", done)

    path = f"/plan/lignes/{problem.pk}/"
    page = client.get(path).content.decode()
    cited = re.search(rf'value="({response.pk}:[^"]+)"', page)
    assert "Se laver" in page
    client.post(path, {
        "version": "1", "statement": "Ne se lave plus seul", "domain": "autonomy", "priority": "1",
        "origin": "", "cited": cited[1],
    })  # fmt: skip
    shown = client.get(f"/personnes/{simon.pk}/plan/").content.decode()
    assert f'href="/evaluations/{response.pk}/"' in shown
    assert "ADL de Katz" in shown
