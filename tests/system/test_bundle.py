"""From a complete sequence to the payout: three professionals, one outside, one rejected line."""

import datetime as dt
import re
from pathlib import Path

from tests.system.people import DESK, PHONE

TODAY = dt.date.today()  # noqa: DTZ011
HEAD = "facture;ligne;statut;montant;date;code;motif;reference"


def a_return(folder: Path, name: str, *lines: str) -> str:
    """A file of the payer."""
    path = folder / name
    path.write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")
    return str(path)


def imports(philippe, path: str):
    philippe.opens("/forfaits/retours/")
    philippe.page.locator("input[type=file]").set_input_files(path)
    philippe.presses("Importer").sees("Ce que dit le fichier")


def number_of(someone) -> str:
    """The number of the invoice on the page."""
    return re.search(r"\d{4}-\d{6}", someone.main.locator("h1").inner_text())[0]


def test_a_complete_sequence_is_billed_rejected_in_part_and_paid_out(visitor, tmp_path):
    # Given a sequence that lacks the person's rights
    nathalie = visitor("nathalie.cazenave", DESK)
    nathalie.opens("/forfaits/?vue=verifier").sees("Numéro de l’assuré et droits non saisis")
    nathalie.finds_it_accessible()
    row = nathalie.main.locator(".row-item").first
    bundle = row.locator("a").first.get_attribute("href")

    # When she reads how each cent was found, then types the rights
    nathalie.opens(bundle).sees("somme exacte").sees("Mathieu Sarrade").sees("plafond annuel")
    nathalie.finds_it_accessible()
    nathalie.main.get_by_role("link", name="Saisir les droits").first.click()
    nathalie.sees("Numéro de l’assuré").finds_it_accessible()
    nathalie.writes("Numéro de l’assuré", "2 41 03 40 202 001 13").writes(
        "Organisme obl", "014010001"
    )
    nathalie.writes("Droits ouverts le", f"{TODAY.year - 2}-01-01")
    nathalie.presses("Enregistrer les droits").sees("Mettre à jour")

    # And prepares the invoice, which a colleague issues
    nathalie.presses("Préparer la facture").sees("un ou une collègue l’émet").finds_it_accessible()
    draft = nathalie.page.url
    philippe = visitor("philippe.labat", DESK)
    philippe.opens(draft.replace(philippe.url, "")).sees("Préparée par")
    philippe.presses("Émettre").sees("Demandé au payeur")
    philippe.finds_it_accessible()
    number, invoice = number_of(philippe), philippe.page.url.replace(philippe.url, "")

    # And the payer pays two lines and rejects one
    day = TODAY.isoformat()
    imports(
        philippe,
        a_return(
            tmp_path, "retour-1.csv", f"{number};1;paye;;{day};;;V1",
            f"{number};2;rejete;;{day};R12;Numéro inconnu;V1", f"{number};3;paye;;{day};;;V1",
            f"1999-000001;1;paye;1;{day};;;V1",
        ),
    )  # fmt: skip
    philippe.sees("facture « 1999-000001 » inconnue ici").finds_it_accessible()

    # Then the rejected line alone is presented again, and paid
    philippe.opens(invoice).sees("R12 Numéro inconnu").follows("Présenter à nouveau")
    philippe.writes("Motif", "Numéro corrigé").presses("Préparer la nouvelle présentation")
    philippe.sees("Avant d’émettre")
    again = philippe.page.url.replace(philippe.url, "")
    nathalie.opens(again).presses("Émettre").sees("Demandé au payeur")
    imports(
        philippe, a_return(tmp_path, "retour-2.csv", f"{number_of(nathalie)};1;paye;;{day};;;V2")
    )
    philippe.opens(bundle).sees("payée")

    # And the money that the ARS paid to the structure goes to each of the three
    nathalie.opens("/forfaits/reversements/").sees("à reverser").finds_it_accessible()
    nathalie.main.locator(".sheet", has_text="Après un cancer").get_by_role(
        "button", name="Préparer l’ordre de virement"
    ).click()
    nathalie.sees("un ou une collègue l’émet").sees("Mathieu Sarrade").finds_it_accessible()
    order = nathalie.page.url.replace(nathalie.url, "")
    philippe.opens(order).presses("Émettre l’ordre").sees("Fichier pour la banque")

    # And the psychologist, who is of another structure, says on her phone what she received
    ines = visitor("ines.harispe", PHONE)
    ines.opens("/forfaits/versements/").sees(number).finds_it_accessible()
    ines.main.locator(".row-item", has_text=number).get_by_role("button", name="Reçu").click()
    ines.sees("Vous avez dit : reçu")
    phone = visitor("nathalie.cazenave", PHONE)
    phone.opens("/forfaits/").finds_it_accessible().opens(bundle).finds_it_accessible()
    phone.opens(invoice).finds_it_accessible()
