"""M. Simon declines: his nurse asks for support from her phone, the DAC answers, she reads it."""

import re

from tests.system.people import DESK, PHONE


def opens_record(someone) -> None:
    """M. Simon's record, found by his name."""
    someone.opens("/personnes/").page.locator("header [data-opens=chercher]").click()
    someone.page.locator("#chercher-q").fill("Simon Pierre")
    someone.page.locator("dialog").get_by_role("button", name="Chercher").click()
    someone.follows("Pierre Simon").sees("22 janvier 1938")


REQUEST = re.compile(r"/demandes/[0-9a-f-]{36}/$")


def sends(someone, button: str) -> None:
    """Press the one button of a form, and arrive on the request's page."""
    someone.presses(button).page.wait_for_url(REQUEST)
    someone.page.wait_for_load_state("load")


def test_a_nurse_who_sees_him_decline_asks_the_dac_with_two_choices(visitor):
    nurse, case = visitor("claire.aubert", PHONE), visitor("isabelle.lafitte", DESK)

    # Given the nurse at his door, her phone in her hand
    opens_record(nurse)

    # When she asks the organisation that answers for Narrosse, with two choices and a few words
    nurse.follows("Demander un appui").sees("Quel est le besoin ?").finds_it_accessible()
    nurse.page.get_by_label("Quel est le besoin ?").select_option(label="Refus de soins ou d’aides")
    nurse.page.get_by_label("Elle ou il est d’accord").check()
    nurse.writes("En quelques mots", "Refuse l’aide du midi depuis lundi, 57 kg ce matin.")
    sends(nurse, "Envoyer la demande")
    nurse.sees("DAC des Landes").sees("Envoyée")
    nurse.finds_it_accessible()

    # Then the desk has it first, takes it, qualifies it and answers
    case.opens("/demandes/?vue=a-prendre").sees("Refus de soins ou d’aides").finds_it_accessible()
    case.page.locator("main .row-item", has_text="Pierre Simon").get_by_role("link").first.click()
    case.presses("Je m’en occupe").sees("S’en occupe")
    case.follows("Qualifier").finds_it_accessible()
    case.page.get_by_label("Concerne une personne que nous suivons déjà").check()
    case.writes("Pourquoi ?", "Suivi depuis un mois")
    sends(case, "Enregistrer")
    case.sees("Déjà suivie")
    case.follows("Répondre").sees("Liront ce retour").finds_it_accessible()
    case.page.get_by_label("Accompagnement intensif").check()
    case.writes("Retour au demandeur", "Je passe demain à 11 h avec Maïté.")
    sends(case, "Envoyer la réponse")
    case.sees("Accompagnement intensif").finds_it_accessible()

    # And the nurse reads the answer on her phone
    nurse.page.reload()
    nurse.sees("Je passe demain à 11 h avec Maïté.").finds_it_accessible()


def test_a_call_is_noted_with_one_choice(visitor):
    case = visitor("isabelle.lafitte", DESK)
    case.opens("/demandes/appel/").finds_it_accessible()
    case.writes("Au sujet de qui ?", "la dame du 12 rue du Moulin, Tartas")
    case.page.get_by_label("Quel est le besoin ?").select_option(label="Isolement")
    sends(case, "Enregistrer l’appel")
    case.sees("la dame du 12 rue du Moulin, Tartas")
    case.finds_it_accessible()
    case.opens("/demandes/").sees("la dame du 12 rue du Moulin, Tartas").finds_it_accessible()


def test_a_search_for_a_nurse_names_nobody_and_the_first_one_joins(visitor):
    doctor, nurse = visitor("helene.roussel", DESK), visitor("sophie.lagarde", PHONE)
    opens_record(doctor)
    doctor.follows("Demander un appui").follows("Trouver un professionnel").finds_it_accessible()
    doctor.writes("Pour quels soins ?", "pansement de jambe")
    doctor.writes("À quel rythme ?", "tous les jours")
    doctor.writes("À partir du", "2030-01-07")
    doctor.presses("Lancer la recherche").page.wait_for_url("**/demandes/recherches/*/")
    doctor.sees("pansement de jambe").finds_it_accessible()
    nurse.opens("/")
    assert "Simon" not in nurse.page.content()
