"""A pathway: included by the doctor, a session noted on a phone, progress and list seen by all."""

import re

from tests.system.people import DESK, PHONE


def test_from_inclusion_to_the_list(visitor):
    lead, dietitian = visitor("nathalie.cazenave", DESK), visitor("elodie.maisonnave", PHONE)

    # Given the coordinator, who reads her list and the pathway of Mme Castagnet
    lead.opens("/file-active/parcours/").sees("Mme Castagnet").finds_it_accessible()
    lead.follows("Mme Castagnet").sees("Séances diététiques").finds_it_accessible()

    # When a doctor includes somebody who was proposed
    doctor = visitor("helene.roussel", DESK)
    doctor.opens("/file-active/parcours/?vue=a-decider").finds_it_accessible()
    doctor.page.locator("table.followed th a").first.click()
    doctor.sees("Vers l’inclusion").finds_it_accessible()
    doctor.follows("Décider").sees("vaut prescription").finds_it_accessible()
    doctor.presses("Inclure cette personne").page.get_by_text("Personne incluse").wait_for()
    here = doctor.page.url.removeprefix(doctor.url)
    person = doctor.page.get_by_role("link", name="Les parcours").get_attribute("href") or ""

    # Then the dietitian, who is in the circle now, notes a session on her phone
    note = person.replace("parcours/", "agenda/noter/?acte=dietetique")
    dietitian.opens(note).sees("Acte du parcours").finds_it_accessible()
    dietitian.presses("Noter la visite").page.get_by_text("Visite notée").wait_for()
    dietitian.sees("Séances diététiques").finds_it_accessible()

    # And the coordinator sees who did what, on a desk and on a phone
    lead.opens(here).sees(re.compile("Élodie Maisonnave")).finds_it_accessible()
    phone = visitor("nathalie.cazenave", PHONE)
    phone.opens(here).sees("Séance diététique").finds_it_accessible()
    phone.opens("/file-active/parcours/").sees("Mme Castagnet").finds_it_accessible()
    phone.opens("/parcours/protocoles/pcr-obesite/").sees("Séquence 1").finds_it_accessible()
