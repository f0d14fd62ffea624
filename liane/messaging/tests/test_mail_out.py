"""A message to a professional outside leaves as mail, says nothing, and is not lost."""

import datetime as dt
import email
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.utils import timezone

from config.mail import mailer
from liane.circle.compile import compile_grants
from liane.circle.models import Opposition
from liane.core.acting import acting, owner, system
from liane.core.models import Entry
from liane.messaging import outside, services
from liane.messaging.models import OutgoingMail, Thread
from liane.messaging.tests.outside import Authority, Received, smtp_server, story
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(tmp_path: Path, settings: Any) -> Iterator[Received]:
    """A mail operator that wants STARTTLS and our certificate."""
    authority, received = Authority(tmp_path), Received()
    cert, key = authority.issue("liane", ExtendedKeyUsageOID.CLIENT_AUTH)
    with smtp_server(authority, received) as port:
        url = f"smtp+starttls://127.0.0.1:{port}?timeout=5"
        ours = mailer("T", url, cert=cert, key=key, ca=str(authority.ca))
        settings.MAILERS = {**settings.MAILERS, "mss": ours}
        settings.LIANE_MSS_URL = url
        settings.LIANE_MSS_FROM = "equipe@liane.mssante.fr"
        yield received


def write(thread: Thread, text: str = "Escarre de Mme Dupont au talon", **more: Any) -> None:
    with acting(make.actor("claire")):
        services.send_message(thread, text, **more)
    tell()


def tell() -> None:
    with acting(system("reader")):
        outside.queue(list(Entry.objects.filter(kind="message.sent")))


def rows() -> list[OutgoingMail]:
    with owner():
        return list(OutgoingMail.objects.order_by("created_at"))


def parsed(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_it_leaves_once_over_tls_with_our_certificate(operator: Received) -> None:
    _, _, thread = story()
    write(thread)
    tell()
    assert outside.send_waiting() == 1
    assert outside.send_waiting() == 0
    (row,) = rows()
    assert (row.status, row.address) == ("sent", "garat@exemple.fr")
    (mail,) = [parsed(raw) for raw in operator.mails]
    assert mail["Message-ID"] == row.mail_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert outside.answered([str(mail["Reply-To"])]) == row.pk


def test_the_mail_names_no_person_and_says_no_word_of_the_message(operator: Received) -> None:
    person, _, thread = story()
    write(thread, urgent=True)
    outside.send_waiting()
    mail = parsed(operator.mails[0])
    everything = f"{mail['Subject']} {mail.get_content()}"
    for canary in ("Escarre", "talon", "Dupont", "LABORDE", "Odette", str(person.pk)):
        assert canary not in everything
    assert "Claire Aubert" in everything
    assert "/lien/" in everything


@pytest.mark.parametrize("wrong", ["no certificate", "another authority"])
def test_without_the_right_certificates_nothing_leaves(
    operator: Received, settings: Any, tmp_path: Path, wrong: str
) -> None:
    options = dict(settings.MAILERS["mss"]["OPTIONS"])
    if wrong == "no certificate":
        options |= {"ssl_certfile": None, "ssl_keyfile": None}
    else:
        folder = tmp_path / "other"
        folder.mkdir()
        options["ssl_cafile"] = str(Authority(folder).ca)
    settings.MAILERS = {
        **settings.MAILERS, "mss": {**settings.MAILERS["mss"], "OPTIONS": options},
    }  # fmt: skip
    write(story()[2])
    assert outside.send_waiting() == 0
    assert operator.mails == []
    (row,) = rows()
    assert (row.status, row.tries) == ("waiting", 1)


def test_a_failure_is_tried_again_later_and_told_after_eight(operator: Received) -> None:
    operator.refuse = 8
    write(story()[2])
    now = timezone.now()
    assert outside.send_waiting() == 0
    (row,) = rows()
    assert now < row.next_at
    assert outside.send_waiting() == 0
    assert rows()[0].tries == 1
    for _ in range(7):
        with owner():
            OutgoingMail.objects.update(next_at=now - dt.timedelta(1))
        outside.send_waiting()
    (row,) = rows()
    assert (row.status, row.tries, operator.mails) == ("failed", 8, [])


def test_an_opposition_before_the_sending_stops_it(operator: Received) -> None:
    person, garat, thread = story()
    write(thread)
    with owner():
        Opposition.objects.create(person=person, practice=garat)
        compile_grants(person.pk)
    assert outside.send_waiting() == 0
    (row,) = rows()
    assert (row.status, operator.mails) == ("failed", [])


def test_who_has_an_account_or_reads_no_such_thread_gets_no_mail(operator: Received) -> None:
    person, _, _ = story()
    make.member(person, make.practice("paul", email="paul@exemple.fr"))
    with acting(make.actor("claire")):
        topic = services.open_thread(person_id=person.pk, kind="topic")
    write(topic)
    assert rows() == []


def test_each_new_message_uses_the_same_living_link(operator: Received) -> None:
    thread = story()[2]
    write(thread)
    write(thread, "Encore")
    outside.send_waiting()
    first, second = rows()
    assert first.link_id == second.link_id
