"""An account opens with a link and a code that travelled apart, once."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.utils import timezone

from liane.accounts import services
from liane.accounts.models import Invitation, User
from liane.accounts.services import Invited
from liane.core.errors import Refused
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "trois pommes bleues"


@pytest.fixture
def invited() -> Invited:
    user = make.practice("paul", name="Paul Lafitte").professional.user
    assert user is not None
    return services.invite(user, invited_by="Hélène Marsan", on_behalf_of="SAAD des Pins")


def with_code(invited: Invited) -> Client:
    client = Client()
    client.post(invited.path, {"code": invited.code})
    return client


def set_up(client: Client, **change: str):
    client.get("/invitation/mot-de-passe/")
    secret = client.session["mfa.totp.secret"]
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time())))
    )
    data = {"password": PASSWORD, "again": PASSWORD, "code": code, **change}
    return client.post("/invitation/mot-de-passe/", data)


def test_the_link_says_who_invites(invited):
    page = Client().get(invited.path).content.decode()
    assert "Hélène Marsan" in page
    assert "SAAD des Pins" in page


def test_the_link_alone_opens_nothing(invited):
    client = Client()
    client.get(invited.path)
    assert client.get("/invitation/choisir/").status_code == 410
    assert client.get("/invitation/mot-de-passe/").status_code == 410


def test_password_and_codes_open_the_account(invited):
    client = with_code(invited)
    assert set_up(client).url == "/parametres/securite/secours/"
    page = client.get("/parametres/securite/secours/")
    assert page.status_code == 200
    user = User.objects.get(username="paul")
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).count() == 1
    assert client.get("/parametres/").status_code == 200


def test_a_passkey_ceremony_is_prepared(invited):
    page = with_code(invited).get("/invitation/choisir/")
    assert page.status_code == 200
    assert page.context["js_data"]["creation_options"]["publicKey"]["rp"]["name"] == "Liane"


@pytest.mark.parametrize(
    "change",
    [
        {"again": "autre chose du tout"},
        {"code": "000000"},
        {"password": "court", "again": "court"},
    ],
)
def test_a_mistake_opens_nothing_and_can_be_mended(invited, change):
    client = with_code(invited)
    assert set_up(client, **change).status_code == 422
    assert "_auth_user_id" not in client.session
    assert set_up(client).status_code == 302


def test_a_link_serves_once(invited):
    late = with_code(invited)
    set_up(with_code(invited))
    assert late.get("/invitation/mot-de-passe/").status_code == 410
    assert Client().get(invited.path).status_code == 410


def test_five_wrong_codes_close_the_link(invited):
    client = Client()
    for _ in range(5):
        client.post(invited.path, {"code": "123"})
    assert client.post(invited.path, {"code": invited.code}).status_code == 410


def test_a_link_grows_old(invited):
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(minutes=1))
    assert Client().get(invited.path).status_code == 410


def test_a_link_of_ours_for_somebody_else_is_not_this_one(invited):
    other = services.invite(make.user("marie"), invited_by="Hélène")
    mixed = f"/invitation/{invited.invitation.pk}/{other.path.split('/')[3]}/"
    assert Client().get(mixed).status_code == 410


def test_a_new_invitation_replaces_the_one_before(invited):
    services.invite(User.objects.get(username="paul"), invited_by="Hélène")
    assert Client().get(invited.path).status_code == 410


def test_an_open_account_is_not_invited_again(invited):
    set_up(with_code(invited))
    with pytest.raises(Refused):
        services.invite(User.objects.get(username="paul"), invited_by="Hélène")
