"""What lies in a record besides its circle: documents, plans, requests, assessments, vigilance."""

import base64
import datetime as dt
import json

import pytest
from django.utils import timezone

from liane.assessments.models import Questionnaire, Response, Score
from liane.careplans.models import Action, Objective, Plan, Problem
from liane.core.acting import acting, owner, system
from liane.core.audience import TEAM
from liane.fhir.tests.api import Api
from liane.referrals.models import Referral
from liane.timeline import services as timeline
from liane.timeline.models import Document, Note
from tests import factories as make

pytestmark = pytest.mark.django_db
LETTER = "Chère consœur, merci de recevoir Mme Laborde."


def letter(person, **more):
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11490-0"}]},
        "subject": {"reference": f"Patient/{person.pk}"},
        "date": "2026-01-05T09:00:00+01:00",
        "description": "Lettre de sortie",
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "title": "lettre.txt",
                    "data": base64.b64encode(LETTER.encode()).decode(),
                }
            }
        ],
        **more,
    }


def test_a_document_is_added_read_and_its_content_too(api, odette):
    made = api.post("DocumentReference", letter(odette))
    assert made.status == 201, made.body
    with owner():
        row = Document.objects.select_related("file").get(pk=made.body["id"])
    assert (row.category, row.title) == ("discharge", "Lettre de sortie")
    binary = api.get(f"Binary/{row.file_id}")
    assert base64.b64decode(binary.body["data"]).decode() == LETTER
    for query in (f"patient={odette.pk}", "type=http://loinc.org|11490-0", "status=current",
                  "category=discharge", "contenttype=text/plain",
                  "description=lettre"):  # fmt: skip
        found = api.get(f"DocumentReference?{query}").found
        assert [one["id"] for one in found] == [made.body["id"]], query
    other = Api(make.organisation("Ailleurs"))
    assert other.get(f"Binary/{row.file_id}").status == 404
    assert other.get("DocumentReference").found == []


@pytest.mark.parametrize(
    ("data", "kind"),
    [("###", "text/plain"), ("", "text/plain"),
     (base64.b64encode(b"MZ\x90").decode(), "text/plain"),
     (base64.b64encode(b"<script>alert(1)</script>").decode(), "text/html")],
)  # fmt: skip
def test_a_content_that_is_not_taken_leaves_nothing(api, odette, data, kind):
    body = letter(odette)
    body["content"][0]["attachment"] |= {"data": data, "contentType": kind, "title": "x"}
    assert api.post("DocumentReference", body).status in {400, 422}
    assert api.get("DocumentReference").found == []


def test_a_plan_its_goals_and_its_actions(api, odette, claire):
    with acting(system("plan")):
        plan = Plan.objects.create(
            person=odette, referent=claire, status="in_force", medical="Diabète",
            review_on=dt.date(2027, 2, 1),
        )  # fmt: skip
        about = {"plan": plan, "person": odette}
        problem = Problem.objects.create(**about, domain="medical", statement="Il maigrit")
        goal = Objective.objects.create(**about, problem=problem, text="Manger à midi",
                                        indicator="2 kg repris",
                                        term=dt.date(2027, 1, 15))  # fmt: skip
        Action.objects.create(**about, objective=goal, text="Peser", practice=claire)
    (shown,) = api.get(f"CarePlan?patient={odette.pk}&status=active").found
    detail = shown["activity"][0]["detail"]
    assert (detail["code"]["text"], detail["performer"][0]["display"]) == ("Peser", "Claire Aubert")
    answer = api.get(f"CarePlan?_id={plan.pk}&_include=CarePlan:goal&_include=CarePlan:performer")
    assert sorted(one["resourceType"] for one in answer.along) == ["Goal", "PractitionerRole"]
    (aim,) = api.get("Goal?lifecycle-status=active&target-date=2027-01-15").found
    assert aim["target"] == [{"detailString": "2 kg repris", "dueDate": "2027-01-15"}]


def test_requests_made_and_received(api, house, odette, claire):
    with acting(system("request")):
        referral = Referral(
            person=odette, organisation=house, requester_kind="professional",
            requester_id=claire.pk, requester_label="Claire Aubert", motive="staying_home",
            consent="agrees", status="sustained", author_holder_id=claire.pk,
        )  # fmt: skip
        referral.text = "Refuse l’aide du midi"
        referral.save()
    (shown,) = api.get(f"ServiceRequest?subject=Patient/{odette.pk}&status=active").found
    assert shown["requester"]["reference"] == f"PractitionerRole/{claire.pk}"
    assert shown["performer"][0]["reference"] == f"Organization/{house.pk}"
    assert len(api.get("ServiceRequest?request-status=sustained&code=staying_home").found) == 1


def test_assessments_their_scores_and_their_questionnaires(api, odette, claire):
    asked = Questionnaire.objects.get(url="urn:liane:questionnaire:mmse")
    content = {"response": {"item": [{"linkId": "remarques", "answer": [{"valueString": "x"}]}]}}
    author = {"author_holder_id": claire.pk, "author_label": "Claire Aubert"}
    with acting(system("assessment")):
        row = Response.objects.create(
            person=odette, questionnaire=asked, area="clinical_note", status="completed",
            completed_at=timezone.now(), content=json.dumps(content), **author,
        )  # fmt: skip
        Score.objects.create(person=odette, response=row, area="clinical_note", url=asked.url,
                             code="mmse", label="MMSE", value=24, unit="pts",
                             at=row.at, **author)  # fmt: skip
    (shown,) = api.get(f"QuestionnaireResponse?patient={odette.pk}&status=completed").found
    assert shown["item"][0]["linkId"] == "remarques"
    answer = api.get("Observation?code=mmse&_include=Observation:derived-from")
    assert answer.found[0]["valueQuantity"] == {"value": 24, "unit": "pts"}
    assert [one["resourceType"] for one in answer.along] == ["QuestionnaireResponse"]
    assert api.get(f"Questionnaire?url={asked.url}").found[0]["item"]
    assert Api(make.organisation("Ailleurs")).get("Observation").found == []


def test_vigilance_points_that_stand(api, odette, claire):
    with acting(make.actor("claire")):
        note = timeline.write_note(
            odette.pk, kind=Note.Kind.VIGILANCE, text="Chute en octobre.", to=TEAM,
            pin=timeline.PinWish("Risque de chute"),
        )  # fmt: skip
    (shown,) = api.get(f"Flag?patient={odette.pk}&status=active").found
    assert shown["code"]["text"] == "Risque de chute"
    with acting(make.actor("claire")):
        timeline.unpin_vigilance(note.pins.get().pk, reason="Va mieux")
    assert api.get(f"Flag/{shown['id']}").body["status"] == "inactive"
    assert api.get("Flag?status=active").found == []


@pytest.mark.parametrize(
    ("query", "found"),
    [("value-quantity=24", True), ("value-quantity=24||pts", True),
     ("value-quantity=24||kg", False), ("value-quantity=gt24", False),
     ("value-quantity=ge24", True), ("value-quantity=lt30", True),
     ("code-value-quantity=mmse$ge20", True), ("code-value-quantity=mmse$lt20", False),
     ("code-value-quantity=katz$ge20", False), ("combo-code-value-quantity=mmse$24", True),
     ("code-value-quantity=mmse", None), ("value-quantity=beaucoup", None)],
)  # fmt: skip
def test_scores_are_searched_by_their_value(api, odette, claire, query, found):
    asked = Questionnaire.objects.get(url="urn:liane:questionnaire:mmse")
    author = {"author_holder_id": claire.pk, "author_label": "Claire Aubert"}
    with acting(system("assessment")):
        row = Response.objects.create(
            person=odette, questionnaire=asked, area="clinical_note", status="completed",
            completed_at=timezone.now(), content=json.dumps({"response": {}}), **author,
        )  # fmt: skip
        Score.objects.create(person=odette, response=row, area="clinical_note", url=asked.url,
                             code="mmse", label="MMSE", value=24, unit="pts",
                             at=row.at, **author)  # fmt: skip
    answer = api.get(f"Observation?{query}")
    if found is None:
        assert answer.status == 400
    else:
        assert bool(answer.found) == found
