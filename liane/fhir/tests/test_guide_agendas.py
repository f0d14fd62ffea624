"""Agendas partagés 3.0: schedules, slots, appointments; each line of its CapabilityStatements."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.agenda import schedules, services
from liane.agenda.models import Slot
from liane.core.acting import acting, owner, system
from liane.directory.index import index_all
from liane.directory.models import Absence, Commune
from liane.fhir.resources.schedule import DURATION, TIME, TYPES
from liane.fhir.tests import guide
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_examples import plain
from tests import factories as make

pytestmark = pytest.mark.django_db
AGENDA = "gap-3.0.0/CapabilityStatement-GAP-GestionnaireAgenda.json"
RESOURCES = "gap-3.0.0/CapabilityStatement-GAP-GestionnaireRessources.json"
DIRECTORY = "the directory keeps who was there: they are ended (active, period), never deleted"
LEFT_OUT = {
    ("Patient", "delete"): "a record is not deleted by an application: merged, or archived",
    ("Practitioner", "delete"): DIRECTORY,
    ("PractitionerRole", "delete"): DIRECTORY,
    ("Organization", "delete"): DIRECTORY,
    ("Location", "delete"): DIRECTORY,
    ("Device", "create"): "Liane has no agenda of devices",
    ("Device", "update"): "Liane has no agenda of devices",
    ("Device", "delete"): "Liane has no agenda of devices",
}


def monday():
    day = timezone.localdate() + dt.timedelta(days=7)
    return day - dt.timedelta(days=day.weekday())


def at(hour, minute=0, day=None):
    zone = timezone.get_current_timezone()
    return dt.datetime.combine(day or monday(), dt.time(hour, minute), zone)


def hours(start, end, kind="free", name="dispo1", rule=None):
    parts = [
        {"url": "identifier", "valueIdentifier": {"value": name}},
        {"url": "type", "valueCoding": {"system": TYPES, "code": kind}},
        {"url": "start", "valueDateTime": start.isoformat()},
        {"url": "end", "valueDateTime": end.isoformat()},
    ]
    return {"url": TIME, "extension": parts + ([{"url": "rrule", "extension": rule}] * bool(rule))}


WEEKLY = [
    {"url": "freq", "valueCoding": {"system": "https://www.ietf.org/rfc/rfc2445",
                                    "code": "WEEKLY"}},
    {"url": "byDay", "valueString": "MO"}, {"url": "byDay", "valueString": "TH"},
]  # fmt: skip


def schedule(place, *openings, minutes=30, **more):
    length = {"value": minutes, "unit": "minute", "system": "http://unitsofmeasure.org",
              "code": "min"}  # fmt: skip
    return {
        "resourceType": "Schedule",
        "identifier": [{"system": "urn:s", "value": "45"}],
        "active": True,
        "extension": [*openings, {"url": DURATION, "extension": [
            {"url": "serviceType", "valueCodeableConcept": {"text": "suivi"}},
            {"url": "duration", "valueDuration": length}]}],
        "actor": [{"reference": f"PractitionerRole/{place.pk}"}],
        **more,
    }  # fmt: skip


@pytest.fixture
def office(claire):
    """The software of the nurse's own structure."""
    return Api(claire.organisation)


@pytest.fixture
def opened(office, claire):
    """Nine to eleven on a Monday to come: four slots."""
    made = office.post("Schedule", schedule(claire, hours(at(9), at(11))))
    assert made.status == 201, made.body
    return made.body


def booking(person, slots, **more):
    return {
        "resourceType": "Appointment",
        "identifier": [{"system": "urn:rdv", "value": "123"}],
        "status": "proposed",
        "slot": [{"reference": f"Slot/{one}"} for one in slots],
        "participant": [{"actor": {"reference": f"Patient/{person.pk}"}, "status": "accepted"}],
        **more,
    }


def slots(api, query="status=free"):
    return api.get(f"Slot?{query}").found


def test_what_a_structure_opens_is_cut_into_slots_that_everybody_finds(opened, odette, claire):
    stranger = Api(make.organisation("Ailleurs", "msp"))
    found = slots(stranger)
    assert [one["start"] for one in found] == [
        one.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        for one in (at(9), at(9, 30), at(10), at(10, 30))
    ]
    assert found[0]["schedule"] == {"reference": f"Schedule/{opened['id']}"}
    read = stranger.get(f"Schedule/{opened['id']}").body
    assert plain(read) == plain(schedule(claire, hours(at(9), at(11))))


def test_a_repetition_an_exception_and_an_absence(office, claire):
    closed = hours(at(9, 30), at(10), "busy-unavailable", "formation")
    with owner():
        Absence.objects.create(practice=claire, starts_on=monday() + dt.timedelta(days=3),
                               ends_on=monday() + dt.timedelta(days=3))  # fmt: skip
    body = schedule(claire, hours(at(9), at(10), rule=WEEKLY), closed)
    made = office.post("Schedule", body)
    assert made.status == 201, made.body
    said = [(one["start"][:10], one["status"]) for one in slots(office, "_count=6")]
    thursday = (monday() + dt.timedelta(days=3)).isoformat()
    assert said[:4] == [
        (monday().isoformat(), "free"), (monday().isoformat(), "busy-unavailable"),
        (thursday, "busy-unavailable"), (thursday, "busy-unavailable"),
    ]  # fmt: skip
    shown = office.get(f"Schedule/{made.body['id']}").body
    assert plain(shown) == plain(body)


def test_what_takes_the_time_is_not_said(opened, office, odette, claire):
    other = make.practice("claire", of=make.organisation("Hôpital"))
    stranger = make.patient("SECRET")
    make.member(stranger, other)
    with acting(make.actor(other)):
        services.plan_visit(services.Visit(stranger.pk, at(9, 15), 30, practice_id=other.pk))
    with acting(system("reader")):
        schedules.follow(other.pk)
    taken = slots(office, "status=busy")
    assert [one["start"][11:16] for one in taken] == [
        one.astimezone(dt.UTC).strftime("%H:%M") for one in (at(9), at(9, 30))
    ]
    assert set(taken[0]) == {
        "resourceType", "id", "meta", "identifier", "schedule", "status", "start", "end",
    }  # fmt: skip
    assert str(stranger.pk) not in str(taken)
    assert office.get("Appointment").found == []


def test_a_free_slot_is_taken_once_moved_and_given_back(api, opened, office, odette, claire):
    first, second, *_ = slots(api)
    made = api.put("Appointment?identifier=urn:rdv|123", booking(odette, [first["id"]]))
    assert (made.status, made.body.get("status")) == (201, "booked"), made.body
    assert dt.datetime.fromisoformat(made.body["start"]) == at(9)
    assert [one["id"] for one in slots(api, "status=busy")] == [first["id"]]
    again = api.post("Appointment", booking(odette, [first["id"]]))
    assert again.status == 409
    assert "plus libre" in again.issues[0]
    key = made.body["id"]
    for query in (f"slot=Slot/{first['id']}", f"slot.schedule=Schedule/{opened['id']}",
                  f"slot.status=busy&actor=Practitioner/{claire.professional_id}"):  # fmt: skip
        assert [one["id"] for one in api.get(f"Appointment?{query}").found] == [key], query
    wanted = "_include=Appointment:slot&_include:iterate=Slot:schedule"
    along = api.get(f"Appointment?_id={key}&{wanted}&_include:iterate=Schedule:actor").along
    assert sorted(one["resourceType"] for one in along) == [
        "PractitionerRole", "Schedule", "Slot",
    ]  # fmt: skip
    moved = api.put("Appointment?identifier=urn:rdv|123", booking(odette, [second["id"]]))
    assert moved.status == 200, moved.body
    assert dt.datetime.fromisoformat(moved.body["start"]) == at(9, 30)
    assert [one["id"] for one in slots(api, "status=busy")] == [second["id"]]
    over = booking(odette, [second["id"]], status="cancelled")
    assert api.put("Appointment?identifier=urn:rdv|123", over).body["status"] == "cancelled"
    assert len(slots(api)) == 4


def test_a_slot_of_somebody_whose_circle_one_is_not_in(opened, claire):
    place = make.organisation("Ailleurs", "msp")
    person = make.patient("AUTRE")
    make.member(person, place)
    api = Api(place)
    answer = api.post("Appointment", booking(person, [slots(api)[0]["id"]]))
    assert (answer.status, "pas dans le cercle" in answer.issues[0]) == (422, True)
    assert len(slots(api)) == 4


def test_only_the_house_opens_and_closes(api, opened, office, claire):
    assert api.post("Schedule", schedule(claire, hours(at(9), at(11)))).status == 403
    assert api.put(f"Schedule/{opened['id']}", {**opened, "language": "fr"}).status == 403
    assert api.call("DELETE", f"Schedule/{opened['id']}").status == 403
    assert office.post("Schedule", schedule(claire, hours(at(9), at(11)))).status == 409
    wider = {**opened, "extension": [hours(at(9), at(12)), opened["extension"][-1]]}
    assert office.put(f"Schedule/{opened['id']}", wider, if_match='W/"1"').status == 200
    assert len(slots(api)) == 6
    longer = [{"op": "replace", "path": "/extension/1/extension/1/valueDuration/value",
               "value": 60}]  # fmt: skip
    patched = office.call("PATCH", f"Schedule/{opened['id']}", longer,
                          content_type="application/json-patch+json")  # fmt: skip
    assert patched.status == 200, patched.body
    assert len(slots(api)) == 3
    assert office.call("DELETE", f"Schedule/{opened['id']}").status == 204
    assert (api.get(f"Schedule/{opened['id']}").status, slots(api)) == (410, [])


@pytest.mark.parametrize(
    "change",
    [
        {"actor": [{"display": "Dr Nemo"}]},
        {"extension": [hours(at(11), at(9))]},
        {"extension": [{"url": TIME, "extension": []}]},
        {"extension": [hours(at(9), at(10), rule=[*WEEKLY, {"url": "byHour",
                                                            "valuePositiveInt": 3}])]},
        {"extension": [hours(at(9), at(10), rule=[{"url": "freq", "valueCoding": {
            "code": "HOURLY"}}])]},
        {"extension": [hours(at(9), at(10), "free", rule=[{"url": "freq", "valueCoding": {
            "code": "WEEKLY"}}, {"url": "byDay", "valueString": "XX"}])]},
    ],
    ids=["actor", "order", "empty", "hours", "frequency", "day"],
)  # fmt: skip
def test_what_is_not_understood_is_refused_and_nothing_is_opened(office, claire, change):
    answer = office.post("Schedule", {**schedule(claire), **change})
    assert answer.status == 422, answer.body
    assert office.get("Schedule").found == []


def test_the_guide_s_examples(office, api, odette, claire):
    ours = {
        "https://exampleserver.org/fhir/PractitionerRole/1": f"PractitionerRole/{claire.pk}",
        "https://exampleserver.org/fhir/Practitioner/1": f"Practitioner/{claire.professional_id}",
        "https://exampleserver.org/fhir/Patient/1": f"Patient/{odette.pk}",
    }
    for name, of in (("gap/Schedule-example.json", office),
                     ("gap/Appointment-example-req-appointment.json", api)):  # fmt: skip
        body = guide.replaced(name, ours)
        made = of.post(body["resourceType"], body)
        assert made.status == 201, made.body
        read = plain(of.get(f"{body['resourceType']}/{made.body['id']}").body)
        if name.startswith("gap/App"):
            decided = {"status": "booked", "start": "2019-01-04T09:15:00Z",
                       "end": "2019-01-04T09:30:00Z"}  # fmt: skip
            body |= decided
        assert read == plain(body)
    for query in ("identifier=http://example.org/sampleappointment-identifier|123", "priority=5",
                  "service-type=http://example.org/ValueSet/ServiceType|1", "created=2019-01-02",
                  "start=ge2019-01-04&start=le2019-01-04", "date=2019-01-04",
                  f"actor=Practitioner/{claire.professional_id}",
                  "specialty=SM54"):  # fmt: skip
        assert len(api.get(f"Appointment?{query}").found) == 1, query
    for query in ("identifier=http://example.org/scheduleid|45", "active=true", "date=ge2019-06",
                  f"actor=PractitionerRole/{claire.pk}", "specialty=SM54",
                  "actor:Practitioner.family=aubert"):  # fmt: skip
        index_all()
        assert len(api.get(f"Schedule?{query}").found) == 1, query


# ------------------------------------------------------------------ the statements, line by line
def slot_queries(opened, claire, slot):
    day = monday().isoformat()
    return {
        "?GAP_Slot_earliestStart": [f"start=ge{day}", "start=gt2020-01-01"],
        "?GAP_Slot_latestStart": ["start=le2099-01-01", "start=lt2099-01-01"],
        "?GAP_Schedule_Actor": [f"schedule.actor=PractitionerRole/{claire.pk}"],
        "?Schedule-actor": [
            "schedule.actor:PractitionerRole.specialty=SM54",
            "schedule.actor:PractitionerRole.organization.name=cabinet",
            "schedule.actor:Practitioner.family=aubert",
            "schedule.actor:Practitioner.identifier=https://rpps.esante.gouv.fr|10001234565",
            "schedule.actor:HealthcareService.organization.name=cabinet",
            "schedule.actor:Location.near=43.7|-1.05|20|km",
            "schedule.actor:Location.address-city=dax",
        ],
        "?identifier": [f"identifier=urn:ietf:rfc:3986|urn:uuid:{slot['id']}&_count=1"],
        "?status": ["status=free", "status=free,busy"],
        "search-type": ["_include=Slot:schedule&_include:iterate=Schedule:actor"],
    }


def appointment_queries(claire, odette):
    return {
        "?GAP_Appointment_priority": ["priority=5"],
        "?GAP_Appointment_description": ["description=panse", "description=venir"],
        "?GAP_Appointment_created": ["created=2019-01-02"],
        "?GAP_Appointment_Actor": [
            f"actor=Patient/{odette.pk}",
            "actor:Patient.family=laborde",
            f"actor:PractitionerRole={claire.pk}",
            "actor:Practitioner.family=aubert",
        ],
        "?GAP_Appointment_earliestStart": ["start=ge2020-01-01"],
        "?GAP_Appointment_latestStart": ["start=le2099-01-01"],
        "?date": [f"date={monday()}"],
        "?identifier": ["identifier=urn:rdv|123"],
        "?service-type": ["service-type=urn:st|9"],
        "?status": ["status=booked"],
        "?supporting-info": ["supporting-info=DocumentReference/d1"],
        "search-type": ["_include=Appointment:slot"],
    }


def test_every_line_of_the_manager_of_agendas(api, office, opened, odette, claire):
    with owner():
        Commune.objects.create(code="40088", name="Dax", search="dax", latitude=43.71,
                               longitude=-1.05)  # fmt: skip
        claire.organisation.insee, claire.organisation.city = "40088", "Dax"
        claire.organisation.save()
        claire.professional.specialty, claire.professional.rpps = "SM54", "10001234565"
        claire.professional.save()
    offer = {"resourceType": "HealthcareService", "name": "Soins", "type": [{"coding": [
        {"system": "https://liane.sante/CodeSystem/need", "code": "meals"}]}],
        "providedBy": {"reference": f"Organization/{claire.organisation_id}"}}  # fmt: skip
    assert office.post("HealthcareService", offer).status == 201
    index_all()
    slot, *_ = slots(api)
    made = api.post("Appointment", booking(
        odette, [slot["id"]], priority=5, created="2019-01-02", description="Pansement",
        comment="Venir à jeun", serviceType=[{"coding": [{"system": "urn:st", "code": "9"}]}],
        supportingInformation=[{"reference": "DocumentReference/d1"}]))  # fmt: skip
    assert made.status == 201, made.body
    free, *_ = slots(api)
    searches = {"Slot": slot_queries(opened, claire, free),
                "Appointment": appointment_queries(claire, odette)}  # fmt: skip
    done = {
        ("Slot", "read"): api.get(f"Slot/{slot['id']}").status == 200,
        ("Appointment", "read"): api.get(f"Appointment/{made.body['id']}").status == 200,
        ("Appointment", "create"): True,  # `made`, above
        ("Appointment", "update"): api.put(
            f"Appointment/{made.body['id']}", {**made.body, "comment": "À jeun"}).status == 200,
        ("Appointment", "conditionalUpdate"): api.put(
            "Appointment?identifier=urn:rdv|123", {**made.body, "comment": "À jeun !"}
        ).status == 200,
        ("Schedule", "create"): True,  # `opened`
        ("Schedule", "update"): office.put(
            f"Schedule/{opened['id']}", {**opened, "comment": "x"}).status == 200,
        ("Schedule", "patch"): office.call(
            "PATCH", f"Schedule/{opened['id']}", [{"op": "remove", "path": "/comment"}],
            content_type="application/json-patch+json").status == 200,
    }  # fmt: skip
    made = api.put(f"Appointment/{made.body['id']}", {
        **api.get(f"Appointment/{made.body['id']}").body, "comment": "Venir à jeun"})  # fmt: skip
    for line in guide.listed(AGENDA):
        kind, what = line
        if line == ("Schedule", "delete"):
            continue
        if line in done:
            assert done[line], line
            continue
        for query in searches[kind][what]:
            answer = api.get(f"{kind}?{query}", prefer="handling=strict")
            assert answer.found, (line, query, answer.body)
    assert office.call("DELETE", f"Schedule/{opened['id']}").status == 204
    with owner():
        assert not Slot.objects.exists()


def test_every_line_of_the_manager_of_resources(api, house, odette):
    person = api.get(f"Patient/{odette.pk}").body
    written = {
        "Patient": {"resourceType": "Patient", "name": [{"family": "Neuf", "given": ["Ana"]}],
                    "birthDate": "1950-02-03", "gender": "female"},
        "Practitioner": {"resourceType": "Practitioner",
                         "name": [{"family": "Neuf", "given": ["Luc"]}]},
        "PractitionerRole": {"resourceType": "PractitionerRole",
                             "organization": {"reference": f"Organization/{house.pk}"}},
        "RelatedPerson": {"resourceType": "RelatedPerson", "name": [{"text": "Julie"}],
                          "patient": {"reference": f"Patient/{person['id']}"}},
        "HealthcareService": {"resourceType": "HealthcareService", "name": "Repas", "type": [
            {"coding": [{"system": "https://liane.sante/CodeSystem/need", "code": "meals"}]}],
            "providedBy": {"reference": f"Organization/{house.pk}"}},
        "Organization": {"resourceType": "Organization", "name": "Cabinet neuf"},
        "Location": {"resourceType": "Location", "status": "active",
                     "address": {"city": "Dax", "postalCode": "40100"},
                     "managingOrganization": {"reference": f"Organization/{house.pk}"}},
    }  # fmt: skip
    made = {}
    for kind, body in written.items():
        if kind == "PractitionerRole":
            body["practitioner"] = {"reference": f"Practitioner/{made['Practitioner']['id']}"}
        answer = api.post(kind, body)
        assert answer.status == 201, answer.body
        made[kind] = answer.body
    for kind, what in guide.listed(RESOURCES):
        if (kind, what) in LEFT_OUT:
            assert guide.refused(api, (kind, what)), (kind, what)
        elif what == "update":
            body = {**made[kind], "language": "fr"}
            assert api.put(f"{kind}/{body['id']}", body).status == 200, kind
        else:
            assert what == "delete" or kind in made, (kind, what)
    for kind in ("RelatedPerson", "HealthcareService"):
        assert api.call("DELETE", f"{kind}/{made[kind]['id']}").status == 204
