"""``$extract``: the Observations of an assessment, and the transaction sent back."""

import pytest

from liane.assessments.models import Response, Score
from liane.core.acting import owner
from liane.fhir.tests.test_observation import LOINC, SCORES, seen

pytestmark = pytest.mark.django_db
MARK = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-observationExtract"


def coded(link, kind, code, *extensions, **more):
    held = {"extension": list(extensions)} if extensions else {}
    return {
        "linkId": link, "type": kind, "text": link, **held,
        "code": [{"system": LOINC, "code": code}], **more,
    }  # fmt: skip


def visit():
    """A questionnaire that marks what is to be extracted."""
    unit = {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-unit",
            "valueCoding": {"system": "http://unitsofmeasure.org", "code": "kg",
                            "display": "kg"}}  # fmt: skip
    yes = {"system": "urn:x", "code": "oui", "display": "Oui"}
    return {
        "resourceType": "Questionnaire", "url": "https://example.org/visite", "version": "1",
        "title": "Visite", "status": "active",
        "item": [
            {
                "linkId": "tout", "type": "group", "text": "Tout",
                "extension": [{"url": MARK, "valueBoolean": True}],
                "item": [
                    coded("poids", "decimal", "29463-7", unit),
                    coded("douleur", "choice", "72514-3", answerOption=[{"valueCoding": yes}]),
                    coded("jour", "date", "11111-1"),
                    coded("non", "string", "22222-2", {"url": MARK, "valueBoolean": False}),
                    {"linkId": "sans-code", "type": "string", "text": "Mot"},
                ],
            },
            coded("hors", "string", "33333-3"),
        ],
    }  # fmt: skip


def answered(person, url, *items):
    return {
        "resourceType": "QuestionnaireResponse", "questionnaire": url, "status": "completed",
        "subject": {"reference": f"Patient/{person.pk}"},
        "authored": "2026-11-20T10:00:00+01:00", "item": list(items),
    }  # fmt: skip


def said(link, **value):
    return {"linkId": link, "answer": [value]}


def test_answers_that_are_marked_and_coded_are_extracted(api, odette):
    assert api.post("Questionnaire", visit()).status == 201
    yes = {"system": "urn:x", "code": "oui", "display": "Oui"}
    body = answered(
        odette, "https://example.org/visite|1",
        {"linkId": "tout", "item": [
            said("poids", valueDecimal=61.5), said("douleur", valueCoding=yes),
            said("jour", valueDate="2026-11-19"), said("non", valueString="x"),
            said("sans-code", valueString="y")]},
        said("hors", valueString="z"),
    )  # fmt: skip
    answer = api.post("QuestionnaireResponse/$extract", body)
    assert (answer.status, answer.body["type"]) == (200, "transaction")
    made = {one["resource"]["code"]["coding"][0]["code"]: one for one in answer.body["entry"]}
    assert set(made) == {"29463-7", "72514-3", "11111-1"}
    weight = made["29463-7"]["resource"]
    assert weight["valueQuantity"] == {
        "value": 61.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg",
    }  # fmt: skip
    assert (weight["subject"], weight["effectiveDateTime"]) == (body["subject"], body["authored"])
    assert made["72514-3"]["resource"]["valueCodeableConcept"] == {"coding": [yes]}
    assert made["11111-1"]["resource"]["valueDateTime"] == "2026-11-19"
    with owner():
        assert not Response.objects.exists()
    # What has a place is taken, by itself; a pain, said by a code, has none.
    kept = api.post("", {"resourceType": "Bundle", "type": "transaction",
                         "entry": [made["29463-7"]]})  # fmt: skip
    assert kept.body["entry"][0]["response"]["status"].startswith("201"), kept.body
    refused = api.post("", {"resourceType": "Bundle", "type": "batch", "entry": [made["72514-3"]]})
    assert refused.body["entry"][0]["response"]["status"].startswith("422")


def test_the_scores_of_an_assessment_that_is_kept_are_not_made_twice(api, odette):
    made = api.post("Observation", seen(odette, "8867-4", LOINC,
                                        valueQuantity={"value": 72, "unit": "/min"}))  # fmt: skip
    assert made.status == 201, made.body
    with owner():
        response = Response.objects.get()
    bundle = api.get(f"QuestionnaireResponse/{response.pk}/$extract").body
    (entry,) = bundle["entry"]
    assert [one["code"] for one in entry["resource"]["code"]["coding"]] == ["pouls", "8867-4"]
    assert entry["resource"]["code"]["coding"][0]["system"] == SCORES
    assert entry["resource"]["category"][0]["coding"][0]["code"] == "vital-signs"
    again = api.post("", bundle)
    assert again.status == 200, again.body
    assert again.body["entry"][0]["response"]["status"].startswith("200")
    with owner():
        assert Score.objects.count() == 1
