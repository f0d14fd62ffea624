"""Signing in with Pro Santé Connect and FranceConnect, against a stand-in with their claims."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from django.test import Client
from joserfc.jwk import RSAKey

from liane.accounts.models import User
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.directory.models import Professional
from liane.federation.claims import pro_of, rpps_of
from liane.federation.models import FederatedIdentity
from liane.federation.providers import app
from liane.patients.models import Patient
from tests import factories as make
from tests.serving import serving
from tests.system.oidc_provider import ID, PEOPLE, SECRET, Provider, citizen, professional

pytestmark = pytest.mark.django_db
MSP, SSIAD = "400011177", "400022288"


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None


@pytest.fixture
def server(settings: Any) -> Iterator[Provider]:
    """The stand-in, and an installation that is registered with it."""
    made = Provider()
    app.cache_clear()
    for name, kind in (("PSC", "psc"), ("FC", "fc")):
        setattr(settings, f"LIANE_{name}_URL", made.discovery(kind))
        setattr(settings, f"LIANE_{name}_ID", ID)
        setattr(settings, f"LIANE_{name}_SECRET", SECRET)
    PEOPLE.clear()
    with serving(made):
        yield made


@pytest.fixture
def claire() -> Any:
    place = make.organisation("MSP de l’Adour", "msp", finess=MSP)
    practice = make.practice("claire", of=place, name="Claire Duval")
    Professional.objects.filter(pk=practice.professional_id).update(rpps="99700427885")
    PEOPLE["claire"] = professional("899700427885", "DUVAL", "CLAIRE", [MSP])
    return practice


def location(url: str) -> str:
    """Where the provider sends the browser next."""
    from urllib.error import HTTPError

    try:
        build_opener(_Stay).open(url, timeout=5)
    except HTTPError as answer:
        return str(answer.headers["Location"])
    raise AssertionError(f"{url} sent nowhere")


def come(
    path: str, login: str, browser: Client | None = None, after: str = ""
) -> tuple[Client, Any]:
    """Go to the provider, be ``login`` there, and come back."""
    browser = browser or Client()
    sent = browser.get(f"/connexion/{path}", {"next": after} if after else {})
    assert sent.status_code == 302, sent.content
    chosen = sent["Location"].replace("/wallet/auth?", "/chosen?") + f"&login={login}"
    back = location(chosen)
    return browser, browser.get(back.split("localhost:8000", 1)[1])


def who(browser: Client) -> str:
    return User.objects.get(pk=browser.session["_auth_user_id"]).username


def test_nothing_is_shown_nor_answered_when_nothing_is_configured() -> None:
    page = Client().get("/connexion").content.decode()
    assert "Pro Santé Connect" not in page
    assert Client().get("/connexion/pro-sante-connect").status_code == 404
    assert Client().get("/connexion/pro-sante-connect/retour").status_code == 404


def test_the_page_of_sign_in_offers_what_is_configured(server: Provider) -> None:
    page = Client().get("/connexion?next=/agenda/").content.decode()
    assert "/connexion/pro-sante-connect?next=/agenda/" in page
    assert "/connexion/franceconnect" in page


def test_a_professional_enters_by_their_rpps(server: Provider, claire: Any) -> None:
    browser, answer = come("pro-sante-connect", "claire", after="/agenda/")
    assert answer["Location"] == "/agenda/"
    assert who(browser) == "claire"
    page = browser.get("/agenda/")
    assert page.status_code == 200
    assert page.wsgi_request.seat.key == f"practice:{claire.pk}"


def test_nobody_is_sent_elsewhere_afterwards(server: Provider, claire: Any) -> None:
    _, answer = come("pro-sante-connect", "claire", after="https://evil.example/")
    assert answer["Location"] == "/"


def test_with_several_places_one_chooses_and_the_declared_one_comes_first(
    server: Provider, claire: Any
) -> None:
    ssiad = make.organisation("SSIAD de l’Adour", "ssiad", finess=SSIAD)
    make.practice("claire", of=ssiad)
    PEOPLE["claire"] = professional("899700427885", "DUVAL", "CLAIRE", [SSIAD])
    browser, answer = come("pro-sante-connect", "claire", after="/agenda/")
    assert answer["Location"] == "/connexion/place"
    page = browser.get("/connexion/place").content.decode()
    assert page.index("SSIAD de l’Adour") < page.index("MSP de l’Adour")
    assert page.count("déclarée à Pro Santé Connect") == 1
    seat = re.findall(r'name="seat" value="([^"]+)"', page)[0]
    sent = browser.post("/compte/agir-pour", {"seat": seat, "next": "/agenda/"})
    assert sent["Location"] == "/agenda/"
    assert browser.get("/agenda/").wsgi_request.seat.organisation_id == ssiad.pk


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SubjectNameID": "899700000001", "preferred_username": "899700000001", "otherIds": []},
         "n’est pas connu ici"),
        ({"SubjectRefPro": None}, "pas comme professionnel"),
        ({"SubjectRefPro": {"exercices": []}}, "pas comme professionnel"),
        ({"acr": "eidas0"}, "niveau trop faible"),
        ({"acr": None}, "niveau trop faible"),
    ],
    ids=["unknown", "no file", "no practice", "weak", "no acr"],
)  # fmt: skip
def test_who_may_not_enter_is_told_why(
    server: Provider, claire: Any, change: dict[str, Any], words: str
) -> None:
    PEOPLE["claire"] |= change
    accounts = User.objects.count()
    browser, answer = come("pro-sante-connect", "claire")
    assert answer.status_code in {403, 502}
    assert words in answer.content.decode()
    assert "_auth_user_id" not in browser.session
    assert User.objects.count() == accounts


def test_a_closed_account_and_a_left_place_stay_closed(server: Provider, claire: Any) -> None:
    claire.ended_on = dt.date(2020, 1, 1)
    claire.save()
    browser, answer = come("pro-sante-connect", "claire")
    assert "aucune structure" in answer.content.decode()
    User.objects.filter(username="claire").update(is_active=False)
    browser, answer = come("pro-sante-connect", "claire")
    assert "Votre compte est fermé" in answer.content.decode()
    assert "_auth_user_id" not in browser.session


def test_a_professional_whom_a_structure_counts_in_gets_their_account(
    server: Provider, claire: Any
) -> None:
    Professional.objects.filter(rpps="99700427885").update(user=None)
    browser, _ = come("pro-sante-connect", "claire")
    account = Professional.objects.get(rpps="99700427885").user
    assert account is not None
    assert who(browser) == account.username
    assert not account.has_usable_password()
    again, _ = come("pro-sante-connect", "claire")
    assert who(again) == account.username


@pytest.mark.parametrize(
    "spoils",
    [
        {"id_token": {"nonce": "another"}}, {"id_token": {"aud": "another"}},
        {"id_token": {"iss": "https://another.example"}}, {"id_token": {"exp": 1}},
        {"key": RSAKey.generate_key(2048)}, {"userinfo": {"sub": "somebody else"}},
    ],
    ids=["nonce", "aud", "iss", "exp", "signature", "sub"],
)  # fmt: skip
def test_an_answer_that_was_tampered_with_opens_nothing(
    server: Provider, claire: Any, spoils: dict[str, Any]
) -> None:
    server.spoils = spoils
    browser, answer = come("pro-sante-connect", "claire")
    assert answer.status_code == 502
    assert "_auth_user_id" not in browser.session


def test_an_answer_that_nobody_asked_for_opens_nothing(server: Provider, claire: Any) -> None:
    victim = Client()
    sent = Client().get("/connexion/pro-sante-connect")
    chosen = sent["Location"].replace("/wallet/auth?", "/chosen?") + "&login=claire"
    back = location(chosen).split("localhost:8000", 1)[1]
    assert victim.get(back).status_code == 502
    assert victim.get("/connexion/pro-sante-connect/retour").status_code == 502
    assert "_auth_user_id" not in victim.session


def test_a_provider_that_does_not_answer_is_said(server: Provider, settings: Any) -> None:
    settings.LIANE_PSC_URL = "http://127.0.0.1:9/none"
    answer = Client().get("/connexion/pro-sante-connect")
    assert answer.status_code == 502
    assert "n’a pas confirmé" in answer.content.decode()


def test_giving_up_leads_back_to_sign_in(server: Provider) -> None:
    answer = Client().get("/connexion/pro-sante-connect/retour?error=access_denied&state=x")
    assert answer["Location"] == "/connexion"


def test_signing_out_closes_the_provider_s_session_too(server: Provider, claire: Any) -> None:
    browser, _ = come("pro-sante-connect", "claire")
    sent = browser.post("/deconnexion")
    assert sent["Location"] == "/connexion/sortie"
    assert "_auth_user_id" not in browser.session
    page = browser.get("/connexion/sortie")
    address = page["Refresh"].split("url=", 1)[1]
    assert location(address).startswith("http://localhost:8000/connexion")
    assert server.left[0]["id_token_hint"].count(".") == 2
    assert browser.get("/connexion/sortie")["Location"] == "/connexion"


def test_who_came_otherwise_signs_out_as_ever(claire: Any, sign_in: Any) -> None:
    assert sign_in("claire").post("/deconnexion")["Location"] == "/connexion"


# ------------------------------------------------------------------ FranceConnect
@pytest.fixture
def odette() -> Patient:
    PEOPLE["odette"] = citizen("LABORDE", "Odette Marie", "1941-03-07", "female", "40088")
    return make.patient(birth_place="40088")


def test_a_person_enters_on_their_own_record(server: Provider, odette: Patient) -> None:
    PEOPLE["odette"] = citizen("LABORDE", "Odette Marie", "1941-03-07", "female", "40088")
    browser, answer = come("franceconnect", "odette")
    assert answer["Location"] == "/"
    assert browser.get("/").wsgi_request.seat.key == f"person:{odette.pk}"
    assert AccessRow.objects.filter(person_id=odette.pk, resource="account").count() == 1
    first = who(browser)
    again, _ = come("franceconnect", "odette")
    assert who(again) == first
    assert FederatedIdentity.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"birthplace": "40192"}, {"birthdate": "1941-03-08"}, {"birthdate": "1941-00-00"},
        {"family_name": "LABORD"}, {"given_name_array": ["Odile"]}, {"gender": "male"},
        {"birthplace": ""}, {"gender": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_pivot_identity_that_differs_opens_no_record(
    server: Provider, odette: Patient, change: dict[str, Any]
) -> None:
    PEOPLE["odette"] |= change
    browser, answer = come("franceconnect", "odette")
    assert answer.status_code == 403
    assert "Aucun dossier" in answer.content.decode()
    assert "_auth_user_id" not in browser.session


def test_two_records_or_a_known_namesake_open_nothing(server: Provider, odette: Patient) -> None:
    twin = make.patient(birth_place="40088")
    _, answer = come("franceconnect", "odette")
    assert "Plusieurs dossiers" in answer.content.decode()
    with owner():
        Patient.objects.filter(pk=twin.pk).update(birth_place="40192")
        Patient.objects.filter(pk=odette.pk).update(twin_warning=True)
    _, answer = come("franceconnect", "odette")
    assert "Plusieurs dossiers" in answer.content.decode()


def test_one_factor_is_not_enough_for_a_person(server: Provider, odette: Patient) -> None:
    PEOPLE["odette"]["acr"] = "eidas1"
    _, answer = come("franceconnect", "odette")
    assert "niveau trop faible" in answer.content.decode()


def test_national_numbers_are_read_as_they_are_written() -> None:
    assert rpps_of("899700427885") == "99700427885"
    assert rpps_of("99700427885") == "99700427885"
    for other in ("ANS20230620151133", "0123456789", None, "", 12):
        assert rpps_of(other) is None
    claims = professional("899700427885", "DUVAL", "CLAIRE", [MSP, SSIAD])
    found = pro_of(claims)
    assert found is not None
    assert found.places == {MSP, SSIAD}
    for broken in ({}, {"SubjectRefPro": "x"}, {"SubjectRefPro": {"exercices": "x"}},
                   claims | {"SubjectRefPro": {"exercices": [None]}}):  # fmt: skip
        assert pro_of(broken) is None
