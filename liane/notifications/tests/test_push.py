"""Pushes leave encrypted, say nothing about anybody, and stop at a browser that is gone."""

import base64
import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from liane.core import deferred
from liane.core.acting import acting, owner
from liane.core.errors import Refused
from liane.notifications import push, queries, services
from liane.notifications.models import Notification, Preference, Subscription
from liane.notifications.rules import CALL_AFTER, SMS_AFTER
from liane.notifications.tests.test_telling import circle, notes, rows, tell
from tests import factories as make

pytestmark = pytest.mark.django_db
__all__ = ["circle", "notes"]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    """A browser's keys, and a push service of its own on this machine."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = b"0123456789abcdef"
        self.status = 201
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        browser = self

        class Service(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                browser.headers.append({k.lower(): v for k, v in self.headers.items()})
                browser.got.append(json.loads(browser.opened(body)))
                self.send_response(browser.status)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def opened(self, body: bytes) -> bytes:
        return http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret)

    def accepts(self, practice: Any) -> None:
        with owner():
            Subscription.objects.all().delete()
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        push.subscribe(
            practice.professional.user_id,
            f"http://127.0.0.1:{self.server.server_port}/claire",
            b64(point),
            b64(self.secret),
            "téléphone",
        )


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setattr(push, "allowed", lambda endpoint: endpoint.startswith("http://127.0.0.1:"))
    made = Browser()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_push_names_nobody_and_nothing(circle: Any, browser: Browser) -> None:
    person, claire, paul = circle
    browser.accepts(claire)
    tell(person, by=paul)
    assert deferred.run_one()
    assert browser.got == [{"title": "Liane", "body": "Du nouveau dans Liane.", "urgent": False}]
    assert browser.headers[0]["authorization"].startswith("vapid ")
    assert rows("claire")[0].pushed_at is not None


def test_a_push_already_read_is_not_sent(circle: Any, browser: Browser) -> None:
    person, claire, paul = circle
    browser.accepts(claire)
    tell(person, by=paul)
    with acting(make.actor("claire")):
        services.mark_read()
    deferred.run_one()
    assert browser.got == []


def test_a_push_waits_for_the_end_of_quiet_hours(circle: Any, browser: Browser) -> None:
    person, claire, paul = circle
    browser.accepts(claire)
    now = timezone.localtime()
    with owner():
        Preference.objects.create(
            user=claire.professional.user,
            quiet_from=(now - dt.timedelta(hours=1)).time(),
            quiet_until=(now + dt.timedelta(hours=1)).time(),
        )
    tell(person, by=paul)
    assert not deferred.run_one()
    assert DBTaskResult.objects.get().run_after > timezone.now()


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(circle: Any, browser: Browser, status: int) -> None:
    person, claire, paul = circle
    browser.accepts(claire)
    browser.status = status
    tell(person, by=paul)
    deferred.run_one()
    with owner():
        assert not Subscription.objects.exists()


def test_a_push_service_out_of_order_is_tried_again(circle: Any, browser: Browser) -> None:
    person, claire, paul = circle
    browser.accepts(claire)
    browser.status = 503
    tell(person, by=paul)
    deferred.run_one()
    row = DBTaskResult.objects.get()
    assert row.status == "READY"
    browser.status = 201
    DBTaskResult.objects.update(run_after=timezone.now())
    deferred.run_one()
    assert rows("claire")[0].pushed_at is not None


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("http://fcm.googleapis.com/abc", False),
        ("https://fcm.googleapis.com:8443/abc", False),
        ("https://fcm.googleapis.com.evil.example/abc", False),
        ("https://evilpush.apple.com/abc", False),
        ("https://fcm.googleapis.com@evil.example/abc", False),
        ("https://127.0.0.1/abc", False),
        ("https://[::1/abc", False),
    ],
)
def test_only_push_services_are_called(endpoint: str, expected: bool) -> None:
    assert push.allowed(endpoint) is expected


def test_an_address_elsewhere_is_refused(circle: Any, sign_in: Any) -> None:
    answer = sign_in("claire").post(
        "/notifications/appareil",
        {"endpoint": "https://10.0.0.1/", "p256dh": b64(bytes(65)), "auth": b64(bytes(16))},
    )
    assert answer.status_code == 422
    with pytest.raises(Refused):
        push.subscribe(circle[1].pk, "https://fcm.googleapis.com/a", "short", "short", "")


def test_the_digest_counts_and_names_nobody(circle: Any) -> None:
    person, claire, paul = circle
    user = claire.professional.user
    user.email = "claire@example.org"
    user.save()
    for _ in range(3):
        tell(person, by=paul)
    DBTaskResult.objects.all().delete()
    morning = timezone.localtime().replace(hour=9)
    assert services.digests(morning) == 1
    assert services.digests(morning) == 0
    assert deferred.run_one()
    (letter,) = mail.outbox
    assert "Une nouveauté vous attend" in letter.body
    assert "Dupont" not in letter.subject + letter.body
    assert services.digests(morning + dt.timedelta(days=1)) == 0


def test_an_urgent_word_unseen_goes_by_sms_then_to_the_list_to_call(
    circle: Any, settings: Any, tmp_path: Any
) -> None:
    settings.LIANE_SMS_URL = f"file:{tmp_path}/sms"
    person, claire, paul = circle
    user = claire.professional.user
    user.mobile = "06 12 34 56 78"
    user.save()
    entry = tell(person, by=paul, urgent=True)
    now = timezone.now()
    assert services.escalate(now) == 0
    assert services.escalate(now + SMS_AFTER) == 1
    assert services.escalate(now + SMS_AFTER) == 0
    said = json.loads((tmp_path / "sms").read_text())
    assert said == {"to": "+33612345678", "text": services.SMS_TEXT}
    with owner():
        Notification.objects.update(call_at=now - CALL_AFTER)
    with acting(make.actor("paul")):
        assert [(one.name, one.to_call) for one in queries.reached(entry.id)] == [("Claire", True)]
    with acting(make.actor("claire")):
        services.mark_read()
        assert queries.reached(entry.id) == []
    with acting(make.actor("paul")):
        (one,) = queries.reached(entry.id)
    assert one.seen_at is not None
    assert one.to_call is False


def test_who_sent_an_urgent_word_sees_today_whom_to_call(circle: Any, sign_in: Any) -> None:
    person, claire, paul = circle
    claire.phone = "05 58 00 00 01"
    claire.save()
    tell(person, by=paul, urgent=True)
    assert "attend d’être vu" in sign_in("paul").get("/").content.decode()
    with owner():
        Notification.objects.update(call_at=timezone.now())
    today = sign_in("paul").get("/").content.decode()
    assert "À appeler" in today
    assert "tel:+33558000001" in today
    assert "À appeler" not in sign_in("claire").get("/").content.decode()
    with acting(make.actor("claire")):
        services.mark_read()
    assert "À appeler" not in sign_in("paul").get("/").content.decode()


def test_an_urgent_word_seen_in_time_wakes_nobody(circle: Any, settings: Any) -> None:
    settings.LIANE_SMS_URL = "console:"
    tell(circle[0], by=circle[2], urgent=True)
    with acting(make.actor("claire")):
        services.mark_read()
    assert services.escalate(timezone.now() + SMS_AFTER) == 0
