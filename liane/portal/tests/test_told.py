"""What professionals chose to tell in the portal: meetings, results; nothing else."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.assessments.models import Questionnaire, Response, Score
from liane.core.acting import acting, owner
from liane.core.models import AccessRow
from liane.meetings import services as meetings
from liane.meetings.services import Call
from tests import factories as make

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return str(response.content.decode())


@pytest.fixture
def simon():
    person = make.patient("SIMON", "Pierre", used_name="", sex="M",
                          user=make.user("simon", "Pierre Simon"))  # fmt: skip
    make.member(person, make.practice("isabelle", role="case_manager", name="Isabelle Lafitte"))
    make.contact(person, "josette")
    return person


def assessed(person, *, told, band, **more):
    sheet = Questionnaire.objects.first() or Questionnaire.objects.create(
        url="urn:test", version="1", title="Grille de complexité", content="{}", digest="x"
    )
    about = {"person": person, "area": "clinical_note", "for_person": told}
    with owner():
        row = Response.objects.create(
            **about, questionnaire=sheet, completed_by="Isabelle Lafitte",
            **{"status": "completed", "completed_at": timezone.now(), **more},
        )  # fmt: skip
        Score.objects.create(**about, response=row, url=sheet.url, code="c", label="Niveau",
                             value=7, band=band, at=row.at)  # fmt: skip
        return row


def test_a_meeting_is_read_once_its_convener_said_so(sign_in, simon):
    to_come = timezone.now() + dt.timedelta(days=3)
    claire = make.practice("claire", name="Claire Aubert")
    make.member(simon, claire)
    with acting(make.actor("isabelle")):
        meeting = meetings.convene(
            Call(simon.pk, "Troisième chute", (to_come,), (claire.pk,), place="À Dax")
        )
    client = sign_in("simon")
    assert "Aucune réunion" in text(client.get("/portail/reunions/"))
    with acting(make.actor("isabelle")):
        meetings.tell(meeting.pk, person=True, carers=False)
    page = text(client.get("/portail/reunions/"))
    assert "Troisième chute" in page
    assert "Isabelle Lafitte" in page
    assert "Troisième chute" not in text(sign_in("josette").get("/portail/reunions/"))
    with acting(make.actor("isabelle")):
        meetings.tell(meeting.pk, person=True, carers=True)
    assert "Troisième chute" in text(sign_in("josette").get("/portail/reunions/"))
    with acting(make.actor("isabelle")):
        meetings.cancel(meeting.pk, reason="Reportée")
    assert "annulée" in text(client.get("/portail/reunions/"))


def test_results_are_read_once_shared_and_recorded(sign_in, simon):
    assessed(simon, told=True, band="appui soutenu")
    assessed(simon, told=False, band="gardé entre nous")
    client = sign_in("simon")
    assert "/portail/evaluations/" in text(client.get("/portail/"))
    page = text(client.get("/portail/evaluations/"))
    assert "appui soutenu" in page
    assert "gardé entre nous" not in page
    with owner():
        assert AccessRow.objects.filter(person_id=simon.pk, resource="assessment").exists()


def test_a_carer_reads_no_result_and_an_unfinished_one_is_not_shown(sign_in, simon):
    assessed(simon, told=True, band="en train", status="in-progress", completed_at=None)
    assert "en train" not in text(sign_in("simon").get("/portail/evaluations/"))
    assessed(simon, told=True, band="appui soutenu")
    answer = sign_in("josette").get("/portail/evaluations/")
    assert "appui soutenu" not in text(answer)


def test_a_correction_replaces_what_it_corrects(sign_in, simon):
    first = assessed(simon, told=True, band="ancien résultat")
    assessed(simon, told=True, band="bon résultat", status="amended", replaces=first)
    page = text(sign_in("simon").get("/portail/evaluations/"))
    assert "bon résultat" in page
    assert "ancien résultat" not in page
