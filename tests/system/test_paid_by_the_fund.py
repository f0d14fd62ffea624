"""One reinforced pathway, whole: the fund pays each, rejects one line, the share is collected.

M. Simon, complex obesity. No source gives the amounts of the text's annexes: the coordinator
completes them on the page, and somebody else publishes them. A doctor and a dietitian of the health
centre, a teacher of adapted physical activity of another structure, who has no account.
"""

import datetime as dt
import re

from liane.demo.pathways import IBANS
from tests.system.people import DESK, PHONE, arrive
from tests.system.test_pathway_to_payout import a_return, here, imports, month_link, number_of, told

TODAY = dt.date.today()  # noqa: DTZ011
INVENTED = "Montant d’essai, sans valeur réglementaire"
VALUES = {
    "Montant total du profil B": "1326,00",
    "Montant total du profil C": "1546,00",
    "Part de la séquence 1 pour le profil A": "790,00",
    "Part de la séquence 1 pour le profil B": "990,00",
    "Part de la séquence 1 pour le profil C": "1210,00",
    "Part de la séquence 1 pour le profil D": "1433,00",
    "Part de la séquence 2 selon le profil": "336,00",
    "Nombre minimal de consultations médicales": "0",
    "Nombre minimal de séances diététiques": "1",
    "Nombre minimal de séances avec le psychologue": "0",
    "Nombre minimal de séances d’activité physique": "1",
    "Nombre minimal de séances infirmières": "0",
    "Séances minimales du suivi renforcé": "4",
    "Participation de l’assuré": "20 %",
}
"""Invented, and said to be: 790 + 336 makes the 1 126 € that the press gives for profile A."""
TEAM = (
    ("Roussel", "401990001"),
    ("Maisonnave", "CPAM40-101"),
    ("Sarrade", "CPAM40-102"),
)


def completes(someone):
    """Each value that no source gives, with where it comes from."""
    for label, value in VALUES.items():
        someone.writes(label, value)
    someone.page.get_by_label("Sortie avant la fin").select_option(label="Rien n’est dû")
    for source in someone.page.get_by_label("Source").all():
        source.fill(INVENTED)
    told(someone.presses("Compléter"), "Valeurs complétées")


def signs(someone, project: str):
    """The team, its accounts, its signatures, the file sent and answered."""
    for place, (name, number) in enumerate(TEAM):
        someone.opens(project + "equipe/").writes("Nom du professionnel", name).presses("Chercher")
        someone.follows(name)
        field = "Numéro d’assurance maladie" if number.isdecimal() else "Numéro donné par la CPAM"
        someone.page.get_by_label("Conventionné").set_checked(number.isdecimal())
        someone.writes(field, number).presses("Ajouter à l’équipe").sees(name)
        row = someone.main.locator(".row-item", has_text=name)
        row.locator("summary").click()
        row.get_by_role("link", name="Son compte bancaire").click()
        someone.writes("IBAN", IBANS[place]).presses("Enregistrer le compte").sees("compte …")
    someone.opens(project + "compte/").writes("IBAN", IBANS[3])
    someone.presses("Enregistrer le compte").sees("IBAN se terminant par")
    told(someone.presses("Tous ont signé aujourd’hui"), "3 signatures notées")
    for step in ("Structure", "Transmis à l’ARS", "Transmis à la CPAM", "Validé"):
        someone.opens(project + "etape/")
        kinds = someone.page.get_by_label("Ce qui s’est passé")
        found = kinds.locator("option", has_text=re.compile(step, re.I)).first
        kinds.select_option(found.get_attribute("value"))
        someone.presses("Noter")
        told(someone, "Étape notée")


def test_the_fund_pays_each_and_the_structure_holds_the_share_alone(
    visitor, browser, site, tmp_path
):
    doctor, director = visitor("helene.roussel", DESK), visitor("vincent.castets", DESK)
    lead, biller = visitor("nathalie.cazenave", DESK), visitor("philippe.labat", DESK)
    elodie, simon = visitor("elodie.maisonnave", PHONE), visitor("pierre.simon", PHONE)

    # Given the text's own definition, completed on the page by one and published by another
    lead.opens("/parcours/protocoles/pcr-obesite/?version=2026-02")
    lead.page.get_by_text("Préparer une version de votre structure").click()
    lead.writes("Numéro de la version", "2026-02.essai").presses("Commencer").sees("À compléter")
    lead.finds_it_accessible()
    version = here(lead)
    completes(lead)
    lead.sees("sans erreur").does_not_see("À compléter").finds_it_accessible()
    told(director.opens(version).presses("Publier"), "Version publiée")

    # And a project under it, in place of the one that ends, signed, sent and approved
    lead.opens("/parcours/").follows("Obésité").follows("Terminer")
    lead.writes("Pourquoi", "Les annexes de l’arrêté sont connues").presses("Terminer")
    told(lead, "Projet terminé")
    lead.opens("/parcours/protocoles/pcr-obesite/projet/")
    lead.page.get_by_label(re.compile("Maison de santé|MSP", re.I)).first.check()
    lead.presses("Ouvrir le projet").sees("Personne encore").sees("2026-02.essai")
    project = here(lead)
    signs(lead, project)
    lead.opens(project + "cle/").writes("Où c’est écrit", "Annexe 2 du projet")
    lead.writes("La structure (% du montant)", "15").finds_it_accessible()
    told(lead.presses("Enregistrer la clé"), "Clé proposée")
    lead.opens(project).sees("Rien ne se calcule encore").finds_it_accessible()
    told(director.opens(project).presses("Confirmer cette clé"), "Clé confirmée")
    lead.opens(project).sees("en vigueur").sees("confirmée par Vincent").finds_it_accessible()

    # When the doctor includes M. Simon, and each does what they do
    doctor.opens(project + "inclure/")
    doctor.writes("Nom de la personne", "Simon").presses("Chercher").follows("M. Simon")
    doctor.page.get_by_label("Profil").first.select_option(label="Obésité complexe")
    doctor.writes("Indice de masse", "41")
    doctor.page.get_by_label("Au moins une complication").select_option(label="Oui")
    doctor.page.get_by_label("Niveau de l’obésité").select_option(label="Niveau 2")
    doctor.page.get_by_label("Prescription d’un médecin").select_option(label="Oui")
    doctor.writes("Évaluation médicale complète", str(TODAY))
    doctor.writes("Information de la personne", str(TODAY)).presses("Proposer ce parcours")
    enrolment = here(doctor.sees("Vers l’inclusion"))
    doctor.follows("Noter sa réponse").page.get_by_label("Ne s’oppose pas").check()
    doctor.presses("Enregistrer").sees("informée le").follows("Décider")
    told(doctor.presses("Inclure cette personne"), "Personne incluse")
    doctor.opens(enrolment)
    person = re.search(r"/personnes/[0-9a-f-]{36}/", doctor.page.content())[0]
    told(doctor.opens(person + "agenda/noter/?acte=evaluation").presses("Noter la visite"), "notée")
    told(elodie.opens(person + "agenda/noter/?acte=dietetique").presses("Noter la visite"), "notée")
    lead.opens(person + "agenda/noter/?acte=activite")
    mathieu = lead.page.locator("#id_practice option", has_text="Mathieu Sarrade").first
    lead.page.locator("#id_practice").select_option(mathieu.get_attribute("value"))
    told(lead.presses("Noter la visite"), "Visite notée")
    outside = at_the_door(lead, browser, site, project)
    outside.main.locator(".row-item", has_text="M. Simon").get_by_role("button").first.click()
    outside.does_not_see("M. Simon").page.context.close()

    # And the first sequence closes with the pathway; his rights have no complementary insurance
    lead.opens(enrolment).follows("Fin du parcours").page.get_by_label("Parcours achevé").check()
    lead.main.get_by_role("button").last.click()
    lead.sees("Terminée")
    bundle = f"/forfaits/{enrolment.split('/')[2]}/"
    site.liane("bundle", "settle")
    lead.opens(bundle + "droits/").writes("Numéro de l’assuré", "1 38 01 40 202 001 81")
    lead.writes("Organisme obl", "014010001").writes("Droits ouverts le", f"{TODAY.year - 2}-01-01")
    lead.presses("Enregistrer les droits").sees("Sans complémentaire")
    site.liane("bundle", "settle")

    # Then each part is said to the cent, with the key that the team agreed on
    lead.opens(bundle).sees("790,00 €").sees("somme exacte").sees(re.compile("Annexe 2 du projet"))
    lead.finds_it_accessible()
    biller.opens(bundle).presses("Préparer la facture").sees("un ou une collègue l’émet")
    lead.opens(here(biller)).presses("Émettre").sees("Demandé au payeur").finds_it_accessible()
    number, invoice = number_of(lead), here(lead)

    # And the fund pays the doctor and the structure, rejects the dietitian, says nothing of Mathieu
    day, ranks = TODAY.isoformat(), ranks_of(lead)
    imports(
        biller,
        a_return(
            tmp_path, "cpam-1.csv",
            f"{number};{ranks['Roussel']};paye;;{day};;;V1",
            f"{number};{ranks['Maisonnave']};rejete;;{day};R12;Numéro inconnu;V1",
            f"{number};{ranks['MSP']};paye;;{day};;;V1",
        ),
    )  # fmt: skip
    biller.finds_it_accessible()

    # And the number is corrected in the project, the rejected line alone is presented again
    lead.opens(project)
    row = lead.main.locator(".row-item", has_text="Maisonnave")
    row.locator("summary").click()
    row.get_by_role("link", name="Son numéro").click()
    told(lead.writes("Numéro donné par la CPAM", "CPAM40-201").presses("Enregistrer"), "enregistré")
    biller.opens(invoice).sees("R12 Numéro inconnu").follows("Présenter à nouveau")
    biller.writes("Motif", "Numéro corrigé").presses("Préparer la nouvelle présentation")
    biller.sees("Avant d’émettre").does_not_see("Roussel")
    lead.opens(here(biller)).presses("Émettre").sees("CPAM40-201").does_not_see("Sarrade")
    again = number_of(lead)
    imports(biller, a_return(tmp_path, "cpam-2.csv", f"{again};1;paye;;{day};;;V2"))

    # And Mathieu says behind his link what the fund paid him, Élodie on her phone
    outside = at_the_door(lead, browser, site, project, "Vos versements")
    outside.finds_it_accessible().presses(f"Reçu : facture {number}")
    outside.does_not_see(number).page.context.close()
    elodie.opens("/forfaits/versements/").sees(again).presses(f"Reçu : facture {again}")
    elodie.sees("Vous avez dit : reçu")
    elodie.finds_it_accessible()
    biller.opens(bundle).sees("payée")

    # And M. Simon pays his share, which is all that the structure has to pay out
    biller.opens("/forfaits/reversements/").does_not_see(number)
    biller.opens(invoice).sees("Participation de la personne").sees("158,00 €")
    biller.main.get_by_label("Montant").fill("158")
    told(biller.presses("Noter le paiement"), "Participation notée")
    biller.opens("/forfaits/reversements/").sees("participation").finds_it_accessible()
    biller.main.locator(".sheet", has_text=number).get_by_role(
        "button", name="Préparer l’ordre de virement"
    ).click()
    biller.sees("un ou une collègue l’émet").sees("Mathieu Sarrade")
    biller.does_not_see("forfait payé").finds_it_accessible()
    lead.opens(here(biller)).presses("Émettre l’ordre").sees("Fichier pour la banque")
    simon.opens("/portail/forfaits/").sees("158,00 €")
    simon.does_not_see("Rien n’est encore facturé")
    simon.finds_it_accessible()

    # While each page of it fits a phone
    phone = visitor("nathalie.cazenave", PHONE)
    for path in (version, project, project + "cle/", bundle, invoice, "/forfaits/reversements/"):
        phone.opens(path).finds_it_accessible()


def at_the_door(lead, browser, site, project: str, shows: str = "M. Simon"):
    """Mathieu, behind the link of the month with the code that the coordinator reads to him."""
    link = month_link(site)
    lead.opens(project).main.locator(".row-item", has_text="Mathieu Sarrade").locator(
        "summary"
    ).click()
    said = told(lead.presses("Code pour « Vos séances »"), "Code à dire à Mathieu Sarrade")
    someone = arrive(browser, lead.url, "Mathieu Sarrade", PHONE)
    someone.opens(link).writes("Code à six chiffres", "".join(re.findall(r"\d{3}", said)))
    return someone.presses("Ouvrir").sees(shows)


def ranks_of(someone) -> dict[str, str]:
    """The rank of each line on the page of an invoice."""
    found = {}
    for text in someone.main.locator("tbody th").all_inner_texts():
        rank, _, name = text.partition(". ")
        found |= {one: rank for one in ("Roussel", "Maisonnave", "Sarrade", "MSP") if one in name}
    return found
