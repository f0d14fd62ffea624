"""Relatives, offers, sites and stays; the whole record; checks and codes."""

import pytest

from liane.core.acting import owner
from liane.directory.index import index_all
from liane.fhir.tests.api import Api
from liane.patients.models import Contact
from liane.stays.models import Stay
from tests import factories as make

pytestmark = pytest.mark.django_db


def julie(odette):
    return {
        "resourceType": "RelatedPerson",
        "identifier": [{"system": "urn:test", "value": "r1"}],
        "patient": {"reference": f"Patient/{odette.pk}"},
        "relationship": [{"text": "fille"}],
        "name": [{"family": "Dupont", "given": ["Julie"]}],
        "telecom": [{"system": "phone", "value": "0612345678"}],
    }


def test_a_relative_is_noted_changed_and_ended(api, odette):
    made = api.post("RelatedPerson", julie(odette))
    assert made.status == 201, made.body
    key = made.body["id"]
    with owner():
        assert Contact.objects.get(pk=key).relationship == "fille"
    for query in ("name=julie", f"patient=Patient/{odette.pk}", "identifier=urn:test|r1",
                  "phone=0612345678", "active=true", "patient.family=laborde"):  # fmt: skip
        assert [one["id"] for one in api.get(f"RelatedPerson?{query}").found] == [key], query
    assert len(api.get("CareTeam?participant:RelatedPerson.name=julie").found) == 1
    changed = {**made.body, "telecom": [{"system": "phone", "value": "0699999999"}]}
    assert api.put(f"RelatedPerson/{key}", changed, if_match='W/"1"').status == 200
    with owner():
        assert Contact.objects.get(pk=key).phone == "0699999999"
    assert api.call("DELETE", f"RelatedPerson/{key}").status == 204
    assert api.get(f"RelatedPerson/{key}").status == 410
    assert api.get("RelatedPerson?name=julie").found == []
    entries = api.get(f"RelatedPerson/{key}/_history").body["entry"]
    assert [one["request"]["method"] for one in entries] == ["DELETE", "PUT", "POST"]
    other = Api(make.organisation("Ailleurs", "msp"))
    assert other.get(f"RelatedPerson/{key}").status == 404
    assert other.post("RelatedPerson", julie(odette)).status == 422


def test_an_offer_is_said_found_and_withdrawn(api, house):
    body = {
        "resourceType": "HealthcareService",
        "providedBy": {"reference": f"Organization/{house.pk}"},
        "type": [{"coding": [{"system": "https://liane.sante/CodeSystem/need", "code": "meals"}]}],
        "name": "Repas à domicile",
        "appointmentRequired": True,
    }
    made = api.post("HealthcareService", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    assert api.get(f"HealthcareService/{key}").body["appointmentRequired"] is True
    for query in ("name=repas", f"organization=Organization/{house.pk}", "service-type=meals"):
        assert [one["id"] for one in api.get(f"HealthcareService?{query}").found] == [key], query
    assert api.post("HealthcareService", {**body, "type": []}).status == 422
    assert api.call("DELETE", f"HealthcareService/{key}").status == 204
    assert api.get(f"HealthcareService/{key}").status == 410


def test_a_site_is_that_of_its_structure(api, house):
    house.city = "Dax"
    house.save()
    index_all()
    (site,) = api.get("Location?address-city=dax").found
    assert site["managingOrganization"]["reference"] == f"Organization/{house.pk}"


def location(house, **more):
    return {
        "resourceType": "Location",
        "identifier": [{"system": "urn:test", "value": "l1"}],
        "status": "active",
        "mode": "instance",
        "telecom": [{"system": "phone", "value": "0558000009"}],
        "address": {"line": ["2 rue du Port"], "postalCode": "40100", "city": "Dax"},
        "physicalType": {"text": "Bâtiment"},
        "managingOrganization": {"reference": f"Organization/{house.pk}"},
        **more,
    }


def test_where_a_structure_is_is_said_and_corrected(api, house):
    body = location(house)
    made = api.post("Location", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    assert key == str(house.pk)
    read = api.get(f"Location/{key}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    with owner():
        house.refresh_from_db()
    assert (house.line, house.city, house.phone) == ("2 rue du Port", "Dax", "0558000009")
    for query in ("identifier=urn:test|l1", "address-city=dax",
                  f"organization=Organization/{house.pk}"):  # fmt: skip
        assert [one["id"] for one in api.get(f"Location?{query}").found] == [key], query
    assert api.post("Location", body).status == 422
    moved = {**made.body, "address": {"line": ["5 quai"], "postalCode": "40100", "city": "Dax"}}
    assert api.put(f"Location/{key}", moved).status == 200
    with owner():
        house.refresh_from_db()
    assert house.line == "5 quai"


@pytest.mark.parametrize(
    "more",
    [{"managingOrganization": None}, {"managingOrganization": {"display": "x"}}, {"mode": "kind"},
     {"name": "Chambre 4"}, {"status": "inactive"}, {"address": {"postalCode": "40100"}},
     {"address": None}],
)  # fmt: skip
def test_what_is_no_site_of_a_structure_is_refused(api, house, more):
    body = {name: one for name, one in location(house, **more).items() if one is not None}
    answer = api.post("Location", body)
    assert (answer.status, bool(answer.issues)) == (422, True)
    with owner():
        house.refresh_from_db()
    assert house.city == ""


def test_a_site_keeps_its_structure(api, house):
    made = api.post("Location", location(house)).body
    other = make.organisation("Ailleurs")
    body = {**made, "managingOrganization": {"reference": f"Organization/{other.pk}"}}
    assert api.put(f"Location/{made['id']}", body).status == 422


def stay(odette, status="in-progress", **more):
    return {
        "resourceType": "Encounter",
        "identifier": [{"system": "urn:hospital", "value": "V1"}],
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": f"Patient/{odette.pk}"},
        "period": {"start": "2026-11-20T10:00:00+01:00", **more},
    }


def test_a_stay_begins_and_ends(api, odette):
    made = api.post("Encounter", stay(odette))
    assert made.status == 201, made.body
    key = made.body["id"]
    with owner():
        assert Stay.objects.get(pk=key).status == "in_progress"
    assert [one["id"] for one in api.get("Encounter?status=in-progress&class=IMP").found] == [key]
    over = {**stay(odette, "finished", end="2026-11-25T10:00:00+01:00"), "id": key}
    assert api.put(f"Encounter/{key}", over).status == 200
    with owner():
        assert Stay.objects.get(pk=key).status == "ended"
    assert [one["id"] for one in api.get("Encounter?date=ge2026-11-20&identifier=V1").found] == [
        key
    ]
    assert api.get("Encounter?status=in-progress").found == []


def test_outside_the_team_a_stay_is_an_absence_without_a_place(api, odette):
    api.post("Encounter", stay(odette))
    helper = make.organisation("Aide", "saad")
    make.member(odette, helper, outside_team=True, ground="consent")
    (seen,) = Api(helper).get("Encounter").found
    assert "serviceProvider" not in seen
    assert "identifier" not in seen
    assert seen["period"]["start"]


def test_everything_of_a_person(api, odette, house):
    api.post("RelatedPerson", julie(odette))
    api.post("Encounter", stay(odette))
    body = api.get(f"Patient/{odette.pk}/$everything").body
    kinds = {one["resource"]["resourceType"] for one in body["entry"]}
    assert kinds == {"Patient", "CareTeam", "RelatedPerson", "Encounter", "Organization",
                     "CommunicationRequest"}  # fmt: skip
    only = api.get(f"Patient/{odette.pk}/$everything?_type=Encounter").body
    assert {one["resource"]["resourceType"] for one in only["entry"]} == {"Encounter"}
    narrow = Api(house, "system/Patient.rs")
    body = narrow.get(f"Patient/{odette.pk}/$everything").body
    assert {one["resource"]["resourceType"] for one in body["entry"]} == {"Patient"}
    other = Api(make.organisation("Ailleurs", "msp"))
    assert other.get(f"Patient/{odette.pk}/$everything").status == 404


def test_everything_comes_by_pages_that_hold_while_data_changes(api, odette, house):
    def relative(number):
        number_here = [{"system": "urn:test", "value": f"{number}"}]
        named = [{"family": f"Dupont{number}"}]
        return api.post(
            "RelatedPerson", {**julie(odette), "name": named, "identifier": number_here}
        ).body["id"]

    for number in range(3):
        relative(number)
    api.post("Encounter", stay(odette))
    whole = api.get(f"Patient/{odette.pk}/$everything")
    wanted = [(one["resourceType"], one["id"]) for one in whole.found]
    assert (whole.link("next"), whole.body["total"]) == ("", len(wanted))
    page = api.get(f"Patient/{odette.pk}/$everything?_count=2")
    assert "total" not in page.body
    other = Api(house)
    assert other.get(page.link("next")).status == 400  # of another application
    found = [(one["resourceType"], one["id"]) for one in page.found]
    late = relative(9)
    while page.link("next"):
        assert len(page.found) == 2
        assert str(odette.pk) not in page.link("next").split("?")[1]
        page = api.get(page.link("next"))
        assert page.status == 200, page.body
        found += [(one["resourceType"], one["id"]) for one in page.found]
    assert len(found) == len(set(found))
    assert [one for one in found if one[1] != late] == wanted
    some = api.get(f"Patient/{odette.pk}/$everything?_type=RelatedPerson&_count=3")
    rest = api.get(some.link("next"))
    assert [len(some.found), len(rest.found)] == [3, 1]
    assert {one["resourceType"] for one in rest.found} == {"RelatedPerson"}
    assert api.get(f"Patient/{odette.pk}/$everything?_count=0").status == 400
    strange = f"Patient/{odette.pk}/$everything?start=2026-01-01"
    told = api.get(strange).body["entry"][-1]["resource"]["issue"][0]
    assert (told["severity"], told["expression"]) == ("warning", ["http.start"])
    assert api.get(strange, prefer="handling=strict").status == 400


def test_validate_keeps_nothing(api):
    wrong = {"resourceType": "Patient", "gender": "homme"}
    answer = api.post("Patient/$validate", wrong)
    assert (answer.status, answer.body["issue"][0]["severity"]) == (200, "error")
    right = {"resourceType": "Patient", "name": [{"family": "A"}]}
    told = api.post(
        "Patient/$validate",
        {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": right}]},
    )
    assert told.body["issue"][0]["severity"] == "information"
    assert api.get("Patient").found == []


def test_expand(api):
    url = "http://hl7.org/fhir/ValueSet/administrative-gender"
    body = api.get(f"ValueSet/$expand?url={url}").body
    assert {one["code"] for one in body["expansion"]["contains"]} >= {"male", "female"}
    some = api.get(f"ValueSet/$expand?url={url}&filter=fem").body["expansion"]
    assert [one["code"] for one in some["contains"]] == ["female"]
    assert api.get("ValueSet/$expand?url=http://nothing").status == 404
