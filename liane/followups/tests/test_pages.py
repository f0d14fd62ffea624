"""The pages: the work list, the tab of the record, one form at a time."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.core import acting
from liane.followups import queries
from liane.followups.models import Accompaniment, Contact, Reminder
from liane.followups.tests.conftest import as_, as_system, only
from liane.patients import search
from liane.patients.models import PatientTrigram
from liane.stays.models import Stay
from tests import factories as make

pytestmark = pytest.mark.django_db


def tab(person) -> str:
    return f"/personnes/{person.pk}/accompagnement/"


@pytest.fixture
def crowd(dac, isabelle):
    """``crowd(12)``: as many persons followed, each with a reminder and a contact."""

    def make_them(number: int) -> None:
        for n in range(number):
            person = make.patient(f"LABADIE{n}", "Anne", birth_date=dt.date(1940, 1, 1 + n))
            make.member(person, dac)
            with acting.owner():
                row = Accompaniment.objects.create(
                    person=person, organisation=dac, level="sustained", case_manager=isabelle,
                    next_at=timezone.now(), next_kind="reminder",
                )  # fmt: skip
                reminder = Reminder(
                    person=person, organisation=dac, accompaniment=row,
                    due_on=timezone.localdate(),
                )  # fmt: skip
                reminder.text = "Point"
                reminder.save(force_insert=True)

    return make_them


@pytest.mark.parametrize("number", [1, 12])
def test_the_list_asks_a_known_number_of_questions(
    crowd, isabelle, dac, number, django_assert_num_queries
):
    crowd(number)
    with as_(isabelle), django_assert_num_queries(7):
        assert len(queries.page(dac.pk).rows) == number
    with as_(isabelle), django_assert_num_queries(3):
        assert queries.counts(dac.pk) == {"miennes": number, "retard": 0, "rien": 0}


@pytest.mark.parametrize("number", [1, 9])
def test_a_person_s_file_asks_a_known_number_of_questions(
    followed, isabelle, simon, dac, number, django_assert_max_num_queries
):
    for n in range(number):
        with acting.owner():
            row = Contact(organisation=dac, person=simon, channel="call")
            row.note = f"appel {n}"
            row.save(force_insert=True)
    with as_(isabelle), django_assert_max_num_queries(12):
        file = queries.file_of(dac.pk, simon.pk)
        assert file.contacts[0].note == f"appel {number - 1}"


def test_the_list_says_rien_de_prevu_in_warning_colour(followed, sign_in):
    page = sign_in("isabelle").get("/file-active/").content.decode()
    assert "M. Simon" in page
    assert 'chip late"' in page
    assert "rien de prévu" in page


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("", True), ("miennes", True), ("sans-referent", False), ("rien", True),
        ("retard", False), ("hospitalisees", False), ("intensif", True), ("soutenu", False),
        ("ponctuel", False), ("sorties", False), ("n-importe-quoi", True),
    ],
)  # fmt: skip
def test_a_filter_keeps_what_it_says(followed, sign_in, view, shown):
    answer = sign_in("isabelle").get(f"/file-active/?vue={view}&page=1")
    assert ("M. Simon" in answer.content.decode()) is shown


def test_the_list_is_also_one_case_managers(
    crowd, dac, isabelle, lise, sign_in, django_assert_num_queries
):
    crowd(2)
    with acting.owner():
        people = list(Accompaniment.objects.order_by("pk").values_list("person_id", flat=True))
        Accompaniment.objects.filter(person_id=people[1]).update(case_manager=lise)
    client = sign_in("isabelle")
    for address, names in {
        "": (True, True), f"referent={lise.pk}": (False, True),
        f"referent={isabelle.pk}&vue=soutenu": (True, False),
        f"referent={lise.pk}&vue=retard": (False, False), f"referent={dac.pk}": (True, True),
        "referent=n-importe-quoi": (True, True), f"vue=miennes&referent={lise.pk}": (True, False),
    }.items():  # fmt: skip
        page = client.get(f"/file-active/?{address}").content.decode()
        assert tuple(f"/personnes/{one}/" in page for one in people) == names, address
    page = client.get(f"/file-active/?referent={lise.pk}&vue=soutenu").content.decode()
    assert f"?vue=retard&amp;referent={lise.pk}" in page
    assert "référent : Lise Ducos" in page
    page = client.get("/file-active/?vue=soutenu").context["filters"]
    assert {one["label"]: one["count"] for one in page if one["count"]} == {"Les miennes": "1"}
    with as_(isabelle), django_assert_num_queries(3):
        assert queries.counts(dac.pk, lise.pk) == {"": 1, "retard": 0, "rien": 0}


def test_hospitalised_now_is_seen(followed, isabelle, simon, dac):
    with acting.owner():
        Stay.objects.create(
            person=simon, status="in_progress", stay_class="full",
            starts_at=timezone.now() - dt.timedelta(days=1),
        )  # fmt: skip
    with as_(isabelle):
        [row] = queries.page(dac.pk, "hospitalisees").rows
        assert row.away


def test_a_name_is_searched_without_standing_in_the_address(followed, sign_in, simon):
    with acting.owner():
        simon.search = search.searchable(simon)
        simon.save(update_fields=["search"])
        PatientTrigram.objects.bulk_create(search.rows(simon))
    client = sign_in("isabelle")
    assert "M. Simon" in client.post("/file-active/", {"q": "simon"}).content.decode()
    assert "Personne de ce nom" in client.post("/file-active/", {"q": "durand"}).content.decode()


@pytest.mark.parametrize("who", ["claire", "roussel"])
def test_another_house_has_its_own_file_empty(followed, sign_in, who, simon):
    client = sign_in(who)
    assert "M. Simon" not in client.get("/file-active/").content.decode()
    page = client.get(tab(simon)).content.decode()
    assert "Pas d’accompagnement" in page
    record = client.get(f"/personnes/{simon.pk}/").content.decode()
    assert "Isabelle Lafitte" in record
    assert "intensif" in record


def test_the_life_of_a_file_by_its_pages(followed, sign_in, simon, lise):
    client = sign_in("isabelle")
    row = f"/file-active/{followed.pk}/"
    assert client.get(row).headers["Location"] == tab(simon)
    steps = [
        (row + "etape/", {"stage": "evaluation", "version": 1}),
        (row + "niveau/", {"level": "sustained", "reason": "mieux", "version": 2}),
        (row + "confier/", {"practice": str(lise.pk), "version": 3}),
        (tab(simon) + "contact/", {"channel": "call", "direction": "out", "note": "Va bien"}),
        (tab(simon) + "rappel/", {"again_on": timezone.localdate(), "again": "Rappeler"}),
    ]
    for path, said in steps:
        assert client.get(path).status_code == 200, path
        assert client.post(path, said).headers.get("Location") == tab(simon), path
    page = client.get(tab(simon)).content.decode()
    for words in ("Va bien", "Rappeler", "évaluation", "soutenu", "Lise Ducos", "mieux"):
        assert words in page
    assert client.post(row + "sortie/", {"exit_reason": "moved", "text": "Part à Pau."}).status_code
    assert only().exit_reason == "moved"
    assert client.post(tab(simon) + "ouvrir/", {"level": "one_off"}).status_code == 302


def test_the_second_writer_keeps_what_was_written(followed, sign_in):
    client = sign_in("isabelle")
    row = f"/file-active/{followed.pk}/"
    client.post(row + "etape/", {"stage": "evaluation", "version": 1})
    answer = client.post(row + "niveau/", {"level": "one_off", "reason": "calme", "version": 1})
    assert answer.status_code == 409
    assert "calme" in answer.content.decode()
    assert "évaluation" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "said", "words"),
    [
        ("contact/", {"channel": "call", "direction": "out", "minutes": "0"}, "supérieure"),
        ("rappel/", {"again_on": "2001-01-01", "again": "x"}, "jour à venir"),
        ("rappel/", {"again_on": "demain", "again": "x"}, "date"),
    ],
)
def test_bad_input_says_how_to_mend_it(followed, sign_in, simon, path, said, words):
    answer = sign_in("isabelle").post(tab(simon) + path, said)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_partner_s_page_shows_our_contacts(followed, sign_in):
    ssiad = make.organisation("SSIAD de l’Adour", "ssiad")
    client = sign_in("isabelle")
    path = f"/file-active/structures/{ssiad.pk}/"
    client.post(path, {"channel": "meeting", "direction": "in", "note": "Trois places"})
    for page in (path, f"/annuaire/structures/{ssiad.pk}/"):
        assert "Trois places" in client.get(page).content.decode()
    assert "Trois places" not in sign_in("claire").get(path).content.decode()


def test_a_secretary_has_no_file(followed, sign_in, dac, simon):
    make.practice("paule", role="secretary", of=dac, name="Paule Dubourg")
    client = sign_in("paule")
    for path in ("/file-active/", tab(simon), f"/file-active/{followed.pk}/"):
        assert client.get(path).status_code == 404


def test_today_tells_of_ones_file(followed, sign_in):
    page = sign_in("isabelle").get("/").content.decode()
    assert "Ma file active" in page
    assert "1 sans rien de prévu" in page
    assert f"/file-active/?vue=rien&amp;referent={followed.case_manager_id}" in page


def test_figures_do_not_leave_the_house(followed, claire, dac):
    with as_(claire):
        assert queries.file_active(dac.pk, timezone.localdate()) == frozenset()
    with as_system():
        assert len(queries.file_active(dac.pk, timezone.localdate())) == 1
