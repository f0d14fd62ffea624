"""Every published example: taken and read back equal, or refused for a reason that is said here.

What needs somebody of ours (a person in a circle, a professional of the directory) has its
references replaced; nothing else is touched but what ``changed`` says.
"""

import json
from urllib.parse import urlencode

import pytest

from liane.core.acting import owner
from liane.directory.index import index_all
from liane.fhir import indexing, resources, spec
from liane.fhir.tests.api import Api, shared
from liane.fhir.tests.guide import replaced
from liane.fhir.tests.test_examples import EXAMPLES, SEARCHES, plain, without_text
from tests import factories as make

pytestmark = pytest.mark.django_db

ELSEWHERE = {
    "cds/Bundle-cds-bundle-transaction-creation-example.json": "test_importing, test_guide_circles",
    "cds/CareTeam-cds-careteam-example.json": "test_guide_circles",
    "gap/Schedule-example.json": "test_guide_agendas",
    "gap/Appointment-example-req-appointment.json": "test_guide_agendas",
    "nde/Subscription-sub1.json": "test_guide_events",
    "nde/CommunicationRequest-com1.json": "test_guide_events",
    "pdsm/Binary-6789.json": "test_pdsm_examples",
    "pdsm/DocumentReference-PDSmSimplifiedExample.json": "test_pdsm_examples",
    "pdsm/List-ExampleFolder.json": "test_pdsm_examples",
}
CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
REFUSED = {
    "fr-core/Location-hopitaltest-endocrino-ch04.json":
        "une chambre : le seul lieu que Liane connaît d’une structure est son adresse",
}  # fmt: skip
NOT_FHIR = {
    "tddui/TDDUICarePlanProjetPersoPAExample.fsh": "du FHIR Shorthand, pas une ressource",
    "tddui/TDDUIGoalObjectif1PAExample.fsh": "du FHIR Shorthand, pas une ressource",
}
HERE = (
    "annuaire/PractitionerRole-1578230.json",
    "fr-core/Encounter-FRCoreEncounterExample.json",
    "fr-core/HealthcareService-svc-cardiologie-1.json",
    "fr-core/Appointment-FRCoreAppointmentExample.json",
    "fr-core/Schedule-FRCoreScheduleExample.json",
    "cdl/Bundle-cdl-bundle-creation-note.json",
    "fr-core/Observation-FRCoreObservationBodyWeightExample.json",
    "fr-core/Observation-FRCoreObservationBPExample.json",
)


def test_no_example_is_forgotten():
    root = shared("examples")
    there = {str(one.relative_to(root)) for one in root.rglob("*") if one.is_file()}
    assert there == {*EXAMPLES, *ELSEWHERE, *REFUSED, *NOT_FHIR, *HERE}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is(api, house, name):
    body = replaced(name, {})
    body["managingOrganization"] = {"reference": f"Organization/{house.pk}"}
    answer = api.post(body["resourceType"], body)
    assert (answer.status, answer.body["issue"][0]["code"]) == (422, "business-rule")


@pytest.mark.parametrize(
    ("measure", "queries"),
    [
        ("BodyWeight", ["code=http://loinc.org|29463-7", "date=2022-11-06", "value-quantity=96",
                        f"_profile={CORE}fr-core-observation-body-weight"]),
        ("BP", ["code=http://loinc.org|85354-9", "date=2012-09-17", "component-code=8480-6",
                "component-value-quantity=60", f"_profile={CORE}fr-core-observation-bp"]),
    ],
)  # fmt: skip
def test_a_measure(api, odette, measure, queries):
    body = replaced(f"fr-core/Observation-FRCoreObservation{measure}Example.json", {
        "Patient/FRCorePatientExample": f"Patient/{odette.pk}",
    })  # fmt: skip
    key = taken(api, "Observation", body)
    found(api, "Observation", key, *queries, "category=vital-signs",
          f"patient={odette.pk}", "status=final")  # fmt: skip
    assert api.get("Observation?category=survey").found == []


def taken(api, kind, body):
    """It is created, and reads back equal wherever it is read: its key."""
    made = api.post(kind, body)
    assert made.status == 201, made.body
    key = made.body["id"]
    both_ways(api, kind, key, body)
    everywhere(api, kind, key, body)
    return key


def both_ways(api, kind, key, body):
    """It reads back equal, in JSON and in XML."""
    from liane.fhir import xml

    assert plain(api.get(f"{kind}/{key}").body) == plain(body)
    again = xml.parse(api.get(f"{kind}/{key}?_format=xml").raw)
    assert without_text(plain(again)) == without_text(plain(body))


def found(api, kind, key, *queries):
    for query in queries:
        assert [one["id"] for one in api.get(f"{kind}?{query}").found] == [key], query


def test_an_encounter(api, odette):
    """Of nobody in the guide: a stay here is somebody's."""
    body = replaced("fr-core/Encounter-FRCoreEncounterExample.json", {})
    assert api.post("Encounter", body).status == 422
    body["subject"] = {"reference": f"Patient/{odette.pk}"}
    key = taken(api, "Encounter", body)
    found(api, "Encounter", key, "identifier=http://encounter-identifier-system.org|123",
          "status=in-progress", "class=AMB", f"patient={odette.pk}", f"subject={odette.pk}",
          "date=ge2019-01-02",
          "_profile=https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-encounter")  # fmt: skip


def test_a_role(api, house):
    person = api.post("Practitioner", replaced("annuaire/Practitioner-334081.json", {})).body["id"]
    place = api.post("Organization", replaced("annuaire/Organization-158480.json", {})).body["id"]
    body = replaced("annuaire/PractitionerRole-1578230.json", {
        "Practitioner/334081": f"Practitioner/{person}",
        "Organization/158480": f"Organization/{place}",
    })  # fmt: skip
    made = api.post("PractitionerRole", body)
    if made.status != 201:
        # Somebody works here for the structure that says so: another's roles are not one's to say.
        assert made.status in {403, 422}, made.body
        body["organization"] = {"reference": f"Organization/{house.pk}"}
        place = house.pk
        made = api.post("PractitionerRole", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    both_ways(api, "PractitionerRole", key, body)
    everywhere(api, "PractitionerRole", key, body)
    found(api, "PractitionerRole", key, "identifier=https://annuaire.sante.fr|F58000880311022013",
          f"practitioner={person}", f"organization={place}", "role=GENR01", "role=FON-AU",
          "active=true", "_source=https://annuaire.esante.gouv.fr")  # fmt: skip
    along = api.get(f"PractitionerRole?_id={key}&_include=*").along
    assert {one["resourceType"] for one in along} == {"Practitioner", "Organization"}


def test_an_offer(api, house):
    body = replaced("fr-core/HealthcareService-svc-cardiologie-1.json", {
        "Organization/FRCoreOrganizationExample": f"Organization/{house.pk}",
    })  # fmt: skip
    key = taken(api, "HealthcareService", body)
    index_all()
    found(api, "HealthcareService", key, "identifier=urn:oid:1.2.250.1.1.1.1|HOSP-X-CARDIO",
          "name=cardiologie", f"organization={house.pk}", "specialty=SM04", "active=true",
          "service-category=2", "organization.name=dac")  # fmt: skip


@pytest.fixture
def cabinet(claire):
    """The software of Claire's own practice."""
    return Api(claire.organisation)


def ours(name, odette, claire):
    """An example about Odette and Claire."""
    return replaced(name, {
        "Patient/FRCorePatientExample": f"Patient/{odette.pk}",
        "PractitionerRole/FRCorePractitionerRoleExample": f"PractitionerRole/{claire.pk}",
        "Practitioner/FRCorePractitionerExample": f"Practitioner/{claire.professional_id}",
    })  # fmt: skip


def test_a_schedule(cabinet, odette, claire):
    body = ours("fr-core/Schedule-FRCoreScheduleExample.json", odette, claire)
    made = cabinet.post("Schedule", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    both_ways(cabinet, "Schedule", key, body)
    everywhere(cabinet, "Schedule", key, body)
    found(cabinet, "Schedule", key, "identifier=http://schedule-identifier-system.org|45",
          "specialty=SM54", f"actor=PractitionerRole/{claire.pk}", "active=true")  # fmt: skip


def test_an_appointment(api, odette, claire):
    body = ours("fr-core/Appointment-FRCoreAppointmentExample.json", odette, claire)
    made = api.post("Appointment", body)
    assert made.status == 201, made.body
    key = made.body["id"]
    # What is asked for is granted at once: an appointment of Liane has its time.
    body |= {"status": "booked", "start": "2019-01-04T09:15:00Z", "end": "2019-01-04T09:30:00Z"}
    both_ways(api, "Appointment", key, body)
    everywhere(api, "Appointment", key, body)
    found(api, "Appointment", key, "identifier=http://appointment-identifier-system.org|123",
          "status=booked", f"patient={odette.pk}", f"actor=PractitionerRole/{claire.pk}",
          "specialty=SM54", "service-type=1", "date=2019-01-04")  # fmt: skip


def test_a_liaison_note(api, house):
    """The transaction of the guide: its person, its nurse and its doctor are new here."""
    body = replaced("cdl/Bundle-cdl-bundle-creation-note.json", {})
    role = next(one["resource"] for one in body["entry"]
                if one["resource"]["resourceType"] == "PractitionerRole")  # fmt: skip
    assert "organization" not in role
    role["organization"] = {"reference": f"Organization/{house.pk}"}
    answer = api.post("", body, prefer="return=representation")
    assert answer.status == 200, json.dumps(answer.body)[:1500]
    notes = [one["resource"] for one in answer.body["entry"]
             if one["resource"]["resourceType"] == "DocumentReference"]  # fmt: skip
    (note,) = notes
    sent = next(one["resource"] for one in body["entry"]
                if one["resource"]["resourceType"] == "DocumentReference")  # fmt: skip
    read = plain(api.get(f"DocumentReference/{note['id']}").body)
    assert read["type"] == sent["type"]
    assert read["description" if "description" in sent else "date"] == sent.get(
        "description", sent["date"]
    )
    found(api, "DocumentReference", note["id"], "type=DEM-AVIS", "date=2019-03-03T21:30:00Z",
          f"patient={note['subject']['reference']}")  # fmt: skip
    with owner():
        assert make.Patient.objects.filter(pk=note["subject"]["reference"].split("/")[1]).exists()


NOT_SEARCHED = {
    ("Practitioner", "phonetic"): "phonétique : Liane compare les noms sans accents",
    ("Patient", "phonetic"): "phonétique : Liane compare les noms sans accents",
    ("Practitioner", "address-country"): "non servi", ("Practitioner", "address-use"): "non servi",
    ("Practitioner", "address-state"): "non servi",
    ("Encounter", "length"): "non servi", ("Appointment", "service-category"): "non servi",
    ("DocumentReference", "relationship"): "non servi : relatesto et relation le disent",
}  # fmt: skip
"""Parameters of R4 that an example would answer, and that are not served."""
DECIDED = {
    ("Appointment", "part-status"): "qui est prévu l’a accepté : Liane n’attend pas d’accord"
}
"""Parameters that answer what Liane decided, whatever the example says."""


def queries_of(kind, body):
    """A search for each parameter of R4 and each value of this resource: (code, query)."""
    for code, known in sorted(spec.search()[kind].items()):
        values = indexing.evaluate(known.get("path", ""), body)
        found = {one for value in values for one in written(known["type"], value)}
        yield from ((code, one) for one in sorted(found))


def written(of, value):
    """A value as a search asks for it; references to others are left to the tests above."""
    if of == "token":
        if isinstance(value, bool):
            yield str(value).lower()
        elif isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for coding in value.get("coding", []):
                yield f"{coding.get('system', '')}|{coding['code']}"
            code = value.get("code", value.get("value"))
            if isinstance(code, str):
                system = value.get("system", "")
                phone = system in {"phone", "email", "fax", "url", "sms", "pager", "other"}
                yield code if phone or not system else f"{system}|{code}"
    elif of == "string":
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            for one in value:
                yield from written(of, one)
        elif isinstance(value, dict):
            for name in ("family", "given", "city", "postalCode", "line"):
                yield from written(of, value.get(name))
    elif of == "date":
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict) and "start" in value:
            yield f"ge{value['start']}"
    elif of == "uri" and isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_is_found_by_every_parameter_of_its_type(api, name):
    body = replaced(name, {})
    kind = body["resourceType"]
    key = api.post(kind, body).body["id"]
    index_all()
    everywhere(api, kind, key, body)


def everywhere(api, kind, key, body):
    """It is found by each parameter, with each value that it has."""
    asked = list(queries_of(kind, body))
    assert asked
    missed = []
    for code, value in asked:
        served = resources.get(kind).param(code) is not None
        assert served == ((kind, code) not in NOT_SEARCHED), (kind, code)
        if not served or (kind, code) in DECIDED:
            continue
        answer = api.get(f"{kind}?{urlencode({code: escaped(value)})}&_id={key}")
        if [one["id"] for one in answer.found] != [key]:
            missed.append((code, value))
    assert missed == []


def escaped(value):
    """Commas and dollars of a value are not separators."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("$", "\\$")


def test_searches_of_the_others_are_written():
    """Each of the searches of `test_examples` is of an example that it takes."""
    assert set(SEARCHES) <= set(EXAMPLES)
