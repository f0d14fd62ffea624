"""Create, read, search, change: an application sees the persons of its house, and no other."""

import copy
import datetime as dt

import pytest

from liane.core.acting import acting, owner, system
from liane.core.models import AccessRow
from liane.directory.index import index_all
from liane.fhir.tests.api import Api
from liane.patients import services as patients
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db

JACQUES = {
    "resourceType": "Patient",
    "extension": [{"url": "http://example.org/animal", "valueString": "chat"}],
    "identifier": [{"system": "urn:oid:1.2.3", "value": "ipp-12"}],
    "name": [{"use": "official", "family": "Thobois", "given": ["Jacques"]}],
    "gender": "male",
    "birthDate": "1984-10-02",
    "telecom": [
        {"system": "phone", "value": "0558000001", "use": "mobile", "rank": 1},
        {"system": "phone", "value": "0558000002", "use": "home", "rank": 2},
    ],
}


def test_without_a_token_nothing_but_the_capability_statement(client):
    assert client.get("/fhir/Patient").status_code == 401
    answer = client.get("/fhir/metadata")
    assert answer.status_code == 200
    assert {one["type"] for one in answer.json()["rest"][0]["resource"]} >= {"Patient", "CareTeam"}


def test_a_person_is_read_and_the_ledger_keeps_it(api, odette):
    answer = api.get(f"Patient/{odette.pk}")
    assert answer.status == 200
    assert answer.body["name"][0]["family"] == "LABORDE"
    assert answer.body["birthDate"] == "1941-03-07"
    assert answer.headers["ETag"] == f'W/"{answer.body["meta"]["versionId"]}"'
    row = AccessRow.objects.get(resource="fhir.Patient")
    assert (row.person_id, row.channel, row.action) == (odette.pk, "api", "read")


def test_out_of_reach_is_not_found_and_not_searched(odette):
    other = Api(make.organisation("Ailleurs", "msp"))
    assert other.get(f"Patient/{odette.pk}").status == 404
    assert other.get("Patient?name=laborde").found == []
    assert other.get(f"CareTeam?patient=Patient/{odette.pk}").found == []


def test_scopes_narrow(house, odette):
    api = Api(house, "system/Patient.r")
    assert api.get(f"Patient/{odette.pk}").status == 200
    assert api.get("Patient?name=laborde").status == 403
    assert api.post("Patient", JACQUES).status == 403
    assert api.get("CareTeam").status == 403


def test_created_then_read_back_as_it_was_sent(api):
    made = api.post("Patient", JACQUES)
    assert made.status == 201
    assert made.headers["Location"].endswith("/_history/1")
    read = api.get(f"Patient/{made.body['id']}")
    kept = {name: one for name, one in read.body.items() if name not in ("id", "meta")}
    assert kept == JACQUES
    assert Patient.objects is not None
    with owner():
        person = Patient.objects.get(pk=made.body["id"])
    assert (person.birth_name, person.phone) == ("THOBOIS", "0558000001")


def test_what_a_page_changes_shows_over_what_was_received(api):
    key = api.post("Patient", JACQUES).body["id"]
    with acting(system("page")):
        patients.update_contact_data(key, version=1, values={"phone": "0699999999"})
    read = api.get(f"Patient/{key}")
    assert [one["value"] for one in read.body["telecom"]] == ["0699999999", "0558000002"]
    assert read.body["extension"][0]["valueString"] == "chat"
    assert read.body["meta"]["versionId"].startswith("1-")
    changed = {**JACQUES, "id": key}
    assert api.put(f"Patient/{key}", changed, if_match='W/"1"').status == 412


def test_update_changes_our_rows_and_makes_a_version(api):
    made = api.post("Patient", JACQUES).body
    body = copy.deepcopy(made)
    body["telecom"][0]["value"] = "0600000000"
    answer = api.put(f"Patient/{made['id']}", body, if_match='W/"1"')
    assert (answer.status, answer.body["meta"]["versionId"]) == (200, "2")
    with owner():
        assert Patient.objects.get(pk=made["id"]).phone == "0600000000"
    again = api.put(f"Patient/{made['id']}", answer.body)
    assert again.body["meta"]["versionId"] == "2"


def test_a_twin_is_refused(api):
    assert api.post("Patient", JACQUES).status == 201
    again = api.post("Patient", JACQUES)
    assert (again.status, again.body["issue"][0]["code"]) == (409, "duplicate")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=labor", True), ("name=dupo", True), ("family=odette", False), ("given=ode", True),
        ("given:exact=Odette", True), ("given:contains=dett", True), ("birthdate=1941", True),
        ("birthdate=1941-03-07", True), ("birthdate=gt1941-03-07", False),
        ("birthdate=ge1941-03-07", True), ("birthdate=lt1942", True), ("birthdate=ne1941", False),
        ("birthdate=sa1940", True), ("birthdate=eb1941", False), ("gender=female", True),
        ("gender=male", False), ("gender:not=male", True), ("gender=male,female", True),
        ("phone=0558000001", True), ("address-city=dax", True), ("deceased=false", True),
        ("death-date:missing=true", True), ("death-date:missing=false", False),
        ("_id=00000000-0000-0000-0000-000000000000", False), ("_lastUpdated=gt2020", True),
        ("_lastUpdated=lt2020", False), ("name=laborde&gender=male", False),
        ("_has:CareTeam:patient:status=active", True), ("given:exact=odette", False),
        ("given:exact=Odet", False), ("name:exact=Odette", True), ("given:exact=-", False),
        ("gender:in=http://hl7.org/fhir/ValueSet/administrative-gender", True),
        ("gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender", False),
        ("address-use:in=http://hl7.org/fhir/ValueSet/address-use", False),
    ],
)  # fmt: skip
def test_each_way_of_searching(api, odette, query, found):
    answer = api.get(f"Patient?{query}")
    assert answer.status == 200, answer.body
    assert [one["id"] for one in answer.found] == ([str(odette.pk)] if found else [])
    by_form = api.post("Patient/_search", query, content_type="application/x-www-form-urlencoded")
    assert [one["id"] for one in by_form.found] == [one["id"] for one in answer.found]


def test_what_only_the_received_body_holds_is_found(api):
    body = {
        **JACQUES,
        "meta": {"tag": [{"system": "http://t", "code": "a"}], "profile": ["http://p"]},
    }
    key = api.post("Patient", body).body["id"]
    for query in (
        "identifier=ipp-12", "identifier=urn:oid:1.2.3|ipp-12", "identifier=urn:oid:1.2.3|",
        "_tag=http://t|a", "_tag=a", "_profile=http://p", "telecom=phone|0558000002",
    ):  # fmt: skip
        assert [one["id"] for one in api.get(f"Patient?{query}").found] == [key], query
    assert api.get("Patient?identifier=urn:oid:9|ipp-12").found == []
    assert api.get("Patient?_tag:not=a").found == []


def test_codes_of_a_value_set_are_found_in_what_was_received(api):
    sent = {**JACQUES, "address": [{"use": "home", "city": "Dax"}]}
    key = api.post("Patient", sent).body["id"]
    uses = "http://hl7.org/fhir/ValueSet/address-use"
    assert [one["id"] for one in api.get(f"Patient?address-use:in={uses}").found] == [key]
    assert api.get(f"Patient?address-use:not-in={uses}").found == []
    unknown = api.get("Patient?address-use:in=http://nobody/ValueSet/a")
    assert (unknown.status, unknown.body["issue"][0]["expression"]) == (400, ["http.address-use"])


@pytest.mark.parametrize(
    "query",
    ["_include=Patient:nothing", "_revinclude=Condition:patient", "_include:iterate=Foo:bar",
     "_include=Patient:general-practitioner:Foo", "_include=", "_revinclude=", "_sort=",
     "_elements=birthDate,weight", "_elements=name.family", "_elements=Condition.code",
     "_containedType=contained", "_contained=true"],
)  # fmt: skip
def test_what_is_not_honoured_is_told(api, odette, query):
    lenient = api.get(f"Patient?{query}")
    assert len(lenient.found) == 1
    assert lenient.body["entry"][-1]["resource"]["issue"][0]["severity"] == "warning"
    name = query.split("=")[0]
    assert lenient.body["entry"][-1]["resource"]["issue"][0]["expression"] == [f"http.{name}"]
    strict = api.get(f"Patient?{query}", prefer="handling=strict")
    assert (strict.status, strict.body["issue"][0]["code"]) == (400, "not-supported")
    assert strict.body["issue"][0]["expression"] == [f"http.{name}"]


@pytest.mark.parametrize(
    "kind", ["Condition", "AllergyIntolerance", "MedicationStatement", "Immunization"]
)
def test_what_the_pages_do_not_keep_is_left_out_everywhere(api, odette, kind):
    """No resource without its capability: it is not announced, and each way to it says so."""
    statement = api.get("metadata").body
    assert kind not in {one["type"] for one in statement["rest"][0]["resource"]}
    assert f"{kind}:" not in str(statement)
    body = {"resourceType": kind}
    entry = {"resource": body, "request": {"method": "POST", "url": kind}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    for answer, status in (
        (api.get(kind), 404), (api.post(kind, body), 404), (api.post("", bundle), 404),
        (api.get(f"Patient/{odette.pk}/$everything?_type={kind}"), 400),
        (api.get(f"Patient?_has:{kind}:patient:code=a"), 400),
    ):  # fmt: skip
        assert answer.status == status
        (issue,) = answer.body["issue"]
        assert issue["severity"] == "error"
        assert "served here" in issue["details"]["text"]


def test_operations_are_announced_where_they_are_called(api):
    rest = api.get("metadata").body["rest"][0]
    assert {one["name"] for one in rest["operation"]} == {"expand", "export"}
    of = {one["type"]: {each["name"] for each in one["operation"]} for one in rest["resource"]}
    assert of["Patient"] == {"everything", "export", "validate"}
    assert of["CareTeam"] == {"validate"}
    assert of["CarePlan"] == {"tddui", "tddui-receive", "validate"}


def test_unknown_parameters(api, odette):
    lenient = api.get("Patient?nothing=1&name=laborde")
    assert len(lenient.found) == 1
    assert lenient.body["entry"][-1]["resource"]["resourceType"] == "OperationOutcome"
    strict = api.get("Patient?nothing=1", prefer="handling=strict")
    assert (strict.status, strict.body["issue"][0]["expression"]) == (400, ["http.nothing"])


def test_pages_hold_while_data_changes(api, house):
    made = []
    for number in range(7):
        person = make.patient(f"NOM{number}", birth_date=dt.date(1950, 1, 1 + number))
        make.member(person, house)
        made.append(str(person.pk))
    first = api.get("Patient?_sort=-birthdate&_count=3")
    seen = [one["id"] for one in first.found]
    late = make.patient("TARD", birth_date=dt.date(1990, 1, 1))
    make.member(late, house)
    path = first.link("next")
    while path:
        page = api.get(path)
        seen += [one["id"] for one in page.found]
        path = page.link("next")
    assert seen == made[::-1]
    assert "NOM" not in first.link("next")
    other = Api(make.organisation("Ailleurs", "msp"))
    assert other.get(first.link("next")).status == 400


def test_includes_obey_reach_and_scopes(api, house, odette):
    nurse = make.practice("claire", of=make.organisation("Cabinet", "practice"))
    make.member(odette, nurse)
    answer = api.get(f"CareTeam?_id={odette.pk}&_include=CareTeam:patient"
                     "&_include=CareTeam:participant"
                     "&_include:iterate=PractitionerRole:practitioner")  # fmt: skip
    kinds = sorted(one["resourceType"] for one in answer.along)
    assert kinds == ["Organization", "Patient", "Practitioner", "PractitionerRole"]
    narrow = Api(house, "system/CareTeam.rs system/Patient.rs")
    answer = narrow.get(f"CareTeam?_id={odette.pk}&_include=*")
    assert [one["resourceType"] for one in answer.along] == ["Patient"]
    back = api.get(f"Patient?_id={odette.pk}&_revinclude=CareTeam:patient")
    assert [one["resourceType"] for one in back.along] == ["CareTeam"]


def test_chains_of_two_links(api, odette):
    nurse = make.practice("claire", name="Claire Dubos")
    make.member(odette, nurse)
    index_all()
    query = "CareTeam?participant:PractitionerRole.practitioner.name"
    assert len(api.get(f"{query}=dubos").found) == 1
    assert api.get(f"{query}=durand").found == []
    assert len(api.get("CareTeam?patient.family=laborde").found) == 1


def test_faults_are_told_with_their_place(api):
    body = {**JACQUES, "gender": "homme", "birthDate": "02/10/1984", "nom": "x", "active": "oui"}
    answer = api.post("Patient", body)
    assert answer.status == 422
    places = {one["expression"][0] for one in answer.body["issue"]}
    assert places == {"Patient.gender", "Patient.birthDate", "Patient", "Patient.active"}


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b'{"resourceType":"Patient","a":NaN}', b'{"a":"\\ud800"}', b"\xff",
     b'{"resourceType":"Patient","resourceType":"Patient"}', b"[" * 5000, b'{"a":1e999999}'],
)  # fmt: skip
def test_a_body_that_cannot_be_read(api, raw):
    answer = api.post("Patient", raw)
    assert answer.status == 400
    assert answer.body["resourceType"] == "OperationOutcome"


def test_the_directory_is_found_by_name_and_number(api):
    place = make.organisation("Hôpital de la Mer", "hospital", finess="400011177", city="Dax")
    nurse = make.practice("claire", name="Claire Dubos", of=place)
    nurse.professional.rpps = "10001234566"
    nurse.professional.save()
    index_all()
    assert len(api.get("Organization?name=hopital").found) == 1
    assert len(api.get("Organization?identifier=400011177").found) == 1
    assert len(api.get("Practitioner?family=dub").found) == 1
    assert len(api.get(f"PractitionerRole?organization=Organization/{place.pk}").found) == 1
    assert (
        len(api.get("PractitionerRole?organization.name=mer&practitioner.given=claire").found) == 1
    )


def test_only_some_elements(api, odette):
    (one,) = api.get("Patient?_elements=birthDate").found
    assert set(one) == {"resourceType", "id", "meta", "birthDate"}
    assert one["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert api.get("Patient?_summary=count").body["total"] == 1
    died = {**JACQUES, "deceasedDateTime": "2026-01-02"}
    key = api.post("Patient", died).body["id"]
    for asked in ("deceased", "deceased[x]", "deceasedDateTime"):
        read = api.get(f"Patient/{key}?_elements={asked}").body
        assert set(read) == {"resourceType", "id", "meta", "deceasedDateTime"}
    for odd in ("_elements=weight", "_elements=", "name=laborde", "_summary=much"):
        assert api.get(f"Patient/{key}?{odd}", prefer="handling=strict").status == 400
        assert api.get(f"Patient/{key}?{odd}").status == (400 if "much" in odd else 200)
    assert api.get(f"Patient?_id={key}&_sort=family,given,birthdate,_id,gender,name").status == 400
    (one,) = api.get(f"Patient?_summary=true&_id={odette.pk}").found
    assert "generalPractitioner" not in one
