"""The pages behind a pathway, on a desk and on a phone: project, slots, draft, figures, acts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.system.people import DESK, PHONE

SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


@SIZES
def test_the_project_file_and_its_clocks(visitor, size):
    nathalie = visitor("nathalie.cazenave", size)
    nathalie.opens("/parcours/").finds_it_accessible()
    nathalie.follows("Obésité").sees("Équipe").sees("Délais").sees(re.compile("R. 162-134"))
    nathalie.finds_it_accessible()
    # The bundle after a cancer is not a reinforced pathway: no such clock is shown for it.
    nathalie.opens("/parcours/").follows("Après un cancer").sees("Équipe")
    nathalie.does_not_see(re.compile("R. ?162-13")).finds_it_accessible()


@SIZES
def test_the_dashboard_and_its_files(visitor, size):
    nathalie = visitor("nathalie.cazenave", size)
    nathalie.opens("/pilotage/parcours/").sees("Inclusions").finds_it_accessible()
    for name in ("CSV", "Parquet"):
        nathalie.page.get_by_text("Exporter", exact=True).click()
        with nathalie.page.expect_download() as waited:
            nathalie.page.get_by_role("link", name=name).first.click()
        nathalie.page.keyboard.press("Escape")
        assert Path(waited.value.path()).stat().st_size > 100


@SIZES
def test_a_draft_is_completed_and_priced_on_the_history(visitor, size):
    nathalie = visitor("nathalie.cazenave", size)
    nathalie.opens("/parcours/protocoles/apres-cancer/").finds_it_accessible()
    nathalie.page.get_by_text("Préparer une version de votre structure").click()
    number = f"2026-{size[0]}"[:7] + f".{size[0]}"
    nathalie.writes("Numéro de la version", number).presses("Commencer")
    nathalie.sees("Contrôle et exemples").finds_it_accessible()
    nathalie.follows("Chiffrer sur l’historique").finds_it_accessible()


def test_a_common_slot_is_found_accepted_by_all_and_planned(visitor):
    nathalie = visitor("nathalie.cazenave", DESK)
    nathalie.opens("/file-active/parcours/").follows("Mme Castagnet").sees("Séances")
    here = nathalie.page.url.removeprefix(nathalie.url)
    nathalie.follows("Créneau commun").sees("Quelles séances, par qui").finds_it_accessible()
    nathalie.presses("Chercher").sees("Qui est libre, et quand").finds_it_accessible()
    phone = visitor("nathalie.cazenave", PHONE)
    phone.opens(nathalie.page.url.removeprefix(nathalie.url)).finds_it_accessible()
    who = nathalie.page.locator("label.slot-choice").first.inner_text()
    nathalie.presses("Proposer ce créneau").sees("en attente de réponses")
    nathalie.finds_it_accessible()

    first, last = re.findall(r"avec ([A-ZÉ]\S+) (\S+)", who)[-1]
    plain = f"{first}.{last}".lower().translate(str.maketrans("éèêïëç", "eeeiec"))
    asked = visitor(plain, PHONE)
    asked.opens("/parcours/seances/").sees("Créneaux proposés").finds_it_accessible()
    asked.presses("D’accord")
    expect(asked.page.get_by_text("les rendez-vous sont planifiés")).to_be_visible()
    nathalie.opens(here).sees("planifiée").finds_it_accessible()
