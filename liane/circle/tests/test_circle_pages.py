"""The circle tab and Aujourd’hui: who is around, inviting, answering in one tap."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from liane.circle.models import Membership
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.directory.index import index_all
from liane.directory.models import Absence, Duty
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def text(response: Any) -> str:
    return str(response.content.decode())


def story() -> Patient:
    person = make.patient()
    make.member(person, make.practice("claire", name="Claire Aubert"))
    return person


def test_the_page_says_who_why_since_when_and_who_is_away(sign_in: SignIn) -> None:
    person = story()
    bruno = make.practice("bruno", name="Bruno Kessler", phone="0558123456")
    make.member(person, bruno, ground="consent", proof="accord oral du 3 mars", outside_team=True)
    today = timezone.localdate()
    Absence.objects.create(
        practice=bruno,
        starts_on=today,
        ends_on=today,
        replaced_by=make.practice("lea", name="Léa Roy"),
    )
    post = make.post("Accueil soins")
    make.member(person, post)
    Duty.objects.create(
        post=post,
        practice=make.practice("paul", name="Paul Nogues"),
        starts_at=timezone.now() - dt.timedelta(1),
    )
    make.contact(person, "julie", is_trusted=True, relationship="fille")
    page = text(sign_in("claire").get(f"/personnes/{person.pk}/cercle/"))
    for told in (
        "Claire Aubert",
        "Bruno Kessler",
        "tel:+33558123456",
        "Accord de la personne (accord oral du 3 mars)",
        "hors équipe de soins",
        "par Léa Roy",
        "Accueil soins",
        "aujourd’hui Paul Nogues",
        "personne de confiance",
    ):
        assert told in page, told
    assert AccessRow.objects.filter(person_id=person.pk, resource="circle").exists()


def test_inviting_from_the_directory_then_joining_in_one_tap(sign_in: SignIn) -> None:
    person = story()
    make.practice("bruno", name="Bruno Kessler")
    index_all()
    claire, address = sign_in("claire"), f"/personnes/{person.pk}/cercle/inviter"
    assert claire.get(address).status_code == 200
    found = text(claire.post(address, {"q": "kessler"}))
    holder = found.split('name="holder" value="')[1].split('"')[0]
    asked = text(claire.post(address, {"holder": holder, "name": "Bruno Kessler"}))
    assert "Inviter Bruno Kessler" in asked
    sent = claire.post(address, {"holder": holder, "ground": "team", "proof": ""})
    assert sent.status_code == 302
    bruno = sign_in("bruno")
    home = text(bruno.get("/"))
    assert "Odette Dupont" in home
    assert bruno.get(f"/personnes/{person.pk}/cercle/").status_code == 404
    with owner():
        membership = Membership.objects.get(status="invited")
    bruno.post(f"/cercles/invitations/{membership.pk}", {"reply": "accept"})
    assert bruno.get(f"/personnes/{person.pk}/cercle/").status_code == 200
    assert "Invitations" not in text(bruno.get("/"))


def test_declining_in_one_tap(sign_in: SignIn) -> None:
    person = story()
    membership = make.member(person, make.practice("bruno"), status="invited")
    bruno = sign_in("bruno")
    assert (
        bruno.post(f"/cercles/invitations/{membership.pk}", {"reply": "decline"}).status_code == 302
    )
    with owner():
        membership.refresh_from_db()
    assert membership.status == "declined"
    assert bruno.post(f"/cercles/invitations/{membership.pk}").status_code == 404


def test_outside_the_team_the_page_asks_how_the_person_agreed(sign_in: SignIn) -> None:
    person = story()
    meals = make.organisation("Portage des Landes", "meals")
    client, address = sign_in("claire"), f"/personnes/{person.pk}/cercle/inviter"
    page = text(client.post(address, {"holder": str(meals.pk), "name": meals.name}))
    assert "il faut l’accord de la personne" in page
    form = {"holder": str(meals.pk), "ground": "consent", "proof": ""}
    assert "dites comment" in text(client.post(address, form))
    assert client.post(address, {**form, "proof": "accord oral"}).status_code == 302


def test_a_request_shows_to_members_and_is_answered_on_the_spot(sign_in: SignIn) -> None:
    person = story()
    asked = make.member(
        person, make.practice("bruno"), status="requested", author_label="Bruno", proof="soins"
    )
    client = sign_in("claire")
    assert "demande à rejoindre" in text(client.get("/"))
    address = f"/personnes/{person.pk}/cercle/{asked.pk}/reponse"
    assert client.post(address, {"reply": "accept"}).status_code == 302
    assert sign_in("bruno").get(f"/personnes/{person.pk}/cercle/").status_code == 200


def test_removing_asks_why_and_leaving_warns_the_last_one(sign_in: SignIn) -> None:
    person = story()
    bruno = make.member(person, make.practice("bruno"))
    client, base = sign_in("claire"), f"/personnes/{person.pk}/cercle/"
    assert client.get(f"{base}{bruno.pk}/retirer").status_code == 200
    client.post(f"{base}{bruno.pk}/retirer", {"reason": "fin des soins"})
    assert sign_in("bruno").get(base).status_code == 404
    with owner():
        own = Membership.objects.get(person=person, status="active")
    refused = client.post(f"{base}{own.pk}/quitter")
    assert refused.status_code == 400
    assert "dernier membre" in text(refused)


def test_an_opposition_is_written_down_and_lifted(sign_in: SignIn) -> None:
    person = story()
    bruno = make.member(person, make.practice("bruno", name="Bruno Kessler"))
    client, base = sign_in("claire"), f"/personnes/{person.pk}/cercle/"
    client.post(f"{base}{bruno.pk}/opposition")
    page = text(client.get(base))
    assert "Oppositions de la personne" in page
    lift = page.split("/cercle/oppositions/")[1].split("/")[0]
    client.post(f"{base}oppositions/{lift}/lever")
    assert "Oppositions de la personne" not in text(client.get(base))


def test_who_reads_the_circle_only_is_offered_nothing_to_change(sign_in: SignIn) -> None:
    person = story()
    make.member(person, make.practice("karim", role="social"), outside_team=True)
    client, base = sign_in("karim"), f"/personnes/{person.pk}/cercle/"
    page = text(client.get(base))
    assert "Claire Aubert" in page
    assert "/cercle/inviter" not in page
    assert client.post(f"{base}inviter", {"q": "a"}).status_code == 404


@pytest.mark.parametrize("count", [1, 15])
def test_the_number_of_queries_does_not_grow_with_the_circle(
    sign_in: SignIn, count: int, django_assert_max_num_queries: Any
) -> None:
    person = story()
    for number in range(count):
        make.member(person, make.practice(f"member{number}"))
    client, address = sign_in("claire"), f"/personnes/{person.pk}/cercle/"
    client.get(address)
    announcing = 4 if connection.vendor == "postgresql" else 0
    with django_assert_max_num_queries(19 + announcing):
        client.get(address)
