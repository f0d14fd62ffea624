"""Cercle de soins 2.0.1: transactions, search before create, versions, chains; all of it walked."""

import json

import pytest

from liane.circle.models import Membership
from liane.core.acting import owner
from liane.directory.index import index_all
from liane.fhir.tests import guide
from liane.fhir.tests.api import shared
from liane.fhir.tests.test_examples import plain
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
MANAGER = "cds-2.0.1/CapabilityStatement-CDSGestionnaire.json"
CREATION = "cds/Bundle-cds-bundle-transaction-creation-example.json"


def sent():
    return guide.replaced(CREATION, {})


def kinds(bundle):
    return [one["resource"]["resourceType"] for one in bundle["entry"]]


def made_of(api, answer):
    """What each entry became, by type."""
    found = {}
    for one in answer.body["entry"]:
        resource = one["resource"]
        found[resource["resourceType"]] = resource
    return found


@pytest.fixture
def circle(api):
    """The guide's own transaction, written."""
    answer = api.post("", sent(), prefer="return=representation")
    assert answer.status == 200, answer.body
    index_all()
    return made_of(api, answer)


def test_the_guide_s_transaction_is_written_and_read_back(api, circle):
    body = sent()
    assert set(circle) == set(kinds(body))
    team = api.get(f"CareTeam/{circle['CareTeam']['id']}").body
    received = next(one["resource"] for one in body["entry"]
                    if one["resource"]["resourceType"] == "CareTeam")  # fmt: skip
    kept = {name: one for name, one in plain(team).items() if name not in {
        "subject", "participant", "managingOrganization"}}  # fmt: skip
    assert kept == {name: one for name, one in plain(received).items() if name in kept}
    assert team["subject"]["reference"] == f"Patient/{circle['Patient']['id']}"


def test_again_with_its_conditions_nothing_is_made_twice(api, circle):
    again = sent()
    for one in again["entry"]:
        number = next(iter(one["resource"].get("identifier", [])), None)
        if one["request"]["method"] == "POST" and number and "system" in number:
            one["request"]["ifNoneExist"] = f"identifier={number['system']}|{number['value']}"
    answer = api.post("", again, prefer="return=representation")
    assert answer.status in {200, 409}, answer.body
    assert len(api.get("Patient?family=thobois").found) == 1
    assert len(api.get("CareTeam").found) == 1


def test_a_version_read_before_protects_what_was_changed_since(api, circle):
    team = api.get(f"CareTeam/{circle['CareTeam']['id']}").body
    path, tag = f"CareTeam/{team['id']}", f'W/"{team["meta"]["versionId"]}"'
    nurse = make.practice("claire", of=make.organisation("Cabinet"))
    member = {"member": {"reference": f"PractitionerRole/{nurse.pk}"},
              "period": {"start": "2026-01-01"}}  # fmt: skip
    wider = {**team, "participant": [*team["participant"], member]}
    changed = api.put(path, wider, if_match=tag)
    assert changed.status == 200, changed.body
    assert api.put(path, {**team, "name": "Autre"}, if_match=tag).status == 412
    entries = api.get(f"{path}/_history").body["entry"]
    assert len(entries) == 2
    first = api.get(f"{path}/_history/1").body
    assert plain(first) == plain(team)
    with owner():
        invited = Membership.objects.get(practice=nurse)
    assert invited.status in {"invited", "active"}


def test_members_who_were_not_named_are_shown_and_stay(api, odette, claire, house):
    about = {"reference": f"Patient/{odette.pk}"}
    made = api.post("CareTeam", {"resourceType": "CareTeam", "status": "active", "subject": about})
    assert made.status == 201, made.body
    named = {one["member"]["reference"] for one in made.body["participant"]}
    assert named == {f"PractitionerRole/{claire.pk}", f"Organization/{house.pk}"}
    alone = {
        **made.body,
        "participant": [
            one for one in made.body["participant"] if "Practitioner" in one["member"]["reference"]
        ],
    }
    kept = api.put(f"CareTeam/{odette.pk}", {**alone, "name": "Autour d’Odette"})
    assert kept.status == 200, kept.body
    with owner():
        assert Membership.objects.get(person=odette, organisation=house).status == "active"


def queries(circle):
    """What finds the guide's own resources, for each parameter of its statement."""
    team, person = circle["CareTeam"]["id"], circle["Patient"]["id"]
    relative, house = circle["RelatedPerson"]["id"], circle["Organization"]["id"]
    return {
        "CareTeam": {
            "identifier": ["http://fake-identifier.fr|1"],
            "start": ["2013-01-12", "ge2013", "le2014"],
            "end": [],
            "status": ["active"],
            "_lastUpdated": ["ge2020"],
            "category": [],
            "participant-start": ["ge2020"],
            "participant-end": [],
            "date": ["ge2013"],
            "participant": [f"RelatedPerson/{relative}"],
            "patient": [person, f"Patient/{person}"],
            "subject": [f"Patient/{person}"],
            "managingOrganization": [],
        },
        "Patient": {
            "family": ["thobois"], "given": ["jacques"], "name": ["thobois"],
            "birthdate": ["1984-10-02", "ge1980"], "gender": ["male"],
            "birthplace": ["29064"], "address": [], "identifier": [],
        },
        "RelatedPerson": {"_id": [relative], "name": ["lamine"], "relationship": ["NBOR"]},
        "Practitioner": {"identifier": [], "name": []},
        "PractitionerRole": {"_id": [], "practitioner": [], "role": []},
        "Organization": {"_id": [house], "identifier": [], "name": ["cabinet medical cc"]},
        "_team": team,
    }  # fmt: skip


def test_chains_of_the_guide(api, circle):
    nurse = make.practice("claire", name="Claire Dubos", of=make.organisation("Cabinet"))
    with owner():
        make.member(Patient.objects.get(pk=circle["Patient"]["id"]), nurse)
    index_all()
    for query in (
        "participant:RelatedPerson.name=lamine",
        "participant:PractitionerRole.practitioner.name=dubos",
        "participant:Organization.name=dac&participant:RelatedPerson.relationship=NBOR",
        "patient.identifier:missing=false", "patient.birthplace=29064",
        "participant:PractitionerRole.practitioner.name=dubos&_include:iterate=*",
        "patient.family=thobois&_elements=subject,status",
    ):  # fmt: skip
        assert len(api.get(f"CareTeam?{query}", prefer="handling=strict").found) == 1, query
    answer = api.get("CareTeam?patient.family=thobois&_include=*&_include:iterate=*")
    kinds = {one["resourceType"] for one in answer.along}
    assert kinds >= {"Patient", "RelatedPerson", "PractitionerRole", "Practitioner"}


def test_every_line_of_the_manager(api, circle, house):
    wanted = queries(circle)
    luc = api.post("Practitioner", {
        "resourceType": "Practitioner", "name": [{"family": "Lamarque", "given": ["Luc"]}],
        "identifier": [{"system": "urn:p", "value": "7"}]}).body  # fmt: skip
    role = api.post("PractitionerRole", {
        "resourceType": "PractitionerRole",
        "organization": {"reference": f"Organization/{house.pk}"},
        "practitioner": {"reference": f"Practitioner/{luc['id']}"},
        "code": [{"coding": [{"system": "urn:r", "code": "x"}]}]}).body  # fmt: skip
    index_all()
    circle |= {"Practitioner": luc, "PractitionerRole": role}
    team = api.get(f"CareTeam/{wanted['_team']}").body
    ended = {**team, "category": [{"coding": [{"system": "urn:c", "code": "long"}]}],
             "period": {**team.get("period", {}), "end": "2030-01-01"},
             "managingOrganization": [{"reference": f"Organization/{house.pk}"}]}  # fmt: skip
    assert api.put(f"CareTeam/{team['id']}", ended).status == 200
    wanted["CareTeam"] |= {
        "category": ["urn:c|long"], "end": ["2030-01-01", "ge2029"],
        "managingOrganization": [f"Organization/{house.pk}"],
        "participant-end": [":missing=true"],
    }  # fmt: skip
    wanted["Practitioner"] = {"identifier": ["urn:p|7"], "name": ["lamarque"]}
    wanted["PractitionerRole"] = {"_id": [role["id"]], "role": ["urn:r|x"],
                                  "practitioner": [f"Practitioner/{luc['id']}"]}  # fmt: skip
    person = api.get(f"Patient/{circle['Patient']['id']}").body
    person |= {
        "identifier": [{"system": "urn:ipp", "value": "9"}],
        "address": [{"line": ["3 rue du Port"], "city": "Dax", "postalCode": "40100"}],
    }
    assert api.put(f"Patient/{person['id']}", person).status == 200
    place = api.get(f"Organization/{circle['Organization']['id']}").body
    place["identifier"] = [{"system": "urn:org", "value": "8"}]
    assert api.put(f"Organization/{place['id']}", place).status == 200
    wanted["Patient"] |= {"identifier": ["urn:ipp|9"], "address": ["dax", "port"]}
    wanted["Organization"] |= {"identifier": ["urn:org|8"]}
    for kind, what in guide.listed(MANAGER):
        if what.startswith("?"):
            asked = wanted[kind][what[1:]]
            assert asked, (kind, what)
            for value in asked:
                query = f"{what[1:]}{value}" if value.startswith(":") else f"{what[1:]}={value}"
                found = api.get(f"{kind}?{query}", prefer="handling=strict")
                assert found.found, (kind, query, found.body)
        elif what == "update":
            now = api.get(f"{kind}/{circle[kind]['id']}").body
            answer = api.put(f"{kind}/{now['id']}", {**now, "language": "fr"})
            assert answer.status == 200, (kind, answer.body)
        elif what in {"read", "vread", "history-instance", "history-type", "search-type"}:
            key = circle[kind]["id"]
            path = {"read": f"{kind}/{key}", "vread": f"{kind}/{key}/_history/1",
                    "history-instance": f"{kind}/{key}/_history",
                    "history-type": f"{kind}/_history", "search-type": kind}[what]  # fmt: skip
            assert api.get(path).status == 200, (kind, what)
        else:
            assert what in {"create", "transaction"}, (kind, what)  # `circle`, above


def test_the_guide_s_team_alone(api, odette):
    body = json.loads(shared("examples/cds/CareTeam-cds-careteam-example.json").read_text())
    body["subject"] = {"reference": f"Patient/{odette.pk}"}
    body.pop("managingOrganization", None)  # the published JSON holds an empty text there
    made = api.post("CareTeam", body)
    assert made.status == 201, made.body
    read = plain(api.get(f"CareTeam/{made.body['id']}").body)
    theirs, ours = body["participant"], read.pop("participant")
    assert ours[: len(theirs)] == theirs
    assert read == plain({name: one for name, one in body.items() if name != "participant"})
