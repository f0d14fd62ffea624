"""A newcomer opens an account with a link, a spoken code and a passkey, then signs in with it."""

import itertools
import re

import pytest
from playwright.sync_api import Page

from liane.demo.names import ident
from tests.system.people import DESK, PHONE, Someone

_numbers = itertools.count(1)
MSP = f"/annuaire/structures/{ident('organisation', 'msp')}/"


def with_fingerprint(page: Page) -> None:
    """Give the browser a built-in authenticator whose user is always recognised."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def at_home(someone: Someone) -> Someone:
    """Passkeys need the name localhost, not an address."""
    someone.url = someone.url.replace("127.0.0.1", "localhost")
    return someone


@pytest.fixture
def invitation(visitor) -> tuple[str, str]:
    """Vincent, who directs the MSP, invites Paule: the link to send, the code to say."""
    vincent = at_home(visitor("vincent.castets", DESK)).opens(MSP)
    vincent.follows("Inviter quelqu’un").finds_it_accessible()
    vincent.page.locator("#id_given").fill("Paule")
    vincent.page.locator("#id_family").fill("Sarrade")
    vincent.page.locator("#id_email").fill(f"paule{next(_numbers)}@msp.example")
    vincent.page.locator("#id_role").select_option("secretary")
    vincent.presses("Préparer l’invitation").sees("par deux chemins").finds_it_accessible()
    text = vincent.main.inner_text()
    link = re.search(r"/invitation/\S+/", text)
    code = re.search(r"^\s*(\d{6})\s*$", text, re.M)
    assert link is not None
    assert code is not None
    return link.group(0), code.group(1)


def test_an_account_opens_with_a_passkey_and_signs_in_with_it(visitor, invitation):
    link, code = invitation
    paule = at_home(visitor(size=PHONE))
    with_fingerprint(paule.page)
    paule.opens(link).sees("Vincent Castets").finds_it_accessible()
    paule.writes("Code à 6 chiffres", code).presses("Continuer")
    paule.sees("Comment vous connecterez-vous ?").finds_it_accessible()
    paule.presses("Créer ma clé d’accès")
    paule.sees("Vos codes de secours").finds_it_accessible()
    paule.opens("/parametres/").sees("Ma clé d’accès").finds_it_accessible()

    paule.opens("/deconnexion").presses("Me déconnecter")
    paule.page.wait_for_url("**/connexion")
    paule.presses("Me connecter avec ma clé d’accès")
    paule.page.wait_for_url(lambda url: "/connexion" not in url)
    paule.opens("/parametres/").sees("Paule Sarrade")


def test_the_password_way_is_accessible_too(visitor, invitation):
    link, code = invitation
    paule = at_home(visitor(size=PHONE))
    paule.opens(link).writes("Code à 6 chiffres", code).presses("Continuer")
    paule.opens("/invitation/mot-de-passe/").finds_it_accessible()
