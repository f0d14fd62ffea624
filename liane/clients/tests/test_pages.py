"""« Applications »: what a manager lets in, limits and revokes."""

import json
import re
from typing import Any

import pytest

from liane.clients import calls
from liane.clients.models import Client
from liane.clients.tests.conftest import House, registered, token
from liane.clients.tests.oauth import BACK, pair
from tests import factories as make

pytestmark = pytest.mark.django_db
HOME = "/parametres/applications/"


@pytest.fixture
def marie(house: House, sign_in: Any) -> Any:
    make.practice("marie", role="manager", of=house.place, name="Marie Lescure")
    return sign_in("marie")


def test_from_the_first_form_to_what_it_may_do(house: House, marie: Any, call: Any) -> None:
    assert "Applications" in marie.get("/parametres/").content.decode()
    said = {"name": "Labo", "publisher": "Biolabo", "kind": "backend"}
    sent = marie.post(f"{HOME}nouvelle/", said)
    assert sent["Location"].endswith("/acces/")
    page = marie.post(sent["Location"], {"identity": "read", "clinical": "write"}, follow=True)
    text = page.content.decode()
    assert "Lire et chercher l’identité et les coordonnées" in text
    assert "Marie Lescure" in text
    client = Client.objects.get(name="Labo")
    caller = call(token(client, "system/*.cruds"))
    assert caller.scopes.allows("Observation", "c")
    assert caller.scopes.allows("Patient", "r")
    assert not caller.scopes.allows("Patient", "u")
    assert not caller.scopes.allows("Communication", "r")


def test_what_was_chosen_is_what_the_form_shows_again(house: House, marie: Any) -> None:
    exact = "system/Observation.rs?category=laboratory"
    marie.post(f"{HOME}{house.client.pk}/acces/", {"agenda": "write", "exact": exact})
    text = marie.get(f"{HOME}{house.client.pk}/acces/").content.decode()
    agenda = re.search(r'<select name="agenda".*?</select>', text, re.S)
    assert agenda is not None
    assert 'value="write" selected' in agenda[0]
    assert exact in text
    assert "system/Appointment" not in text


def test_a_word_that_is_no_scope_is_said_beside_its_field(house: House, marie: Any) -> None:
    answer = marie.post(f"{HOME}{house.client.pk}/acces/", {"exact": "tout"})
    assert answer.status_code == 422
    assert "portée SMART" in answer.content.decode()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "public", "redirect_uris": ""}, "au moins une adresse"),
        ({"kind": "public", "redirect_uris": "http://app.example/x"}, "https://"),
        ({"kind": "public", "redirect_uris": "https://app.example/*"}, "ni « * »"),
        ({"kind": "confidential", "redirect_uris": "com.app:/x"}, "https://"),
        ({"kind": "backend", "redirect_uris": BACK}, "n’en a pas"),
        ({"kind": "public", "redirect_uris": BACK, "launch_url": "http://x.example/"}, "https://"),
        ({"kind": "x", "redirect_uris": BACK}, "choix"),
    ],
)
def test_a_card_that_is_wrong_says_where(marie: Any, said: dict[str, str], words: str) -> None:
    answer = marie.post(f"{HOME}nouvelle/", {"name": "App"} | said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Client.objects.filter(name="App").exists()


def test_a_mobile_application_may_come_back_by_its_own_scheme(marie: Any) -> None:
    said = {"name": "App", "kind": "public", "redirect_uris": "fr.exemple.app:/retour"}
    assert marie.post(f"{HOME}nouvelle/", said).status_code == 302
    client = Client.objects.get(name="App")
    page = marie.post(f"{HOME}{client.pk}/acces/", {"agenda": "read", "stays": "on"}, follow=True)
    assert "personnes que vous suivez" in page.content.decode()
    assert "offline_access" in Client.objects.get(name="App").granted.plain


def test_keys_are_public_and_a_secret_is_shown_once(house: House, marie: Any) -> None:
    key, public = pair("RSA")
    page = f"{HOME}{house.client.pk}/"
    private = json.dumps({"keys": [key.as_dict(private=True)]})
    for text in (private, "{", "[]", '{"keys": [{"kty": "oct", "k": "x"}]}', ""):
        assert marie.post(f"{page}cles/", {"jwks": text}).status_code == 422
    assert marie.post(f"{page}cles/", {"jwks": json.dumps(public)}).status_code == 302
    house.client.refresh_from_db()
    assert house.client.jwks == public
    web = registered(house.place, "Web", "user/*.rs", kind="confidential", redirect_uris=BACK)
    shown = marie.post(f"{HOME}{web.pk}/secret").content.decode()
    secret = re.search(r"liane_secret_[\w-]+", shown)
    assert secret is not None
    assert secret[0] not in marie.get(f"{HOME}{web.pk}/").content.decode()


def test_revoked_with_its_reason_it_stays_in_the_history(house: House, marie: Any) -> None:
    page = f"{HOME}{house.client.pk}/"
    marie.post(f"{page}etat", {"after": "suspended", "reason": ""})
    house.client.refresh_from_db()
    assert house.client.status == "active"
    marie.post(f"{page}etat", {"after": "revoked", "reason": "contrat terminé"})
    text = marie.get(page).content.decode()
    assert "contrat terminé" in text
    assert "Révoquer pour toujours" not in text
    marie.post(f"{page}etat", {"after": "active", "reason": "erreur"})
    house.client.refresh_from_db()
    assert house.client.status == "revoked"


def test_the_last_calls_are_shown_without_anybody_s_name(house: House, marie: Any) -> None:
    calls.note(house.client.pk, "search Patient", 200)
    text = marie.get(f"{HOME}{house.client.pk}/").content.decode()
    assert "search Patient" in text
    assert "dernier appel" in marie.get(HOME).content.decode()


@pytest.mark.parametrize("path", ["", "fiche/", "acces/", "cles/"])
def test_no_other_house_and_no_other_role_sees_it(house: House, sign_in: Any, path: str) -> None:
    make.practice("zoe", role="manager", of=make.organisation("Ailleurs", "msp"))
    make.practice("claire", of=house.place)
    page = f"{HOME}{house.client.pk}/{path}"
    for who in ("zoe", "claire"):
        assert sign_in(who).get(page).status_code == 404
    assert sign_in("zoe").post(f"{HOME}{house.client.pk}/etat", {}).status_code == 404
    assert sign_in("claire").get(HOME).status_code == 404
