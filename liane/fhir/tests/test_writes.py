"""Requests, vigilance points and assessments written by an application, by the pages' own verbs."""

import json

import pytest

from liane.assessments.catalogue import FOLDER
from liane.assessments.models import Questionnaire, Score
from liane.core.acting import owner
from liane.fhir.resources.flag import LEVELS, REASON, TEXT
from liane.fhir.resources.servicerequest import CONSENT, MOTIVES
from liane.fhir.resources.servicerequest import REASON as WHY
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_examples import plain
from liane.referrals.models import Referral
from liane.timeline.models import Pin
from tests import factories as make

pytestmark = pytest.mark.django_db


def about(person):
    return {"reference": f"Patient/{person.pk}"}


def asking(person, to, **more):
    return {
        "resourceType": "ServiceRequest",
        "extension": [{"url": CONSENT, "valueCode": "agrees"}],
        "status": "active",
        "intent": "order",
        "priority": "asap",
        "code": {"coding": [{"system": MOTIVES, "code": "staying_home"}]},
        "subject": about(person),
        "performer": [{"reference": f"Organization/{to.pk}"}],
        "note": [{"text": "Refuse l’aide du midi"}],
        **more,
    }


def test_a_request_is_sent_read_on_both_sides_taken_back_and_made_again(api, house, odette, claire):
    dac = make.organisation("DAC voisin", "dac")
    body = asking(odette, dac)
    made = api.post("ServiceRequest", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    assert plain(api.get(f"ServiceRequest/{key}").body) == body
    with owner():
        row = Referral.objects.get(pk=key)
    assert (row.requester_kind, row.requester_id, row.urgency) == ("organisation", house.pk, "soon")
    (seen,) = Api(dac).get("ServiceRequest").found
    assert seen["note"] == [{"text": "Refuse l’aide du midi"}]
    for query in ("code=staying_home", "priority=asap", f"performer=Organization/{dac.pk}",
                  f"requester=Organization/{house.pk}", "status=active"):  # fmt: skip
        assert [one["id"] for one in api.get(f"ServiceRequest?{query}").found] == [key], query
    other = {**body, "id": key, "note": [{"text": "Autre"}]}
    assert api.put(f"ServiceRequest/{key}", other).status == 422
    why = [*body["extension"], {"url": WHY, "valueString": "sans objet"}]
    back = api.put(f"ServiceRequest/{key}", {**body, "id": key, "status": "revoked",
                                             "extension": why}, if_match='W/"1"')  # fmt: skip
    assert (back.status, back.body["status"]) == (200, "revoked"), back.body
    stale = api.put(f"ServiceRequest/{key}", {**body, "id": key}, if_match='W/"1"')
    assert stale.status == 412
    again = api.put(f"ServiceRequest/{key}", {**body, "id": key})
    assert (again.status, again.body["status"]) == (200, "active")
    with owner():
        assert Referral.objects.get(pk=key).status == "reopened"
    assert Api(make.organisation("Ailleurs")).get(f"ServiceRequest/{key}").status == 404


def test_what_a_request_needs(api, house, odette, claire):
    dac = make.organisation("DAC voisin", "dac")
    for change, where in (
        ({"extension": []}, None),
        ({"code": {"text": "aide"}}, "ServiceRequest.code"),
        ({"status": "draft"}, "ServiceRequest.status"),
        ({"subject": {"display": "x"}}, "ServiceRequest.subject"),
        ({"requester": {"reference": f"Organization/{dac.pk}"}}, "ServiceRequest.requester"),
        ({"requester": {"reference": f"PractitionerRole/{claire.pk}"}}, None),
    ):
        refused = api.post("ServiceRequest", {**asking(odette, dac), **change})
        assert refused.status == 422, change
        if where:
            assert refused.body["issue"][0]["expression"] == [where]
    with owner():
        assert not Referral.objects.exists()
    nurse = make.practice("ines", of=house)
    named = asking(odette, dac, requester={"reference": f"PractitionerRole/{nurse.pk}"})
    made = api.post("ServiceRequest", named)
    assert made.status == 201, made.body
    someone = {"resourceType": "Patient", "id": "p", "name": [{"family": "Petit",
               "given": ["Luc"]}], "address": [{"city": "Dax"}]}  # fmt: skip
    unknown = asking(odette, dac, subject={"reference": "#p"}, contained=[someone])
    assert api.post("ServiceRequest", unknown).status == 201


def point(person, **more):
    return {
        "resourceType": "Flag",
        "extension": [{"url": TEXT, "valueString": "Deux chutes depuis octobre."}],
        "status": "active",
        "category": [{"coding": [{"system": LEVELS, "code": "urgent"}]}],
        "code": {"text": "Risque de chute"},
        "subject": about(person),
        **more,
    }


def test_a_point_is_shown_then_taken_off(api, odette):
    made = api.post("Flag", point(odette))
    assert made.status == 201, made.body
    key = made.body["id"]
    assert plain(api.get(f"Flag/{key}").body) == point(odette)
    with owner():
        pin = Pin.objects.select_related("note").get(pk=key)
    assert (pin.label, pin.level, pin.note.text) == (
        "Risque de chute", "urgent", "Deux chutes depuis octobre.",
    )  # fmt: skip
    other = {**point(odette), "id": key, "code": {"text": "Autre"}}
    assert api.put(f"Flag/{key}", other).status == 422
    off = point(odette, id=key, status="inactive")
    off["extension"].append({"url": REASON, "valueString": "Va mieux"})
    gone = api.put(f"Flag/{key}", off)
    assert (gone.status, gone.body["status"]) == (200, "inactive")
    with owner():
        assert Pin.objects.get(pk=key).ended_reason == "Va mieux"
    assert api.put(f"Flag/{key}", {**off, "status": "active"}).status == 422
    assert api.post("Flag", point(odette, status="inactive")).status == 422
    assert api.post("Flag", point(odette, code={"text": "x" * 500})).status == 422
    helper = make.organisation("Aide", "saad")
    make.member(odette, helper, outside_team=True, ground="consent")
    assert Api(helper).post("Flag", point(odette)).status in {403, 404}


FALLS = {
    "resourceType": "Questionnaire",
    "url": "https://exemple.fr/Questionnaire/chutes",
    "version": "1",
    "title": "Chutes",
    "status": "active",
    "item": [
        {"linkId": "n", "type": "integer", "text": "Combien de chutes ?", "required": True},
        {"linkId": "o", "type": "choice", "text": "Où ?", "answerOption": [
            {"valueCoding": {"code": "in", "display": "dedans"}},
            {"valueCoding": {"code": "out", "display": "dehors"}}],
         "enableWhen": [{"question": "n", "operator": ">", "answerInteger": 0}]},
    ],
}  # fmt: skip


def answered(person, *items, status="completed", **more):
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "https://exemple.fr/Questionnaire/chutes|1",
        "status": status,
        "subject": about(person),
        "authored": "2026-11-01T10:00:00+01:00",
        "item": list(items),
        **more,
    }


def n(value):
    return {"linkId": "n", "answer": [{"valueInteger": value}]}


def o(code):
    return {"linkId": "o", "answer": [{"valueCoding": {"code": code}}]}


def test_a_questionnaire_of_the_house_filled_in_elsewhere(api, odette):
    asked = api.post("Questionnaire", FALLS)
    assert asked.status == 201, asked.body
    assert plain(api.get(f"Questionnaire/{asked.body['id']}").body) == FALLS
    other = Api(make.organisation("Ailleurs"))
    assert other.get(f"Questionnaire?url={FALLS['url']}").found == []
    begun = api.post("QuestionnaireResponse", answered(odette, n(2), status="in-progress"))
    assert begun.status == 201, begun.body
    key = begun.body["id"]
    body = answered(odette, n(2), o("in"), id=key)
    done = api.put(f"QuestionnaireResponse/{key}", body, if_match='W/"1"')
    assert (done.status, done.body["status"]) == (200, "completed"), done.body
    read = plain(api.get(f"QuestionnaireResponse/{key}").body)
    assert read == {name: one for name, one in body.items() if name != "id"}
    changed = answered(odette, n(3), o("in"), id=key)
    assert api.put(f"QuestionnaireResponse/{key}", changed).status == 422
    retitled = {**FALLS, "id": asked.body["id"], "title": "Chutes bis"}
    assert api.put(f"Questionnaire/{asked.body['id']}", retitled).status == 409
    gone = api.put(f"QuestionnaireResponse/{key}", {**body, "status": "entered-in-error"})
    assert (gone.status, gone.body["status"]) == (200, "entered-in-error")


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "attendue"), ([n(0), o("in")], "pas à remplir"), ([n(1), o("away")], "pas proposée"),
        ([{"linkId": "z", "answer": [{"valueInteger": 1}]}], "pas une question"),
        ([{"linkId": "n", "answer": [{"valueString": "deux"}]}], "attend une réponse"),
    ],
    ids=["missing", "not-asked", "not-offered", "unknown", "type"],
)  # fmt: skip
def test_answers_that_are_not_taken_leave_nothing(api, odette, items, words):
    api.post("Questionnaire", FALLS)
    body = answered(odette, *items)
    if not items:
        del body["item"]
    refused = api.post("QuestionnaireResponse", body)
    assert refused.status == 422, refused.body
    assert words in refused.issues[0]
    assert api.get("QuestionnaireResponse").found == []


def test_a_questionnaire_that_is_not_read_says_where(api):
    body = {**FALLS, "item": [{"linkId": "n", "type": "integer", "enableWhen": [
        {"question": "none", "operator": "=", "answerInteger": 1}]}]}  # fmt: skip
    refused = api.post("Questionnaire", body)
    assert refused.status == 422
    assert api.get(f"Questionnaire?url={FALLS['url']}").found == []


def test_begun_from_the_record_then_scored(api, odette, house):
    gait = json.loads((FOLDER / "tug.questionnaire.json").read_text())
    asked = Questionnaire.objects.get(url=gait["url"])
    path = f"Questionnaire/{asked.pk}/$populate"
    begun = api.get(f"{path}?subject=Patient/{odette.pk}").body["parameter"][0]["resource"]
    assert begun["status"] == "in-progress"
    assert begun["subject"] == about(odette)
    by_url = {"resourceType": "Parameters", "parameter": [
        {"name": "subject", "valueReference": about(odette)},
        {"name": "questionnaire", "valueCanonical": gait["url"]}]}  # fmt: skip
    assert api.post("Questionnaire/$populate", by_url).status == 200
    assert api.get(path).status == 400
    stranger = Api(make.organisation("Ailleurs"))
    assert stranger.get(f"{path}?subject=Patient/{odette.pk}").status == 404
    narrow = Api(house, "system/Questionnaire.r system/Patient.r")
    assert narrow.get(f"{path}?subject=Patient/{odette.pk}").status == 403
    assert api.get("QuestionnaireResponse").found == []


def test_scores_are_extracted_before_and_after(api, odette):
    zarit = json.loads((FOLDER / "zarit.questionnaire.json").read_text())
    asked = Questionnaire.objects.get(url=zarit["url"])
    total = {"linkId": "total", "answer": [{"valueInteger": 42}]}
    given = [{"linkId": "score", "item": [total]}]
    body = answered(odette, *given, questionnaire=asked.url)
    sent = {"resourceType": "Parameters",
            "parameter": [{"name": "questionnaire-response", "resource": body}]}  # fmt: skip
    before = api.post("QuestionnaireResponse/$extract", sent)
    assert before.status == 200, before.body
    (entry,) = before.body["entry"]
    made = api.post("QuestionnaireResponse", body)
    assert made.status == 201, made.body
    with owner():
        score = Score.objects.get(response_id=made.body["id"])
    assert entry["resource"]["valueQuantity"] == {"value": 42, "unit": "/88"}
    assert (int(score.value), score.code) == (42, "zarit")
    total["answer"][0]["valueInteger"] = 99
    assert api.post("QuestionnaireResponse", body).status == 422
    after = api.get(f"QuestionnaireResponse/{made.body['id']}/$extract").body["entry"][0][
        "resource"
    ]
    assert after["derivedFrom"] == [{"reference": f"QuestionnaireResponse/{made.body['id']}"}]
    assert len(api.get(f"Observation?derived-from={made.body['id']}").found) == 1
    assert api.post("QuestionnaireResponse/$extract", {"resourceType": "Patient"}).status == 400
