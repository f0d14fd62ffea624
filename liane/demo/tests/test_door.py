"""The demo's door: personas, this computer, an invented territory; nothing else."""

import pytest
from django.test import Client

from liane.core.acting import owner
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.LIANE_DEMO = True


def persona(username: str = "claire.aubert", name: str = "Claire Aubert"):
    practice = make.practice(username, name=name)
    user = practice.professional.user
    assert user is not None
    user.is_persona = True
    user.save()
    return user


def enter(username: str, **extra: str):
    client = Client()
    answer = client.post("/demo/connexion", {"username": username}, **extra)
    return client, answer


def test_one_click_signs_in():
    persona()
    page = Client().get("/demo/").content.decode()
    assert "Claire Aubert" in page
    client, answer = enter("claire.aubert")
    assert answer.url == "/"
    assert client.get("/parametres/").status_code == 200


def test_without_the_setting_there_is_no_door(settings):
    persona()
    client, _ = enter("claire.aubert")
    settings.LIANE_DEMO = False
    assert Client().get("/demo/").status_code == 404
    assert enter("claire.aubert")[1].status_code == 404
    assert client.get("/parametres/").url == "/connexion"


@pytest.mark.parametrize(
    "extra",
    [{"REMOTE_ADDR": "192.168.1.20"}, {"REMOTE_ADDR": ""}, {"HTTP_X_FORWARDED_FOR": "10.0.0.1"}],
)
def test_the_door_is_for_this_computer_alone(extra):
    persona()
    assert enter("claire.aubert", **extra)[1].status_code == 404
    assert Client().get("/demo/", **extra).status_code == 404


def test_only_personas_pass():
    persona()
    assert enter("personne")[1].status_code == 404


def test_a_real_account_closes_the_door():
    persona()
    make.practice("vrai")
    assert enter("vrai")[1].status_code == 404
    assert enter("claire.aubert")[1].status_code == 404


def test_a_record_made_by_a_real_account_closes_the_door():
    persona()
    gone = make.user("parti")
    with owner():
        Patient.objects.create(
            birth_name="VRAIE", given_names="Anne", sex="F", author_user_id=gone.pk
        )
        gone.delete()
    assert enter("claire.aubert")[1].status_code == 404


def test_the_door_takes_posts_with_their_token_only():
    persona()
    assert Client().get("/demo/connexion").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/demo/connexion", {"username": "claire.aubert"}).status_code == 403


def test_a_persona_of_two_structures_is_listed_once():
    user = persona()
    make.practice(user.username, of=make.organisation("MSP de l’Adour"))
    page = Client().get("/demo/").content.decode()
    assert page.count("Claire Aubert</strong>") == 1
    assert "MSP de l’Adour" in page
