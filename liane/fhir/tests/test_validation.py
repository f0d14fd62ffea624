"""Rules of R4, and the French profiles once their guide is loaded."""

import copy
import io
import json
import tarfile

import pytest
from django.core.management import call_command

from liane.fhir import guides, validation
from liane.fhir.models import Definition
from liane.fhir.tests.api import shared

pytestmark = pytest.mark.django_db
INS = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins"


@pytest.fixture
def core():
    """fr-core, loaded."""
    guides.load(shared("definitions/fr-core-2.2.0"))
    yield
    guides.forget()


def errors(body, **more):
    return [one for one in validation.problems(body, **more) if one.severity == "error"]


def example(name):
    return json.loads(shared(f"examples/{name}").read_text())


@pytest.mark.parametrize(
    ("body", "rule", "place"),
    [
        ({"contact": [{"gender": "male"}]}, "pat-1", "Patient.contact[0]"),
        ({"telecom": [{"value": "1"}]}, "cpt-2", "Patient.telecom[0]"),
        ({"name": [{"family": "A", "period": {"start": "2026", "end": "2020"}}]}, "per-1",
         "Patient.name[0].period"),
        ({"managingOrganization": {"reference": "#no"}}, "ref-1", "Patient.managingOrganization"),
        ({"contained": [{"resourceType": "Organization", "id": "a", "name": "A", "meta": {
            "versionId": "1"}}], "managingOrganization": {"reference": "#a"}}, "dom-4",
         "Patient.contained[0].meta"),
    ],
)  # fmt: skip
def test_rules_of_r4(body, rule, place):
    (found,) = errors({"resourceType": "Patient", **body})
    assert (f"({rule})" in found.text, found.where) == (True, place)


def test_rules_evaluated_by_fhirpath():
    body = {
        "resourceType": "Organization",
        "telecom": [{"system": "phone", "value": "1", "use": "home"}],
        "name": "A",
    }
    assert any("(org-3)" in one.text for one in errors(body))


@pytest.mark.parametrize(
    "name",
    ["fr-core/Patient-FRCorePatientExample.json", "cds/Patient-cds-patient-example.json",
     "fr-core/Encounter-FRCoreEncounterExample.json",
     "fr-core/Practitioner-FRCorePractitionerExample.json",
     "fr-core/Observation-FRCoreObservationBPExample.json",
     "fr-core/Observation-FRCoreObservationBodyWeightExample.json",
     "fr-core/HealthcareService-svc-cardiologie-1.json",
     "fr-core/Schedule-FRCoreScheduleExample.json",
     "fr-core/Location-hopitaltest-endocrino-ch04.json",
     "fr-core/Appointment-FRCoreAppointmentExample.json",
     "fr-core/Organization-FRCoreOrganizationExample.json"],
)  # fmt: skip
def test_published_examples_answer_to_their_profiles(core, name):
    assert errors(example(name)) == []


def broken(change):
    body = copy.deepcopy(example("fr-core/Patient-FRCorePatientExample.json"))
    change(body)
    return [(one.where, one.text) for one in errors(body)]


def test_what_the_french_profile_asks(core):
    def no_birth_place(body):
        body["extension"] = [one for one in body["extension"] if "birthPlace" not in one["url"]]

    def two_officials(body):
        body["name"].append(copy.deepcopy(body["name"][0]))

    def no_list(body):
        del body["name"][0]["extension"]

    def no_ins(body):
        body["identifier"][0] = {"system": "urn:x", "value": "1"}

    def wrong_oid(body):
        body["identifier"][0]["system"] = "urn:oid:1.2.3"

    assert any("birthPlace" in text for _, text in broken(no_birth_place))
    assert any("officialName" in text for _, text in broken(two_officials))
    assert any("birth-list-given-name" in text for _, text in broken(no_list))
    assert any("fr-core-1" in text for _, text in broken(no_ins))
    assert any(where == "Patient.identifier[0].system" for where, _ in broken(wrong_oid))


def test_a_write_that_claims_a_profile_is_checked(core, api):
    body = {"resourceType": "Patient", "meta": {"profile": [INS]}, "gender": "male",
            "name": [{"family": "A", "given": ["B"]}]}  # fmt: skip
    answer = api.post("Patient", body)
    assert answer.status == 422
    assert "Patient.identifier" in {one["expression"][0] for one in answer.body["issue"]}
    free = {name: one for name, one in body.items() if name != "meta"}
    assert api.post("Patient", {**free, "birthDate": "1950-01-01"}).status == 201
    unknown = {**body, "meta": {"profile": ["http://example.org/none"]}}
    unknown["name"] = [{"family": "Z", "given": ["Y"]}]
    assert api.post("Patient", {**unknown, "birthDate": "1961-02-03"}).status == 201


def test_value_sets_of_a_guide_are_expanded(core, api):
    url = "https://hl7.fr/ig/fhir/core/ValueSet/fr-core-vs-patient-identifier-use-ins"
    body = api.get(f"ValueSet/$expand?url={url}").body
    assert {one["code"] for one in body["expansion"]["contains"]} >= {"official"}


def test_a_package_is_loaded_once(tmp_path, capsys):
    raw = shared("definitions/fr-core-2.2.0/StructureDefinition-fr-core-slot.json").read_bytes()
    path = tmp_path / "guide.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in (("package/a.json", raw), ("package/b.json", b"{")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with pytest.raises(SystemExit):
        call_command("import_ig", str(path))
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["created"], [one["where"] for one in report["rejected"]]) == (1, ["b.json"])
    assert guides.load(path).unchanged == 1
    assert Definition.objects.count() == 1
