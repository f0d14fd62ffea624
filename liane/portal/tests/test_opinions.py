"""The person says once what they think of a support; carers do not; unnamed unless they wish."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from liane.assessments import catalogue
from liane.assessments.models import Questionnaire, Response, Score
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.models import Entry
from liane.directory.models import Organisation
from liane.followups.models import Accompaniment
from liane.insight import opinions
from liane.insight.periods import Period
from liane.insight.sources import Scope
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
PAGE = "/portail/avis/"


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def dac() -> Organisation:
    return make.organisation("DAC des Landes", "dac")


@pytest.fixture
def odette(dac: Organisation) -> Patient:
    person = make.patient(user=make.user("odette", "Odette Dupont"))
    make.member(person, dac)
    make.practice("isabelle", role="case_manager", of=dac, name="Isabelle Lafitte")
    make.contact(person, "julie", access="carer_read")
    make.contact(person, "marc", access="carer_write")
    make.contact(person, "tuteur", access="legal", measure="tutelle")
    return person


def supported(person: Patient, by: Organisation, days: int = 90, ended: int | None = None) -> str:
    now = timezone.now()
    with acting.acting(acting.system("test")):
        made = Accompaniment.objects.create(
            person=person, organisation=by, level="intensive", status="followed",
            opened_at=now - dt.timedelta(days=days),
            closed_at=now - dt.timedelta(days=ended) if ended is not None else None,
        )  # fmt: skip
    return f"{PAGE}{made.pk}/"


def form(**more: str) -> dict[str, Any]:
    """« Tout à fait » everywhere."""
    asked = Questionnaire.objects.get(url="urn:liane:questionnaire:satisfaction")
    posted: dict[str, Any] = {"q": [], "named": "0"}
    for item in catalogue.definition_of(asked).items:
        if item.is_question and not item.computed:
            posted["q"].append(str(item.n))
            if item.options:
                posted[f"a-{item.n}"] = "0"
    return posted | more


def kept() -> list[Response]:
    with acting.acting(acting.system("test")):
        return list(Response.objects.all())


def levels(dac: Organisation) -> list[str]:
    with acting.acting(acting.system("test")):
        today = timezone.localdate()
        scope = Scope(Reach.of(acting.current()), dac.pk, Period("days", today, today))
        return list(opinions.given(scope).values_list("level", flat=True))


def test_the_person_is_asked_answers_once_and_counts(odette, dac, sign_in):
    page, client = supported(odette, dac), sign_in("odette")
    assert page in text(client.get("/portail/"))
    shown = text(client.get(page))
    assert "DAC des Landes" in shown
    assert "Vous êtes-vous senti écouté" in shown
    assert client.post(page, form()).status_code == 302
    [response] = kept()
    assert (response.status, response.for_team, response.for_person) == ("completed", False, True)
    assert levels(dac) == ["tres"]
    assert page not in text(client.get("/portail/"))
    client.post(page, form())
    assert len(kept()) == 1
    assert "Satisfaction" in text(client.get("/portail/evaluations/"))


def test_unless_named_no_professional_reads_it(odette, dac, sign_in):
    sign_in("odette").post(supported(odette, dac), form())
    client, [response] = sign_in("isabelle"), kept()
    assert client.get(f"/evaluations/{response.pk}/").status_code == 404
    assert "Satisfaction" not in text(client.get(f"/personnes/{odette.pk}/fil/"))
    with acting.acting(acting.system("test")):
        assert not Score.objects.get().for_team
        assert not Entry.objects.get(object_id=response.pk).for_team


def test_named_the_team_reads_it(odette, dac, sign_in):
    sign_in("odette").post(supported(odette, dac), form(named="1"))
    [response] = kept()
    assert "Satisfaction" in text(sign_in("isabelle").get(f"/evaluations/{response.pk}/"))


@pytest.mark.parametrize("username", ["julie", "marc"])
def test_carers_neither_see_nor_answer(odette, dac, sign_in, username):
    page, client = supported(odette, dac), sign_in(username)
    assert PAGE not in text(client.get("/portail/"))
    for path in (PAGE, page):
        assert client.get(path).status_code == 404
    assert client.post(page, form()).status_code == 404
    assert kept() == []


def test_the_legal_representative_answers_as_the_person(odette, dac, sign_in):
    page = supported(odette, dac)
    assert sign_in("tuteur").post(page, form()).status_code == 302
    assert len(kept()) == 1
    assert page not in text(sign_in("odette").get("/portail/"))


def test_a_missing_answer_is_shown_and_nothing_is_kept(odette, dac, sign_in):
    page, client, posted = supported(odette, dac), sign_in("odette"), form(named="1")
    del posted[next(name for name in posted if name.startswith("a-"))]
    answer = client.post(page, posted)
    assert answer.status_code == 422
    assert "Il manque une réponse" in text(answer)
    assert 'id="named-1" name="named" value="1" checked' in text(answer)
    assert kept() == []


@pytest.mark.parametrize(
    ("days", "ended", "shown"), [(5, None, False), (5, 1, True), (400, 200, False), (400, 90, True)]
)
def test_a_support_is_judged_after_a_month_or_soon_after_its_end(
    odette, dac, sign_in, days, ended, shown
):
    page = supported(odette, dac, days, ended)
    assert (page in text(sign_in("odette").get(PAGE))) is shown
    assert (sign_in("odette").get(page).status_code == 200) is shown


def test_nobody_answers_about_another_person(odette, dac, sign_in):
    page = supported(odette, dac)
    make.patient("SIMON", "Pierre", user=make.user("pierre", "Pierre Simon"))
    client = sign_in("pierre")
    assert client.get(page).status_code == 302
    assert client.post(page, form()).status_code == 302
    assert kept() == []
