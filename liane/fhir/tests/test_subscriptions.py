"""Subscriptions: told of what the application may read, signed, tried again, stopped."""

import datetime as dt
import hashlib
import hmac
import json

import pytest
from django.core import mail
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.circle.models import Membership
from liane.clients import services as applications
from liane.core import dispatcher, readers
from liane.core.acting import acting, owner, system
from liane.core.models import AccessRow
from liane.fhir import notifying, xml
from liane.fhir.models import Notification, Subscription
from liane.fhir.resources.subscription import SECRET
from liane.fhir.tests.api import Api
from liane.fhir.tests.sink import Sink
from liane.messaging import services as messaging
from liane.stays import services as stays
from tests import factories as make
from tests.serving import serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings):
    settings.LIANE_WEBHOOK_HOSTS = frozenset({"127.0.0.1"})
    with serving(Sink()) as server:
        yield server


def wanted(sink, criteria="Communication?status=completed", **channel):
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "messages",
        "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": sink.url, **channel},
    }


def said(person, text="La plaie est propre.", by="claire"):
    with acting(make.actor(by)):
        sent, _ = messaging.send_message(messaging.default_thread(person.pk), text)
    dispatcher.publish_all()
    readers.run()
    return sent


def later(hours=0):
    return timezone.now() + dt.timedelta(hours=hours, seconds=1)


def calls():
    with acting(system("test")):
        return list(Notification.objects.order_by("pk"))


def test_asked_for_it_is_in_service_and_its_application_alone_reads_it(api, house, sink):
    body = wanted(sink, header=["Authorization: Bearer secret"])
    made = api.post("Subscription", body)
    assert (made.status, made.body["status"]) == (201, "active"), made.body
    key = made.body["id"]
    read = api.get(f"Subscription/{key}").body
    kept = {name: one for name, one in read.items() if name not in {"id", "meta"}}
    assert kept == {**body, "status": "active"}
    for query in ("status=active", "type=rest-hook", f"url={sink.url}",
                  "criteria=Communication?status%3Dcompleted"):  # fmt: skip
        assert [one["id"] for one in api.get(f"Subscription?{query}").found] == [key], query
    assert Api(house).get(f"Subscription/{key}").status == 404
    assert Api(house).get("Subscription").found == []
    with owner():
        raw = Subscription.objects.get(pk=key)
    assert raw.headers == "Authorization: Bearer secret"


def test_told_without_content_then_with_it(api, odette, claire, sink):
    api.post("Subscription", wanted(sink, header=["X-Key: k1"]))
    api.post("Subscription", wanted(sink, payload="application/fhir+json"))
    api.post("Subscription", wanted(sink, payload="application/fhir+xml"))
    api.post("Subscription", wanted(sink, "Communication?urgent=true"))
    api.post("Subscription", wanted(sink, "Task?status=requested"))
    sent = said(odette)
    before = AccessRow.objects.filter(resource="fhir.Communication").count()
    assert notifying.send_due(later()) == 3
    assert AccessRow.objects.filter(resource="fhir.Communication").count() > before
    empty, full, in_xml = sorted(sink.heard, key=lambda one: (one[0], one[2].get("Content-Type")))
    assert (empty[0], empty[1], empty[3]) == ("POST", "/hook", b"")
    assert empty[2]["X-Key"] == "k1"
    assert (full[0], full[1]) == ("PUT", f"/hook/Communication/{sent.pk}")
    assert json.loads(full[3])["payload"] == [{"contentString": "La plaie est propre."}]
    assert xml.parse(in_xml[3])["id"] == str(sent.pk)
    assert notifying.send_due(later(48)) == 0
    readers.run()
    assert len(calls()) == 3


def test_signed_where_a_secret_was_given(api, odette, claire, sink):
    body = wanted(sink, payload="application/fhir+json")
    body["extension"] = [{"url": SECRET, "valueString": "s3cret"}]
    api.post("Subscription", body)
    said(odette)
    notifying.send_due(later())
    ((_, _, headers, raw),) = sink.heard
    moment, mark = headers["Liane-Signature"].split(",")
    signed = f"{moment.removeprefix('t=')}.".encode() + raw
    expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert mark == f"v1={expected}"


def test_tried_again_then_given_up_and_started_again(api, odette, claire, sink):
    key = api.post("Subscription", wanted(sink)).body["id"]
    sink.answer = 503
    said(odette)
    assert notifying.send_due(later()) == 0
    assert notifying.send_due(later()) == 0
    assert len(sink.heard) == 1
    sink.answer = 200
    assert notifying.send_due(later(1)) == 1
    sink.answer = 410
    said(odette, "Autre")
    notifying.send_due(later())
    read = api.get(f"Subscription/{key}").body
    assert (read["status"], read["error"]) == ("error", "HTTP 410")
    said(odette, "Encore")
    assert notifying.send_due(later(48)) == 0
    again = api.put(f"Subscription/{key}", {**read, "status": "requested"})
    assert (again.status, again.body["status"], again.body.get("error")) == (200, "active", None)
    sink.answer = 200
    said(odette, "Enfin")
    assert notifying.send_due(later()) == 1


def test_a_right_lost_between_the_event_and_the_call_stops_it(api, house, odette, claire, sink):
    key = api.post("Subscription", wanted(sink, payload="application/fhir+json")).body["id"]
    said(odette)
    with owner():
        Membership.objects.filter(person=odette, organisation=house).update(status="ended")
        compile_grants(odette.pk)
    assert notifying.send_due(later()) == 0
    assert sink.heard == []
    said(odette, "Depuis son départ")
    assert len(calls()) == 1
    make.member(odette, house)
    with acting(system("manager")):
        applications.grant(api.client, "system/Patient.rs system/Subscription.cruds")
    said(odette, "Sans portée")
    assert (notifying.send_due(later(48)), sink.heard) == (0, [])
    with owner():
        row = Subscription.objects.get(pk=key)
    assert (row.status, "No scope" in row.error) == ("error", True)


def test_a_revoked_application_or_one_past_its_end_is_told_nothing(api, odette, claire, sink):
    body = {**wanted(sink), "end": "2020-01-01T00:00:00Z"}
    over = api.post("Subscription", body).body
    assert over["status"] == "off"
    api.post("Subscription", wanted(sink))
    said(odette)
    with acting(system("manager")):
        applications.move(api.client, "revoked", "fin")
    assert (notifying.send_due(later()), sink.heard) == (0, [])


def test_never_wider_than_granular_scopes(house, odette, claire, sink):
    scopes = "system/Communication.rs?urgent=true system/Subscription.cruds"
    api = Api(house, scopes)
    assert api.post("Subscription", wanted(sink)).status == 201
    said(odette)
    assert calls() == []
    assert api.post("Subscription", wanted(sink, "Task?status=requested")).status == 403


def test_stays_are_followed(api, odette, claire, sink):
    api.post("Subscription", wanted(sink, "Encounter?status=in-progress,planned"))
    with acting(make.actor("claire")):
        stays.declare_absence(odette.pk, "hospital")
    dispatcher.publish_all()
    readers.run()
    assert notifying.send_due(later()) == 1


def test_a_mail_says_nothing_of_anybody(api, odette, claire, sink):
    body = wanted(sink)
    body["channel"] = {"type": "email", "endpoint": "mailto:pierre@exemple.fr"}
    made = api.post("Subscription", body)
    assert made.status == 201, made.body
    said(odette)
    assert notifying.send_due(later()) == 1
    (sent,) = [one for one in mail.outbox if one.to == ["pierre@exemple.fr"]]
    assert "LABORDE" not in sent.body.upper()
    assert made.body["id"] in sent.body


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"criteria": "Nothing?a=1"}, "Subscription.criteria"),
        ({"criteria": "Communication?nothing=1"}, "http.nothing"),
        ({"criteria": "Communication?sent=hier"}, "http.sent"),
        ({"status": "off"}, "Subscription.status"),
        ({"channel": {"type": "sms", "endpoint": "tel:1"}}, "Subscription.channel.type"),
        ({"channel": {"type": "rest-hook", "endpoint": "https://a.fr", "payload": "text/csv"}},
         "Subscription.channel.payload"),
        ({"channel": {"type": "rest-hook", "endpoint": "https://a.fr", "header": ["Host: b"]}},
         "Subscription.channel.header[0]"),
        ({"channel": {"type": "rest-hook", "endpoint": "https://10.0.0.1/"}},
         "Subscription.channel.endpoint"),
        ({"channel": {"type": "rest-hook", "endpoint": "http://exemple.fr/"}},
         "Subscription.channel.endpoint"),
        ({"channel": {"type": "email", "endpoint": "mailto:nobody"}},
         "Subscription.channel.endpoint"),
    ],
    ids=["type", "parameter", "date", "off", "sms", "csv", "host", "private", "plain", "mail"],
)  # fmt: skip
def test_what_cannot_be_asked(api, sink, change, where):
    answer = api.post("Subscription", {**wanted(sink), **change})
    assert answer.status in {400, 422}, answer.body
    assert answer.body["issue"][0].get("expression", [""]) == [where]
    assert api.get("Subscription").found == []


def test_the_management_sees_and_stops_one(api, house, odette, claire, sink, sign_in):
    key = api.post("Subscription", wanted(sink, f"Communication?patient={odette.pk}")).body["id"]
    said(odette)
    make.practice("ines", role="manager", of=house)
    browser = sign_in("ines")
    page = browser.get(f"/parametres/applications/{api.client.pk}/").content.decode()
    assert "Abonnements" in page
    assert sink.url in page
    assert str(odette.pk) not in page
    make.practice("bob", role="manager", of=make.organisation("Ailleurs"))
    assert sign_in("bob").post(f"/parametres/abonnements/{key}/arreter/").status_code == 404
    assert browser.post(f"/parametres/abonnements/{key}/arreter/").status_code == 302
    assert notifying.send_due(later()) == 0
    read = api.get(f"Subscription/{key}").body
    assert read["status"] == "off"
    assert api.put(f"Subscription/{key}", {**read, "status": "requested"}).status == 422
    assert sign_in("claire").post(f"/parametres/abonnements/{key}/arreter/").status_code == 403


def test_ended_by_its_application(api, odette, claire, sink):
    key = api.post("Subscription", wanted(sink)).body["id"]
    off = api.put(f"Subscription/{key}", {**wanted(sink), "id": key, "status": "off"})
    assert (off.status, off.body["status"]) == (200, "off")
    assert api.call("DELETE", f"Subscription/{key}").status == 204
    said(odette)
    assert calls() == []
