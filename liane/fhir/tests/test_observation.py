"""Measures that other software sends: kept as an assessment of one answer, or refused in words."""

import pytest
from django.utils import timezone

from liane.assessments.models import Response, Score
from liane.core.acting import owner
from liane.fhir.tests.api import Api
from tests import factories as make

pytestmark = pytest.mark.django_db
SCORES = "https://liane.sante/CodeSystem/score"
LOINC = "http://loinc.org"


def seen(person, code="mmse", system=SCORES, **more):
    return {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:test", "value": f"o-{code}"}],
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": f"Patient/{person.pk}"},
        "effectiveDateTime": "2026-11-20T10:00:00+01:00",
        "valueQuantity": {"value": 24, "unit": "/30"},
        **more,
    }


def weight(house):
    """A questionnaire of the structure that keeps a weight."""
    score = "urn:liane:fhir:score"
    return {
        "resourceType": "Questionnaire",
        "url": "https://example.org/tour",
        "version": "1",
        "title": "Tour de taille",
        "status": "active",
        "item": [
            {
                "linkId": "corps", "type": "group", "text": "Le corps",
                "item": [
                    {
                        "linkId": "poids", "type": "decimal", "text": "Poids", "required": True,
                        "code": [{"system": LOINC, "code": "8280-0"}],
                        "extension": [
                            {"url": score, "extension": [
                                {"url": "code", "valueCode": "tour"},
                                {"url": "label", "valueString": "Tour de taille"},
                                {"url": "unit", "valueString": "cm"},
                            ]},
                            {"url": "http://hl7.org/fhir/StructureDefinition/maxValue",
                             "valueDecimal": 400},
                        ],
                    }
                ],
            }
        ],
    }  # fmt: skip


def test_the_total_of_a_test_is_kept_and_read_back_equal(api, odette):
    body = seen(odette)
    made = api.post("Observation", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    read = api.get(f"Observation/{key}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    with owner():
        score = Score.objects.select_related("response").get(pk=key)
    assert (score.code, int(score.value), score.response.status) == ("mmse", 24, "completed")
    for query in ("code=mmse", "identifier=urn:test|o-mmse", "value-quantity=24",
                  "date=2026-11-20", f"patient={odette.pk}", "status=final"):  # fmt: skip
        assert [one["id"] for one in api.get(f"Observation?{query}").found] == [key], query
    assert Api(make.organisation("Ailleurs")).post("Observation", body).status == 422


def test_a_measure_of_a_questionnaire_of_the_structure_by_its_loinc_code(api, house, odette):
    assert api.post("Questionnaire", weight(house)).status == 201
    body = seen(odette, "8280-0", LOINC,
                valueQuantity={"value": 61.5, "unit": "cm", "code": "cm",
                               "system": "http://unitsofmeasure.org"})  # fmt: skip
    made = api.post("Observation", body)
    assert made.status == 201, made.body
    with owner():
        score = Score.objects.get(pk=made.body["id"])
    assert (score.code, float(score.value), score.unit) == ("tour", 61.5, "cm")
    for query in ("code=tour", f"code={LOINC}|8280-0", "code-value-quantity=tour$gt60"):
        found = api.get(f"Observation?{query}").found
        assert [one["id"] for one in found] == [str(score.pk)], query
    heavy = {**body, "valueQuantity": {"value": 900, "unit": "cm"}}
    assert api.post("Observation", heavy).status == 422
    pounds = {**body, "valueQuantity": {"value": 130, "unit": "in"}}
    answer = api.post("Observation", pounds)
    assert (answer.status, answer.issues) == (422, ["Cette mesure est gardée en cm."])


@pytest.mark.parametrize(
    ("code", "number", "unit", "kept"),
    [("29463-7", 61.5, "kg", "poids"), ("8867-4", 72, "/min", "pouls"),
     ("8480-6", 135, "mm[Hg]", "pa-systolique"), ("8310-5", 37.2, "Cel", "temperature"),
     ("59408-5", 96, "%", "saturation")],
)  # fmt: skip
def test_vital_signs_have_their_place(api, odette, code, number, unit, kept):
    quantity = {"value": number, "code": unit, "system": "http://unitsofmeasure.org"}
    made = api.post("Observation", seen(odette, code, LOINC, valueQuantity=quantity))
    assert made.status == 201, made.body
    with owner():
        score = Score.objects.select_related("response").get(pk=made.body["id"])
    assert (score.code, float(score.value)) == (kept, number)
    assert score.response.is_done
    assert [one["id"] for one in api.get(f"Observation?code={LOINC}|{code}").found] == [
        str(score.pk)
    ]
    gone = api.put(f"Observation/{score.pk}", {**made.body, "status": "entered-in-error"})
    assert gone.status == 200


def test_a_vital_sign_noted_in_the_pages_says_its_loinc_code(api, odette):
    asked = api.get("Questionnaire?url=urn:liane:questionnaire:constantes").found[0]
    pulse = {"linkId": "pouls", "answer": [{"valueDecimal": 64}]}
    answers = {
        "resourceType": "QuestionnaireResponse", "status": "completed",
        "questionnaire": f"{asked['url']}|{asked['version']}",
        "subject": {"reference": f"Patient/{odette.pk}"},
        "item": [{"linkId": "mesures", "item": [pulse]}],
    }  # fmt: skip
    assert api.post("QuestionnaireResponse", answers).status == 201
    (shown,) = api.get(f"Observation?code={LOINC}|8867-4").found
    assert [one["code"] for one in shown["code"]["coding"]] == ["pouls", "8867-4"]
    assert api.get("Observation?category=vital-signs").found == [shown]
    assert api.get(f"Observation?code={LOINC}|8310-5").found == []


def test_a_person_and_their_pulse_in_one_transaction(api):
    urn = "urn:uuid:3f1c7c3e-0000-4000-8000-abcdef120000"
    pulse = seen(make.Patient(), "8867-4", LOINC, subject={"reference": urn},
                 effectiveDateTime=timezone.now().isoformat(timespec="seconds"),
                 valueQuantity={"value": 72, "unit": "/min", "code": "/min",
                                "system": "http://unitsofmeasure.org"})  # fmt: skip
    person = {"resourceType": "Patient", "gender": "male", "birthDate": "1950-02-03",
              "name": [{"family": "Txpatient", "given": ["Luc"]}]}  # fmt: skip
    answer = api.post("", {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": urn, "resource": person, "request": {"method": "POST", "url": "Patient"}},
        {"resource": pulse, "request": {"method": "POST", "url": "Observation"}},
    ]})  # fmt: skip
    assert answer.status == 200, answer.body
    assert {one["response"]["status"][:3] for one in answer.body["entry"]} == {"201"}
    found = api.get("Observation?subject:Patient.family=Txpatient&_include=Observation:subject")
    assert (len(found.found), [one["resourceType"] for one in found.along]) == (1, ["Patient"])


@pytest.mark.parametrize(
    "more",
    [{"status": "preliminary"}, {"code": {"coding": [{"system": SCORES, "code": "inconnu"}]}},
     {"code": {"coding": [{"system": SCORES, "code": "katz"}]}}, {"code": {"text": "MMSE"}},
     {"subject": {"display": "Mme Laborde"}}, {"effectiveDateTime": "2099-01-01"},
     {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-01-01"}},
     {"valueQuantity": None, "valueString": "bien"}, {"valueQuantity": {"value": 24.5}},
     {"valueQuantity": {"value": 24, "comparator": ">"}}, {"valueQuantity": {"value": 31}},
     {"component": [{"code": {"text": "a"}, "valueInteger": 1}]}],
)  # fmt: skip
def test_what_has_no_place_is_refused_in_words(api, odette, more):
    body = {name: one for name, one in seen(odette, **more).items() if one is not None}
    answer = api.post("Observation", body)
    assert (answer.status, answer.body["resourceType"]) == (422, "OperationOutcome")
    assert answer.issues
    with owner():
        assert not Response.objects.exists()


def test_a_measure_sent_in_error_says_so_and_does_not_change_otherwise(api, odette):
    made = api.post("Observation", seen(odette)).body
    other = {**made, "valueQuantity": {"value": 25, "unit": "/30"}}
    assert api.put(f"Observation/{made['id']}", other).status == 422
    gone = api.put(f"Observation/{made['id']}", {**made, "status": "entered-in-error"})
    assert gone.status == 200, gone.body
    with owner():
        assert Response.objects.get().status == "entered-in-error"
    assert api.get(f"Observation/{made['id']}").body["status"] == "entered-in-error"
    assert api.get("Observation?status=final").found == []
    assert len(api.get("Observation?status=entered-in-error").found) == 1


def test_a_score_of_an_assessment_is_withdrawn_with_it(api, odette):
    asked = api.get("Questionnaire?url=urn:liane:questionnaire:mmse").found[0]
    answers = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{asked['url']}|{asked['version']}",
        "status": "completed",
        "subject": {"reference": f"Patient/{odette.pk}"},
        "item": [{"linkId": "score", "item": [{"linkId": "total",
                                               "answer": [{"valueInteger": 20}]}]}],
    }  # fmt: skip
    made = api.post("QuestionnaireResponse", answers)
    assert made.status == 201, made.body
    (score,) = api.get("Observation?code=mmse").found
    gone = {**made.body, "status": "entered-in-error"}
    assert api.put(f"QuestionnaireResponse/{made.body['id']}", gone).status == 200
    assert api.get(f"Observation/{score['id']}").body["status"] == "entered-in-error"
