"""One bundle, whole: included, seen by three, closed, billed, rejected in part, paid, explained.

M. Simon after a cancer. A dietitian of the health centre on her phone, a psychologist of another
structure on hers, a teacher of adapted physical activity who has no account. The pages that matter
are also looked at in the other width.
"""

import datetime as dt
import re
import sys
from pathlib import Path

from tests.system.installation import Installation
from tests.system.people import DESK, PHONE, arrive

TODAY = dt.date.today()  # noqa: DTZ011
HEAD = "facture;ligne;statut;montant;date;code;motif;reference"
LINK_OF = """
from liane.core.acting import acting, system
from liane.pathways import links
from liane.pathways.models import SessionLink
links.open_month()
with acting(system("test")):
    print(links.path_of(SessionLink.objects.get(label="Mathieu Sarrade", revoked_at=None)))
"""


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


def here(someone) -> str:
    """The address of the page, within the site."""
    return someone.page.url.removeprefix(someone.url)


def told(someone, text: str) -> str:
    """What the page says came of what was just done."""
    said = someone.page.get_by_text(text).filter(visible=True).first
    said.wait_for()
    return said.inner_text()


def month_link(site: Installation) -> str:
    """The address in the mail of the professional who has no account."""
    said = site.run(sys.executable, "manage.py", "shell", "-v", "0", "-c", LINK_OF)
    return said.strip().splitlines()[-1]


def test_from_the_inclusion_to_the_payout(visitor, browser, site, tmp_path):
    doctor = visitor("helene.roussel", DESK)
    lead, biller = visitor("nathalie.cazenave", DESK), visitor("philippe.labat", DESK)
    elodie, ines = visitor("elodie.maisonnave", PHONE), visitor("ines.harispe", PHONE)

    # Given the coordinator, who reads her list, and what is asked of a sequence
    lead.opens("/file-active/parcours/").sees("Mme Castagnet").finds_it_accessible()

    # When his doctor includes M. Simon: each criterion is shown, her decision is the prescription
    doctor.opens("/parcours/").follows("Après un cancer").follows("Inclure")
    doctor.writes("Nom de la personne", "Simon").presses("Chercher").follows("M. Simon")
    doctor.page.get_by_label("ALD pour un cancer").first.select_option(label="Oui")
    ago = TODAY - dt.timedelta(days=60)
    doctor.writes("Fin du traitement", ago.isoformat()).writes("Date de la prescr", str(TODAY))
    doctor.page.get_by_label("Prescripteur").select_option(label="Médecin traitant")
    doctor.writes("Prescription médicale, reçue le", str(TODAY)).finds_it_accessible()
    doctor.presses("Proposer ce parcours").sees("Vers l’inclusion").finds_it_accessible()
    enrolment = here(doctor)
    doctor.follows("Noter sa réponse").page.get_by_label("Ne s’oppose pas").check()
    doctor.presses("Enregistrer").sees("informée le")
    doctor.follows("Décider").sees("vaut prescription").finds_it_accessible()
    told(doctor.presses("Inclure cette personne"), "Personne incluse")

    # Then the dietitian, who is in the circle now, taps once: the name of the visit says its act
    doctor.opens(enrolment)
    person = re.search(r"/personnes/[0-9a-f-]{36}/", doctor.page.content())[0]
    elodie.opens(person + "agenda/nouvelle/").writes("Objet", "Bilan diététique")
    elodie.writes("Heure", "00:05").presses("Planifier")
    elodie.opens("/").presses("Marquer faite").sees("Faite")
    elodie.does_not_see("Quelle séance du parcours").finds_it_accessible()

    # And the psychologist, of another structure, is asked which session it was, in one tap more
    ines.opens(person + "agenda/nouvelle/").writes("Objet", "Premier rendez-vous")
    ines.writes("Heure", "00:10").presses("Planifier")
    ines.opens("/").presses("Marquer faite").sees("Quelle séance du parcours était-ce ?")
    ines.finds_it_accessible().presses("Bilan psychologique")
    ines.main.get_by_text("Quelle séance du parcours").wait_for(state="detached")
    ines.opens("/parcours/seances/").sees("Rien à confirmer")

    # And the one without an account confirms, by the month's link, what the coordinator noted
    lead.opens(person + "agenda/noter/?acte=bilan-apa").finds_it_accessible()
    mathieu = lead.page.locator("#id_practice option", has_text="Mathieu Sarrade").first
    lead.page.locator("#id_practice").select_option(mathieu.get_attribute("value"))
    told(lead.presses("Noter la visite"), "Visite notée")
    lead.opens(enrolment).sees("séance à confirmer").finds_it_accessible()
    link = month_link(site)
    lead.opens("/parcours/").follows("Après un cancer")
    lead.main.locator(".row-item", has_text="Mathieu Sarrade").locator("summary").click()
    said = told(lead.presses("Code pour « Vos séances »"), "Code à dire à Mathieu Sarrade")
    code = "".join(re.findall(r"\d{3}", said))
    outside = arrive(browser, lead.url, "Mathieu Sarrade", PHONE)
    outside.opens(link).writes("Code à six chiffres", code).presses("Ouvrir")
    outside.sees("M. Simon").finds_it_accessible()
    outside.main.locator(".row-item", has_text="M. Simon").get_by_role("button").first.click()
    outside.does_not_see("M. Simon").page.context.close()

    # When the coordinator ends the pathway, whose consequences she reads first
    lead.opens(enrolment).follows("Fin du parcours").finds_it_accessible()
    lead.page.get_by_label("Parcours achevé").check()
    lead.main.get_by_role("button").last.click()
    lead.sees("Terminée")
    site.liane("bundle", "settle")

    # Then the sequence waits for his rights, with the button that settles it
    bundle = f"/forfaits/{enrolment.split('/')[2]}/"
    lead.opens("/forfaits/actes/").sees("M. Simon").finds_it_accessible()
    lead.opens("/forfaits/?vue=verifier").sees("Pierre Simon").finds_it_accessible()
    lead.opens(bundle).sees("Numéro de l’assuré et droits non saisis").sees("135,00 €")
    lead.sees("somme exacte").sees("Mathieu Sarrade : 45,00 € pour 1 acte").finds_it_accessible()
    lead.follows("Saisir les droits").sees("Numéro de l’assuré").finds_it_accessible()
    lead.writes("Numéro de l’assuré", "1 38 01 40 202 001 81").writes("Organisme obl", "014010001")
    lead.writes("Droits ouverts le", f"{TODAY.year - 2}-01-01")
    lead.presses("Enregistrer les droits").sees("Mettre à jour")

    # And she prepares the invoice, which a colleague issues
    lead.presses("Préparer la facture").sees("un ou une collègue l’émet").finds_it_accessible()
    biller.opens(here(lead)).sees("Préparée par")
    biller.presses("Émettre").sees("Demandé au payeur").finds_it_accessible()
    number, invoice = number_of(biller), here(biller)

    # And the payer pays two lines and rejects one
    day = TODAY.isoformat()
    imports(
        biller,
        a_return(
            tmp_path, "retour-1.csv", f"{number};1;paye;;{day};;;V1",
            f"{number};2;rejete;;{day};R12;Numéro inconnu;V1", f"{number};3;paye;;{day};;;V1",
            f"1999-000001;1;paye;1;{day};;;V1",
        ),
    )  # fmt: skip
    biller.sees("facture « 1999-000001 » inconnue ici").finds_it_accessible()

    # Then the rejected line alone is presented again, and paid
    biller.opens(invoice).sees("R12 Numéro inconnu").follows("Présenter à nouveau")
    biller.writes("Motif", "Numéro corrigé").presses("Préparer la nouvelle présentation")
    biller.sees("Avant d’émettre")
    lead.opens(here(biller)).presses("Émettre").sees("Demandé au payeur").sees("45,00 €")
    again = number_of(lead)
    imports(biller, a_return(tmp_path, "retour-2.csv", f"{again};1;paye;;{day};;;V2"))
    biller.opens(bundle).sees("payée")

    # And the money that the payer gave the structure goes to each of the three
    lead.opens("/forfaits/reversements/").sees("à reverser").sees(again).finds_it_accessible()
    lead.main.locator(".sheet", has_text="Après un cancer").get_by_role(
        "button", name="Préparer l’ordre de virement"
    ).click()
    lead.sees("un ou une collègue l’émet").sees("Mathieu Sarrade").finds_it_accessible()
    biller.opens(here(lead)).presses("Émettre l’ordre").sees("Fichier pour la banque")

    # And the psychologist says on her phone what she received, the accountant takes the entries
    ines.opens("/forfaits/versements/").sees(re.compile(f"{number}|{again}")).finds_it_accessible()
    ines.presses("Reçu").sees("Vous avez dit : reçu")
    biller.opens("/forfaits/")
    with biller.page.expect_download() as waited:
        biller.page.get_by_role("link", name="Comptabilité de l’année").first.click()
    entries = Path(waited.value.path()).read_text(encoding="utf-8-sig")
    assert number in entries
    assert again in entries

    # And M. Simon reads on his phone what was billed for him, and that he owes nothing
    simon = visitor("pierre.simon", PHONE)
    simon.opens("/portail/forfaits/").sees("135,00 €").sees("rien à régler").finds_it_accessible()

    # While the pages of the desk fit a phone
    phone = visitor("nathalie.cazenave", PHONE)
    for path in ("/file-active/parcours/", enrolment, "/forfaits/", bundle, invoice,
                 "/forfaits/actes/", "/parcours/protocoles/pcr-obesite/"):  # fmt: skip
        phone.opens(path).finds_it_accessible()
