"""Pages of persons: my list, a tolerant search, opening, identity. As a nurse uses them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from liane.circle import tokens
from liane.circle.compile import compile_grants
from liane.circle.models import Membership
from liane.core.acting import acting, owner
from liane.core.ids import uuid7
from liane.core.models import AccessRow
from liane.patients import search
from liane.patients.models import Patient, PersonLink, Wish
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]

ODETTE = {
    "birth_name": "Laborde", "given_names": "Odette", "used_name": "Dupont", "sex": "F",
    "birth_date": "1941-03-07", "answer": "agrees",
}  # fmt: skip


def known(birth: str = "LABORDE", given_name: str = "Odette", **more: Any) -> Patient:
    person = make.patient(birth, given_name, **more)
    with owner():
        search.reindex(person)
        person.save()
    return person


def text(response: Any) -> str:
    return str(response.content.decode())


def test_who_is_called_so_comes_before_who_has_it_among_their_names(sign_in: SignIn) -> None:
    claire = make.practice("claire")
    for birth, given_name, used in (
        ("BATS", "Michelle", ""), ("GARDÈRES", "Jeanne", "MICHELLE"), ("ABADIE", "Michelle", ""),
    ):  # fmt: skip
        make.member(known(birth, given_name, used_name=used), claire)
    page = text(sign_in("claire").post("/personnes/", {"q": "michelle"}))
    places = [page.index(name) for name in ("Jeanne Michelle", "Michelle Abadie", "Michelle Bats")]
    assert places == sorted(places)


def test_my_persons_are_those_of_my_circles_and_are_recorded(sign_in: SignIn) -> None:
    claire = make.practice("claire")
    person = known()
    make.member(person, claire)
    known("SIMON", "Paul", used_name="", sex="M")
    page = text(sign_in("claire").get("/personnes/"))
    assert "Odette Dupont" in page
    assert "Simon" not in page
    assert AccessRow.objects.filter(person_id=person.pk, resource="list").count() == 1


@pytest.mark.parametrize(
    ("typed", "born", "found"),
    [
        ("dupont", "", True),
        ("Odette DUPONT", "", True),
        ("laborde", "", True),
        ("dup", "", True),
        ("dupond", "", True),
        ("odete dupon", "", True),
        ("martin", "", False),
        ("", "1941-03-07", True),
        ("dupont", "1941-03-08", False),
    ],
)
def test_search_forgives_accents_order_and_a_slip(
    sign_in: SignIn, typed: str, born: str, found: bool
) -> None:
    make.member(known(), make.practice("claire"))
    known("DUPONT", "Odette", used_name="DUPONT", address_line="AILLEURS")
    page = text(sign_in("claire").post("/personnes/", {"q": typed, "born": born}))
    assert ("Odette Dupont" in page) is found
    assert page.count("/personnes/0") == (2 if found else 0)


def test_pages_follow_one_another_without_a_name_in_the_address(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liane.circle.persons.mine.__defaults__", (None, 2))
    claire = make.practice("claire")
    for name in ("AAA", "BBB", "CCC"):
        make.member(known(name, "Anne", used_name=name), claire)
    client = sign_in("claire")
    first = text(client.get("/personnes/"))
    assert "Anne Bbb" in first
    assert "Anne Ccc" not in first
    address = first.split('href="?apres=')[1].split('"')[0]
    second = text(client.get(f"/personnes/?apres={address}"))
    assert "Anne Ccc" in second
    assert "Anne Bbb" not in second


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_s_number_of_queries_does_not_grow(
    sign_in: SignIn, count: int, django_assert_max_num_queries: Any
) -> None:
    claire = make.practice("claire")
    for number in range(count):
        make.member(known(f"NOM{number}"), claire)
    client = sign_in("claire")
    client.get("/personnes/")
    announcing = 4 if connection.vendor == "postgresql" else 0
    with django_assert_max_num_queries(11 + announcing):
        client.get("/personnes/")


def test_home_help_reads_the_usual_name_and_town_only(sign_in: SignIn) -> None:
    person = known(city="Dax", phone="0558000000")
    make.member(person, make.practice("karim", role="social"), outside_team=True)
    client = sign_in("karim")
    for address in ("/personnes/", f"/personnes/{person.pk}/identite/"):
        page = text(client.get(address))
        assert "Dupont" in page
        assert "Dax" in page
        assert "LABORDE" not in page.upper()
        assert "1941" not in page


def test_a_new_person_in_one_form_and_one_question(sign_in: SignIn) -> None:
    make.practice("claire")
    client = sign_in("claire")
    assert client.get("/personnes/nouvelle").status_code == 200
    response = client.post("/personnes/nouvelle", ODETTE)
    with owner():
        person = Patient.objects.get()
        assert Wish.objects.get().answer == "agrees"
    assert response.status_code == 302
    assert response.headers["Location"] == f"/personnes/{person.pk}/cercle/"


def test_a_look_alike_of_mine_is_shown_and_one_of_others_is_not(sign_in: SignIn) -> None:
    mine = known()
    make.member(mine, make.practice("claire"))
    theirs = known("LABORDE", "Odette", city="MORCENX", used_name="DUPONT-SECRET")
    page = text(sign_in("claire").post("/personnes/nouvelle", ODETTE))
    assert str(mine.pk) in page
    assert "déjà suivie" in page
    for hidden in (str(theirs.pk), "MORCENX", "DUPONT-SECRET", "Dupont-Secret"):
        assert hidden not in page
    with owner():
        assert Patient.objects.count() == 2


def test_one_asks_to_join_without_learning_who_it_is(sign_in: SignIn) -> None:
    make.practice("claire")
    make.member(known(), make.practice("bruno"))
    client = sign_in("claire")
    page = text(client.post("/personnes/nouvelle", ODETTE))
    token = page.split('name="token" value="')[1].split('"')[0]
    form = {"token": token, "ground": "team", "proof": "soins depuis lundi"}
    assert client.post("/personnes/rejoindre", form).status_code == 302
    with owner():
        assert Membership.objects.filter(status="requested").count() == 1
    make.practice("paul")
    sign_in("paul").post("/personnes/rejoindre", form)
    with owner():
        assert Membership.objects.filter(status="requested").count() == 1


@given(st.text(max_size=80))
def test_a_token_made_up_names_nobody(text: str) -> None:
    with acting(make.Actor(kind="user", label="x", user_id=uuid7())):
        assert tokens.take(text) is None


def test_a_refusal_is_found_again_and_can_be_asked_again(sign_in: SignIn) -> None:
    make.practice("claire")
    client = sign_in("claire")
    client.post("/personnes/nouvelle", {**ODETTE, "answer": "refuses"})
    page = text(client.post("/personnes/nouvelle", ODETTE))
    assert "a refusé le partage" in page
    token = page.split('name="token" value="')[1].split('"')[0]
    client.post("/personnes/redemander", {"token": token, "again-answer": "agrees"})
    assert "Odette Dupont" in text(client.get("/personnes/"))
    with owner():
        assert Patient.objects.count() == 1


def test_who_may_not_open_a_record_is_told_so(sign_in: SignIn) -> None:
    make.practice("karim", role="social")
    client = sign_in("karim")
    assert client.get("/personnes/nouvelle").status_code == 403
    assert client.post("/personnes/nouvelle", ODETTE).status_code == 403


def test_both_versions_are_shown_when_two_change_the_address(sign_in: SignIn) -> None:
    person = known(city="Dax")
    make.member(person, make.practice("claire"))
    client, address = sign_in("claire"), f"/personnes/{person.pk}/identite/coordonnees"
    assert client.post(address, {"version": 1, "city": "Morcenx"}).status_code == 302
    late = client.post(address, {"version": 1, "city": "Tartas"})
    assert late.status_code == 409
    assert "Morcenx" in text(late)
    assert "Tartas" in text(late)
    assert client.post(address, {"version": 2, "city": "Tartas"}).status_code == 302


def test_the_identity_page_in_every_state(sign_in: SignIn) -> None:
    person = known()
    claire = make.practice("claire")
    make.member(person, claire)
    make.contact(person, "julie", relationship="fille")
    client, base = sign_in("claire"), f"/personnes/{person.pk}/identite/"
    for path in ("", "coordonnees", "etat-civil", "souhait", "deces", "medecin", "ins"):
        assert client.get(base + path).status_code == 200, path
    assert client.get(base + "rapprocher").status_code == 404
    client.post(base + "souhait", {"answer": "agrees"})
    client.post(base + "homonyme", {"warned": "1"})
    client.post(base + "ins", {"after": "validated", "reason": "carte d’identité"})
    page = text(client.get(base))
    assert "d’accord" in page
    assert "identité validée" in page
    assert "Homonyme" in page
    client.post(base + "deces", {"died_on": "2026-11-01", "source": "famille", "sure": "on"})
    assert "décédée" in text(client.get(base))


def test_the_entourage_from_the_page(sign_in: SignIn) -> None:
    person = known()
    make.member(person, make.practice("claire"))
    client, base = sign_in("claire"), f"/personnes/{person.pk}/entourage/"
    client.post(base + "nouveau", {"name": "Julie Dupont", "relationship": "fille"})
    with owner():
        julie = person.contacts.get()
    assert client.get(f"{base}{julie.pk}/").status_code == 200
    client.post(f"{base}{julie.pk}/confiance", {"trusted": "1"})
    client.post(f"{base}{julie.pk}/acces", {"access": "carer_read", "until": "2030-01-01"})
    with owner():
        julie.refresh_from_db()
    assert (julie.is_trusted, julie.access) == (True, "carer_read")
    assert julie.access_until > dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)
    client.post(f"{base}{julie.pk}/retirer")
    assert "Julie Dupont" not in text(client.get(f"/personnes/{person.pk}/identite/"))


def test_out_of_reach_every_address_is_not_found(sign_in: SignIn) -> None:
    person = known()
    make.practice("bruno")
    client, base = sign_in("bruno"), f"/personnes/{person.pk}/"
    for path in ("identite/", "identite/coordonnees", "identite/deces", "entourage/nouveau"):
        assert client.get(base + path).status_code == 404
        assert client.post(base + path, {"name": "x"}).status_code in {404, 405}


def test_a_wide_reach_lists_the_same_persons_in_the_same_order(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire = make.practice("claire")
    for name in ("CCC", "AAA", "BBB"):
        make.member(known(name, "Anne", used_name=name), claire)
    client = sign_in("claire")
    narrow = text(client.get("/personnes/"))
    monkeypatch.setattr("liane.circle.persons.WIDE", 1)
    wide = text(client.get("/personnes/"))
    for page in (narrow, wide):
        assert page.index("Anne Aaa") < page.index("Anne Bbb") < page.index("Anne Ccc")


def test_an_absorbed_record_is_listed_once_under_its_survivor(sign_in: SignIn) -> None:
    claire = make.practice("claire")
    kept, double = known("LABORDE"), known("LABORDES", used_name="DUPOND")
    make.member(kept, claire)
    with owner():
        link = PersonLink.objects.create(survivor=kept, duplicate=double, reason="doublon")
        compile_grants(kept.pk)
    client = sign_in("claire")
    assert "Dupond" not in text(client.get("/personnes/"))
    with owner():
        link.ended_at = timezone.now()
        link.save()
    make.member(double, claire)
    assert "Dupond" in text(client.get("/personnes/"))
