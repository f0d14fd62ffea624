"""SMART Backend Services: an application's own key, for its organisation."""

import time
from typing import Any

import pytest
from django.core.cache import cache

from liane.clients import services
from liane.clients.models import Client
from liane.clients.oauth import jwks
from liane.clients.tests.conftest import House, registered
from liane.clients.tests.oauth import assertion, machine, pair
from liane.core import acting
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def calm() -> None:
    cache.clear()


@pytest.fixture(params=["EC", "RSA"])
def keyed(request: pytest.FixtureRequest, house: House) -> tuple[Client, Any]:
    key, public = pair(request.param)
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, public, "")
    return house.client, key


def test_its_key_gives_five_minutes_within_what_was_granted(keyed: Any, call: Any) -> None:
    client, key = keyed
    answer = machine(assertion(key, client.pk), "system/*.cruds user/*.rs openid")
    said = answer.json()
    assert answer.status_code == 200, said
    assert answer["Cache-Control"] == "no-store"
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("Bearer", 300, "system/*.rs")
    assert "refresh_token" not in said
    caller = call(said["access_token"])
    assert caller.actor.organisation_id == client.organisation_id


def test_an_assertion_serves_once(keyed: Any) -> None:
    client, key = keyed
    text = assertion(key, client.pk)
    assert machine(text).status_code == 200
    again = machine(text)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example/token"},
        {"exp": -120},
        {"exp": 3600},
        {"exp": None},
        {"exp": "soon"},
        {"jti": None},
        {"jti": 12},
        {"iss": "somebody"},
        {"sub": None},
        {"sub": 12},
        {"nbf": 600},
    ],
    ids=str,
)
def test_an_assertion_that_is_wrong_is_refused(house: House, changed: dict[str, Any]) -> None:
    """Times are seconds from now."""
    now = int(time.time())
    changed = {
        name: now + one if name in {"exp", "nbf"} and isinstance(one, int) else one
        for name, one in changed.items()
    }
    key, public = pair()
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, public, "")
    answer = machine(assertion(key, house.client.pk, **changed))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client"


def test_clocks_may_differ_by_a_minute(house: House) -> None:
    key, public = pair()
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, public, "")
    assert machine(assertion(key, house.client.pk, exp=int(time.time()) - 30)).status_code == 200


def test_another_key_another_algorithm_or_no_signature_are_refused(house: House) -> None:
    key, public = pair("RSA")
    stranger, _ = pair("RSA")
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, public, "")
    unsigned = "eyJhbGciOiJub25lIn0." + assertion(key, house.client.pk).split(".")[1] + "."
    weak = assertion(key, house.client.pk, alg="RS256")
    for text in (assertion(stranger, house.client.pk), weak, unsigned, "x", "a.b.c", ""):
        assert machine(text).status_code in {400, 401}, text


def test_the_key_of_one_application_says_nothing_of_another(house: House) -> None:
    key, public = pair()
    other = registered(house.place, "Autre")
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, public, "")
    assert machine(assertion(key, other.pk)).status_code == 400


def test_suspended_it_gets_nothing(keyed: Any) -> None:
    client, key = keyed
    with acting.acting(acting.system("test")):
        services.move(client, "suspended", "doute")
    assert machine(assertion(key, client.pk)).status_code == 400


@pytest.mark.parametrize("scope", ["", "user/*.rs", "openid", "system/Patient.cud", "nonsense"])
def test_what_was_not_granted_is_an_invalid_scope(house: House, scope: str) -> None:
    key, public = pair()
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, public, "")
    answer = machine(assertion(key, house.client.pk), scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_secret_does_not_do_for_a_machine(house: House) -> None:
    from base64 import b64encode

    from django.test import Client as Browser

    basic = b64encode(f"{house.client.pk}:secret".encode()).decode()
    answer = Browser().post(
        "/oauth/token",
        {"grant_type": "client_credentials", "scope": "system/*.rs"},
        headers={"Authorization": f"Basic {basic}"},
    )
    assert answer.json()["error"] == "invalid_client"


def test_too_many_failures_and_one_waits(house: House) -> None:
    answers = [machine("x").status_code for _ in range(31)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {400}


# ------------------------------------------------------------------ keys by address
def test_keys_at_an_address_are_kept_and_fetched_again_for_a_new_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, public = pair()
    new, later = pair()
    served, asked = [public], []

    def fetch(url: str) -> Any:
        asked.append(url)
        return served[0]

    monkeypatch.setattr(jwks, "fetch", fetch)
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, None, "https://app.example/jwks")
    assert machine(assertion(old, house.client.pk)).status_code == 200
    assert machine(assertion(old, house.client.pk)).status_code == 200
    assert len(asked) == 1
    served[0] = later
    assert machine(assertion(new, house.client.pk)).status_code == 200
    assert len(asked) == 2
    assert machine(assertion(old, house.client.pk)).status_code == 400
    assert len(asked) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/jwks", "https://127.0.0.1/jwks", "https://localhost/jwks",
        "https://[::1]/jwks", "https://10.0.0.8/jwks", "https://169.254.169.254/latest",
        "https://user:pw@127.0.0.1/", "ftp://app.example/", "https://0x7f000001/", "https://",
        "https://[::ffff:127.0.0.1]/", "https://127.0.0.1:99999/",
    ],
)  # fmt: skip
def test_no_call_goes_to_a_private_network(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(jwks.socket, "create_connection", connect)
    with pytest.raises(jwks.KeysUnavailable):
        jwks.fetch(url)


def test_an_address_that_does_not_answer_is_a_clear_refusal(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = pair()
    with acting.acting(acting.system("test")):
        services.set_keys(house.client, None, "https://127.0.0.1/jwks")
    answer = machine(assertion(key, house.client.pk))
    assert answer.status_code == 400
    assert "private network" in answer.json()["error_description"]


def test_machines_of_the_same_house_may_introspect_and_others_not(keyed: Any, call: Any) -> None:
    from django.test import Client as Browser

    client, key = keyed
    stranger_key, public = pair()
    stranger = registered(make.organisation("Ailleurs", "msp"), "Espion")
    with acting.acting(acting.system("test")):
        services.set_keys(stranger, public, "")
    text = machine(assertion(key, client.pk)).json()["access_token"]

    def ask(who: Any, with_key: Any) -> Any:
        return Browser().post(
            "/oauth/introspect",
            {"token": text, "client_assertion": assertion(with_key, who.pk),
             "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
        )  # fmt: skip

    ours = ask(client, key).json()
    assert (ours["active"], ours["scope"]) == (True, "system/*.rs")
    assert ours["client_id"] == str(client.pk)
    assert ask(stranger, stranger_key).json() == {"active": False}
    assert Browser().post("/oauth/introspect", {"token": text}).status_code == 401
