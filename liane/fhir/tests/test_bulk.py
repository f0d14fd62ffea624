"""Bulk Data: asked for by a machine, made by the worker, fetched, deleted, expired."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from liane.bundles.tests.conftest import built
from liane.circle.models import Opposition
from liane.clients.models import Client
from liane.core import deferred
from liane.core.acting import owner
from liane.core.files import vault
from liane.core.models import AccessRow, StoredFile
from liane.fhir.bulk import kept, making
from liane.fhir.models import Export, ExportFile
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_accounts_of import used_by
from liane.fhir.tests.test_around import julie
from liane.followups.models import Accompaniment
from tests import factories as make

pytestmark = pytest.mark.django_db
ASYNC = {"prefer": "respond-async"}


def path_of(answer):
    """The path of the status of an export that was asked for."""
    assert answer.status == 202, answer.body
    return answer.headers["Content-Location"].split("/fhir/")[1]


def exported(api, path):
    """The resources of an export, by type, and its manifest."""
    status = path_of(api.get(path, **ASYNC))
    assert api.get(status).status == 202
    making.make.call(status.split("/")[1])
    done = api.get(status)
    assert done.status == 200, done.body
    found = {}
    for one in done.body["output"]:
        file = api.get(one["url"].split("/fhir/")[1])
        assert file.headers["Content-Type"] == "application/fhir+ndjson"
        lines = [json.loads(line) for line in file.raw.splitlines()]
        assert len(lines) == one["count"]
        found.setdefault(one["type"], []).extend(lines)
    return found, done.body, status


def test_everything_of_the_persons_of_the_house(api, house, odette):
    api.post("RelatedPerson", julie(odette))
    found, manifest, status = exported(api, "$export")
    assert set(found) == {"Patient", "CareTeam", "RelatedPerson"}
    assert [one["id"] for one in found["Patient"]] == [str(odette.pk)]
    assert manifest["requiresAccessToken"] is True
    assert manifest["request"].endswith("/fhir/$export")
    noted = AccessRow.objects.filter(person_id=odette.pk, action="export")
    assert set(noted.values_list("resource", flat=True)) == {f"fhir.{kind}" for kind in found}
    with owner():
        files = ExportFile.objects.filter(type="Patient")
        paths = list(files.values_list("file__path", flat=True))
    raw = vault._place(paths[0]).read_bytes()
    assert b"Odette" not in raw
    assert api.call("DELETE", status).status == 202
    assert api.get(status).status == 404
    with owner():
        assert not ExportFile.objects.exists()
        assert not StoredFile.objects.filter(path__in=paths).exists()


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("$export?_type=Patient", {"Patient"}),
        ("Patient/$export", {"Patient", "CareTeam", "RelatedPerson"}),
        ("Patient/$export?_type=Patient,CareTeam", {"Patient", "CareTeam"}),
        ("$export?_since=2999-01-01", set()),
        ("$export?_since=2020-01-01&_type=Patient", {"Patient"}),
        ("$export?_type=Patient,RelatedPerson&_typeFilter=Patient%3Fgender%3Dmale",
         {"RelatedPerson"}),
        ("$export?_type=Patient&_typeFilter=Patient%3Fgender%3Dmale,Patient%3Fgender%3Dfemale",
         {"Patient"}),
        ("$export?_type=Organization", {"Organization"}),
        ("Group/{person}/$export", {"Patient", "CareTeam", "RelatedPerson"}),
        ("Patient/$export?_outputFormat=application/fhir%2Bndjson&_type=Patient", {"Patient"}),
    ],
)  # fmt: skip
def test_what_is_asked_for(api, odette, path, kinds):
    api.post("RelatedPerson", julie(odette))
    found, _, _ = exported(api, path.format(person=odette.pk))
    assert set(found) == kinds


def test_a_group_is_one_circle_or_one_pathway(api, house, odette):
    other = make.patient("ROUX", "Simon")
    make.member(other, house)
    found, _, _ = exported(api, f"Group/{odette.pk}/$export?_type=Patient")
    assert [one["id"] for one in found["Patient"]] == [str(odette.pk)]
    whole, _, _ = exported(api, f"Group/{house.pk}/$export?_type=Patient")
    assert {one["id"] for one in whole["Patient"]} == {str(odette.pk), str(other.pk)}
    away = make.patient("DURAND", "Zoé")
    assert api.get(f"Group/{make.organisation('Ailleurs').pk}/$export", **ASYNC).status == 404
    assert api.get(f"Group/{away.pk}/$export", **ASYNC).status == 404


def test_the_group_of_a_structure_that_supports_persons_is_its_file_active(api, house, odette):
    other, gone = make.patient("ROUX", "Simon"), make.patient("DURAND", "Zoé")
    left = make.patient("MARTY", "Luc")
    with owner():
        for person in (other, gone):
            make.member(person, house)
        for person in (odette, gone, left):
            Accompaniment.objects.create(
                person=person, organisation=house, level="intensive", status="follow_up",
                closed_at=timezone.now() if person == gone else None,
            )  # fmt: skip
    found, _, _ = exported(api, f"Group/{house.pk}/$export?_type=Patient")
    assert [one["id"] for one in found["Patient"]] == [str(odette.pk)]
    whole, _, _ = exported(api, "Patient/$export?_type=Patient")
    assert len(whole["Patient"]) == 3
    with owner():
        Accompaniment.objects.filter(person=odette).update(closed_at=timezone.now())
    nobody, _, _ = exported(api, f"Group/{house.pk}/$export?_type=Patient")
    assert "Patient" not in nobody
    elsewhere = Api(make.organisation("Ailleurs", "dac"))
    assert elsewhere.get(f"Group/{house.pk}/$export", **ASYNC).status == 404


def test_a_group_may_be_a_pathway(db):
    place = built()
    away = make.patient("ROUX", "Simon")
    make.member(away, place.msp)
    api = Api(place.msp)
    found, _, _ = exported(api, f"Group/{place.project.pk}/$export?_type=Patient,EpisodeOfCare")
    assert [one["id"] for one in found["Patient"]] == [str(place.person.pk)]
    (followed,) = found["EpisodeOfCare"]
    assert followed["id"] == str(place.enrolment.pk)
    governs = followed["extension"][1]["valueCanonical"]
    (protocol,) = api.get(f"PlanDefinition?url={governs}").found
    assert protocol["publisher"] == place.msp.name
    assert Api(make.organisation("Ailleurs")).get(
        f"Group/{place.project.pk}/$export", **ASYNC
    ).status == 404  # fmt: skip


def test_pages_and_files_hold_everybody_once(api, house, monkeypatch):
    monkeypatch.setattr(making, "PAGE", 2)
    monkeypatch.setattr(making, "LARGEST", 900)
    people = {str(make.patient("ROUX", f"Simon {number}").pk) for number in range(7)}
    with owner():
        for key in people:
            make.member(make.Patient.objects.get(pk=key), house)
    found, manifest, _ = exported(api, "Patient/$export?_type=Patient")
    assert sorted(one["id"] for one in found["Patient"]) == sorted(people)
    assert len(manifest["output"]) > 1


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("$export", {}, 400),
        ("$export?_type=Binary", ASYNC, 400),
        ("$export?_type=Chocolate", ASYNC, 400),
        ("Patient/$export?_type=Organization", ASYNC, 400),
        ("$export?_outputFormat=text/csv", ASYNC, 400),
        ("$export?_since=demain", ASYNC, 400),
        ("$export?includeAssociatedData=x", ASYNC, 400),
        ("$export?_typeFilter=Patient", ASYNC, 400),
        ("$export?_typeFilter=Patient%3Fchocolate%3D1", ASYNC, 400),
        ("$export?_typeFilter=Patient%3F_sort%3Dname", ASYNC, 400),
        ("Group/$export", ASYNC, 404),
        ("Patient/00000000-0000-0000-0000-000000000001/$export", ASYNC, 404),
        ("CareTeam/$export", ASYNC, 404),
        ("bulk/x", {}, 404),
        ("bulk", {}, 404),
    ],
)
def test_requests_that_are_not_taken(api, odette, path, headers, status):
    answer = api.get(path, **headers)
    assert (answer.status, answer.body["resourceType"]) == (status, "OperationOutcome")
    with owner():
        assert not Export.objects.exists()


def test_by_post_with_parameters(api, odette):
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "_type", "valueString": "Patient"}],
    }
    status = path_of(api.post("Patient/$export", body, **ASYNC))
    making.make.call(status.split("/")[1])
    assert [one["type"] for one in api.get(status).body["output"]] == ["Patient"]


def test_scopes_and_the_application_itself_are_asked_again(api, house, odette):
    narrow = Api(house, "system/Patient.rs")
    found, _, _ = exported(narrow, "$export")
    assert set(found) == {"Patient"}
    assert narrow.get("$export?_type=CareTeam", **ASYNC).status == 403
    assert Api(house, "system/Patient.r").get("$export", **ASYNC).status == 403
    only = Api(house, "system/Patient.rs?gender=male")
    found, _, _ = exported(only, "$export")
    assert found == {}
    status = path_of(api.get("Patient/$export?_type=Patient", **ASYNC))
    with owner():
        Client.objects.filter(pk=api.client.pk).update(status=Client.Status.REVOKED)
    with pytest.raises(PermissionError):
        making.make.call(status.split("/")[1])
    with owner():
        assert Export.objects.get(pk=status.split("/")[1]).state == "failed"


def test_who_left_reach_meanwhile_is_not_exported(api, house, odette):
    status = path_of(api.get("Patient/$export?_type=Patient", **ASYNC))
    with owner():
        Opposition.objects.create(person=odette, organisation=house)
        make.compile_grants(odette.pk)
    making.make.call(status.split("/")[1])
    assert api.get(status).body["output"] == []


def test_an_export_is_its_application_s_alone(api, house, odette, claire):
    _, manifest, status = exported(api, "Patient/$export?_type=Patient")
    other = Api(house)
    assert other.get(status).status == 404
    assert other.get(manifest["output"][0]["url"].split("/fhir/")[1]).status == 404
    assert other.call("DELETE", status).status == 404
    person = used_by(house, "claire", f"practice:{claire.pk}")
    assert person.get("$export", **ASYNC).status == 403
    assert person.get(status).status == 404


def test_two_at_once_and_no_more(api, odette):
    for _ in range(2):
        path_of(api.get("Patient/$export", **ASYNC))
    refused = api.get("Patient/$export", **ASYNC)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "30")


def test_it_expires(api, odette):
    _, _, status = exported(api, "Patient/$export?_type=Patient")
    with owner():
        Export.objects.update(expires_at=timezone.now() - dt.timedelta(hours=1))
    assert api.get(status).status == 404
    kept.sweep()
    with owner():
        assert not ExportFile.objects.exists()
        assert Export.objects.get().state == "gone"
        Export.objects.update(expires_at="2020-01-01T00:00:00Z")
    kept.sweep()
    with owner():
        assert not Export.objects.exists()


def test_cut_in_the_middle_it_begins_again(api, odette, monkeypatch):
    status = path_of(api.get("Patient/$export?_type=Patient", **ASYNC))
    key = status.split("/")[1]
    making.make.call(key)
    with owner():
        Export.objects.filter(pk=key).update(state="running")
    making.make.call(key)
    assert [one["count"] for one in api.get(status).body["output"]] == [1]


def test_the_worker_makes_it(api, odette, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        status = path_of(api.get("Patient/$export?_type=Patient", **ASYNC))
    while deferred.run_one():
        pass
    assert api.get(status).status == 200
