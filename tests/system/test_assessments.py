"""A case manager begins an assessment on her phone, goes on at her desk, and sees the curve."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.system.people import DESK, PHONE, SOON, Someone

DOMAINS = 7


def opens_simon(someone: Someone) -> str:
    """His tab « Évaluations »; returns its address."""
    from liane.demo.names import ident

    path = f"/personnes/{ident('story', 'simon')}/evaluations/"
    someone.opens(path)
    return path


def ticks(someone: Someone, question: str, answer: str) -> None:
    group = someone.main.get_by_role("group", name=question)
    group.get_by_label(answer).check()


def test_from_the_phone_to_the_desk_to_the_curve(visitor: Callable[..., Someone]) -> None:
    phone = visitor("isabelle.lafitte", PHONE)
    path = opens_simon(phone)
    phone.sees("Derniers scores").finds_it_accessible()
    phone.opens(path + "nouvelle/").finds_it_accessible()
    phone.presses("Commencer : Grille de complexité")
    phone.sees("Partie 1 sur 8")
    phone.does_not_see("Stabilité de la situation")
    ticks(phone, "Intensité des difficultés", "Difficulté marquée")
    phone.sees("Stabilité de la situation").finds_it_accessible()
    ticks(phone, "Stabilité de la situation", "Change depuis peu")
    ticks(phone, "Aides et ressources mobilisées", "Partielles ou fragiles")
    phone.presses("Continuer")
    phone.sees("Partie 2 sur 8")

    desk = visitor("isabelle.lafitte", DESK)
    desk.opens(path).sees("En cours")
    desk.follows("Reprendre : Grille de complexité")
    expect(desk.main.get_by_label("Difficulté marquée")).to_be_checked(timeout=SOON)
    desk.finds_it_accessible()
    desk.presses("Continuer")
    for part in range(2, DOMAINS + 1):
        desk.sees(f"Partie {part} sur 8")
        ticks(desk, "Intensité des difficultés", "Pas de difficulté")
        desk.presses("Continuer")
    desk.sees("Partie 8 sur 8").sees("Appui ponctuel : information")
    desk.presses("Relire et terminer")
    desk.sees("Terminer l’évaluation").finds_it_accessible()
    desk.presses("Terminer l’évaluation")
    desk.sees("Complexité dans le temps")
    expect(desk.main.get_by_role("img", name=re.compile("Complexité : de"))).to_be_visible()
    desk.finds_it_accessible()
    phone.opens(path).sees("3 mesures")


def test_everything_works_without_script(visitor: Callable[..., Someone]) -> None:
    claire = visitor("claire.aubert", PHONE)
    path = opens_simon(claire)
    context = claire.page.context.browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    context.add_cookies(claire.page.context.cookies())
    page = context.new_page()
    page.goto(claire.url + path + "nouvelle/")
    page.get_by_role("button", name="Commencer : Performance physique").click()
    page.get_by_role("group", name="Pieds joints").get_by_label("Tenu 10 secondes").check()
    page.get_by_role("button", name="Continuer").last.click()
    expect(page.get_by_role("group", name="Semi-tandem")).to_be_visible()
    expect(page.get_by_text("Vos réponses font apparaître d’autres questions")).to_be_visible()
    context.close()
