"""A meeting around M. Simon: polled inside and outside, decided, its minutes approved."""

import datetime as dt
import re
import sys

from django.utils import timezone
from playwright.sync_api import expect

from tests.system.installation import Installation
from tests.system.people import DESK, PHONE, arrive

GUEST = "Dr Camille Hiriart"
LINK_OF = """
from liane.core.acting import acting, system
from liane.meetings import links
from liane.meetings.models import MeetingLink
with acting(system("test")):
    one = MeetingLink.objects.filter(revoked_at=None, label="Dr Camille Hiriart").latest("id")
    print(links.path_of(one))
"""


def moment(hours: int) -> str:
    """What a browser's field of date and hour holds."""
    at = timezone.localtime() + dt.timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M")


def link(site: Installation) -> str:
    """The address in the guest's last mail."""
    return (
        site.run(sys.executable, "manage.py", "shell", "-v", "0", "-c", LINK_OF)
        .strip()
        .splitlines()[-1]
    )


def says_the_code(isabelle, meeting: str) -> str:
    """Isabelle reads the code for the guest on her screen."""
    isabelle.opens(meeting)
    row = isabelle.main.locator(".row-item", has_text=GUEST)
    row.locator("summary").click()
    row.get_by_role("button", name="Code à dire au téléphone").click()
    isabelle.sees("pendant quinze minutes")
    return re.sub(r"\D", "", isabelle.main.locator(".figure").inner_text())


def test_a_meeting_is_convened_polled_held_and_its_minutes_approved(visitor, site, browser):
    isabelle = visitor("isabelle.lafitte", DESK)

    # Given M. Simon's record, from which his case manager convenes a meeting
    isabelle.opens("/").sees("Concertations")
    section = isabelle.main.locator(".sheet", has_text="Concertations")
    section.get_by_role("link", name="M. Simon").first.click()
    isabelle.page.wait_for_url(re.compile("/concertations/"))
    isabelle.finds_it_accessible().follows("Concertations").sees("Réunions de concertation")
    isabelle.follows("Convoquer une réunion").sees("Qui réunir")
    isabelle.page.locator("summary", has_text="hors du cercle").click()
    isabelle.writes("Pourquoi se réunir", "Il ne veut plus du portage").writes("Lieu", "Mairie")
    isabelle.writes("Date 1", moment(2)).writes("Date 2", moment(30))
    isabelle.page.get_by_label(re.compile("Claire Aubert")).check()
    isabelle.writes("Ou quelqu’un d’ailleurs : son nom", GUEST).writes("Sa fonction", "cardiologue")
    isabelle.writes("Son adresse", "hiriart@mss.invalid")
    isabelle.writes("Accord de la personne", "Dit à Isabelle").finds_it_accessible()
    isabelle.presses("Convoquer").sees("Réunion à dater")
    meeting = re.search(r"/concertations/[0-9a-f-]+/", isabelle.page.url)[0]

    # When the nurse answers on her phone
    claire = visitor("claire.aubert", PHONE)
    claire.opens("/").sees("à répondre").opens(meeting).sees("Quand êtes-vous libre ?")
    claire.finds_it_accessible()
    for number in range(2):
        claire.main.get_by_role("radio", name="Oui").nth(number).check()
    claire.presses("Envoyer mes réponses").sees("Isabelle Lafitte, Claire Aubert")

    # And the doctor outside by signed link, with the code said on the telephone
    code = says_the_code(isabelle, meeting)
    outside = arrive(browser, claire.url, GUEST, PHONE)
    outside.opens(link(site)).sees("Code à six chiffres").finds_it_accessible()
    outside.writes("Code à six chiffres", code).presses("Ouvrir").sees("Quand êtes-vous libre ?")
    outside.main.get_by_role("radio", name="Oui").first.check()
    outside.main.get_by_role("radio", name="Non").last.check()
    outside.finds_it_accessible().presses("Envoyer mes réponses").sees("1 non")

    # Then the best date is suggested, she fixes it and opens the session
    isabelle.opens(meeting).sees("la meilleure à ce jour").sees("3 oui")
    isabelle.main.get_by_role("button", name="Retenir cette date").first.click()
    isabelle.sees("date fixée").presses("Ouvrir la séance").sees("Notes partagées")

    # And both write, the nurse under another heading
    isabelle.follows("Écrire : Situation").writes("Notes", "Repas refusés depuis mardi.")
    isabelle.presses("Enregistrer").sees("Repas refusés depuis mardi.")
    claire.opens(meeting).follows("Écrire : Points de vue").finds_it_accessible()
    claire.writes("Notes", "Il mange mieux accompagné.").presses("Enregistrer")
    claire.sees("Il mange mieux accompagné.")

    # And a decision becomes a task that the nurse sees
    isabelle.opens(meeting).page.locator("summary", has_text="Noter une décision").click()
    isabelle.main.get_by_label("Décision", exact=True).fill("Goûter ses repas avec lui")
    who = isabelle.page.locator("#id_assignee")
    who.select_option(who.locator("option", has_text="Claire Aubert").first.get_attribute("value"))
    isabelle.presses("Ajouter la décision").sees("Goûter ses repas avec lui")
    isabelle.presses("En faire une tâche").sees("voir la tâche")
    claire.opens("/taches/").sees("Goûter ses repas avec lui")

    # And the minutes, complete with his voice, are approved by all who were there
    for select in isabelle.main.locator("#presences select[name^='presence-']").all():
        select.select_option("present")
    isabelle.page.locator("#id_person").select_option("present")
    isabelle.writes("Comment sa parole", "Il était là : « je veux choisir mes plats »")
    isabelle.finds_it_accessible().presses("Enregistrer les présences")
    isabelle.presses("Soumettre le compte rendu").sees("avis attendu")
    claire.opens(meeting).sees("Votre avis est attendu.").finds_it_accessible()
    claire.presses("Approuver le compte rendu").sees("Claire Aubert approuve")
    code = says_the_code(isabelle, meeting)
    outside.opens(link(site)).writes("Code à six chiffres", code).presses("Ouvrir")
    outside.sees("je veux choisir mes plats").finds_it_accessible()
    outside.presses("Approuver le compte rendu").sees("compte rendu approuvé")

    # And she sends them
    isabelle.opens(meeting).presses("Envoyer le compte rendu").sees("compte rendu envoyé")
    isabelle.finds_it_accessible()
    expect(isabelle.main.get_by_text("Goûter ses repas avec lui").first).to_be_visible()
    outside.page.context.close()
