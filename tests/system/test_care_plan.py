"""M. Simon's plan: the case manager builds it, his doctor validates, he agrees in the portal."""

import re

from playwright.sync_api import expect

from tests.system.people import DESK, PHONE


def opens_plan(someone, record: str) -> None:
    someone.opens(f"{record}plan/").sees("Plan de coordination")


def types(someone, label: str, text: str):
    someone.main.get_by_role("textbox", name=label).first.fill(text)
    return someone


def test_a_plan_is_built_validated_and_agreed(visitor):
    isabelle = visitor("isabelle.lafitte", DESK)

    # Given M. Simon's plan in force, which his case manager opens at her desk
    isabelle.opens("/").sees("Plans de coordination")
    section = isabelle.main.locator(".sheet", has_text="Plans de coordination")
    section.get_by_role("link", name="M. Simon").click()
    isabelle.page.wait_for_url(re.compile("/plan/"))
    record = re.search(r"/personnes/[0-9a-f-]+/", isabelle.page.url)[0]
    opens_plan(isabelle, record)
    isabelle.sees("en vigueur").sees("Dénutrition")

    # When she adds a problem, an objective and an action in their place
    isabelle.page.get_by_text("Ajouter un problème").click()
    types(isabelle, "Problème", "Vue qui baisse").presses("Ajouter le problème")
    isabelle.sees("Vue qui baisse")
    row = isabelle.main.locator("article", has_text="Vue qui baisse")
    row.get_by_text("Ajouter un objectif").click()
    row.get_by_label("Objectif, avec la personne").fill("Lire de nouveau son journal")
    row.get_by_role("button", name="Ajouter l’objectif").click()
    isabelle.sees("Lire de nouveau son journal")
    row.locator("summary", has_text="Ajouter une action").click()
    row.get_by_role("textbox", name="Action").first.fill("Prendre rendez-vous chez l’ophtalmologue")
    row.get_by_role("button", name="Ajouter l’action").click()
    isabelle.sees("Prendre rendez-vous chez l’ophtalmologue").finds_it_accessible()

    # And sends it to his doctor
    isabelle.main.locator("summary", has_text="Transmettre au médecin traitant").click()
    types(isabelle, "Ce qui change", "La vue")
    isabelle.main.get_by_role("button", name="Transmettre", exact=True).click()
    isabelle.sees("réponse attendue avant le")

    # Then she finds it on her phone, and validates
    roussel = visitor("helene.roussel", PHONE)
    opens_plan(roussel, record)
    roussel.sees("Votre avis de médecin traitant est attendu.").finds_it_accessible()
    roussel.presses("Valider le plan")
    roussel.sees("validé, à accepter par la personne")

    # And M. Simon reads it in plain words, and agrees
    simon = visitor("pierre.simon", PHONE)
    simon.opens("/portail/").follows("Mon plan").sees("Lire de nouveau son journal")
    simon.finds_it_accessible()
    simon.presses("Oui, d’accord")
    simon.sees("Vous êtes d’accord")

    # And the plan is in force, its third version beside the second
    opens_plan(isabelle, record)
    isabelle.sees("en vigueur").sees("version 3")
    isabelle.follows("Versions").sees("côte à côte").sees("ajoutée").finds_it_accessible()


def test_the_second_editor_sees_both_versions_and_chooses(visitor):
    isabelle, claire = visitor("isabelle.lafitte", DESK), visitor("claire.aubert", PHONE)
    isabelle.opens("/").main.get_by_role("link", name="M. Simon").last.click()
    isabelle.page.wait_for_url(re.compile("/plan/"))
    record = re.search(r"/personnes/[0-9a-f-]+/", isabelle.page.url)[0]
    opens_plan(isabelle, record)
    line = isabelle.main.get_by_role("link", name="Modifier le problème : Isolement")
    path = line.get_attribute("href")

    isabelle.opens(path)
    claire.opens(path)
    types(isabelle, "Problème", "Isolement et tristesse").presses("Enregistrer")
    isabelle.sees("Isolement et tristesse")
    types(claire, "Problème", "Isolement, sauf le mercredi").presses("Enregistrer")

    claire.sees("Votre version").sees("L’autre version").sees("Isolement et tristesse")
    mine = claire.main.get_by_role("textbox", name="Problème").first
    expect(mine).to_have_value("Isolement, sauf le mercredi")
    claire.finds_it_accessible()
    claire.presses("Garder ma version")
    claire.sees("Isolement, sauf le mercredi")
