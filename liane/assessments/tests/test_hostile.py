"""Whatever a form sends, the answer pages say what is wrong or go on: never a failure."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.assessments import services
from liane.assessments.models import Questionnaire, Response
from liane.core import acting
from tests import factories as make

FIELDS = st.sampled_from(
    ["q", "a-1", "a-2", "a-3", "a-1-autre", "a-2-unite", "version", "partie", "go", "choix-1",
     "decide", "on", "for_person", "questionnaire", "reason", "key"]
)  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(["1", "2", "0", "-1", "999999999999", "1-0", "1-99", "x", "ajouter:1",
                     "ajouter:40-0", "suite", "retour", "fin", "plus-tard", "²", "٣", "\x00",
                     "2026-01-01", "9999-12-31", "moi", "autre"]),
    st.text(max_size=20),
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["multidimensionnelle", "sppb", "zarit"])
def test_no_form_makes_a_page_fail(key, sign_in) -> None:
    person = make.patient()
    dac = make.organisation("DAC", "dac")
    make.member(person, dac)
    manon = make.practice("manon", role="case_manager", of=dac)
    questionnaire = Questionnaire.objects.get(url=f"urn:liane:questionnaire:{key}")
    with acting.acting(make.actor(manon)):
        response = services.start(person, questionnaire)
    browser = sign_in("manon")
    browser.raise_request_exception = True
    paths = [f"/evaluations/{response.pk}/{name}/" for name in ("remplir", "terminer", "pdf")]
    paths.append(f"/personnes/{person.pk}/evaluations/nouvelle/")

    @settings(
        max_examples=25, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        st.sampled_from(paths),
        st.dictionaries(FIELDS, st.lists(WORDS, max_size=3), max_size=8),
        st.booleans(),
    )
    def send(path, form, scripted) -> None:
        headers = {"HX-Request": "true"} if scripted else {}
        assert browser.post(path, form, headers=headers).status_code < 500
        assert browser.get(path, {"partie": form.get("partie", ["1"])[:1]}).status_code < 500

    send()
    with acting.owner():
        assert Response.objects.filter(pk=response.pk).exists()
