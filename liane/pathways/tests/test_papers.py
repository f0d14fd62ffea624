"""Documents and questionnaires that a protocol asks for, by a day counted from an anchor."""

import pytest
from django.utils import timezone

from liane.assessments.models import Questionnaire, Response
from liane.core.acting import owner
from liane.pathways import judging, queries
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
