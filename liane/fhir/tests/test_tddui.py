"""A plan between medico-social software: the bundle of one house, taken by another."""

import copy

import pytest

from liane.careplans import editing, services
from liane.careplans.models import Action, Agreement, Objective, Plan, Problem
from liane.core.acting import acting, owner
from liane.fhir import validation
from liane.fhir.tddui import PROFILES
from liane.fhir.tests.api import Api
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(odette, claire):
    with acting(make.actor(claire)):
        made = services.open_plan(odette.pk, referent_id=claire.pk)
        said = {"medical": "Diabète", "social": "Vit seule"}
        editing.edit_frame(made.pk, version=made.version, values=said)
        need = editing.add_line(made.pk, "problem", {"domain": "autonomy",
                                                     "statement": "Peur de tomber"})  # fmt: skip
        goal = editing.add_line(made.pk, "objective", {"text": "Sortir chaque jour",
                                                       "indicator": "Va au marché"},
                                parent_id=need.pk)  # fmt: skip
        editing.add_line(made.pk, "action", {"text": "Marcher avec elle", "practice": claire.pk},
                         parent_id=goal.pk)  # fmt: skip
    return made


def sent(plan, claire):
    with acting(make.actor(claire)):
        version = services.send(plan.pk)
        services.agree(version.pk, answer=Agreement.Answer.AGREES, text="Oui")


def resources(bundle, kind):
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind]


def test_given_as_the_guide_writes_it(api, plan, claire, odette):
    path = f"CarePlan/{plan.pk}/$tddui"
    assert api.get(path).status == 422
    sent(plan, claire)
    answer = api.get(path)
    assert answer.status == 200, answer.body
    bundle = answer.body
    for one in bundle["entry"]:
        said = [issue.text for issue in validation.problems(one["resource"])
                if issue.severity == "error"]  # fmt: skip
        assert said == [], (one["resource"]["resourceType"], said)
    (care,) = resources(bundle, "CarePlan")
    assert care["meta"]["profile"] == [f"{PROFILES}/tddui-careplan-projet-perso"]
    assert care["description"].splitlines() == ["Situation médicale : Diabète",
                                                "Situation sociale : Vit seule"]  # fmt: skip
    assert "note" not in care  # it is about how the plan is told
    assert care["period"]["start"]
    assert [one["display"] for one in care["supportingInfo"]] == [
        "Consentement usager", "Consentement structure",
    ]  # fmt: skip
    urls = {one["fullUrl"] for one in bundle["entry"]}
    assert {one["reference"] for one in care["supportingInfo"]} <= urls
    (goal,) = resources(bundle, "Goal")
    assert goal["addresses"][0]["reference"] in urls
    (task,) = resources(bundle, "Task")
    assert (task["description"], task["status"]) == ("Marcher avec elle", "ready")
    stranger = Api(make.organisation("Ailleurs"))
    assert stranger.get(path).status == 404
    narrow = Api(api.client.organisation, "system/CarePlan.r system/Patient.r")
    assert narrow.get(path).status == 403


def receiver():
    place = make.organisation("SSIAD", "ssiad")
    nurse = make.practice("nadia", name="Nadia Sarr", of=place)
    return Api(place), nurse


def elsewhere(bundle):
    """The same, of somebody who is not known here."""
    made = copy.deepcopy(bundle)
    (person,) = resources(made, "Patient")
    person["birthDate"] = "1939-05-06"
    person["name"] = [{"use": "official", "family": "PETIT", "given": ["Jeanne"]}]
    return made


def test_taken_by_another_house_for_a_record_that_it_opens(api, plan, claire, odette):
    sent(plan, claire)
    bundle = api.get(f"CarePlan/{plan.pk}/$tddui").body
    theirs, nurse = receiver()
    path = f"CarePlan/$tddui-receive?referent=PractitionerRole/{nurse.pk}"
    twin = theirs.post(path, bundle)
    assert (twin.status, twin.body["issue"][0]["code"]) == (409, "duplicate")
    bundle = elsewhere(bundle)
    refused = theirs.post("CarePlan/$tddui-receive", bundle)
    assert refused.status == 422
    assert theirs.get("CarePlan/$tddui-receive").status == 405
    answer = theirs.post(path, bundle)
    assert answer.status == 201, answer.body
    with owner():
        made = Plan.objects.get(pk=answer.body["id"])
        person = Patient.objects.get(pk=made.person_id)
        (goal,) = Objective.objects.filter(plan=made)
        (need,) = Problem.objects.filter(plan=made)
        (action,) = Action.objects.filter(plan=made)
        agreed = Agreement.objects.filter(plan=made).exists()
    assert person.pk != odette.pk
    assert (made.status, made.medical, made.social, made.referent_id) == (
        "draft", "Diabète", "Vit seule", nurse.pk,
    )  # fmt: skip
    assert (need.statement, goal.text, goal.problem_id) == ("Peur de tomber", "Sortir chaque jour",
                                                            need.pk)  # fmt: skip
    assert (action.text, action.objective_id, agreed) == ("Marcher avec elle", goal.pk, False)
    assert action.who_else
    again = theirs.post(path, bundle)
    assert again.status == 422
    assert "déjà ouvert" in again.issues[0]


def test_what_does_not_fit_leaves_nothing(api, plan, claire):
    sent(plan, claire)
    bundle = elsewhere(api.get(f"CarePlan/{plan.pk}/$tddui").body)
    theirs, nurse = receiver()
    path = f"CarePlan/$tddui-receive?referent=PractitionerRole/{nurse.pk}"
    lost = copy.deepcopy(bundle)
    resources(lost, "Task")[0]["input"] = []
    without = copy.deepcopy(bundle)
    without["entry"] = [one for one in without["entry"]
                        if one["resource"]["resourceType"] != "CarePlan"]  # fmt: skip
    with owner():
        before = (Plan.objects.count(), Patient.objects.count())
    for wrong, status in ((lost, 422), (without, 422), ({"resourceType": "Patient"}, 400)):
        assert theirs.post(path, wrong).status == status
    with owner():
        assert (Plan.objects.count(), Patient.objects.count()) == before
