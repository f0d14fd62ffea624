"""The pages of the agenda, as people walk through them."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from liane.agenda import services
from liane.agenda.models import Appointment
from liane.agenda.tests.support import ago, planned, status, statuses, tomorrow
from liane.circle.compile import compile_grants
from liane.core import acting
from liane.directory.models import Practice
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
Status = Appointment.Status


@pytest.fixture
def odette() -> Patient:
    return make.patient(address_line="3 rue du Port", city="Dax", postcode="40100")


@pytest.fixture
def claire(odette: Patient) -> Practice:
    nurse = make.practice("claire")
    make.member(odette, nurse)
    return nurse


def test_my_round_on_the_first_page_is_marked_in_one_tap(odette, claire, sign_in) -> None:
    visit = planned(claire, odette, ago(), title="Pansement")
    claire_browser = sign_in("claire")
    page = claire_browser.get("/").content.decode()
    assert "Ma tournée" in page
    assert "Marquer faite" in page
    done = f"/agenda/visites/{visit.pk}/faite/"
    fragment = claire_browser.post(done, headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    text = fragment.content.decode()
    assert "<html" not in text
    assert "Faite" in text
    assert "Annuler" in text
    assert status(visit) == Status.DONE
    assert re.search(r"1\s+faite sur 1", claire_browser.get("/").content.decode())
    undo = claire_browser.post(f"/agenda/visites/{visit.pk}/pas-faite/", {"next": "/"})
    assert undo["Location"] == "/"
    assert status(visit) == Status.PLANNED


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example/", "javascript:x"])
def test_one_never_returns_elsewhere(odette, claire, sign_in, elsewhere) -> None:
    visit = planned(claire, odette, ago())
    answer = sign_in("claire").post(f"/agenda/visites/{visit.pk}/faite/", {"next": elsewhere})
    assert answer["Location"] == f"/agenda/visites/{visit.pk}/"


def test_a_problem_without_a_word_comes_back_with_what_was_typed(odette, claire, sign_in) -> None:
    visit = planned(claire, odette, ago())
    url = f"/agenda/visites/{visit.pk}/constat/"
    answer = sign_in("claire").post(url, {"outcome": "problem", "note": ""})
    assert answer.status_code == 422
    assert "le médecin sera alerté" in answer.content.decode()


def plan_form(odette: Patient, claire: Practice, **more: object) -> dict[str, object]:
    return {
        "intervenant": f"practice:{claire.pk}",
        "day": tomorrow().date().isoformat(),
        "hour": "09:00",
        "minutes": "30",
        "kind": "visit",
        "title": "Pansement",
        "place": "home",
        **more,
    }


@pytest.mark.parametrize(
    ("more", "visits"),
    [
        ({}, 1),
        ({"repeat": "every_n", "interval": "3", "until": tomorrow(9, 10).date().isoformat()}, 4),
        ({"repeat": "daily", "until": tomorrow(9, 3).date().isoformat()}, 3),
        ({"repeat": "weekly", "until": tomorrow(9, 15).date().isoformat()}, 3),
        ({"repeat": "fortnightly", "until": tomorrow(9, 15).date().isoformat()}, 2),
    ],
)
def test_a_visit_or_a_series_is_planned_from_the_record(
    odette, claire, sign_in, more, visits
) -> None:
    url = f"/personnes/{odette.pk}/agenda/nouvelle/"
    browser = sign_in("claire")
    assert browser.get(url).status_code == 200
    answer = browser.post(url, plan_form(odette, claire, **more))
    assert answer.status_code == 302, answer.content.decode()
    assert len(statuses()) == visits
    week = browser.get(
        f"/personnes/{odette.pk}/agenda/?semaine={tomorrow().date()}"
    ).content.decode()
    assert "Pansement" in week
    assert ("Ce qui revient" in week) is ("repeat" in more)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"repeat": "every_n"}, "tous les combien de jours"),
        ({"minutes": "2"}, "supérieur"),
        ({"intervenant": "practice:0"}, "choix"),
        ({"repeat": "daily", "until": "2020-01-01"}, "avant la première visite"),
    ],
)
def test_a_wrong_form_says_what_to_mend(odette, claire, sign_in, wrong, words) -> None:
    answer = sign_in("claire").post(
        f"/personnes/{odette.pk}/agenda/nouvelle/", plan_form(odette, claire, **wrong)
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert statuses() == {}


def test_every_page_of_somebody_out_of_reach_is_not_there(odette, claire, sign_in) -> None:
    visit = planned(claire, odette, ago())
    make.practice("bruno")
    bruno = sign_in("bruno")
    for path in ("", "constat/", "deplacer/", "annuler/", "non-faite/"):
        assert bruno.get(f"/agenda/visites/{visit.pk}/{path}").status_code == 404
    assert bruno.post(f"/agenda/visites/{visit.pk}/faite/").status_code == 404
    assert bruno.get(f"/personnes/{odette.pk}/agenda/").status_code == 404
    assert bruno.get(f"/personnes/{odette.pk}/agenda/noter/").status_code == 404
    assert "Dupont" not in bruno.get("/agenda/").content.decode()


def test_a_visit_is_noted_moved_and_cancelled_from_the_pages(odette, claire, sign_in) -> None:
    browser = sign_in("claire")
    assert "Dupont" not in browser.get("/agenda/noter/").content.decode()
    visit = planned(claire, odette)
    assert "Dupont" in browser.get("/agenda/noter/").content.decode()
    now = timezone.localtime()
    noted = browser.post(
        f"/personnes/{odette.pk}/agenda/noter/",
        {
            "day": now.date().isoformat(),
            "hour": f"{now:%H:%M}",
            "kind": "visit",
            "outcome": "nothing",
            "practice": str(claire.pk),
        },
    )
    assert noted["Location"] == f"/personnes/{odette.pk}/"
    page = f"/agenda/visites/{visit.pk}/"
    moved = {"day": tomorrow(9, 2).date().isoformat(), "hour": "10:00", "minutes": "30"}
    assert browser.post(f"{page}deplacer/", {**moved, "version": "1"}).status_code == 302
    stale = browser.post(f"{page}deplacer/", {**moved, "version": "1"})
    assert stale.status_code == 422
    assert "changée entre-temps" in stale.content.decode()
    assert browser.post(f"{page}annuler/", {"reason": "Férié"}).status_code == 302
    shown = browser.get(page).content.decode()
    assert "Annulée : Férié" in shown


def test_a_week_costs_the_same_whatever_its_length(
    odette, claire, sign_in, django_assert_num_queries
) -> None:
    browser = sign_in("claire")

    def queries_of(url: str) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200
        return len(captured)

    planned(claire, odette, ago(5))
    few = [queries_of(url) for url in ("/", "/agenda/", f"/personnes/{odette.pk}/agenda/")]
    for number in range(6):
        marcel = make.patient(f"SIMON{number}", "Marcel")
        make.member(marcel, claire)
        planned(claire, marcel, ago(number))
        planned(claire, odette, ago(number))
    many = [queries_of(url) for url in ("/", "/agenda/", f"/personnes/{odette.pk}/agenda/")]
    assert many == few


def test_an_absence_gives_the_visits_to_the_replacement(odette, claire, sign_in) -> None:
    paul = make.practice("paul", of=claire.organisation)
    make.member(odette, paul)
    marcel = make.patient("SIMON", "Marcel")
    make.member(marcel, claire)
    mine, kept = planned(claire, odette), planned(claire, marcel, tomorrow(11))
    day = tomorrow().date().isoformat()
    form = {"practice": claire.pk, "starts_on": day, "ends_on": day, "replaced_by": paul.pk}
    browser = sign_in("claire")
    page = browser.post("/annuaire/absences/", form, follow=True).content.decode()
    assert "Visites confiées au remplaçant : 1." in page
    assert "restent à confier" in page
    with acting.acting(acting.system("test")):
        assert Appointment.objects.get(pk=mine.pk).practice_id == paul.pk
        assert Appointment.objects.get(pk=kept.pk).practice_id == claire.pk
    assert "Absence" in browser.get(f"/agenda/?semaine={day}").content.decode()


def test_the_calendar_link_tells_times_and_nothing_else_and_closes(odette, claire, sign_in) -> None:
    planned(claire, odette, title="Pansement")
    browser = sign_in("claire")
    page = browser.post("/agenda/abonnement/", {"practice": claire.pk}).content.decode()
    link = re.search(r"(/agenda/flux/[\w-]+\.ics)", page)[1]
    feed = Client().get(link)
    text = feed.content.decode()
    assert feed["Content-Type"].startswith("text/calendar")
    assert "Visite à domicile" in text
    for secret in ("Dupont", "DUPONT", "LABORDE", "Odette", "Pansement", "Dax", "Port"):
        assert secret not in text
    assert link.split("/")[-1] not in browser.get("/agenda/abonnement/").content.decode()
    from liane.agenda.models import Feed

    row = Feed.objects.get()
    make.practice("bruno")
    assert sign_in("bruno").post(f"/agenda/abonnement/{row.pk}/revoquer/").status_code == 404
    assert browser.post(f"/agenda/abonnement/{row.pk}/revoquer/").status_code == 302
    assert browser.get(link).status_code == 404


def test_the_town_shows_in_the_calendar_only_when_asked(odette, claire, sign_in) -> None:
    planned(claire, odette)
    browser = sign_in("claire")
    page = browser.post("/agenda/abonnement/", {"practice": claire.pk, "with_town": "on"})
    link = re.search(r"(/agenda/flux/[\w-]+\.ics)", page.content.decode())[1]
    text = browser.get(link).content.decode()
    assert "LOCATION:Dax" in text
    assert "Port" not in text


def test_the_person_changes_the_moment_of_a_visit_and_comes_back_home(
    odette, claire, sign_in
) -> None:
    with acting.owner():
        Patient.objects.filter(pk=odette.pk).update(user=make.user("odette"))
        compile_grants(odette.pk)
    visit = planned(claire, odette)
    browser = sign_in("odette")
    home = "/portail/rendez-vous/"
    url = f"/agenda/visites/{visit.pk}/deplacer/?next={home}"
    assert url in browser.get(home).content.decode()
    assert f'value="{home}"' in browser.get(url).content.decode()
    form = {"day": tomorrow(9, 2).date().isoformat(), "hour": "15:00", "minutes": "30"}
    assert browser.post(url, {**form, "next": home})["Location"] == home
    assert "15" in browser.get(home).content.decode()
    assert browser.post(f"/agenda/visites/{visit.pk}/annuler/", {"reason": "x"}).status_code == 403


def test_taking_up_again_from_the_first_page_touches_nobody_else_s_visits(
    odette, claire, sign_in
) -> None:
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, sonia, outside_team=True)
    dressing, meals = planned(claire, odette, tomorrow(9, 4)), planned(sonia, odette, tomorrow(12))
    cause = uuid4()
    with acting.acting(acting.system("hospital")):
        services.suspend(
            person_id=odette.pk, start=ago(), end=None, cause_id=cause, cause_kind="absence"
        )
        services.propose_resumption(cause_id=cause)
    client, path = sign_in("claire"), f"/agenda/reprises/{cause}/"
    page = client.get("/").content.decode()
    assert "une de vos visites suspendues peut reprendre" in page
    assert f"{path}ne-pas-reprendre/?mes=1" in page
    client.post(path, {"mine": "1"})
    assert (status(dressing), status(meals)) == (Status.PLANNED, Status.SUSPENDED)
    assert client.get(f"{path}ne-pas-reprendre/?mes=1").status_code == 404
    whole = client.get(f"/personnes/{odette.pk}/agenda/").content.decode()
    assert "une visite suspendue peut reprendre" in whole
    client.post(path)
    assert status(meals) == Status.PLANNED


def test_declining_from_the_first_page_leaves_the_others_visits(odette, claire, sign_in) -> None:
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, sonia, outside_team=True)
    dressing, meals = planned(claire, odette, tomorrow(9, 4)), planned(sonia, odette, tomorrow(12))
    cause = uuid4()
    with acting.acting(acting.system("hospital")):
        services.suspend(
            person_id=odette.pk, start=ago(), end=None, cause_id=cause, cause_kind="absence"
        )
        services.propose_resumption(cause_id=cause)
    path = f"/agenda/reprises/{cause}/ne-pas-reprendre/?mes=1"
    sign_in("claire").post(path, {"reason": "Plaie guérie"})
    assert (status(dressing), status(meals)) == (Status.CANCELLED, Status.SUSPENDED)
