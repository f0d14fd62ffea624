"""Nothing that a client sends makes the server fail, and nothing but a token opens anything."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from liane.clients import services
from liane.clients.tests.conftest import House, registered, token
from liane.clients.tests.oauth import BACK
from liane.core import acting
from liane.core.models import AccessRow
from tests import factories as make

pytestmark = pytest.mark.django_db
NAMES = [
    "grant_type", "code", "client_id", "client_secret", "redirect_uri", "scope", "refresh_token",
    "client_assertion", "client_assertion_type", "token", "token_type_hint", "response_type",
    "code_challenge", "code_challenge_method", "state", "aud", "launch", "prompt", "nonce",
]  # fmt: skip
KNOWN = [
    "authorization_code", "refresh_token", "client_credentials", "code", "S256", "none", "é\x00\"",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "eyJhbGciOiJIUzI1NiJ9.e30.x",
    "eyJhbGciOiLDqSJ9.eyJzdWIiOiJ4In0.", "https://app.example/retour", "openid user/*.rs", "[]",
]  # fmt: skip
values = st.sampled_from(KNOWN) | st.text(max_size=30)
forms = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
ADDRESSES = ["/oauth/token", "/oauth/introspect", "/oauth/revoke"]


@rules(max_examples=150, suppress_health_check=SHARED)
@given(form=forms, address=st.sampled_from(ADDRESSES), header=values)
def test_no_form_makes_a_token_address_fail(
    db: None, form: dict[str, str], address: str, header: str
) -> None:
    cache.clear()
    browser = Browser(raise_request_exception=False)
    sent = header.encode("ascii", "ignore").decode().replace("\n", "").replace("\r", "")
    answer = browser.post(address, form, headers={"Authorization": f"Basic {sent}"})
    assert 400 <= answer.status_code < 500


@pytest.fixture
def asker(house: House, sign_in: Any) -> tuple[str, Any]:
    make.practice("claire", of=house.place)
    app = registered(house.place, "Carnet", "openid user/*.rs", kind="public", redirect_uris=BACK)
    browser = sign_in("claire")
    browser.raise_request_exception = False
    return str(app.pk), browser


@rules(max_examples=60, suppress_health_check=SHARED)
@given(form=forms)
def test_no_question_makes_the_page_of_agreement_fail(
    asker: tuple[str, Any], form: dict[str, str]
) -> None:
    client_id, browser = asker
    said = {"client_id": client_id, "response_type": "code"} | form
    assert browser.get("/oauth/authorize", said).status_code < 500


def test_a_token_opens_no_page(house: House) -> None:
    """A page wants a session: a bearer token there means nothing."""
    headers = {"Authorization": f"Bearer {token(house.client)}"}
    for path in (f"/personnes/{house.odette.pk}/", "/personnes/", "/messages/", "/parametres/"):
        answer = Browser().get(path, headers=headers)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/connexion")


def test_a_session_opens_nothing_of_the_interface(house: House, sign_in: Any) -> None:
    """Its addresses ask for a token: whoever is signed in is nobody there."""
    make.practice("claire", of=house.place)
    browser = sign_in("claire")
    assert browser.get(f"/personnes/{house.odette.pk}/").status_code == 200
    for path in ("/fhir/Patient", f"/fhir/Patient/{house.odette.pk}"):
        answer = browser.get(path)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert "LABORDE" not in answer.content.decode()


def test_on_fhir_each_token_reads_its_own_reach_and_scopes(house: House) -> None:
    """Another house, a scope not granted, a revoked application: nothing of Odette."""
    elsewhere = registered(make.organisation("Ailleurs", "msp"))
    narrow = registered(house.place, "Étroit", "system/Practitioner.rs")
    gone = registered(house.place, "Partie")
    texts = [token(elsewhere), token(narrow), token(gone)]
    with acting.acting(acting.system("test")):
        services.move(gone, "revoked", "partie")
    path = f"/fhir/Patient/{house.odette.pk}"
    expected = {token(house.client): 200, texts[0]: 404, texts[1]: 403, texts[2]: 401}
    for text, status in expected.items():
        answer = Browser().get(path, headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == status
        assert ("LABORDE" in answer.content.decode()) is (status == 200)
    row = AccessRow.objects.filter(person_id=house.odette.pk).latest("id")
    assert (row.actor_label, row.channel, row.role) == ("Logiciel", "api", "api_client")
