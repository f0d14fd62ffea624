"""My account: what I see of it, the devices I can turn out."""

import pytest
from django.test import Client

from tests import factories as make

pytestmark = pytest.mark.django_db


def test_the_page_gathers_the_sections_of_the_rooms(sign_in):
    make.practice("claire")
    page = sign_in("claire").get("/parametres/").content.decode()
    for name in ("securite", "appareils", "apparence"):
        assert f'id="{name}"' in page


def test_whoever_works_in_two_places_chooses_for_which(sign_in):
    first = make.practice("claire", of=make.organisation("Tilleuls"))
    second = make.practice("claire", of=make.organisation("MSP"))
    client = sign_in("claire")
    assert 'id="agir"' in client.get("/parametres/").content.decode()
    client.post("/compte/agir-pour", {"seat": f"practice:{second.pk}"})
    answer = client.get("/parametres/")
    assert answer.wsgi_request.actor.organisation_id == second.organisation_id
    assert first.organisation_id != second.organisation_id


def test_nobody_acts_in_a_seat_of_somebody_else(sign_in):
    make.practice("claire")
    other = make.practice("paul")
    answer = sign_in("claire").post("/compte/agir-pour", {"seat": f"practice:{other.pk}"})
    assert answer.status_code == 404


def test_after_the_choice_one_never_lands_outside(sign_in):
    seat = make.practice("claire")
    answer = sign_in("claire").post(
        "/compte/agir-pour", {"seat": f"practice:{seat.pk}", "next": "https://ailleurs.example/"}
    )
    assert answer.url == "/"


def test_a_device_turned_out_is_out_at_its_next_request(settings):
    user = make.user("lea")
    user.is_persona = True
    user.save()
    settings.LIANE_DEMO = True
    lost, mine = Client(), Client()
    for client in (lost, mine):
        client.post("/demo/connexion", {"username": "lea"})
    page = mine.get("/parametres/")
    [device] = [
        item
        for part in page.context["sections"]
        if part["section"].name == "appareils"
        for item in part["context"]["devices"]
        if not item.is_current
    ]
    mine.post(f"/parametres/appareils/{device.id}/fermer")
    assert lost.get("/parametres/").url.startswith("/connexion")
    assert mine.get("/parametres/").status_code == 200


def test_nobody_turns_out_the_device_of_another(sign_in):
    make.user("lea")
    assert sign_in("lea").post("/parametres/appareils/999/fermer").status_code == 404


@pytest.mark.parametrize(("choice", "kept"), [("dark", "dark"), ("light", "light"), ("auto", "")])
def test_the_theme_is_kept_without_javascript(sign_in, choice, kept):
    make.user("lea")
    answer = sign_in("lea").post("/parametres/theme", {"theme": choice})
    assert answer.cookies["liane_theme"].value == kept


def test_no_page_of_the_account_breaks_for_somebody_without_factor(sign_in):
    make.user("lea")
    client = sign_in("lea")
    for path in (
        "/parametres/securite/cles/ajouter/",
        "/parametres/securite/codes/activer/",
        "/parametres/securite/codes/retirer/",
        "/parametres/securite/secours/",
        "/parametres/securite/secours/refaire/",
        "/parametres/securite/mot-de-passe/",
        "/parametres/securite/cles/1/nommer/",
        "/parametres/securite/cles/1/retirer/",
        "/connexion",
        "/connexion/confirmer",
        "/connexion/confirmer/code",
        "/connexion/confirmer/cle",
        "/connexion/second-facteur",
        "/connexion/cle",
        "/connexion/inactif",
        "/deconnexion",
    ):
        assert client.get(path).status_code < 500, path


def test_pages_of_sign_in_carry_no_inline_code(sign_in):
    make.user("lea")
    for client, path in (
        (Client(), "/connexion"),
        (sign_in("lea"), "/parametres/securite/cles/ajouter/"),
        (sign_in("lea"), "/parametres/securite/codes/activer/"),
    ):
        page = client.get(path).content.decode()
        assert "style=" not in page, path
        assert "onclick" not in page, path
        for script in page.split("<script")[1:]:
            head = script.split(">", 1)[0]
            assert "src=" in head or "application/json" in head, path
