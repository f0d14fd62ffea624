"""The published French examples of the types served: taken, read back equal, in JSON and in XML."""

import copy
import json

import pytest

from liane.fhir import wire, xml
from liane.fhir.tests.api import shared
from liane.fhir.tests.test_core import JACQUES

pytestmark = pytest.mark.django_db

EXAMPLES = [
    "fr-core/Patient-FRCorePatientExample.json",
    "cds/Patient-cds-patient-example.json",
    "fr-core/Practitioner-FRCorePractitionerExample.json",
    "annuaire/Practitioner-334081.json",
    "annuaire/Organization-158480.json",
    "annuaire/Organization-example-organization-nancy.json",
    "fr-core/Organization-FRCoreOrganizationExample.json",
    "fr-core/Organization-hopitaltest-eg-4-members.json",
    "fr-core/Organization-hopitaltest-ej-350005179.json",
]
SEARCHES = {
    "fr-core/Patient-FRCorePatientExample.json": [
        "identifier=urn:oid:1.2.250.1.213.1.4.8|123456789012244", "family=Durand", "name=pierre",
        "given=Pierre", "birthdate=1974-12-25", "gender=male", "address=orleans",
        "address-postalcode=45100", "telecom=06 80 55 34 33", "birthplace=01006", "deceased=false",
        "_profile=https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins",
    ],
    "annuaire/Practitioner-334081.json": ["identifier:missing=false", "name:missing=false"],
    "annuaire/Organization-158480.json": ["name=ch eure", "identifier:missing=false"],
    "fr-core/Organization-hopitaltest-eg-4-members.json": [
        "identifier=https://finess.esante.gouv.fr|350009999", "name=chru",
        "type=https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-3307|LEGAL-ENTITY",
    ],
}  # fmt: skip


def plain(body):
    """Without what the server gives."""
    made = {name: one for name, one in body.items() if name != "id"}
    meta = {
        name: one for name, one in made.pop("meta", {}).items()
        if name not in ("versionId", "lastUpdated")
    }  # fmt: skip
    return made | ({"meta": meta} if meta else {})


@pytest.mark.parametrize("name", EXAMPLES)
def test_read_back_equal_and_found(api, name):
    received = json.loads(shared(f"examples/{name}").read_text())
    made = api.post(received["resourceType"], received)
    assert made.status == 201, made.body
    key, kind = made.body["id"], received["resourceType"]
    assert plain(api.get(f"{kind}/{key}").body) == plain(received)
    for query in SEARCHES.get(name, []):
        assert [one["id"] for one in api.get(f"{kind}?{query}").found] == [key], query
    as_xml = api.get(f"{kind}/{key}?_format=xml")
    assert as_xml.headers["Content-Type"].startswith("application/fhir+xml")
    again = xml.parse(as_xml.raw)
    assert without_text(plain(again)) == without_text(plain(received))


def without_text(body):
    """Narratives are the same markup, not the same bytes."""
    return {name: one for name, one in body.items() if name != "text"}


@pytest.mark.parametrize(
    "name", [*EXAMPLES, "fr-core/Encounter-FRCoreEncounterExample.json",
             "fr-core/Observation-FRCoreObservationBPExample.json", "pdsm/List-ExampleFolder.json",
             "fr-core/HealthcareService-svc-cardiologie-1.json", "pdsm/Binary-6789.json",
             "pdsm/DocumentReference-PDSmSimplifiedExample.json", "nde/Subscription-sub1.json",
             "gap/Schedule-example.json", "cds/CareTeam-cds-careteam-example.json"],
)  # fmt: skip
def test_json_xml_json(name):
    received = wire.parse(shared(f"examples/{name}").read_bytes())
    if name.startswith("cds/CareTeam"):
        received.pop("managingOrganization")
        received["managingOrganization"] = [{"reference": "Organization/x"}]
    again = xml.parse(xml.dump(received))
    assert without_text(again) == without_text(received)


def test_xml_is_taken_and_decimals_keep_their_digits(api):
    made = api.call(
        "POST", "Patient", xml.dump(JACQUES), content_type="application/fhir+xml",
        accept="application/fhir+xml",
    )  # fmt: skip
    assert made.status == 201
    assert xml.parse(made.raw)["name"] == JACQUES["name"]
    body = copy.deepcopy(JACQUES)
    body["extension"][0] = {"url": "http://example.org/weight", "valueDecimal": 1}
    raw = json.dumps(body).replace('"valueDecimal": 1', '"valueDecimal": 1.500')
    body = {**body, "name": [{"family": "Autre", "given": ["Jeanne"]}], "birthDate": "1930-01-01"}
    raw = json.dumps(body).replace('"valueDecimal": 1', '"valueDecimal": 1.500')
    key = api.post("Patient", raw).body["id"]
    assert b'"valueDecimal":1.500' in api.get(f"Patient/{key}").raw
    assert b'value="1.500"' in api.get(f"Patient/{key}?_format=xml").raw


@pytest.mark.parametrize(
    "raw",
    [b"<Patient", b"<!DOCTYPE a [<!ENTITY b 'c'>]><Patient xmlns='http://hl7.org/fhir'/>",
     b"<a/>", b"<Patient xmlns='http://hl7.org/fhir'><nothing value='1'/></Patient>",
     b"<Patient xmlns='http://hl7.org/fhir' onload='1'/>"],
)  # fmt: skip
def test_xml_that_cannot_be_read(api, raw):
    answer = api.call("POST", "Patient", raw, content_type="application/fhir+xml")
    assert (answer.status, answer.body["resourceType"]) == (400, "OperationOutcome")
