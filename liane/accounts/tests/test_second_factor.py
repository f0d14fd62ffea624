"""A password alone opens nothing, wherever it knocks."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from liane.accounts.models import User
from liane.core.checks import patterns
from liane.core.routes import Policy, policy_of
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "trois pommes bleues"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def claire() -> User:
    practice = make.practice("claire", name="Claire Aubert")
    user = practice.professional.user
    assert user is not None
    user.set_password(PASSWORD)
    user.save()
    return user


def with_codes(user: User) -> User:
    totp.TOTP.activate(user, SECRET)
    return user


def code() -> str:
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(SECRET, counter))


def sign_in(client: Client, password: str = PASSWORD):
    return client.post("/connexion", {"login": "claire", "password": password})


CLOSED = {Policy.SIGNED_IN, Policy.PROFESSIONAL, Policy.PORTAL, Policy.OPERATOR}


def sample_paths() -> list[str]:
    """Every address without a parameter that asks for somebody signed in."""
    return sorted(
        f"/{route}"
        for route, view in patterns()
        if "<" not in route and "^" not in route and policy_of(view) in CLOSED
    )


def test_there_are_addresses_to_try():
    assert {"/", "/parametres/"} <= set(sample_paths())


def test_a_right_password_without_second_factor_signs_nobody_in(claire):
    client = Client()
    answer = sign_in(client)
    assert answer.url == reverse("account_login")
    assert "_auth_user_id" not in client.session
    assert "second facteur" in client.get("/connexion").content.decode()


def test_after_the_password_nothing_opens_until_the_code(claire):
    with_codes(claire)
    client = Client()
    assert sign_in(client).url == reverse("mfa_authenticate")
    for path in sample_paths():
        answer = client.get(path)
        assert answer.status_code in {302, 404, 405}, path
        if answer.status_code == 302:
            assert answer.url.startswith("/connexion"), path


def test_password_then_code_opens_the_house(claire):
    with_codes(claire)
    client = Client()
    sign_in(client)
    answer = client.post(reverse("mfa_authenticate"), {"code": code()})
    assert answer.status_code == 302
    assert client.get("/parametres/").status_code == 200


def test_a_code_serves_once(claire):
    with_codes(claire)
    first, second = Client(), Client()
    spent = code()
    sign_in(first)
    first.post(reverse("mfa_authenticate"), {"code": spent})
    sign_in(second)
    assert second.post(reverse("mfa_authenticate"), {"code": spent}).status_code == 200
    assert "_auth_user_id" not in second.session


def test_a_recovery_code_replaces_the_second_factor_once(claire):
    with_codes(claire)
    spare = RecoveryCodes.activate(claire).get_unused_codes()[0]
    client = Client()
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": spare})
    assert client.get("/parametres/").status_code == 200
    again = Client()
    sign_in(again)
    again.post(reverse("mfa_authenticate"), {"code": spare})
    assert "_auth_user_id" not in again.session


def test_a_session_without_second_factor_is_ended_at_every_address(claire):
    for path in sample_paths():
        client = Client()
        client.force_login(claire, backend="liane.accounts.backend.AccountBackend")
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, "/connexion"), path
        assert "_auth_user_id" not in client.session


def test_proof_given_by_another_account_does_not_count(claire, sign_in):
    make.practice("paul")
    client = sign_in("paul")
    session = client.session
    session["_auth_user_id"] = str(claire.pk)
    session["_auth_user_hash"] = claire.get_session_auth_hash()
    session.save()
    assert client.get("/parametres/").url == "/connexion"


def test_five_wrong_passwords_close_the_door_for_a_while(claire):
    with_codes(claire)
    client = Client()
    for _ in range(5):
        sign_in(client, "pas le bon")
    sign_in(client)
    assert "_auth_user_id" not in client.session
    assert "account_authentication_methods" not in client.session


def test_a_closed_account_is_out_at_its_next_request(claire, sign_in):
    client = sign_in("claire")
    assert client.get("/parametres/").status_code == 200
    User.objects.filter(pk=claire.pk).update(is_active=False)
    assert client.get("/parametres/").url.startswith("/connexion")


@pytest.mark.parametrize("path", ["/accounts/signup/", "/inscription", "/connexion/inscription"])
def test_nobody_registers_alone(path):
    assert Client().get(path).status_code == 404


def test_the_secret_of_the_codes_is_sealed(claire):
    with_codes(claire)
    kept = Authenticator.objects.get(user=claire, type=Authenticator.Type.TOTP)
    assert SECRET not in str(kept.data)


def test_the_last_second_factor_stays(claire, sign_in):
    with_codes(claire)
    client = sign_in("claire")
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=claire, type=Authenticator.Type.TOTP).exists()


def test_the_last_passkey_stays(claire, sign_in):
    key = Authenticator.objects.create(
        user=claire, type=Authenticator.Type.WEBAUTHN, data={"name": "x", "credential": {}}
    )
    client = sign_in("claire")
    client.post(reverse("mfa_remove_webauthn", kwargs={"pk": key.pk}))
    assert Authenticator.objects.filter(pk=key.pk).exists()
