"""A need nobody answered, the offer that answers it, the partner who makes it, the report."""

import re

from tests.system.people import DESK, PHONE

SAVED = re.compile(r"/annuaire/(offres|relations|campagnes)/[0-9a-f-]{36}/$")


def saves(someone, button: str, where: re.Pattern[str]):
    """Press the button of a form, and arrive where it leads."""
    someone.presses(button).page.wait_for_url(where)
    someone.page.wait_for_load_state("load")
    return someone


def test_from_an_unmet_need_to_an_offer_and_its_partner(visitor):
    case, phone = visitor("isabelle.lafitte", DESK), visitor("isabelle.lafitte", PHONE)

    # Given a request for which nothing was found, noted from the phone
    phone.opens("/demandes/?vue=a-prendre").follows("M. et Mme Dupouy")
    phone.sees("Ce qui a manqué").follows("Noter un besoin sans réponse")
    phone.page.get_by_label("Qu’est-ce qui manquait ?").select_option(label="Présence de nuit")
    phone.page.get_by_label("Rien n’existe ici").check()
    phone.writes("Précision", "Dès 22 h, trois nuits par semaine.").finds_it_accessible()
    saves(phone, "Enregistrer", re.compile(r"/demandes/[0-9a-f-]{36}/$"))
    phone.sees("Dès 22 h, trois nuits par semaine.")

    # When the case manager sees it among those of the territory, and adds the offer she heard of
    case.opens("/annuaire/besoins/").sees("Orthe et Arrigans").finds_it_accessible()
    case.page.get_by_role(
        "link", name=re.compile("Ajouter une offre : Présence de nuit.*Orthe")
    ).click()
    case.writes("Nom de la structure", "Aide à domicile de Chalosse")
    case.main.get_by_role("button", name="Chercher").click()
    case.follows("Aide à domicile de Chalosse")
    case.writes("Intitulé", "Garde itinérante de nuit").finds_it_accessible()
    saves(case, "Enregistrer", SAVED)
    case.page.get_by_label("Aujourd’hui").select_option(label="Des places")
    case.writes("Places libres", "2").presses("Mettre à jour")
    case.sees("Des places, 2 libres").finds_it_accessible()

    # Then a colleague on the phone finds it, nearest first, with who said so
    nurse = visitor("claire.aubert", PHONE)
    nurse.opens("/annuaire/offres/?besoin=night&commune=Pouillon").sees("Garde itinérante de nuit")
    nurse.sees("Isabelle Lafitte, DAC des Landes").sees("Des places (2)").finds_it_accessible()

    # And the structure becomes a partner, by a convention, after an answer to the campaign
    case.opens("/annuaire/campagnes/").follows("Places de répit cet été").finds_it_accessible()
    case.follows("Noter la réponse de Aide à domicile de Chalosse")
    case.page.get_by_label("D’accord").check()
    case.writes("Leur réponse", "Oui, et nous voulons une convention.")
    saves(case, "Enregistrer", SAVED).sees("Oui, et nous voulons une convention.")
    case.page.locator("main").get_by_role(
        "link", name="Aide à domicile de Chalosse", exact=True
    ).click()
    case.sees("Places de répit cet été : d’accord")
    saves(case, "Suivre la relation", SAVED)
    case.follows("Enregistrer une convention")
    case.writes("Objet", "Garde de nuit")
    for label, day in (("Signée le", "2026-01-05"), ("À partir du", "2026-01-05")):
        case.writes(label, day)
    saves(case, "Enregistrer", SAVED)
    case.sees("En vigueur").sees("Partenaire").finds_it_accessible()
    case.opens("/annuaire/relations/").sees("Aide à domicile de Chalosse").finds_it_accessible()

    # And the report counts what was missing
    case.opens("/pilotage/").sees("Besoins sans réponse notés").sees("Réunions tenues")
    case.page.get_by_role("link", name=re.compile("voir la liste, Présence de nuit")).click()
    case.sees("Pouillon").finds_it_accessible()
