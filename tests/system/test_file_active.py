"""A case manager's file: a request answered enters it, a contact from the phone, the exit, back."""

import re

from tests.system.people import DESK, PHONE
from tests.system.test_support_request import opens_record, sends

TAB = re.compile(r"/personnes/[0-9a-f-]{36}/accompagnement/$")


def arrives(someone, button: str):
    """Press the one button of a form, and arrive on the person's follow-up."""
    someone.presses(button).page.wait_for_url(TAB)
    someone.page.wait_for_load_state("load")
    return someone


def test_a_person_enters_the_file_leaves_it_and_comes_back(visitor):
    case, phone = visitor("isabelle.lafitte", DESK), visitor("isabelle.lafitte", PHONE)

    # Given M. Simon, whom the case manager follows, and who leaves her file
    opens_record(case)
    case.follows("Suivi").sees("Accompagnement intensif").finds_it_accessible()
    case.follows("Sortie").sees("Motif de sortie").finds_it_accessible()
    case.page.get_by_label("Relais pris par d’autres").check()
    case.writes("Retour au demandeur", "Le SSIAD prend le relais.")
    arrives(case, "Terminer et prévenir")
    case.sees("Accompagnement terminé").sees("relais pris par d’autres").finds_it_accessible()
    case.opens("/file-active/").does_not_see("M. Simon")

    # When his nurse asks again and the DAC answers « intensif »
    nurse = visitor("claire.aubert", PHONE)
    opens_record(nurse)
    nurse.follows("Demander un appui")
    nurse.page.get_by_label("Quel est le besoin ?").select_option(label="Refus de soins ou d’aides")
    nurse.page.get_by_label("Elle ou il est d’accord").check()
    sends(nurse, "Envoyer la demande")
    case.opens("/demandes/?vue=a-prendre")
    case.page.locator("main .row-item", has_text="Pierre Simon").get_by_role("link").first.click()
    case.presses("Je m’en occupe").sees("S’en occupe")
    case.follows("Qualifier")
    case.page.get_by_label("Concerne une personne que nous suivons déjà").check()
    case.writes("Pourquoi ?", "Suivi le mois dernier")
    sends(case, "Enregistrer")
    case.follows("Répondre")
    case.page.get_by_label("Accompagnement intensif").check()
    case.writes("Retour au demandeur", "Je reprends dès demain.")
    sends(case, "Envoyer la réponse")

    # Then he is in her file again, by himself
    case.opens("/file-active/?vue=miennes").sees("M. Simon").finds_it_accessible()
    case.follows("M. Simon").sees("réentrée").sees("Accompagnements passés")

    # And a contact is noted on the phone in two taps
    phone.opens("/file-active/?vue=miennes").sees("M. Simon").finds_it_accessible()
    phone.follows("Contact avec M. Simon").sees("Comment ?").finds_it_accessible()
    phone.writes("Ce qui a été dit", "D’accord pour revoir l’aide du midi.")
    arrives(phone, "Enregistrer le contact")
    phone.sees("D’accord pour revoir l’aide du midi.").finds_it_accessible()

    # While his nurse learns who follows him, and nothing of the notes
    opens_record(nurse)
    nurse.sees("DAC des Landes").sees("intensif")
    nurse.does_not_see("D’accord pour revoir l’aide du midi.")
    nurse.follows("Suivi").does_not_see("D’accord pour revoir l’aide du midi.")


def test_the_file_of_a_month_is_read_at_a_glance(visitor):
    for size in (DESK, PHONE):
        case = visitor("isabelle.lafitte", size)
        case.opens("/file-active/").sees("rien de prévu").finds_it_accessible()
        case.opens("/file-active/?vue=retard").sees("en retard")
        case.opens("/file-active/?vue=sorties").sees(re.compile("Sortie")).finds_it_accessible()
