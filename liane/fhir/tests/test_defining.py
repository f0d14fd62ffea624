"""Definition-based ``$extract``: answers draw resources, which a transaction keeps."""

from decimal import Decimal

import pytest

from liane.core.acting import owner
from liane.fhir import validation
from liane.fhir.defining import BASE, CONTEXT, EXTRACT, FIXED, UNIT, drawn
from liane.fhir.outcomes import Problem
from liane.fhir.resources.task import ROLES
from liane.tasks.models import CircleRole, Task

pytestmark = pytest.mark.django_db
WEIGHT = Decimal("61.5")
URL = "https://example.org/accueil"


def at(path):
    return f"{BASE}{path.partition('.')[0]}#{path}"


def item(link, kind, path="", *inside, extension=(), **more):
    made = {"linkId": link, "type": kind, "text": link, **more}
    if path:
        made["definition"] = at(path)
    if extension:
        made["extension"] = list(extension)
    return made | ({"item": list(inside)} if inside else {})


def context(kind, query=""):
    if not query:
        return {"url": CONTEXT, "valueCode": kind}
    said = {"language": "application/x-fhir-query", "expression": f"{kind}?{query}"}
    return {"url": CONTEXT, "valueExpression": said}


def fixed(path, **value):
    return {"url": FIXED, "extension": [{"url": "definition", "valueUri": at(path)},
                                        {"url": "fixed-value", **value}]}  # fmt: skip


def questionnaire(*items, **more):
    return {"resourceType": "Questionnaire", "url": URL, "version": "1", "title": "Accueil",
            "status": "active", "item": list(items), **more}  # fmt: skip


def given(link, *items, **value):
    made = {"linkId": link}
    if value:
        made["answer"] = [value]
    return made | ({"item": list(items)} if items else {})


def answered(person, *items):
    return {"resourceType": "QuestionnaireResponse", "questionnaire": f"{URL}|1",
            "status": "completed", "subject": {"reference": f"Patient/{person.pk}"},
            "authored": "2026-11-20T10:00:00+01:00", "item": list(items)}  # fmt: skip


TO_DO = item(
    "suite", "group", "",
    item("quoi", "string", "Task.description"),
    item("pour", "date", "Task.restriction.period.end"),
    repeats=True,
    extension=(context("Task"), fixed("Task.status", valueCode="requested"),
               fixed("Task.intent", valueCode="order"),
               fixed("Task.performerType", valueCoding={
                   "system": ROLES, "code": CircleRole.values[0]})),
)  # fmt: skip


def test_each_answered_group_is_a_resource_about_the_person(api, odette):
    assert api.post("Questionnaire", questionnaire(TO_DO)).status == 201
    body = answered(
        odette,
        given("suite", given("quoi", valueString="Peser"), given("pour", valueDate="2027-01-04")),
        given("suite", given("quoi", valueString="Appeler la fille")),
    )
    answer = api.post("QuestionnaireResponse/$extract", body)
    assert answer.status == 200, answer.body
    first, second = answer.body["entry"]
    assert first["request"] == {"method": "POST", "url": "Task"}
    assert first["resource"]["restriction"] == {"period": {"end": "2027-01-04"}}
    assert second["resource"]["for"] == {"reference": f"Patient/{odette.pk}"}
    with owner():
        assert not Task.objects.exists()
    applied = api.post("QuestionnaireResponse/$extract-apply", body)
    assert applied.status == 200, applied.body
    assert [one["response"]["status"][:3] for one in applied.body["entry"]] == ["201", "201"]
    with owner():
        assert set(Task.objects.values_list("title", flat=True)) == {"Peser", "Appeler la fille"}


def test_a_context_that_finds_the_person_corrects_what_was_answered(api, odette):
    asked = questionnaire(
        item("tel", "group", "Patient.telecom",
             item("type", "choice", "Patient.telecom.system",
                  answerOption=[{"valueCoding": {"system": "urn:x", "code": "phone"}}]),
             item("numero", "string", "Patient.telecom.value")),
        extension=[context("Patient", "_id={{%patient.id}}")],
    )  # fmt: skip
    assert api.post("Questionnaire", asked).status == 201
    body = answered(odette, given(
        "tel", given("type", valueCoding={"system": "urn:x", "code": "phone"}),
        given("numero", valueString="0558111111"),
    ))  # fmt: skip
    (entry,) = api.post("QuestionnaireResponse/$extract", body).body["entry"]
    assert entry["request"]["method"] == "PUT"
    assert entry["request"]["ifMatch"]
    applied = api.post("QuestionnaireResponse/$extract-apply", body)
    assert applied.status == 200, applied.body
    now = api.get(f"Patient/{odette.pk}").body
    assert now["telecom"] == [{"system": "phone", "value": "0558111111"}]
    assert now["name"][0]["family"] == odette.birth_name


def test_all_or_nothing_and_within_what_the_caller_may(api, odette):
    asked = questionnaire(TO_DO, item(
        "autre", "group", "", item("mot", "string", "Task.description"),
        extension=(context("Task"),),
    ))  # fmt: skip
    assert api.post("Questionnaire", asked).status == 201
    body = answered(odette, given("suite", given("quoi", valueString="Peser")),
                    given("autre", given("mot", valueString="Sans statut")))  # fmt: skip
    refused = api.post("QuestionnaireResponse/$extract-apply", body)
    assert refused.status == 422
    assert refused.issues
    with owner():
        assert not Task.objects.exists()
    assert api.get("QuestionnaireResponse/$extract-apply").status == 405


def test_choices_units_slices_and_lists_find_their_element():
    unit = {"url": UNIT, "valueCoding": {"system": "http://unitsofmeasure.org", "code": "kg",
                                         "display": "kg"}}  # fmt: skip
    asked = questionnaire(
        item("mesure", "group", "",
             item("code", "choice", "Observation.code"),
             item("poids", "decimal", "Observation.value[x]", extension=(unit,)),
             item("jour", "date", "Observation.effectiveDateTime"),
             item("mot", "text", "Observation.note"),
             extension=({"url": EXTRACT, "extension": [
                 {"url": "definition", "valueCanonical": f"{BASE}Observation"}]},
                 fixed("Observation.status", valueCode="final"))),
        item("qui", "group", "",
             item("nom", "group", "Patient.name:official",
                  item("famille", "string", "Patient.name:official.family"),
                  item("prenom", "string", "Patient.name.given", repeats=True)),
             item("ne", "dateTime", "Patient.birthDate"),
             extension=(context("Patient"),)),
    )  # fmt: skip
    coding = {"system": "http://loinc.org", "code": "29463-7"}
    said = {"item": [
        given("mesure", given("code", valueCoding=coding), given("poids", valueDecimal=WEIGHT),
              given("jour", valueDate="2026-11-20"), given("mot", valueString="À jeun")),
        given("qui", given("nom", given("famille", valueString="DUPONT"), {
            "linkId": "prenom", "answer": [{"valueString": "Odette"}, {"valueString": "Marie"}]}),
            given("ne", valueDateTime="1941-03-07T00:00:00Z")),
    ]}  # fmt: skip
    measure, person = (one.body for one in drawn(asked, said))
    assert measure == {
        "resourceType": "Observation", "status": "final", "code": {"coding": [coding]},
        "valueQuantity": {"value": WEIGHT, "unit": "kg", "system": "http://unitsofmeasure.org",
                          "code": "kg"},
        "effectiveDateTime": "2026-11-20", "note": [{"text": "À jeun"}],
    }  # fmt: skip
    assert person == {
        "resourceType": "Patient", "birthDate": "1941-03-07",
        "name": [{"family": "DUPONT", "given": ["Odette", "Marie"]}],
    }  # fmt: skip
    assert validation.problems(measure) == validation.problems(person) == []


@pytest.mark.parametrize(
    ("path", "kind", "value", "type_"),
    [("Task.nothing", "string", {"valueString": "x"}, "Task"),
     ("Task.description", "attachment", {"valueAttachment": {"title": "x"}}, "Task"),
     ("Patient.name.family", "string", {"valueString": "x"}, "Task"),
     ("Task.description", "string", {"valueString": "x"}, "Nope")],
)  # fmt: skip
def test_what_fits_no_element_is_refused_in_words(path, kind, value, type_):
    asked = questionnaire(item("g", "group", "", item("q", kind, path),
                               extension=(context(type_),)))  # fmt: skip
    with pytest.raises(Problem) as refused:
        drawn(asked, {"item": [given("g", given("q", **value))]})
    assert refused.value.status == 422
