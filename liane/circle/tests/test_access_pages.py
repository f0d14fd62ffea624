"""Accès: who opened the record, why they could; the emergency door and its review."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from liane.circle import accesses
from liane.circle.models import BreakGlass
from liane.core.acting import acting, owner
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]

URGENT = {
    "birth_name": "laborde", "given_name": "odette", "birth_date": "1941-03-07",
    "reason": "vital", "text": "Inconsciente à son domicile",
}  # fmt: skip


def text(response: Any) -> str:
    return str(response.content.decode())


def story() -> Patient:
    person = make.patient(user=make.user("odette"))
    make.member(person, make.practice("claire", name="Claire Aubert"))
    make.member(person, make.practice("bruno", name="Bruno Kessler"))
    return person


def test_a_professional_reads_their_own_accesses_with_their_ground(sign_in: SignIn) -> None:
    person = story()
    sign_in("bruno").get(f"/personnes/{person.pk}/identite/")
    client = sign_in("claire")
    client.get(f"/personnes/{person.pk}/identite/")
    page = text(client.get(f"/personnes/{person.pk}/acces/"))
    assert "Claire Aubert" in page
    assert "même équipe de soins" in page
    assert "Identité" in page
    assert "Bruno Kessler" not in page


def test_the_person_reads_them_all_grouped_by_actor_and_day(sign_in: SignIn) -> None:
    person = story()
    for name in ("claire", "bruno", "claire"):
        sign_in(name).get(f"/personnes/{person.pk}/identite/")
    with acting(make.actor("odette")):
        visits = accesses.of_record(person.pk, own=False).visits
    assert sorted((one.name, one.role) for one in visits) == [
        ("Bruno Kessler", "professionnel de santé"),
        ("Claire Aubert", "professionnel de santé"),
    ]


def test_the_manager_counts_and_learns_neither_who_nor_what(sign_in: SignIn) -> None:
    msp = make.organisation("MSP", "msp")
    paul = make.practice("paul", of=msp, name="Paul Nogues")
    make.practice("diane", role="manager", of=msp)
    person = make.patient()
    make.member(person, paul)
    sign_in("paul").get(f"/personnes/{person.pk}/identite/")
    page = text(sign_in("diane").get("/acces/equipe/"))
    assert "Paul Nogues" in page
    for hidden in ("Dupont", "LABORDE", str(person.pk), "identité"):
        assert hidden not in page
    assert sign_in("paul").get("/acces/equipe/").status_code == 404


def test_in_an_emergency_exact_traits_open_the_record_and_the_officer_reviews(
    sign_in: SignIn,
) -> None:
    person = story()
    hospital = make.organisation("CH", "hospital")
    make.practice("urgentiste", of=hospital, name="Anne Roux")
    make.practice("dora", role="dpo", of=hospital)
    client = sign_in("urgentiste")
    assert client.get("/personnes/urgence").status_code == 200
    assert client.get(f"/personnes/{person.pk}/identite/").status_code == 404
    opened = client.post("/personnes/urgence", URGENT)
    assert opened.headers["Location"] == f"/personnes/{person.pk}/"
    assert client.get(f"/personnes/{person.pk}/identite/").status_code == 200
    dora = sign_in("dora")
    page = text(dora.get("/acces/urgences/"))
    assert "Anne Roux" in page
    assert "Inconsciente" in page
    for hidden in ("Dupont", "LABORDE", "Odette"):
        assert hidden not in page
    with owner():
        glass = BreakGlass.objects.get()
    dora.post("/acces/urgences/", {"opened": str(glass.pk), "review": "Justifié"})
    assert "Rien à examiner" in text(dora.get("/acces/urgences/"))
    with acting(make.actor("odette")):
        assert any(one.urgent for one in accesses.of_record(person.pk, own=False).visits)


def test_without_an_officer_of_one_s_own_that_of_her_circle_examines(sign_in: SignIn) -> None:
    person = story()
    dac, msp = make.organisation("DAC", "dac"), make.organisation("MSP", "msp")
    make.member(person, msp)
    make.member(person, dac, responsible=True)
    make.practice("dora", role="dpo", of=dac)
    make.practice("denis", role="dpo", of=msp)
    make.practice("urgentiste", of=make.organisation("Cabinet des Pins"), name="Anne Roux")
    opened = sign_in("urgentiste").post("/personnes/urgence", URGENT, follow=True)
    assert "référent à la protection des données de « DAC »" in text(opened)
    dora = sign_in("dora")
    assert "accès à examiner" in text(dora.get("/"))
    assert "Cabinet des Pins" in text(dora.get("/acces/urgences/"))
    assert "Rien à examiner" in text(sign_in("denis").get("/acces/urgences/"))
    with owner():
        glass = BreakGlass.objects.get()
    posted = {"opened": str(glass.pk), "review": "Justifié"}
    assert sign_in("denis").post("/acces/urgences/", posted).status_code == 404
    dora.post("/acces/urgences/", posted)
    assert "accès à examiner" not in text(dora.get("/"))


def test_where_there_is_no_officer_nobody_is_said_to_be_told_and_the_service_shows_it(
    sign_in: SignIn,
) -> None:
    story()
    make.practice("urgentiste", of=make.organisation("Cabinet des Pins"), name="Anne Roux")
    opened = sign_in("urgentiste").post("/personnes/urgence", URGENT, follow=True)
    assert "La personne et son cercle sont prévenus." in text(opened)
    make.practice("leo", role="technical_admin", of=make.organisation("Exploitant", "msp"))
    page = text(sign_in("leo").get("/parametres/service/"))
    assert "Sans référent à la protection des données" in page
    assert "Inconsciente" not in page


@pytest.mark.parametrize(
    "change",
    [
        {"birth_name": "labord"},
        {"given_name": "Odile"},
        {"birth_date": "1941-03-08"},
        {"birth_date": ""},
        {"text": "vite"},
        {"matricule": "123"},
    ],
)
def test_nearly_right_opens_nothing(sign_in: SignIn, change: dict[str, str]) -> None:
    story()
    make.practice("urgentiste")
    response = sign_in("urgentiste").post("/personnes/urgence", {**URGENT, **change})
    assert response.status_code == 200
    with owner():
        assert not BreakGlass.objects.exists()


def test_two_persons_with_the_same_traits_open_nothing(sign_in: SignIn) -> None:
    story()
    make.patient()
    make.practice("urgentiste")
    sign_in("urgentiste").post("/personnes/urgence", URGENT)
    with owner():
        assert not BreakGlass.objects.exists()


@pytest.mark.parametrize("role", ["social", "secretary", "coordinator", "manager", "dpo"])
def test_the_emergency_door_is_for_health_professionals(sign_in: SignIn, role: str) -> None:
    story()
    make.practice("other", role=role)
    assert sign_in("other").post("/personnes/urgence", URGENT).status_code == 404


@pytest.mark.parametrize(("role", "shown"), [("care", True), ("coordinator", False)])
def test_the_emergency_door_is_found_from_the_list_and_from_a_record_kept_closed(
    sign_in: SignIn, role: str, shown: bool
) -> None:
    make.member(make.patient(), make.practice("claire"))
    make.practice("other", role=role, of=make.organisation("MSP", "msp"))
    client = sign_in("other")
    door = 'href="/personnes/urgence"'
    assert (door in text(client.get("/personnes/"))) is shown
    form = {"birth_name": "LABORDE", "given_names": "Odette", "sex": "F",
            "birth_date": "1941-03-07", "answer": "agrees"}  # fmt: skip
    page = text(client.post("/personnes/nouvelle", form))
    assert "déjà suivie" in page
    assert (door in page) is shown


def test_pages_of_accesses_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    person = story()
    monkeypatch.setattr(accesses, "PAGE", 2)
    from liane.core import ledger

    with acting(make.actor("odette")):
        for resource in ("a", "b", "c"):
            ledger.wrote(person.pk, resource)
        first = accesses.of_record(person.pk, own=False)
        assert first.before is not None
        assert accesses.of_record(person.pk, own=False, before=first.before).before is None


def test_a_day_s_count_is_that_of_the_local_day() -> None:
    assert accesses.of_staff(make.organisation().pk, timezone.localdate() - dt.timedelta(3)) == []
