"""Appointments planned, moved, cancelled and kept by an application."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.agenda import services
from liane.core.acting import acting
from liane.fhir.tests.api import Api
from tests import factories as make

pytestmark = pytest.mark.django_db


def when(days=3, hours=9, minutes=0):
    day = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return day + dt.timedelta(days=days, hours=hours, minutes=minutes)


def booked(person, place, start=None, **more):
    start = start or when()
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "description": "Pansement",
        "start": start.isoformat(),
        "end": (start + dt.timedelta(minutes=30)).isoformat(),
        "participant": [
            {"actor": {"reference": f"Patient/{person.pk}"}, "status": "accepted"},
            {"actor": {"reference": f"PractitionerRole/{place.pk}"}, "status": "accepted"},
        ],
        **more,
    }


def test_planned_and_read_back_as_it_was_sent(api, odette, claire):
    body = booked(odette, claire, identifier=[{"system": "urn:x", "value": "rdv-1"}])
    made = api.post("Appointment", body)
    assert made.status == 201, made.body
    read = api.get(f"Appointment/{made.body['id']}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    day = when().date().isoformat()
    for query in (f"patient={odette.pk}", f"practitioner=PractitionerRole/{claire.pk}",
                  f"date={day}", f"start=ge{day}", "status=booked", "identifier=urn:x|rdv-1",
                  f"actor=Patient/{odette.pk}", "description=panse",
                  "actor:PractitionerRole.practitioner:missing=false&status=booked",
                  ):  # fmt: skip
        found = api.get(f"Appointment?{query}")
        assert [one["id"] for one in found.found] == [read["id"]], query


def test_moved_in_the_pages_it_shows_here(api, odette, claire):
    key = api.post("Appointment", booked(odette, claire)).body["id"]
    with acting(make.actor("claire")):
        services.move(key, starts_at=when(4, 15))
    read = api.get(f"Appointment/{key}").body
    assert dt.datetime.fromisoformat(read["start"]) == when(4, 15)


def test_moved_then_cancelled_by_the_software(api, odette, claire):
    made = api.post("Appointment", booked(odette, claire)).body
    later = booked(odette, claire, when(5), id=made["id"])
    moved = api.put(f"Appointment/{made['id']}", later)
    assert moved.status == 200, moved.body
    gone = api.put(f"Appointment/{made['id']}", {**later, "status": "cancelled"})
    assert (gone.status, gone.body["status"]) == (200, "cancelled")
    back = api.put(f"Appointment/{made['id']}", later)
    assert back.status == 422


def test_refused(api, odette, claire):
    for change, where in [
        ({"status": "fulfilled"}, "Appointment.status"),
        ({"end": when(1).isoformat()}, "Appointment.end"),
        ({"participant": [{"status": "accepted",
                           "actor": {"reference": f"PractitionerRole/{claire.pk}"}}]},
         "Appointment.participant"),
    ]:  # fmt: skip
        answer = api.post("Appointment", {**booked(odette, claire), **change})
        assert answer.status == 422, answer.body
        assert answer.body["issue"][0]["expression"] == [where]


def test_home_help_plans_its_own_visits_alone(odette, claire):
    meals = make.organisation("Portage de repas", "saad")
    make.member(odette, meals, outside_team=True)
    api = Api(meals)
    assert api.post("Appointment", booked(odette, claire)).status == 403
    own = booked(odette, claire)
    own["participant"][1]["actor"] = {"reference": f"Organization/{meals.pk}"}
    assert api.post("Appointment", own).status == 201


def test_a_house_says_that_its_visit_took_place(api, house, odette):
    body = booked(odette, house, when(0, 0, 5))
    body["participant"][1]["actor"] = {"reference": f"Organization/{house.pk}"}
    made = api.post("Appointment", body)
    assert made.status == 201, made.body
    done = api.put(f"Appointment/{made.body['id']}", {**made.body, "status": "fulfilled"})
    assert (done.status, done.body["status"]) == (200, "fulfilled")
