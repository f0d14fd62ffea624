"""The whole story of M. Simon: his nurse asks, the DAC assesses, plans, gathers, follows, closes.

Four browsers: his nurse on her phone, his case manager and his doctor at their desks, he
himself in the portal; then the manager, who reads figures that nobody filled in.
"""

import re

import pytest

from liane.demo.names import ident
from tests.system.people import DESK, PHONE
from tests.system.test_care_plan import types
from tests.system.test_file_active import arrives
from tests.system.test_meeting import moment
from tests.system.test_support_request import opens_record, sends

ANSWERS = {
    "La personne vit-elle seule": "Oui",
    "A-t-elle perdu du poids": "Oui",
    "Se sent-elle plus fatiguée": "Oui",
    "plus de mal à se déplacer": "Non",
    "Se plaint-elle de la mémoire": "Non",
    "Sa vitesse de marche": "Non",
}
ASSESSMENT = re.compile(r"/evaluations/[0-9a-f-]+/$")
RECORD = f"/personnes/{ident('story', 'simon')}/"


@pytest.fixture
def nurse(visitor):
    return visitor("claire.aubert", PHONE)


@pytest.fixture
def case(visitor):
    return visitor("isabelle.lafitte", DESK)


def test_from_the_nurse_who_worries_to_the_exit(visitor, nurse, case):
    doctor, simon = visitor("helene.roussel", DESK), visitor("pierre.simon", PHONE)

    his_first_support_has_ended(case)
    the_nurse_asks_from_her_phone(nurse)
    the_case_manager_answers(case)
    nurse.page.reload()
    nurse.sees("Je passe demain à 11 h.").finds_it_accessible()

    she_assesses_his_needs(case)
    she_builds_the_plan(case)
    the_doctor_validates(doctor)
    he_agrees(simon)
    an_action_comes_back_by_itself(case, nurse)

    they_meet(case, nurse, simon)
    a_call_is_noted_from_the_phone(visitor)
    she_closes(case)
    doctor.opens("/notifications/").sees(re.compile("M. Simon"))
    nurse.opens("/demandes/?vue=closes").sees("Refus de soins").finds_it_accessible()

    the_manager_reads_the_report(visitor)


def his_first_support_has_ended(case) -> None:
    """Given M. Simon, whom the DAC followed in the past: his plan is closed, his file too."""
    case.opens(f"{RECORD}plan/clore/").finds_it_accessible()
    case.page.locator("main form textarea, main form input[type=text]").first.fill("Relais pris")
    case.main.get_by_role("button", name="Clore").first.click()
    case.sees("Plans clos")
    case.opens(f"{RECORD}accompagnement/").follows("Sortie")
    case.page.get_by_label("Relais pris par d’autres").check()
    case.writes("Retour au demandeur", "Le SSIAD prend le relais.")
    arrives(case, "Terminer et prévenir")


def the_nurse_asks_from_her_phone(nurse) -> None:
    """When she sees him decline, at his door, in two choices and a few words."""
    opens_record(nurse)
    nurse.follows("Demander un appui").sees("Quel est le besoin ?")
    nurse.page.get_by_label("Quel est le besoin ?").select_option(label="Refus de soins ou d’aides")
    nurse.page.get_by_label("Elle ou il est d’accord").check()
    nurse.writes("En quelques mots", "Refuse l’aide du midi depuis lundi, 57 kg ce matin.")
    sends(nurse, "Envoyer la demande")
    nurse.sees("Envoyée").finds_it_accessible()


def the_case_manager_answers(case) -> None:
    """The desk takes it, qualifies it, and answers with case management."""
    case.opens("/demandes/?vue=a-prendre")
    case.page.locator("main .row-item", has_text="Pierre Simon").get_by_role("link").first.click()
    case.presses("Je m’en occupe").sees("S’en occupe")
    case.follows("Qualifier")
    case.page.get_by_label("Est pour nous : à traiter").check()
    sends(case, "Enregistrer")
    case.follows("Répondre")
    case.page.get_by_label("Accompagnement intensif").check()
    case.writes("Retour au demandeur", "Je passe demain à 11 h.")
    sends(case, "Envoyer la réponse")
    case.sees("Accompagnement intensif").finds_it_accessible()


def she_assesses_his_needs(case) -> None:
    """At his table: six questions, and her own opinion."""
    case.opens(f"{RECORD}evaluations/nouvelle/").presses("Commencer : Repérage de la fragilité")
    case.sees("A-t-elle perdu du poids")
    for question, answer in ANSWERS.items():
        case.main.get_by_role("group", name=question).get_by_label(answer, exact=True).check()
    case.finds_it_accessible().presses("Continuer").sees("Pensez-vous que cette personne")
    case.main.get_by_role("group", name="Pensez-vous").get_by_label("Oui", exact=True).check()
    case.main.get_by_role("group", name="Accepte-t-elle").get_by_label("Oui", exact=True).check()
    case.presses("Relire et terminer").sees("Terminer l’évaluation")
    case.presses("Terminer l’évaluation").page.wait_for_url(
        re.compile(r"/evaluations/[0-9a-f-]+/$")
    )
    case.sees("Repérage de la fragilité").finds_it_accessible()


def she_builds_the_plan(case) -> None:
    """The référent first, then a problem that the assessment showed, what he wants, who does it."""
    case.opens(f"{RECORD}plan/nouveau/").presses("Ouvrir le plan").sees("Aucun problème noté")
    case.page.get_by_text("Ajouter un problème").click()
    types(case, "Problème", "Il maigrit").presses("Ajouter le problème").sees("Il maigrit")
    case.follows("Modifier le problème : Il maigrit")
    cited = case.page.get_by_label("Citer une ligne d’évaluation")
    line = cited.locator("option", has_text="fragilité").first
    cited.select_option(line.get_attribute("value"))
    case.finds_it_accessible().presses("Enregistrer").sees("Montré par")
    row = case.main.locator("article", has_text="Il maigrit")
    row.get_by_text("Ajouter un objectif").click()
    row.get_by_label("Objectif, avec la personne").fill("Manger à midi avec quelqu’un")
    row.get_by_role("button", name="Ajouter l’objectif").click()
    row.locator("summary", has_text="Ajouter une action").click()
    row.get_by_role("textbox", name="Action").first.fill("Le peser chaque lundi")
    row.get_by_role("button", name="Ajouter l’action").click()
    case.sees("Le peser chaque lundi").finds_it_accessible()
    case.main.get_by_role("checkbox", name=re.compile("personne")).first.check()
    case.presses("Enregistrer le partage")
    case.main.locator("summary", has_text="Transmettre au médecin traitant").click()
    types(case, "Ce qui change", "Premier plan")
    case.main.get_by_role("button", name="Transmettre", exact=True).click()
    case.sees("réponse attendue avant le")


def the_doctor_validates(doctor) -> None:
    """His doctor finds it on her day's page, and validates."""
    doctor.opens("/").sees("M. Simon").opens(f"{RECORD}plan/")
    doctor.sees("Votre avis de médecin traitant est attendu.").finds_it_accessible()
    doctor.presses("Valider le plan").sees("validé, à accepter par la personne")


def he_agrees(simon) -> None:
    """He reads it in plain words, says what matters to him, and agrees."""
    simon.opens("/portail/").follows("Mon plan").sees("Manger à midi avec quelqu’un")
    simon.finds_it_accessible().presses("Oui, d’accord").sees("Vous êtes d’accord")


def an_action_comes_back_by_itself(case, nurse) -> None:
    """The action becomes the nurse's task; once she has done it, the plan says so by itself."""
    case.opens(f"{RECORD}plan/").sees("en vigueur")
    action = case.main.locator(".plan-action", has_text="Le peser chaque lundi")
    action.locator("summary").click()
    action.get_by_role("link", name="En faire une tâche").click()
    who = case.page.get_by_label("Qui").first
    who.select_option(who.locator("option", has_text="Claire Aubert").first.get_attribute("value"))
    case.finds_it_accessible().presses("Confier").sees("tâche confiée")
    nurse.opens("/taches/").sees("Le peser chaque lundi").finds_it_accessible()
    row = nurse.main.locator(".row-item", has_text="Le peser chaque lundi")
    row.get_by_role("button", name="C’est fait").click()
    row.get_by_text("Fait", exact=True).wait_for()
    case.finds_in_the_end(f"{RECORD}plan/", re.compile("Faite par Claire Aubert"))


def they_meet(case, nurse, simon) -> None:
    """A meeting with a date at once; he is told in his portal; a decision joins the plan."""
    case.opens(f"{RECORD}concertations/nouvelle/")
    case.writes("Pourquoi se réunir", "Ses repas de midi").writes("Lieu", "Chez lui")
    case.writes("Date 1", moment(2))
    case.page.get_by_label(re.compile("Claire Aubert")).check()
    case.finds_it_accessible().presses("Convoquer").sees("Réunion à dater")
    case.main.get_by_role("button", name="Retenir cette date").first.click()
    case.sees("date fixée").page.get_by_label("Prévenir M. Simon").check()
    case.main.locator("form[action$='/prevenir/'] button").click()
    case.page.wait_for_load_state("load")
    simon.opens("/portail/reunions/").sees("Ses repas de midi").finds_it_accessible()
    case.presses("Ouvrir la séance").sees("Notes partagées")
    case.page.locator("summary", has_text="Noter une décision").click()
    case.main.get_by_label("Décision", exact=True).fill("Un bénévole déjeune avec lui le mardi")
    case.presses("Ajouter la décision").sees("Un bénévole déjeune avec lui le mardi")
    case.follows("Porter au plan").finds_it_accessible()
    case.presses("Ajouter au plan").sees("voir l’action du plan")
    nurse.opens(f"{RECORD}plan/").sees("Un bénévole déjeune avec lui le mardi")
    nurse.finds_it_accessible()


def a_call_is_noted_from_the_phone(visitor) -> None:
    """Months of follow-up: each contact in two taps."""
    phone = visitor("isabelle.lafitte", PHONE)
    phone.opens("/file-active/?vue=miennes").follows("Contact avec M. Simon").sees("Comment ?")
    phone.writes("Ce qui a été dit", "Il mange avec le bénévole.")
    arrives(phone, "Enregistrer le contact").sees("Il mange avec le bénévole.")
    phone.finds_it_accessible()


def she_closes(case) -> None:
    """The request's own button leads to the exit, which ends both and tells everybody."""
    case.opens("/demandes/?vue=suivies")
    case.page.locator("main .row-item", has_text="Pierre Simon").get_by_role("link").first.click()
    case.follows("Terminer").sees("Motif de sortie").finds_it_accessible()
    case.page.get_by_label("Objectifs atteints").check()
    case.writes("Retour au demandeur", "Il remange, 59 kg. Merci à tous.")
    arrives(case, "Terminer et prévenir")
    case.sees("Accompagnement terminé").sees("objectifs atteints")


def the_manager_reads_the_report(visitor) -> None:
    """Nobody filled anything in, and the figures are there, without a name."""
    manager = visitor("florence.dubroca", DESK)
    manager.opens("/pilotage/").sees("Demandes reçues").sees("objectifs atteints")
    manager.finds_it_accessible().does_not_see("Simon")
