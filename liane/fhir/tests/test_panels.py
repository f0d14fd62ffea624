"""A blood pressure is one Observation with two components; so are other numbers that are one."""

import pytest

from liane.assessments.models import Response, Score
from liane.core.acting import owner
from liane.fhir import validation
from liane.fhir.tests.test_observation import LOINC, SCORES, seen
from tests import factories as make

pytestmark = pytest.mark.django_db
VITAL = "http://terminology.hl7.org/CodeSystem/observation-category"


def part(code, value, unit="mm[Hg]", system=LOINC, **more):
    return {
        "code": {"coding": [{"system": system, "code": code}]},
        "valueQuantity": {"value": value, "code": unit, "unit": unit,
                          "system": "http://unitsofmeasure.org"}, **more,
    }  # fmt: skip


def pressure(person, high=135, low=80, **more):
    body = seen(
        person,
        "85354-9",
        LOINC,
        component=[part("8480-6", high), part("8462-4", low)],
        category=[{"coding": [{"system": VITAL, "code": "vital-signs"}]}],
        **more,
    )
    del body["valueQuantity"]
    return body


def ids(api, query):
    return [one["id"] for one in api.get(f"Observation?{query}").found]


def test_a_blood_pressure_is_taken_kept_and_read_back_equal(api, odette):
    body = pressure(odette)
    made = api.post("Observation", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    read = api.get(f"Observation/{key}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    with owner():
        rows = {one.code: int(one.value) for one in Score.objects.all()}
        assert Response.objects.get().is_done
    assert rows == {"pa-systolique": 135, "pa-diastolique": 80}
    for query in (f"code={LOINC}|85354-9", "code=85354-9", "component-code=8462-4",
                  "combo-code=8480-6", "combo-code=85354-9", "component-value-quantity=80",
                  "component-value-quantity=gt130", "combo-value-quantity=80",
                  f"patient={odette.pk}", "category=vital-signs"):  # fmt: skip
        assert ids(api, query) == [key], query
    for query in ("code=8480-6", "code=8462-4", "value-quantity=135", "component-code=8867-4",
                  "component-value-quantity=gt200"):  # fmt: skip
        assert ids(api, query) == [], query
    gone = api.put(f"Observation/{key}", {**made.body, "status": "entered-in-error"})
    assert gone.status == 200, gone.body
    assert ids(api, "status=final") == []


def test_one_noted_in_the_pages_is_the_same_panel(api, odette):
    asked = api.get("Questionnaire?url=urn:liane:questionnaire:constantes").found[0]
    said = [
        {"linkId": link, "answer": [{"valueDecimal": value}]}
        for link, value in (("pouls", 64), ("systolique", 128), ("diastolique", 74))
    ]
    answers = {
        "resourceType": "QuestionnaireResponse", "status": "completed",
        "questionnaire": f"{asked['url']}|{asked['version']}",
        "subject": {"reference": f"Patient/{odette.pk}"},
        "item": [{"linkId": "mesures", "item": said}],
    }  # fmt: skip
    assert api.post("QuestionnaireResponse", answers).status == 201
    (panel,) = api.get(f"Observation?code={LOINC}|85354-9").found
    assert [one["valueQuantity"]["value"] for one in panel["component"]] == [128, 74]
    assert "valueQuantity" not in panel
    assert validation.problems(panel) == []
    assert ids(api, "component-code=8462-4") == ids(api, "combo-code=8462-4") == [panel["id"]]
    assert len(ids(api, f"patient={odette.pk}")) == 2
    assert len(ids(api, "code=8867-4")) == 1


def test_other_numbers_that_are_one_have_their_place_in_a_questionnaire(api, odette):
    body = seen(odette, "x-corps", "urn:x", component=[
        part("29463-7", 61.5, "kg"), part("8302-2", 160, "cm"),
    ])  # fmt: skip
    del body["valueQuantity"]
    made = api.post("Observation", body)
    assert made.status == 201, made.body
    read = api.get(f"Observation/{made.body['id']}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    assert ids(api, "code=urn:x|x-corps") == ids(api, "component-code=29463-7") == [read["id"]]
    assert len(ids(api, f"patient={odette.pk}")) == 1


@pytest.mark.parametrize(
    "component",
    [[part("8480-6", 135), part("8480-6", 80)], [part("8480-6", 135), part("99999-9", 80)],
     [part("8480-6", 135), {"code": {"text": "x"}, "valueString": "bas"}],
     [part("8480-6", 135), part("8462-4", 80, "kg")], [part("katz", 3, "/6", SCORES)],
     [part("8480-6", 135, valueInteger=3)]],
)  # fmt: skip
def test_what_has_no_place_is_refused_in_words(api, odette, component):
    answer = api.post("Observation", pressure(odette) | {"component": component})
    assert answer.status == 422
    assert answer.issues
    both = api.post("Observation", pressure(odette) | {"valueQuantity": {"value": 3}})
    assert both.status == 422
    with owner():
        assert not Response.objects.exists()


def test_it_is_read_by_those_who_read_the_person(api, odette):
    from liane.fhir.tests.api import Api

    key = api.post("Observation", pressure(odette)).body["id"]
    stranger = Api(make.organisation("Ailleurs"))
    assert stranger.get(f"Observation/{key}").status == 404
    assert ids(stranger, "component-value-quantity=80") == []
