"""An assessment from the record's tab to its results, by its pages."""

import pytest
from django.utils import timezone

from liane.assessments.models import Questionnaire, Response
from liane.core import acting
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def odette():
    return make.patient()


@pytest.fixture
def manon(odette):
    dac = make.organisation("DAC", "dac")
    make.member(odette, dac)
    return make.practice("manon", role="case_manager", of=dac, name="Manon Lys")


def katz() -> Questionnaire:
    return Questionnaire.objects.get(url="urn:liane:questionnaire:katz")


def the_one() -> Response:
    with acting.owner():
        return Response.objects.order_by("-id")[0]


def test_from_the_tab_to_the_score(odette, manon, sign_in) -> None:
    browser = sign_in("manon")
    assert "Évaluations" in browser.get(f"/personnes/{odette.pk}/").content.decode()
    assert browser.get(f"/personnes/{odette.pk}/evaluations/").status_code == 200
    assert "Katz" in browser.get(f"/personnes/{odette.pk}/evaluations/nouvelle/").content.decode()
    answer = browser.post(
        f"/personnes/{odette.pk}/evaluations/nouvelle/", {"questionnaire": str(katz().pk)}
    )
    assert answer.status_code == 302
    page = browser.get(answer.url).content.decode()
    assert "Se laver" in page
    response = the_one()
    form = {"q": [str(n) for n in range(1, 7)], "version": "1", "partie": "1", "go": "fin"}
    form |= {f"a-{n}": "1" for n in range(1, 7)}
    answer = browser.post(f"/evaluations/{response.pk}/remplir/", form)
    assert (answer.status_code, answer.url) == (302, f"/evaluations/{response.pk}/terminer/")
    page = browser.get(answer.url).content.decode()
    assert "Dépendance partielle" in page
    response = the_one()
    answer = browser.post(
        f"/evaluations/{response.pk}/terminer/",
        {"version": str(response.version), "on": timezone.localdate().isoformat()},
    )
    assert answer.status_code == 302, answer.content.decode()
    page = browser.get(f"/evaluations/{response.pk}/").content.decode()
    assert "Dépendance partielle" in page
    assert "Se laver" in page
    assert browser.get(f"/evaluations/{response.pk}/imprimer/").status_code == 200
    assert "ADL de Katz" in browser.get(f"/personnes/{odette.pk}/").content.decode()
    assert "ADL de Katz" in browser.get(f"/personnes/{odette.pk}/fil/").content.decode()
