"""Documents and questionnaires that a protocol asks for, by a day counted from an anchor."""

import pytest
from django.utils import timezone

from liane.assessments.models import Questionnaire, Response
from liane.core.acting import owner
from liane.pathways import judging, listing, queries
from liane.pathways.listing import Filters
from liane.pathways.protocols import library
from liane.pathways.tests.conftest import as_, days_ago

pytestmark = pytest.mark.django_db


def asked(included, who):
    with as_(who):
        shown = queries.one(included.pk)
        return [(one.code, one.on) for one in judging.questionnaires(shown.row, shown)]


def test_a_questionnaire_is_asked_once_it_has_fallen_due(included, roussel, simon):
    assert asked(included, roussel) == [("zarit", None)], "three months are over, not a year"
    with owner():
        zarit = Questionnaire.objects.get(url="urn:liane:questionnaire:zarit")
        Response.objects.create(
            person=simon, questionnaire=zarit, area=zarit.area, status="completed", content="{}",
            at=timezone.now(),
        )  # fmt: skip
    assert asked(included, roussel) == [("zarit", days_ago(0))]


def listed(house, who):
    with as_(who):
        return [line.asked for line in listing.page(house.pk, Filters()).lines]


def test_the_file_active_says_it_until_it_is_answered(included, lea, msp, simon, sign_in):
    assert listed(msp, lea) == [["Fardeau de l’aidant à trois mois"]]
    page = sign_in("lea").get("/file-active/parcours/").content.decode()
    assert "À proposer : Fardeau de l’aidant à trois mois" in page
    answered = sign_in("lea").get("/file-active/parcours/export.csv").content.decode("utf-8-sig")
    assert "Fardeau de l’aidant à trois mois" in answered
    with owner():
        zarit = Questionnaire.objects.get(url="urn:liane:questionnaire:zarit")
        Response.objects.create(
            person=simon, questionnaire=zarit, area=zarit.area, status="completed", content="{}",
            at=timezone.now(),
        )  # fmt: skip
    assert listed(msp, lea) == [[]]


@pytest.mark.parametrize("protocol", list(library.shipped()), ids=lambda one: one.key)
def test_each_shipped_definition_declares_its_questionnaires_or_says_that_no_source_does(protocol):
    said = any("questionnaire" in note and "aucun n’est déclaré dû" in note
               for note in protocol.notes)  # fmt: skip
    assert bool(protocol.questionnaires) != said


def test_the_page_says_what_is_late_and_leads_to_the_questionnaire(included, roussel, sign_in):
    client = sign_in("roussel")
    shown = client.get(f"/parcours/{included.pk}/").content.decode()
    assert "Fardeau de l’aidant à trois mois" in shown
    assert "attendue avant le" in shown
    with owner():
        zarit = Questionnaire.objects.get(url="urn:liane:questionnaire:zarit")
    link = f"/evaluations/nouvelle/?questionnaire={zarit.pk}"
    assert link in shown
    page = client.get(f"/personnes/{included.person_id}{link}").content.decode()
    assert page.index("Zarit") < page.index("Commencer"), "it comes first"


def test_who_may_not_answer_is_told_who_does(included, lea, sign_in):
    """It is there, but clinical: a coordinator does not start it."""
    shown = sign_in("lea").get(f"/parcours/{included.pk}/").content.decode()
    assert "à remplir par qui soigne" in shown
    assert "absent d’ici" not in shown
