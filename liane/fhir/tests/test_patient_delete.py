"""A record that an application opened in error is undone; any other is kept, and says why."""

import pytest

from liane.circle.models import Membership
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.fhir.tests.api import Api
from liane.patients.models import Patient, PatientTrigram
from tests import factories as make

pytestmark = pytest.mark.django_db
JACQUES = {"resourceType": "Patient", "gender": "male", "birthDate": "1984-10-02",
           "name": [{"family": "THOBOIS", "given": ["Jacques"]}],
           "telecom": [{"system": "phone", "value": "0558000002"}]}  # fmt: skip


def test_one_just_opened_with_nothing_in_it_is_undone(api):
    made = api.post("Patient", JACQUES)
    key = made.body["id"]
    gone = api.call("DELETE", f"Patient/{key}")
    assert gone.status in {200, 204}, gone.body
    assert api.get(f"Patient/{key}").status in {404, 410}
    assert api.get("Patient?family=thobois").found == []
    with owner():
        row = Patient.objects.get(pk=key)
        assert (row.birth_name, row.given_names, row.phone, row.birth_date) == ("", "", "", None)
        assert Membership.objects.get(person=row).status == "left"
        assert not PatientTrigram.objects.filter(person=row).exists()
        assert AccessRow.objects.filter(person_id=key, purpose__contains="erreur").exists()
    again = api.post("Patient", JACQUES)
    assert again.status == 201, again.body
    assert again.body["id"] != key


def test_one_of_which_something_is_written_is_kept(api):
    key = api.post("Patient", JACQUES).body["id"]
    task = {"resourceType": "Task", "status": "requested", "intent": "order",
            "description": "Peser", "for": {"reference": f"Patient/{key}"},
            "owner": {"reference": f"Organization/{api.client.organisation_id}"}}  # fmt: skip
    assert api.post("Task", task).status == 201
    refused = api.call("DELETE", f"Patient/{key}")
    assert (refused.status, refused.body["resourceType"]) == (409, "OperationOutcome")
    assert "ne s’efface pas" in refused.issues[0]
    assert api.get(f"Patient/{key}").body["name"][0]["family"] == "THOBOIS"


def test_one_that_others_follow_or_opened_is_kept(api, odette, claire):
    assert api.call("DELETE", f"Patient/{odette.pk}").status == 409
    key = api.post("Patient", JACQUES).body["id"]
    with owner():
        person = Patient.objects.get(pk=key)
        make.member(person, claire)
    assert api.call("DELETE", f"Patient/{key}").status == 409
    stranger = Api(make.organisation("Ailleurs"))
    assert stranger.call("DELETE", f"Patient/{key}").status == 404
    reader = Api(api.client.organisation, "system/Patient.rs")
    assert reader.call("DELETE", f"Patient/{key}").status == 403
    with owner():
        assert Patient.objects.get(pk=key).birth_name == "THOBOIS"


def test_it_is_said_by_the_capability_statement(api):
    said = api.get("metadata").body["rest"][0]["resource"]
    (patient,) = (one for one in said if one["type"] == "Patient")
    assert "delete" in {one["code"] for one in patient["interaction"]}
