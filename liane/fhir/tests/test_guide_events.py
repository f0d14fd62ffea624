"""Notification d’événements 3.0: hospital events heard and told; its statements walked."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from liane.core import dispatcher, readers
from liane.core.acting import owner
from liane.fhir import notifying
from liane.fhir.resources.communicationrequest import EMITTED, EVENTS, TIME, TYPE
from liane.fhir.tests import guide
from liane.fhir.tests.api import Api
from liane.fhir.tests.sink import Sink
from liane.fhir.tests.test_examples import plain
from liane.patients import ins
from liane.stays.models import Stay, StayFact, StayNotice
from tests import factories as make
from tests.serving import serving

pytestmark = pytest.mark.django_db
BROKER = "nde-3.0.0/CapabilityStatement-NdE-GestionnaireDAbonnements.json"
TELLER = "nde-3.0.0/CapabilityStatement-NdE-GestionnaireDeNotifications.json"


@pytest.fixture
def sink(settings):
    settings.LIANE_WEBHOOK_HOSTS = frozenset({"127.0.0.1"})
    with serving(Sink()) as server:
        yield server


@pytest.fixture
def hospital(odette):
    """A hospital of her circle, and its software."""
    place = make.organisation("CH de Dax", "hospital")
    make.member(odette, place)
    return Api(place)


def ago(hours):
    return (timezone.now() - dt.timedelta(hours=hours)).replace(microsecond=0)


def event(subject, code="ADM", at=None, **more):
    at = at or ago(3)
    return {
        "resourceType": "CommunicationRequest",
        "status": "active",
        "extension": [
            {"url": TYPE, "valueCodeableConcept": {"coding": [{"system": EVENTS, "code": code}]}},
            {"url": TIME, "valueDateTime": at.isoformat()},
        ],
        "subject": subject,
        "payload": [{"contentString": "Événement"}],
        **more,
    }


def her(odette):
    return {"reference": f"Patient/{odette.pk}"}


def stays():
    with owner():
        return list(Stay.objects.order_by("pk"))


def test_an_admission_then_a_discharge_are_one_stay_told_to_the_circle(hospital, odette, claire):
    body = event(her(odette))
    made = hospital.post("CommunicationRequest", body)
    assert made.status == 201, made.body
    assert plain(hospital.get(f"CommunicationRequest/{made.body['id']}").body) == body
    (stay,) = stays()
    assert (stay.status, stay.hospital_name, stay.person_id) == ("in_progress", "CH de Dax",
                                                                 odette.pk)  # fmt: skip
    with owner():
        assert StayNotice.objects.filter(holder_id=claire.pk).count() == 1
    out = hospital.post("CommunicationRequest", event(her(odette), "SOR", ago(1)))
    assert out.status == 201, out.body
    (stay,) = stays()
    assert stay.status == "ended"
    (encounter,) = hospital.get(f"Encounter?patient={odette.pk}").found
    for query in ("event-type=SOR", f"event-type={EVENTS}|SOR",
                  f"event-type=SOR&subject={odette.pk}",
                  f"encounter=Encounter/{encounter['id']}&event-type=SOR",
                  "occurrence=ge2026&event-type=SOR"):  # fmt: skip
        assert [one["id"] for one in hospital.get(f"CommunicationRequest?{query}").found] == [
            out.body["id"]
        ], query


def test_heard_again_or_by_another_way_nobody_is_told_twice(hospital, odette, claire):
    number = {"identifier": {"system": "urn:hospital", "value": "V1"}}
    body = event(her(odette), encounter=number)
    first = hospital.post("CommunicationRequest", body).body
    again = hospital.post("CommunicationRequest", body).body
    assert again["id"] == first["id"]
    encounter = {
        "resourceType": "Encounter", "status": "in-progress", "subject": her(odette),
        "class": {"code": "IMP"}, "identifier": [{"system": "urn:hospital", "value": "V1"}],
        "period": {"start": body["extension"][1]["valueDateTime"]},
    }  # fmt: skip
    assert hospital.post("Encounter", encounter).status == 201
    assert len(stays()) == 1
    with owner():
        assert StayFact.objects.count() == 1
        assert StayNotice.objects.filter(holder_id=claire.pk).count() == 1


def test_a_person_known_by_matricule_or_by_traits(hospital, odette):
    digits = "2410340088123"
    number = ins.parse(f"{digits}{97 - int(digits) % 97:02}", ins.NIR)
    with owner():
        odette.ins_digest = ins.digests(number)[0]
        odette.save()
    said = {"resourceType": "Patient", "id": "p", "identifier": [
        {"system": f"urn:oid:{ins.NIR}", "value": number.value}]}  # fmt: skip
    by_number = event({"reference": "#p"}, contained=[said])
    assert hospital.post("CommunicationRequest", by_number).status == 201
    traits = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1941-03-07",
              "name": [{"family": "Laborde", "given": ["Odette"]}]}  # fmt: skip
    by_traits = event({"reference": "#p"}, "SOR", ago(1), contained=[traits])
    assert hospital.post("CommunicationRequest", by_traits).status == 201
    assert [one.status for one in stays()] == ["ended"]
    for change in ({"gender": "male"}, {"birthDate": "1941-03-08"}, {"name": [{"family": "X"}]}):
        wrong = event({"reference": "#p"}, contained=[{**traits, **change}])
        refused = hospital.post("CommunicationRequest", wrong)
        assert refused.status == 422
        assert "for certain" in refused.issues[0]


def test_what_is_not_heard(hospital, api, odette):
    for body, status in (
        (event(her(odette), "DOC"), 422),
        (event(her(odette), at=timezone.now() + dt.timedelta(days=3)), 422),
        ({**event(her(odette)), "extension": []}, 422),
        (event({"display": "Odette"}), 422),
    ):
        assert hospital.post("CommunicationRequest", body).status == status
    stranger = Api(make.organisation("Ailleurs", "hospital"))
    assert stranger.post("CommunicationRequest", event(her(odette))).status == 422
    assert stays() == []


def test_outside_the_team_no_event_is_read(hospital, odette):
    hospital.post("CommunicationRequest", event(her(odette)))
    helper = make.organisation("Aide", "saad")
    make.member(odette, helper, outside_team=True, ground="consent")
    assert Api(helper).get("CommunicationRequest").found == []
    assert Api(helper).get("CommunicationRequest?event-type=ADM").found == []


def known(api, odette):
    """The guide's patient, in the circle of this house."""
    person = make.patient("ROBERT", "Langdon", sex="M", used_name="",
                          birth_date=dt.date(1960, 3, 20))  # fmt: skip
    with owner():
        make.member(person, api.client.organisation)
    return person


def test_the_guide_s_examples(api, odette):
    person = known(api, odette)
    asked = guide.replaced("nde/Subscription-sub1.json", {})
    made = api.post("Subscription", asked)
    assert made.status == 201, made.body
    read = api.get(f"Subscription/{made.body['id']}").body
    assert plain(read) == plain({**asked, "status": "off"})  # its end is in 2020
    body = guide.replaced("nde/CommunicationRequest-com1.json", {})
    heard = api.post("CommunicationRequest", body)
    assert heard.status == 201, heard.body
    read = api.get(f"CommunicationRequest/{heard.body['id']}").body
    assert plain(read) == plain(body)
    for query in ("event-type=SOR", f"patient={person.pk}", "occurrence=2019-01-01",
                  "medium=3", "based-on=http://serverexample.org/FHIR/Subscription/sub1",
                  "status=active"):  # fmt: skip
        assert len(api.get(f"CommunicationRequest?{query}").found) == 1, query


def follow(sink, person=None, code="SOR"):
    nde = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition"
    body = {
        "resourceType": "Subscription", "status": "requested", "reason": "sorties",
        "criteria": f"CommunicationRequest?event-type={code}",
        "channel": {"type": "rest-hook", "endpoint": sink.url, "payload": "application/fhir+json"},
    }  # fmt: skip
    if person is not None:
        body["extension"] = [{"url": f"{nde}/subject", "valueReference": her(person)}]
    return body


def told():
    dispatcher.publish_all()
    readers.run()
    return notifying.send_due(timezone.now() + dt.timedelta(seconds=1))


def test_a_discharge_is_told_to_who_subscribed_to_this_person(api, house, hospital, odette, sink):
    other = make.patient("AUTRE", "Anne", birth_date=dt.date(1950, 1, 1))
    make.member(other, house)
    make.member(other, hospital.client.organisation)
    key = api.post("Subscription", follow(sink, odette)).body["id"]
    for person in (odette, other):
        hospital.post("CommunicationRequest", event(her(person)))
    assert told() == 0
    for person in (odette, other):
        hospital.post("CommunicationRequest", event(her(person), "SOR", ago(1)))
    assert told() == 1
    ((method, path, _, raw),) = sink.heard
    assert (method, path) == ("POST", "/hook/CommunicationRequest")
    body = json.loads(raw)
    assert body["subject"]["reference"].endswith(f"/fhir/Patient/{odette.pk}")
    assert body["basedOn"][0]["reference"].endswith(f"/fhir/Subscription/{key}")
    assert body["recipient"][0]["extension"][0]["valueUrl"] == sink.url
    kinds = [one["url"] for one in body["extension"]]
    assert TYPE in kinds
    assert set(kinds) <= {TYPE, TIME, EMITTED}


def test_a_stay_said_in_another_way_is_told_too(api, odette, sink, hospital):
    api.post("Subscription", follow(sink, code="ADM"))
    body = {
        "resourceType": "Encounter", "status": "in-progress", "subject": her(odette),
        "class": {"code": "IMP"}, "identifier": [{"system": "urn:h", "value": "V9"}],
        "period": {"start": ago(2).isoformat()},
    }  # fmt: skip
    assert hospital.post("Encounter", body).status == 201
    assert told() == 1
    said = json.loads(sink.heard[0][3])
    assert said["requester"]["display"] == "CH de Dax"
    assert "CH de Dax" in said["payload"][0]["contentString"]


def test_every_line_of_the_broker_and_of_the_teller(api, hospital, odette, sink):
    made = api.post("Subscription", follow(sink, odette)).body
    lines = {
        ("Subscription", "create"): "id" in made,
        ("Subscription", "update"): api.put(
            f"Subscription/{made['id']}", {**made, "reason": "autre"}).status == 200,
        ("CommunicationRequest", "create"): hospital.post(
            "CommunicationRequest", event(her(odette))).status == 201,
    }  # fmt: skip
    gone = api.call("DELETE", f"Subscription/{made['id']}")
    lines["Subscription", "delete"] = gone.status == 204
    wanted = {*guide.listed(BROKER), *guide.listed(TELLER)}
    assert {line for line in wanted if not lines.get(line)} == set()
    found = hospital.get("CommunicationRequest?event-type=ADM", prefer="handling=strict")
    assert len(found.found) == 1
    assert found.found[0]["subject"] == her(odette)
