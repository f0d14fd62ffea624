"""Transactions, batches and conditions."""

import copy
import datetime as dt
import json

import pytest
from django.utils.http import http_date

from liane.core.acting import owner
from liane.directory.models import Organisation
from liane.fhir.tests.api import Api, shared
from liane.fhir.tests.test_core import JACQUES
from liane.patients.models import Patient

pytestmark = pytest.mark.django_db


def entry(method, url, resource=None, full="", **request):
    made = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    return made | ({"fullUrl": full} if full else {})


def bundle(*entries, kind="transaction"):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


STRUCTURE = {"resourceType": "Organization", "name": "Cabinet de la Plage"}
TEAM = {
    "resourceType": "CareTeam",
    "status": "active",
    "subject": {"reference": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0c"},
    "participant": [{"member": {"reference": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0b"}}],
}


def test_entries_refer_to_one_another(api):
    answer = api.post(
        "",
        bundle(
            entry("POST", "CareTeam", TEAM),
            entry("POST", "Patient", JACQUES, "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0c"),
        ),
        prefer="return=representation",
    )
    assert answer.status == 422, answer.body
    assert answer.body["issue"][0]["expression"] == ["Bundle.entry[0].resource"]
    with owner():
        assert not Patient.objects.exists()
    team = {name: one for name, one in TEAM.items() if name != "participant"}
    answer = api.post(
        "",
        bundle(
            entry("POST", "CareTeam", team),
            entry("POST", "Patient", JACQUES, "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0c"),
            entry("GET", "Patient?family=thobois"),
        ),
        prefer="return=representation",
    )
    assert answer.status == 200, answer.body
    team, person, found = answer.body["entry"]
    assert [one["response"]["status"] for one in answer.body["entry"]] == [
        "201 Created", "201 Created", "200 OK",
    ]  # fmt: skip
    key = person["resource"]["id"]
    assert team["resource"]["subject"]["reference"] == f"Patient/{key}"
    assert found["resource"]["entry"][0]["resource"]["id"] == key
    assert api.get(f"CareTeam/{key}").body["subject"]["reference"] == f"Patient/{key}"


def test_all_or_nothing(api):
    wrong = {**JACQUES, "gender": "homme"}
    answer = api.post(
        "", bundle(entry("POST", "Organization", STRUCTURE), entry("POST", "Patient", wrong))
    )
    assert answer.status == 422
    assert answer.body["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]
    assert not Organisation.objects.filter(name="Cabinet de la Plage").exists()


def test_a_batch_is_each_for_itself(api):
    wrong = {**JACQUES, "gender": "homme"}
    answer = api.post(
        "",
        bundle(
            entry("POST", "Organization", STRUCTURE),
            entry("POST", "Patient", wrong),
            entry("GET", "Nothing/1"),
            kind="batch",
        ),
    )
    assert [one["response"]["status"][:3] for one in answer.body["entry"]] == ["201", "422", "404"]
    assert "outcome" in answer.body["entry"][1]["response"]
    assert Organisation.objects.filter(name="Cabinet de la Plage").exists()


def test_conditional_create_update_and_references(api):
    condition = "identifier=urn:oid:1.2.3|ipp-12"
    first = api.post("Patient", JACQUES, if_none_exist=condition)
    again = api.post("Patient", JACQUES, if_none_exist=condition)
    assert (first.status, again.status) == (201, 200)
    assert again.body["id"] == first.body["id"]
    changed = copy.deepcopy(JACQUES)
    changed["telecom"][0]["value"] = "0611111111"
    updated = api.put(f"Patient?{condition}", changed)
    assert (updated.status, updated.body["id"]) == (200, first.body["id"])
    assert updated.body["meta"]["versionId"] == "2"
    team = {
        "resourceType": "CareTeam", "status": "active",
        "subject": {"reference": f"Patient?{condition}"},
    }  # fmt: skip
    answer = api.post("", bundle(entry("POST", "CareTeam", team)), prefer="return=representation")
    found = answer.body["entry"][0]["resource"]["subject"]["reference"]
    assert found == f"Patient/{first.body['id']}"
    nobody = copy.deepcopy(team)
    nobody["subject"]["reference"] = "Patient?identifier=nobody"
    assert api.post("", bundle(entry("POST", "CareTeam", nobody))).status == 412
    assert api.put("Patient?nothing=1", JACQUES).status == 400


def test_preferences_and_etags(api):
    made = api.post("Patient", JACQUES, prefer="return=minimal")
    assert (made.status, made.raw) == (201, b"")
    key = made.headers["Location"].split("/Patient/")[1].split("/")[0]
    read = api.get(f"Patient/{key}", if_none_match='W/"1"')
    assert (read.status, read.raw) == (304, b"")
    told = api.put(f"Patient/{key}", {**JACQUES, "id": key}, prefer="return=OperationOutcome")
    assert told.body["resourceType"] == "OperationOutcome"


def test_history_and_versions(api):
    made = api.post("Patient", JACQUES).body
    body = copy.deepcopy(made)
    body["telecom"][0]["value"] = "0600000000"
    api.put(f"Patient/{made['id']}", body)
    path = f"Patient/{made['id']}/_history"
    entries = api.get(path).body["entry"]
    assert [one["response"]["etag"] for one in entries] == ['W/"2"', 'W/"1"']
    first = api.get(f"{path}/1")
    assert first.body["telecom"][0]["value"] == "0558000001"
    assert api.get(f"{path}/3").status == 404
    assert len(api.get("Patient/_history").body["entry"]) == 2
    assert first.headers["ETag"] == 'W/"1"'
    for name, version in (("1", first), ("2", api.get(f"{path}/2"))):
        at = dt.datetime.fromisoformat(version.body["meta"]["lastUpdated"])
        assert version.headers["Last-Modified"] == http_date(int(at.timestamp())), name
    page = api.get(f"{path}?_count=1&_since=2020-01-01")
    assert "_since=2019-12-31T23%3A00" in page.link("next")  # local midnight
    last = api.get(page.link("next")).body
    assert [one["response"]["etag"] for one in last["entry"]] == ['W/"1"']
    assert (page.body["total"], last["total"]) == (2, 2)


def test_the_history_of_a_type_goes_on_from_page_to_page(api, house):
    for number in range(3):
        name = [{"use": "official", "family": f"Etcheverry{number}", "given": ["Ana"]}]
        api.post("Patient", {**JACQUES, "name": name, "birthDate": f"195{number}-0{number + 1}-20"})
    whole = [one["fullUrl"] for one in api.get("Patient/_history").body["entry"]]
    page, found = api.get("Patient/_history?_count=2"), []
    first = page.link("next")
    while True:
        found += [one["fullUrl"] for one in page.body["entry"]]
        if not page.link("next"):
            break
        page = api.get(page.link("next"))
    assert (len(found), found) == (3, whole)
    assert Api(house).get(first).status == 400
    assert api.get(first.replace("Patient/", "CareTeam/")).status == 400


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        ("application/fhir+xml;q=0.5, application/fhir+json;q=0.9", 200, "application/fhir+json"),
        ("application/fhir+json;q=0.1, application/fhir+xml", 200, "application/fhir+xml"),
        ("text/turtle, */*;q=0.1", 200, "application/fhir+json"),
        ("application/fhir+xml; fhirVersion=4.0", 200, "application/fhir+xml; fhirVersion=4.0"),
        ("application/fhir+json; fhirVersion=3.0", 406, "application/fhir+json"),
        ("text/turtle", 406, "application/fhir+json"),
        ("application/fhir+json;q=0, text/csv", 406, "application/fhir+json"),
    ],
)
def test_the_form_that_is_liked_best(api, odette, accept, status, kind):
    answer = api.get(f"Patient/{odette.pk}", accept=accept)
    assert answer.status == status
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    if status == 406:
        assert answer.body["issue"][0]["expression"] == ["http.Accept"]


def test_another_version_of_fhir_is_not_read(api):
    newer = "application/fhir+json; fhirVersion=5.0"
    assert api.call("POST", "Patient", JACQUES, content_type=newer).status == 415
    ours = "application/fhir+json; fhirVersion=4.0"
    assert api.call("POST", "Patient", JACQUES, content_type=ours).status == 201


PATCHES = [
    (
        "application/json-patch+json",
        [
            {"op": "test", "path": "/gender", "value": "male"},
            {"op": "replace", "path": "/telecom/0/value", "value": "0622222222"},
            {"op": "add", "path": "/name/0/given/-", "value": "Paul"},
        ],
    ),
    (
        "application/fhir+json",
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "operation", "part": [
                    {"name": "type", "valueCode": "replace"},
                    {"name": "path", "valueString": "Patient.telecom.where(rank=1).value"},
                    {"name": "value", "valueString": "0622222222"}]},
                {"name": "operation", "part": [
                    {"name": "type", "valueCode": "insert"},
                    {"name": "path", "valueString": "Patient.name[0].given"},
                    {"name": "index", "valueInteger": 1},
                    {"name": "value", "valueString": "Paul"}]},
            ],
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "patch"), PATCHES)
def test_patches(api, kind, patch):
    made = api.post("Patient", JACQUES).body
    answer = api.call("PATCH", f"Patient/{made['id']}", patch, content_type=kind)
    assert answer.status == 200, answer.body
    assert answer.body["telecom"][0]["value"] == "0622222222"
    assert answer.body["name"][0]["given"] == ["Jacques", "Paul"]
    with owner():
        person = Patient.objects.get(pk=made["id"])
    assert (person.phone, person.given_names) == ("0622222222", "Jacques Paul")


@pytest.mark.parametrize(
    ("patch", "status"),
    [
        ([{"op": "test", "path": "/gender", "value": "female"}], 422),
        ([{"op": "remove", "path": "/nothing/0"}], 422),
        ([{"op": "replace", "path": "/id", "value": "x"}], 422),
        ([{"op": "replace", "path": "/gender", "value": "homme"}], 422),
        ([{"op": "fly", "path": "/"}], 400),
        ({"a": 1}, 400),
        ("[[[", 400),
    ],
)
def test_patches_that_do_not_apply(api, patch, status):
    made = api.post("Patient", JACQUES).body
    kind = "application/json-patch+json"
    answer = api.call("PATCH", f"Patient/{made['id']}", patch, content_type=kind)
    assert answer.status == status, answer.body


def test_the_guide_s_own_transaction(api):
    path = shared("examples/cds/Bundle-cds-bundle-transaction-creation-example.json")
    received = json.loads(path.read_text())
    answer = api.post("", received, prefer="return=representation")
    assert answer.status in (200, 422), answer.body
