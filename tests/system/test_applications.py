"""Software of others: let in by a manager, opened by a user on a person whom they choose."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from tests.serving import serving
from tests.system.installation import Installation
from tests.system.people import DESK, PHONE, Someone
from tests.system.smart_app import App

HOME = "/parametres/applications/"


@pytest.fixture
def app() -> Iterator[App]:
    with serving(App()) as made:
        yield made


def lets_in(vincent: Someone, name: str, kind: str, **card: str) -> str:
    """The manager registers an application that reads identities; its identifier."""
    vincent.opens(HOME).follows("Autoriser une application")
    vincent.page.locator("#id_name").fill(name)
    vincent.page.locator(f'input[name="kind"][value="{kind}"]').check()
    for field, text in card.items():
        vincent.page.locator(f"#id_{field}").fill(text)
    vincent.finds_it_accessible().presses("Continuer")
    vincent.page.locator("#id_identity").select_option("read")
    vincent.page.locator("#id_agenda").select_option("read")
    vincent.finds_it_accessible().presses("Enregistrer")
    vincent.sees("Ce qu’elle peut faire").finds_it_accessible()
    return vincent.page.url.rstrip("/").split("/")[-1]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_manager_lets_in_limits_and_revokes(
    visitor: Callable[..., Someone], size: tuple[int, int]
) -> None:
    vincent = visitor("vincent.castets", size)
    name = f"Labo {size[0]}"
    lets_in(vincent, name, "backend")
    vincent.follows("Modifier")
    vincent.page.locator("#id_agenda").select_option("")
    vincent.presses("Enregistrer").sees("Ce qu’elle peut faire")
    vincent.opens(HOME).sees(name).finds_it_accessible().follows(name)
    vincent.page.get_by_label("Pourquoi").fill("contrat terminé")
    vincent.presses("Révoquer pour toujours").sees("contrat terminé").sees("révoquée")


def test_the_whole_standalone_launch(
    visitor: Callable[..., Someone], site: Installation, app: App
) -> None:
    vincent = visitor("vincent.castets", DESK)
    app.client_id = lets_in(
        vincent, "Carnet", "public", redirect_uris=f"{app.url}/retour",
        launch_url=f"{app.url}/lancer",
    )  # fmt: skip
    nathalie = visitor("nathalie.cazenave", PHONE)
    nathalie.page.goto(f"{app.url}/lancer?" + urlencode({"iss": f"{site.url}/fhir"}))
    nathalie.sees("Autoriser Carnet ?").sees("MSP de l’Adour").finds_it_accessible()
    nathalie.page.locator("#champ-qui").fill("Dupont")
    nathalie.presses("Chercher")
    nathalie.page.locator('input[name="person"]').first.check()
    nathalie.finds_it_accessible().presses("Autoriser").sees("Dossier de")
