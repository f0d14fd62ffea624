"""Webhooks: who sets them, what they are told, signed, tried again, never inside the network."""

import datetime as dt
import hashlib
import hmac
import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from liane.api import addresses, sending, webhooks
from liane.api.models import Delivery, Webhook
from liane.circle.compile import compile_grants
from liane.circle.models import Opposition
from liane.clients import services as applications
from liane.clients.tests.conftest import House, registered
from liane.core import acting, dispatcher, readers
from liane.core.acting import owner
from liane.core.errors import Refused
from liane.stays import services as stays
from liane.timeline import services as records
from tests import factories as make
from tests.serving import serving

pytestmark = pytest.mark.django_db
ALL = list(webhooks.FAMILIES)


class Sink(BaseHTTPRequestHandler):
    """The application's own server: keeps what it is told, answers as asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.send_header("Location", "http://169.254.169.254/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def sink(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    server.heard, server.answer = [], 200  # type: ignore[attr-defined]
    settings.LIANE_WEBHOOK_HOSTS = frozenset({"127.0.0.1"})
    with serving(server):
        yield server


@pytest.fixture
def manager(house: House):
    return make.practice("ines", role="manager", of=house.place)


def set_up(manager, house: House, sink, families=ALL) -> Webhook:
    url = f"http://127.0.0.1:{sink.server_port}/liane?x=1"
    with acting.acting(make.actor(manager)):
        return webhooks.set_up(house.client.pk, url, families)


def journal_read() -> None:
    dispatcher.publish_all()
    readers.run()


def away(house: House, by: str = "claire") -> None:
    with acting.acting(make.actor(by)):
        stays.declare_absence(house.odette.pk, "hospital")


def deliveries() -> list[Delivery]:
    with acting.acting(acting.system("test")):
        return list(Delivery.objects.order_by("pk"))


def test_a_call_tells_identifiers_alone_and_is_signed(house, manager, sink):
    hook = set_up(manager, house, sink, ["stay"])
    away(house)
    journal_read()
    assert sending.send_due() == 1
    [(headers, body)] = sink.heard
    told = json.loads(body)
    assert set(told) == {"id", "kind", "person_id", "object_id", "occurred_at", "webhook_id"}
    assert (told["person_id"], headers["Liane-Event"]) == (str(house.odette.pk), told["kind"])
    assert b"Laborde" not in body
    moment, made = headers["Liane-Signature"].removeprefix("t=").split(",v1=")
    signed = hmac.new(hook.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    assert hmac.compare_digest(made, signed.hexdigest())
    [row] = deliveries()
    assert (row.state, row.answer) == ("sent", 200)


def test_the_same_entries_read_twice_are_told_once(house, manager, sink):
    set_up(manager, house, sink)
    with acting.acting(make.actor("claire")):
        records.write_note(house.odette.pk, kind="liaison", text="Confidentiel")
    journal_read()
    from liane.core.models import Entry

    with acting.acting(acting.system("test")):
        entries = list(Entry.objects.all())
        webhooks.read(entries)
    assert len(deliveries()) == 1


def test_it_is_told_of_nothing_beyond_its_reach(house, manager, sink):
    set_up(manager, house, sink)
    stranger = make.patient("SIMON", "Pierre")
    nurse = make.practice("karim")
    make.member(stranger, nurse)
    with acting.acting(make.actor(nurse)):
        records.write_note(stranger.pk, kind="liaison", text="x")
    with acting.acting(make.actor("claire")):
        records.write_working_note(house.odette.pk, text="x")
    with owner():
        Opposition.objects.create(person=house.odette, organisation=house.place)
        compile_grants(house.odette.pk)
    journal_read()
    assert deliveries() == []


def test_a_family_not_asked_for_or_not_granted_any_more_is_not_told(house, manager, sink):
    set_up(manager, house, sink, ["message", "stay"])
    with acting.acting(acting.system("test")):
        applications.grant(house.client, "system/Communication.rs")
    away(house)
    journal_read()
    assert deliveries() == []


def test_a_suspended_application_is_not_called(house, manager, sink):
    set_up(manager, house, sink)
    away(house)
    journal_read()
    with acting.acting(acting.system("test")):
        applications.move(house.client, "suspended", "essai")
    assert sending.send_due() == 0
    assert sink.heard == []


def test_no_answer_is_tried_again_later_and_later_then_given_up(house, manager, sink):
    set_up(manager, house, sink)
    sink.answer = 500
    away(house)
    journal_read()
    now, pauses = timezone.now() + dt.timedelta(seconds=1), []
    for _ in range(len(sending.PAUSES) + 1):
        sending.send_due(now)
        [row] = deliveries()
        pauses.append((row.due_at - now).total_seconds())
        assert sending.send_due(now) == 0, "not before its time"
        now = row.due_at + dt.timedelta(seconds=1)
    assert pauses[:-1] == list(sending.PAUSES)
    assert (row.state, row.answer, len(sink.heard)) == ("failed", 500, len(sending.PAUSES) + 1)


def test_a_redirect_is_not_followed(house, manager, sink):
    set_up(manager, house, sink)
    sink.answer = 302
    away(house)
    journal_read()
    assert sending.send_due() == 0
    [row] = deliveries()
    assert (row.state, row.answer) == ("waiting", 302)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x", "https://127.0.0.1/x", "https://10.0.0.1", "https://[::1]/",
        "https://localhost/", "https://a:b@example.org/", "ftp://example.org/", "https://",
        "https://169.254.169.254/latest", "https://example.org:port/", "https://x.internal/",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused(house, manager, url):
    with acting.acting(make.actor(manager)), pytest.raises(Refused) as refusal:
        webhooks.set_up(house.client.pk, url, ["stay"])
    assert refusal.value.field == "url"


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "::ffff:10.0.0.1", "fd00::1",
                                     "169.254.169.254", "0.0.0.0", "224.0.0.1"])  # fmt: skip
def test_a_name_that_leads_inside_is_refused_when_it_is_called(monkeypatch, address):
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: answer)
    connected = []
    monkeypatch.setattr(socket, "create_connection", lambda *given: connected.append(given))
    with pytest.raises(addresses.Unreachable, match="private"):
        addresses.call("POST", "https://rebound.example.org/", b"{}", {})
    assert connected == []


def test_only_what_the_application_may_read_can_be_followed(house, manager, sink):
    other = registered(house.place, "Autre", "system/Communication.rs")
    with acting.acting(make.actor(manager)), pytest.raises(Refused, match="Hospitalisations"):
        webhooks.set_up(other.pk, "https://example.org/", ["message", "stay"])


# ------------------------------------------------------------------ the page
PAGE = "/parametres/webhooks/"


def test_a_manager_sets_tries_and_stops_one(house, manager, sink, sign_in):
    client = sign_in("ines")
    url = f"http://127.0.0.1:{sink.server_port}/"
    said = {"client": str(house.client.pk), "url": url, "families": ["stay", "message"]}
    made = client.post(PAGE, said).content.decode()
    hook = Webhook.objects.get()
    assert hook.secret in made
    listed = client.get(PAGE).content.decode()
    assert url in listed
    assert hook.secret not in listed
    client.post(f"{PAGE}{hook.pk}/essayer")
    assert sending.send_due() == 1
    assert json.loads(sink.heard[0][1])["kind"] == "test"
    assert "reçu" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}{hook.pk}/fin")
    assert url not in client.get(PAGE).content.decode()
    away(house)
    journal_read()
    assert sending.send_due() == 0


def test_a_wrong_address_is_told_in_the_form(house, manager, sign_in):
    said = {"client": str(house.client.pk), "url": "https://10.0.0.1/", "families": ["stay"]}
    answer = sign_in("ines").post(PAGE, said)
    assert answer.status_code == 422
    assert "réseau privé" in answer.content.decode()


def test_nobody_else_sees_or_touches_them(house, manager, sink, sign_in):
    hook = set_up(manager, house, sink)
    make.practice("paul", role="manager", of=make.organisation("Ailleurs", "msp"))
    for name, expected in (("claire", 403), ("paul", 404)):
        client = sign_in(name)
        assert client.post(f"{PAGE}{hook.pk}/fin").status_code == expected
        page = client.get(PAGE)
        assert hook.url not in page.content.decode()
    hook.refresh_from_db()
    assert hook.ended_at is None
