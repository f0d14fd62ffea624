"""Who opened a record, who brought what, what the person said, who accompanies her."""

import pytest

from liane.circle import services as circle
from liane.circle.models import Membership, Opposition
from liane.clients.models import Client
from liane.core.acting import acting, owner, system
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_core import JACQUES
from liane.followups.models import Accompaniment
from liane.patients.models import Wish
from tests import factories as make

pytestmark = pytest.mark.django_db


def used_by(house, username, seat, scopes="user/*.cruds", **context):
    """An application that somebody uses, in a seat."""
    account = make.User.objects.get(username=username)
    context = {"user": account, "seat": seat, **context}
    return Api(house, scopes, kind=Client.Kind.CONFIDENTIAL, context=context)


@pytest.fixture
def nurse(house, claire):
    return used_by(house, "claire", f"practice:{claire.pk}")


@pytest.fixture
def herself(house, odette):
    with owner():
        odette.user = make.user("odette", "Odette Laborde")
        odette.save()
        make.compile_grants(odette.pk)
    return used_by(house, "odette", f"person:{odette.pk}")


# ------------------------------------------------------------------ AuditEvent
def test_a_professional_finds_their_own_accesses_and_the_person_all_of_them(
    api, odette, nurse, herself
):
    assert api.get(f"Patient/{odette.pk}").status == 200
    assert nurse.get(f"Patient/{odette.pk}").status == 200
    mine = nurse.get(f"AuditEvent?patient={odette.pk}&subtype=fhir.Patient").found
    assert [one["agent"][0]["name"] for one in mine] == ["Claire Aubert · Logiciel 1"]
    assert mine[0]["entity"][0]["what"]["reference"] == f"Patient/{odette.pk}"
    hers = herself.get("AuditEvent?subtype=fhir.Patient").found
    assert len(hers) == 2
    assert herself.get(f"AuditEvent/{mine[0]['id']}").body["id"] == mine[0]["id"]
    assert api.get("AuditEvent").found == []
    assert api.get(f"AuditEvent/{mine[0]['id']}").status == 404


@pytest.mark.parametrize(
    ("query", "count"),
    [("action=R", 1), ("action=E", 0), ("type=110110", 1), ("outcome=0", 1), ("site=api", 1),
     ("agent-name=aubert", 1), ("agent-role=care", 1), ("agent=PractitionerRole/{claire}", 1),
     ("date=ge2020", 1), ("date=lt2020", 0), ("entity=Patient/{person}", 1),
     ("patient.family=laborde", 1)],
)  # fmt: skip
def test_accesses_are_found(odette, claire, nurse, query, count):
    nurse.get(f"Patient/{odette.pk}")
    query = query.format(person=odette.pk, claire=claire.pk)
    assert len(nurse.get(f"AuditEvent?subtype=fhir.Patient&{query}").found) == count


def test_a_record_out_of_reach_tells_of_no_access(odette, claire, nurse):
    nurse.get(f"Patient/{odette.pk}")
    with owner():
        Opposition.objects.create(person=odette, practice=claire)
        make.compile_grants(odette.pk)
    assert nurse.get("AuditEvent").found == []


@pytest.fixture
def staff(house, odette):
    """A coordinator of the house opened her record."""
    place = make.practice("manon", name="Manon Diaz", role="coordinator", of=house)
    make.member(odette, place)
    assert used_by(house, "manon", f"practice:{place.pk}").get(f"Patient/{odette.pk}").status == 200
    return place


def at(house, username, role):
    place = make.practice(username, role=role, of=house)
    return used_by(house, username, f"practice:{place.pk}")


def test_a_protection_officer_finds_who_of_the_staff_opened_what_kind_of_thing(
    house, odette, nurse, staff
):
    nurse.get(f"Patient/{odette.pk}")
    officer = at(house, "dora", "dpo")
    (one,) = officer.get("AuditEvent?subtype=fhir.Patient&action=R").found
    assert one["agent"][0]["name"].startswith("Manon Diaz")
    assert one["entity"][0]["what"] == {"display": f"…{str(odette.pk)[-8:]}"}
    assert one["subtype"][0]["code"] == "fhir.Patient"
    assert str(odette.pk) not in officer.get("AuditEvent?_include=*").raw.decode()
    elsewhere = at(make.organisation("Ailleurs"), "denis", "dpo")
    assert elsewhere.get("AuditEvent").found == []
    assert elsewhere.get(f"AuditEvent/{one['id']}").status == 404


def test_a_manager_finds_who_and_when_and_not_what(house, odette, staff):
    manager = at(house, "max", "manager")
    found = manager.get("AuditEvent?agent-name=manon&date=ge2020").found
    assert found
    for one in found:
        assert not {"subtype", "action", "entity", "extension", "purposeOfEvent"} & set(one)
        assert one["agent"][0]["name"].startswith("Manon Diaz")
    assert manager.get(f"AuditEvent/{found[0]['id']}").body == found[0]


@pytest.mark.parametrize("role", ["dpo", "manager"])
@pytest.mark.parametrize(
    "query",
    ["patient={person}", "entity=Patient/{person}", "patient:missing=false",
     "patient.family=laborde", "patient:Patient._id={person}"],
)  # fmt: skip
def test_no_search_finds_whom_it_is_about(house, odette, staff, role, query):
    reader = at(house, "ines", role)
    assert reader.get("AuditEvent").found
    answer = reader.get(f"AuditEvent?{query.format(person=odette.pk)}")
    assert (answer.status, answer.found) == (200, [])
    assert reader.get(f"Patient?_has:AuditEvent:patient:date=ge2020&_id={odette.pk}").found == []


@pytest.mark.parametrize("query", ["subtype=fhir.Patient", "action=R", "action=U"])
def test_no_search_of_a_manager_finds_what_it_was(house, staff, query):
    manager = at(house, "max", "manager")
    assert manager.get("AuditEvent").found
    assert manager.get(f"AuditEvent?{query}").found == []


# ------------------------------------------------------------------ Provenance
def test_each_version_says_who_brought_it(api, house):
    made = api.post("Patient", JACQUES).body
    changed = {**made, "telecom": [{"system": "phone", "value": "0633333333"}]}
    assert api.put(f"Patient/{made['id']}", changed).status == 200
    newest, first = api.get(f"Provenance?target=Patient/{made['id']}").found
    assert first["target"] == [{"reference": f"Patient/{made['id']}/_history/1"}]
    assert newest["activity"]["coding"][0]["code"] == "UPDATE"
    who = [one["who"] for one in first["agent"]]
    assert who[0]["reference"] == f"Organization/{house.pk}"
    assert who[1]["display"].startswith("Logiciel")
    assert api.get(f"Provenance/{first['id']}").body["recorded"] == first["recorded"]
    found = api.get(f"Patient?_id={made['id']}&_revinclude=Provenance:target")
    assert len(found.along) == 2
    assert len(api.get("Patient?_has:Provenance:target:activity=UPDATE").found) == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [("activity=CREATE", 1), ("activity=DELETE", 0), ("recorded=ge2020", 1),
     ("agent=Organization/{house}", 1), ("patient={person}", 1), ("patient.family=martin", 1),
     ("target:Patient={person}", 1), ("target:CareTeam={person}", 0),
     ("target:Patient.gender=male", 1)],
)  # fmt: skip
def test_provenances_are_found(api, house, query, count):
    made = api.post("Patient", JACQUES).body
    family = made["name"][0]["family"].lower()
    query = query.format(house=house.pk, person=made["id"]).replace("martin", family)
    assert len(api.get(f"Provenance?{query}").found) == count


def test_what_one_does_not_read_has_no_provenance(api, odette):
    text = {"contentType": "text/plain", "title": "a.txt", "data": "Qm9uam91cg=="}
    made = api.post("DocumentReference", {
        "resourceType": "DocumentReference", "status": "current",
        "subject": {"reference": f"Patient/{odette.pk}"}, "content": [{"attachment": text}],
    })  # fmt: skip
    assert made.status == 201, made.body
    assert len(api.get("Provenance").found) == 1
    helper = make.organisation("Aide", "saad")
    make.member(odette, helper, outside_team=True, ground="consent")
    assert Api(helper).get("Provenance").found == []


# ------------------------------------------------------------------ Consent
def consent(person, answer="permit", **provision):
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope",
                              "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{person.pk}"},
        "dateTime": "2026-11-20T10:00:00+01:00",
        "policy": [{"uri": "https://example.org/accord"}],
        "provision": {"type": answer, **provision},
    }  # fmt: skip


def test_an_oral_agreement_is_written_down_and_a_new_answer_takes_its_place(api, odette):
    with acting(system("before")):
        circle.record_wish(odette, "unable", consulted="sa fille")
    (before,) = api.get(f"Consent?patient={odette.pk}&status=proposed").found
    assert "provision" not in before
    body = consent(odette)
    made = api.post("Consent", body)
    assert made.status == 201, made.body
    read = api.get(f"Consent/{made.body['id']}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    with owner():
        assert Wish.objects.get(pk=read["id"]).answer == "agrees"
    for query in ("status=active", "category=59284-0", "category=record", "scope=patient-privacy",
                  "date=ge2020", f"patient={odette.pk}"):  # fmt: skip
        assert read["id"] in [one["id"] for one in api.get(f"Consent?{query}").found], query
    assert [one["id"] for one in api.get("Consent?status=inactive").found] == [before["id"]]
    changed = {**read, "provision": {"type": "deny"}}
    assert api.put(f"Consent/{read['id']}", changed).status == 422


def test_a_refusal_closes_the_record(api, odette, claire):
    made = api.post("Consent", consent(odette, "deny"))
    assert made.status == 201, made.body
    with owner():
        assert not Membership.objects.filter(person=odette, status="active").exists()
    assert api.get(f"Consent/{made.body['id']}").status == 404


def test_an_opposition_is_said_and_lifted(api, odette, claire):
    actor = {"role": {"coding": [{"code": "IRCP"}]},
             "reference": {"reference": f"PractitionerRole/{claire.pk}"}}  # fmt: skip
    made = api.post("Consent", consent(odette, "deny", actor=[actor]))
    assert made.status == 201, made.body
    key = made.body["id"]
    with owner():
        assert Opposition.objects.get(pk=key).practice_id == claire.pk
    found = api.get(f"Consent?actor=PractitionerRole/{claire.pk}&status=active").found
    assert [one["id"] for one in found] == [key]
    lifted = api.put(f"Consent/{key}", {**made.body, "status": "inactive"})
    assert lifted.status == 200, lifted.body
    with owner():
        assert Opposition.objects.get(pk=key).ended_at is not None
    assert api.get(f"Consent/{key}").body["status"] == "inactive"
    assert api.post("Consent", consent(odette, "permit", actor=[actor])).status == 422


def test_wishes_are_not_everybody_s(api, odette):
    api.post("Consent", consent(odette))
    helper = make.organisation("Aide", "saad")
    make.member(odette, helper, outside_team=True, ground="consent")
    make.practice("karim", role="social", of=helper)
    practice = make.practice("sami", role="social", of=helper)
    make.member(odette, practice, outside_team=True, ground="consent")
    social = used_by(helper, "sami", f"practice:{practice.pk}")
    assert social.get(f"Patient/{odette.pk}").status == 200
    assert social.get("Consent").found == []
    assert social.post("Consent", consent(odette, "deny")).status in {403, 404, 422}
    assert Api(make.organisation("Ailleurs")).get("Consent").found == []


# ------------------------------------------------------------------ EpisodeOfCare
def test_an_accompaniment_is_its_organisation_s(house, odette, claire, nurse):
    manager = make.practice("manon", role="case_manager", of=house)
    with acting(system("file")):
        row = Accompaniment.objects.create(
            person=odette, organisation=house, level="intensive", status="follow_up",
            case_manager=manager,
        )  # fmt: skip
    reader = used_by(house, "manon", f"practice:{manager.pk}")
    (shown,) = reader.get(f"EpisodeOfCare?patient={odette.pk}").found
    assert (shown["id"], shown["status"]) == (str(row.pk), "active")
    assert shown["managingOrganization"]["reference"] == f"Organization/{house.pk}"
    for query in ("status=active", "type=accompaniment", f"care-manager={manager.pk}",
                  f"organization=Organization/{house.pk}", "date=ge2020",
                  "patient.family=laborde"):  # fmt: skip
        assert len(reader.get(f"EpisodeOfCare?{query}").found) == 1, query
    assert reader.get("EpisodeOfCare?status=finished").found == []
    assert nurse.get("EpisodeOfCare").found == []
    assert Api(house).get("EpisodeOfCare").found == []
