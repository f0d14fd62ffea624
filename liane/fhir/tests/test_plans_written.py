"""A plan opened, its goals and its actions written by an application, version by version."""

import pytest

from liane.careplans.models import Action, Objective, Plan
from liane.core.acting import owner
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_examples import plain
from tests import factories as make

pytestmark = pytest.mark.django_db


def plan(person, place, **more):
    return {
        "resourceType": "CarePlan",
        "identifier": [{"system": "urn:plan", "value": "p1"}],
        "status": "draft",
        "intent": "plan",
        "title": "Projet de Mme Laborde",
        "subject": {"reference": f"Patient/{person.pk}"},
        "author": {"reference": f"PractitionerRole/{place.pk}"},
        "period": {"end": "2027-03-01"},
        "note": [{"text": "Situation médicale : Diabète"}, {"text": "Aime son jardin"}],
        **more,
    }


def goal(person, **more):
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Manger à midi"},
        "subject": {"reference": f"Patient/{person.pk}"},
        "target": [{"detailString": "2 kg repris", "dueDate": "2027-01-15"}],
        **more,
    }


def step(aim, place, status="not-started", text="Peser", **more):
    return {**more, "detail": {
        "code": {"text": text}, "goal": [{"reference": f"Goal/{aim}"}], "status": status,
        "performer": [{"reference": f"PractitionerRole/{place.pk}"}],
        "description": "chaque lundi",
    }}  # fmt: skip


def test_opened_filled_corrected_and_closed(api, odette, claire):
    made = api.post("CarePlan", plan(odette, claire))
    assert made.status == 201, made.body
    key = made.body["id"]
    assert plain(api.get(f"CarePlan/{key}").body) == plan(odette, claire)
    with owner():
        row = Plan.objects.get(pk=key)
    assert (row.referent_id, row.medical, str(row.review_on)) == (claire.pk, "Diabète",
                                                                  "2027-03-01")  # fmt: skip
    aim = api.post("Goal", goal(odette))
    assert aim.status == 201, aim.body
    assert plain(aim.body) == goal(odette)
    now = api.get(f"CarePlan/{key}").body
    assert {"reference": f"Goal/{aim.body['id']}"} in now["goal"]
    tag = f'W/"{now["meta"]["versionId"]}"'
    filled = api.put(f"CarePlan/{key}", {**now, "activity": [step(aim.body["id"], claire)]},
                     if_match=tag)  # fmt: skip
    assert filled.status == 200, filled.body
    (act,) = filled.body["activity"]
    with owner():
        line = Action.objects.get(pk=act["id"])
    assert (line.text, line.practice_id, line.frequency) == ("Peser", claire.pk, "chaque lundi")
    stale = api.put(f"CarePlan/{key}", {**now, "title": "Autre"}, if_match=tag)
    assert stale.status == 412
    body = filled.body
    body["activity"] = [
        step(aim.body["id"], claire, "completed", "Peser deux fois", id=act["id"]),
        step(aim.body["id"], claire, text="Cuisiner"),
    ]
    done = api.put(f"CarePlan/{key}", body)
    assert done.status == 200, done.body
    with owner():
        rows = {one.text: one.status for one in Action.objects.filter(dropped_at=None)}
    assert rows == {"Peser deux fois": "done", "Cuisiner": "todo"}
    body = {**done.body, "activity": done.body["activity"][:1]}
    assert api.put(f"CarePlan/{key}", body).status == 200
    with owner():
        assert Action.objects.get(text__isnull=False, dropped_at__isnull=False).text == "Cuisiner"
    now = api.get(f"CarePlan/{key}").body
    assert api.put(f"CarePlan/{key}", {**now, "status": "active"}).status == 422
    over = api.put(f"CarePlan/{key}", {**now, "status": "revoked"})
    assert (over.status, over.body["status"]) == (200, "completed")
    assert api.post("CarePlan", plan(odette, claire)).status == 201


def test_what_becomes_of_a_goal(api, odette, claire):
    assert api.post("Goal", goal(odette)).status == 422
    api.post("CarePlan", plan(odette, claire))
    key = api.post("Goal", goal(odette)).body["id"]
    for query in ("lifecycle-status=active", f"patient={odette.pk}", "target-date=2027-01-15"):
        assert [one["id"] for one in api.get(f"Goal?{query}").found] == [key], query
    missed = {**goal(odette), "id": key, "lifecycleStatus": "cancelled"}
    assert api.put(f"Goal/{key}", missed).status == 422
    missed["statusReason"] = "hospitalisée"
    changed = api.put(f"Goal/{key}", missed)
    assert (changed.status, changed.body["lifecycleStatus"]) == (200, "cancelled"), changed.body
    with owner():
        row = Objective.objects.get(pk=key)
    assert (row.status, row.why) == ("unreached", "hospitalisée")
    assert api.call("DELETE", f"Goal/{key}").status == 204
    assert api.get("Goal").found == []
    with owner():
        assert Objective.objects.get(pk=key).dropped_at is not None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"status": "active"}, "CarePlan.status"),
        ({"author": {"display": "x"}}, "CarePlan.author"),
        ({"activity": [{"detail": {"status": "not-started"}}]}, "CarePlan.activity"),
    ],
    ids=["status", "author", "activity"],
)  # fmt: skip
def test_what_is_not_taken(api, odette, claire, change, where):
    refused = api.post("CarePlan", plan(odette, claire, **change))
    assert refused.status == 422
    assert refused.body["issue"][0]["expression"] == [where]
    with owner():
        assert not Plan.objects.exists()


def test_an_action_without_its_goal_leaves_nothing(api, odette, claire):
    key = api.post("CarePlan", plan(odette, claire)).body["id"]
    alone = {"detail": {"code": {"text": "Seul"}, "status": "not-started"}}
    body = {**plan(odette, claire), "id": key, "title": "x", "activity": [alone]}
    assert api.put(f"CarePlan/{key}", body).status == 422
    assert api.get(f"CarePlan/{key}").body["title"] == "Projet de Mme Laborde"


def test_home_help_writes_no_plan(odette, claire):
    helper = make.organisation("Aide", "saad")
    make.member(odette, helper, outside_team=True, ground="consent")
    api = Api(helper)
    assert api.post("CarePlan", plan(odette, claire)).status in {403, 404, 422}
    with owner():
        assert not Plan.objects.exists()
