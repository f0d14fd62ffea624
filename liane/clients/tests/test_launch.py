"""SMART App Launch 2: a user agrees, the application gets what was agreed, and no more."""

import datetime as dt
import re
from base64 import b64encode
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from liane.circle.compile import compile_grants
from liane.clients import secrets, services
from liane.clients.access import Unauthorized
from liane.clients.models import AuthorizationCode, Client, LaunchContext
from liane.clients.tests.conftest import House, registered
from liane.clients.tests.oauth import BACK, came_back, exchange, question
from liane.core import acting
from liane.core.models import AccessRow
from liane.patients import search
from tests import factories as make

pytestmark = pytest.mark.django_db
WANTS = "openid fhirUser profile launch launch/patient offline_access patient/*.rs user/*.rs"


@pytest.fixture(autouse=True)
def calm() -> None:
    cache.clear()


@pytest.fixture
def app(house: House) -> Client:
    make.practice("claire", of=house.place, name="Claire Duval")
    return registered(house.place, "Carnet", WANTS, kind="public", redirect_uris=BACK,
                      launch_url="https://app.example/lancer")  # fmt: skip


def allow(browser: Any, app: Client, scope: str = WANTS, person: Any = "", **more: str) -> Any:
    said = {"decision": "allow"} | ({"person": str(person)} if person else {})
    return browser.post(question(app.pk, scope, **more), said)


def agreed(browser: Any, app: Client, scope: str, person: Any = "", **more: str) -> dict[str, Any]:
    code = came_back(allow(browser, app, scope, person, **more))["code"]
    answer = exchange(app.pk, code)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def offered(answer: Any) -> str:
    """The link by which the application opens."""
    found = re.search(r'href="(https://app\.example/lancer[^"]+)"', answer.content.decode())
    assert found is not None
    return unescape(found[1])


def test_the_page_says_who_reads_what_for_whom_and_who_vouches(
    app: Client, house: House, sign_in: Any
) -> None:
    page = sign_in("claire").get(question(app.pk, "patient/Observation.rs launch/patient"))
    text = page.content.decode()
    for words in ("Autoriser Carnet ?", "MSP de l’Adour", "données cliniques", "Pendant une heure"):
        assert words in text
    assert "form-action 'self' https://app.example" in page["Content-Security-Policy"]
    assert AuthorizationCode.objects.count() == 0


def test_the_person_is_searched_within_reach_alone(app: Client, house: House, sign_in: Any) -> None:
    for person in (house.odette, make.patient("LABORDE", "Odile", used_name="")):
        with acting.owner():
            search.reindex(person)
            person.save()
    page = sign_in("claire").post(question(app.pk, WANTS), {"q": "laborde"})
    text = page.content.decode()
    assert str(house.odette.pk) in text
    assert text.count('name="person"') == 1


def test_standalone_launch_from_agreement_to_tokens(
    app: Client, house: House, sign_in: Any, call: Any
) -> None:
    scope = "openid fhirUser profile launch/patient offline_access patient/*.rs"
    back = came_back(allow(sign_in("claire"), app, scope, house.odette.pk, nonce="n-1"))
    assert back["state"] == "s-123"
    said = exchange(app.pk, back["code"]).json()
    assert said["patient"] == str(house.odette.pk)
    assert said["need_patient_banner"] is True
    assert set(said["scope"].split()) == set(scope.split())
    caller = call(said["access_token"])
    assert caller.patient_id == house.odette.pk
    assert caller.scopes.only_patient("Observation")
    assert caller.actor.role == "care"
    keys = KeySet.import_key_set(Browser().get("/oauth/jwks").json())
    identity = jwt.decode(said["id_token"], keys, algorithms=["RS256"]).claims
    assert (identity["aud"], identity["nonce"]) == (str(app.pk), "n-1")
    assert identity["iss"] == Browser().get("/.well-known/openid-configuration").json()["issuer"]
    assert identity["fhirUser"].split("/")[-2:-1] == ["Practitioner"]
    assert identity["name"] == "Claire Duval"
    row = AccessRow.objects.get(resource="application", action="write")
    assert (row.person_id, row.object_id) == (house.odette.pk, app.pk)


def test_a_code_serves_once_and_its_second_use_takes_everything_back(
    app: Client, house: House, sign_in: Any, call: Any
) -> None:
    code = came_back(allow(sign_in("claire"), app, "user/*.rs offline_access"))["code"]
    first = exchange(app.pk, code).json()
    call(first["access_token"])
    assert exchange(app.pk, code).json()["error"] == "invalid_grant"
    with pytest.raises(Unauthorized):
        call(first["access_token"])
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"],
             "client_id": str(app.pk)}  # fmt: skip
    assert Browser().post("/oauth/token", again).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "w" * 64}, {"code_verifier": ""}, {"redirect_uri": BACK + "/x"},
        {"redirect_uri": ""}, {"code": "x"}, {"client_id": ""},
    ],
    ids=str,
)  # fmt: skip
def test_an_exchange_that_is_not_the_same_is_refused(
    app: Client, house: House, sign_in: Any, changed: dict[str, str]
) -> None:
    code = came_back(allow(sign_in("claire"), app, "user/*.rs"))["code"]
    assert exchange(app.pk, code, **changed).status_code in {400, 401}


def test_a_code_lasts_a_minute(app: Client, house: House, sign_in: Any) -> None:
    code = came_back(allow(sign_in("claire"), app, "user/*.rs"))["code"]
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=61)):
        assert exchange(app.pk, code).json()["error"] == "invalid_grant"


def test_another_application_cannot_take_the_code(app: Client, house: House, sign_in: Any) -> None:
    other = registered(house.place, "Autre", WANTS, kind="public", redirect_uris=BACK)
    code = came_back(allow(sign_in("claire"), app, "user/*.rs"))["code"]
    assert exchange(other.pk, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
        ({"aud": ""}, "invalid_request"),
        ({"scope": "system/*.rs"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "access_denied"),
    ],
    ids=str,
)
def test_a_wrong_question_goes_back_with_its_error(
    app: Client, house: House, sign_in: Any, changed: dict[str, str], error: str
) -> None:
    scope = changed.pop("scope", "user/*.rs")
    back = came_back(sign_in("claire").get(question(app.pk, scope, **changed)))
    assert (back["error"], back["state"]) == (error, "s-123")
    changed["scope"] = scope


@pytest.mark.parametrize(
    "changed",
    [{"redirect_uri": "https://evil.example/"}, {"redirect_uri": ""}, {"client_id": "x"}],
    ids=str,
)
def test_no_answer_goes_to_an_address_that_is_not_registered(
    app: Client, house: House, sign_in: Any, changed: dict[str, str]
) -> None:
    answer = sign_in("claire").get(question(app.pk, "user/*.rs", **changed))
    assert answer.status_code == 400
    assert "Location" not in answer
    assert "ne peut pas s’ouvrir" in answer.content.decode()


def test_refusing_goes_back_without_a_code(app: Client, house: House, sign_in: Any) -> None:
    answer = sign_in("claire").post(question(app.pk, "user/*.rs"), {"decision": "deny"})
    assert came_back(answer)["error"] == "access_denied"
    assert AuthorizationCode.objects.count() == 0


def test_nobody_signed_in_signs_in_first(app: Client) -> None:
    answer = Browser().get(question(app.pk, "user/*.rs"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/connexion?next=/oauth/authorize")


def test_somebody_of_another_house_is_told_so(app: Client, sign_in: Any) -> None:
    make.practice("zoe", of=make.organisation("Ailleurs", "msp"))
    answer = sign_in("zoe").get(question(app.pk, "user/*.rs"))
    assert answer.status_code == 403
    assert "agissez pour cette structure" in answer.content.decode()


def test_nobody_out_of_reach_can_be_chosen(app: Client, house: House, sign_in: Any) -> None:
    stranger = make.patient("SIMON", "Pierre")
    for person in (stranger.pk, "", "x"):
        answer = allow(sign_in("claire"), app, "launch/patient patient/*.rs", person)
        assert answer.status_code == 422
    assert AuthorizationCode.objects.count() == 0


def test_refresh_changes_the_token_and_a_stolen_one_closes_everything(
    app: Client, house: House, sign_in: Any, call: Any
) -> None:
    first = agreed(sign_in("claire"), app, "user/*.rs offline_access")

    def refresh(text: str, **more: str) -> Any:
        body = {"grant_type": "refresh_token", "refresh_token": text, "client_id": str(app.pk)}
        return Browser().post("/oauth/token", body | more)

    narrow = refresh(first["refresh_token"], scope="user/Patient.r").json()
    assert narrow["scope"] == "user/Patient.r"
    assert "refresh_token" not in narrow
    second = agreed(sign_in("claire"), app, "user/*.rs offline_access")
    third = refresh(second["refresh_token"]).json()
    call(third["access_token"])
    assert third["refresh_token"] != second["refresh_token"]
    assert refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    with pytest.raises(Unauthorized):
        call(third["access_token"])
    assert refresh(third["refresh_token"]).json()["error"] == "invalid_grant"


def test_without_offline_access_there_is_no_going_on(
    app: Client, house: House, sign_in: Any
) -> None:
    assert "refresh_token" not in agreed(sign_in("claire"), app, "user/*.rs")


def test_revocation_takes_the_whole_authorization(
    app: Client, house: House, sign_in: Any, call: Any
) -> None:
    said = agreed(sign_in("claire"), app, "user/*.rs offline_access")
    other = registered(house.place, "Autre", WANTS, kind="public", redirect_uris=BACK)
    for client, status in ((other, 400), (app, 200)):
        body = {"token": said["refresh_token"], "client_id": str(client.pk)}
        assert Browser().post("/oauth/revoke", body).status_code == status
        if client == other:
            call(said["access_token"])
    with pytest.raises(Unauthorized):
        call(said["access_token"])


def test_a_confidential_application_proves_itself_with_its_secret(
    house: House, sign_in: Any
) -> None:
    make.practice("claire", of=house.place)
    app = registered(house.place, "Web", WANTS, kind="confidential", redirect_uris=BACK)
    with acting.acting(acting.system("test")):
        secret = services.new_secret(app)
    browser = sign_in("claire")

    def take(password: str) -> Any:
        code = came_back(allow(browser, app, "user/*.rs"))["code"]
        basic = b64encode(f"{app.pk}:{password}".encode()).decode()
        return Browser().post(
            "/oauth/token",
            {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK,
             "code_verifier": "v" * 64},
            headers={"Authorization": f"Basic {basic}"},
        )  # fmt: skip

    assert take(secret).status_code == 200
    assert take("wrong").status_code == 401
    code = came_back(allow(browser, app, "user/*.rs"))["code"]
    assert exchange(app.pk, code).json()["error"] == "invalid_client"
    assert secrets.same(secret, app.secret_digest)
    assert secret not in str(list(Client.objects.values()))


def test_a_launch_from_a_record_carries_the_person_once(
    app: Client, house: House, sign_in: Any
) -> None:
    claire = sign_in("claire")
    record = claire.get(f"/personnes/{house.odette.pk}/").content.decode()
    address = f"/personnes/{house.odette.pk}/applications/{app.pk}/"
    assert address in record
    sent = claire.post(address)
    opened = urlsplit(offered(sent))
    assert f"{opened.scheme}://{opened.netloc}{opened.path}" == "https://app.example/lancer"
    assert str(house.odette.pk) not in opened.query
    launch = parse_qs(opened.query)["launch"][0]
    said = agreed(claire, app, "launch patient/*.rs", launch=launch)
    assert said["patient"] == str(house.odette.pk)
    again = claire.get(question(app.pk, "launch patient/*.rs", launch=launch))
    assert again.status_code == 403
    assert "plus valable" in again.content.decode()


def test_somebody_else_s_launch_opens_nothing(app: Client, house: House, sign_in: Any) -> None:
    make.practice("paul", of=house.place)
    address = f"/personnes/{house.odette.pk}/applications/{app.pk}/"
    sent = sign_in("claire").post(address)
    launch = parse_qs(urlsplit(offered(sent)).query)["launch"][0]
    answer = sign_in("paul").get(question(app.pk, "launch patient/*.rs", launch=launch))
    assert answer.status_code == 403


def test_no_launch_about_somebody_out_of_reach(app: Client, sign_in: Any) -> None:
    stranger = make.patient("SIMON", "Pierre")
    answer = sign_in("claire").post(f"/personnes/{stranger.pk}/applications/{app.pk}/")
    assert answer.status_code == 404
    assert LaunchContext.objects.count() == 0


def test_a_person_opens_an_application_on_their_own_record(
    app: Client, house: House, sign_in: Any, call: Any
) -> None:
    house.odette.user = make.user("odette")
    with acting.owner():
        house.odette.save()
        compile_grants(house.odette.pk)
    said = agreed(sign_in("odette"), app, "openid fhirUser launch/patient patient/*.rs")
    assert said["patient"] == str(house.odette.pk)
    assert call(said["access_token"]).actor.role == "person"


def test_discovery_says_what_is_true() -> None:
    for path in ("/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"):
        said = Browser().get(path, headers={"Origin": "https://app.example"})
        assert said["Access-Control-Allow-Origin"] == "*"
        body = said.json()
        assert body["code_challenge_methods_supported"] == ["S256"]
        assert "private_key_jwt" in body["token_endpoint_auth_methods_supported"]
        for name in ("authorization", "token", "introspection", "revocation"):
            path = urlsplit(body[f"{name}_endpoint"]).path
            assert Browser().post(path).status_code in {302, 400, 401}


def test_browsers_of_elsewhere_may_ask_and_carry_no_cookie() -> None:
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    answer = Browser().options("/oauth/token", headers=headers)
    assert answer.status_code == 204
    assert "Access-Control-Allow-Credentials" not in answer
    fhir = Browser().get("/fhir/Patient", headers={"Origin": "https://app.example"})
    assert (fhir.status_code, fhir["Access-Control-Allow-Origin"]) == (401, "*")
    said = Browser().get("/fhir/metadata", headers={"Accept": "application/json"}).json()
    assert said["rest"][0]["security"]["cors"] is True
    page = Browser().get("/connexion", headers={"Origin": "https://app.example"})
    assert "Access-Control-Allow-Origin" not in page
