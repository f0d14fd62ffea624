"""Answers by mail land in their thread, once; everything else waits with its reason."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.core.management import call_command
from PIL import Image

from liane.circle.compile import compile_grants
from liane.circle.models import Membership
from liane.core.acting import acting, owner, system
from liane.core.models import Entry
from liane.messaging import imap, incoming, outside, services
from liane.messaging.models import IncomingMail, Message, OutgoingMail
from liane.messaging.tests.outside import Authority, Mailbox, imap_server, story
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> OutgoingMail:
    """Claire has written to Dr Garat; the mail is gone."""
    _, _, thread = story()
    with acting(make.actor("claire")):
        services.send_message(thread, "Pouvez-vous voir l’escarre ?")
    with acting(system("reader")):
        outside.queue(list(Entry.objects.filter(kind="message.sent")))
        row = OutgoingMail.objects.get()
        row.status = "sent"
        row.save()
        return row


def answer(sent: OutgoingMail, text: str = "Je passe demain.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    values = {
        "From": "Hélène Garat <Garat@exemple.fr>",
        "To": outside.reply_address(sent.pk),
        "Subject": "Re: Un message vous attend",
        "Message-ID": "<1@exemple.fr>",
        "In-Reply-To": sent.mail_id,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in values.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def texts() -> list[tuple[str, str]]:
    with owner():
        return list(Message.objects.order_by("number").values_list("author_label", "text"))[1:]


def test_an_answer_lands_in_the_thread_without_what_it_quotes(sent: OutgoingMail) -> None:
    text = "Je passe demain.\n\nLe sam. 21 nov. 2026 à 10:00, Liane a écrit :\n> Bonjour,\n> lien"
    row = incoming.take_in(answer(sent, text).as_bytes())
    assert (row.status, row.reason) == ("delivered", "")
    assert texts() == [("Hélène Garat", "Je passe demain.")]
    with owner():
        message = Message.objects.get(via="mail")
        assert (message.reply_to_id, message.author_holder_id) == (sent.message_id, sent.holder_id)
        assert Entry.objects.filter(kind="message.sent", object_id=message.pk).count() == 1


def test_the_same_mail_twice_is_one_message(sent: OutgoingMail) -> None:
    first = answer(sent)
    incoming.take_in(first.as_bytes())
    incoming.take_in(first.as_bytes())
    del first["Subject"]
    incoming.take_in(first.as_bytes())
    assert texts() == [("Hélène Garat", "Je passe demain.")]


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"To": "equipe@liane.fr"}, "delivered", ""),
        ({"To": "equipe@liane.fr", "In_Reply_To": ""}, "queued", "aucune conversation"),
        ({"From": "inconnu@exemple.fr"}, "queued", "autre adresse"),
        ({"Auto_Submitted": "auto-replied"}, "ignored", "automatique"),
        ({"Precedence": "bulk"}, "ignored", "automatique"),
        ({"Return_Path": "<>"}, "ignored", "automatique"),
        ({"X_Liane": "1"}, "ignored", "automatique"),
    ],
)
def test_each_mail_is_delivered_queued_or_set_aside_with_its_reason(
    sent: OutgoingMail, headers: dict[str, str], status: str, reason: str
) -> None:
    row = incoming.take_in(answer(sent, **headers).as_bytes())
    assert (row.status, reason in row.reason) == (status, True)
    assert len(texts()) == (status == "delivered")


def test_a_forged_reply_address_opens_nothing(sent: OutgoingMail) -> None:
    forged = outside.reply_address(sent.pk)[:-25] + "0" * 8 + "@localhost"
    row = incoming.take_in(answer(sent, To=forged, In_Reply_To="").as_bytes())
    assert (row.status, texts()) == ("queued", [])


def test_who_left_the_circle_answers_no_more(sent: OutgoingMail) -> None:
    with owner():
        Membership.objects.filter(practice_id=sent.holder_id).update(status="removed")
        compile_grants(Membership.objects.get(practice_id=sent.holder_id).person_id)
    row = incoming.take_in(answer(sent).as_bytes())
    assert (row.status, texts()) == ("queued", [])


def test_attachments_pass_the_checks_and_a_refused_one_is_said(sent: OutgoingMail) -> None:
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "red").save(drawn, "JPEG")
    mail = answer(sent, "Voici")
    mail.add_attachment(drawn.getvalue(), maintype="image", subtype="jpeg", filename="plaie.jpg")
    mail.add_attachment(b"MZ\x90", maintype="application", subtype="pdf", filename="ordo.pdf")
    incoming.take_in(mail.as_bytes())
    ((_, text),) = texts()
    assert text.startswith("Voici\n[Pièce jointe refusée : ")
    with owner():
        (file,) = Message.objects.get(via="mail").attachments.all()
        assert file.file.name == "plaie.jpg"


def test_a_mail_too_large_waits_with_its_head_alone(sent: OutgoingMail) -> None:
    row = incoming.take_in(answer(sent).as_bytes(), size=incoming.LARGEST + 1)
    assert (row.status, row.reason) == ("queued", "trop lourd pour être remis")


def test_html_alone_is_read_as_text(sent: OutgoingMail) -> None:
    mail = answer(sent)
    mail.set_content(
        "<html><style>p{}</style><p>D’accord</p><script>x()</script><blockquote>vieux</blockquote>",
        subtype="html",
    )
    incoming.take_in(mail.as_bytes())
    assert texts() == [("Hélène Garat", "D’accord")]


def test_a_bounce_marks_the_mail_it_is_about(sent: OutgoingMail) -> None:
    raw = (
        "From: MAILER-DAEMON@exemple.fr\r\nReturn-Path: <>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nUser unknown\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nX: y\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {sent.mail_id}\r\n\r\nx\r\n--b--\r\n"
    )
    row = incoming.take_in(raw.encode())
    assert (row.status, texts()) == ("ignored", [])
    with owner():
        assert OutgoingMail.objects.get().status == "bounced"


def test_the_raw_mail_is_sealed(sent: OutgoingMail) -> None:
    row = incoming.take_in(answer(sent, "Escarre infectée").as_bytes())
    from django.db import connection

    with owner(), connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM messaging_incomingmail")
        assert b"Escarre" not in bytes(cursor.fetchone()[0])
        assert b"Escarre" in IncomingMail.objects.get(pk=row.pk).raw


@pytest.fixture
def mailbox(tmp_path: Path, settings: Any) -> Iterator[Mailbox]:
    """Our mailbox at the operator's."""
    authority = Authority(tmp_path)
    settings.LIANE_MSS_CERT, settings.LIANE_MSS_KEY = authority.issue(
        "liane", ExtendedKeyUsageOID.CLIENT_AUTH
    )
    settings.LIANE_MSS_CA = str(authority.ca)
    with imap_server(authority) as box:
        settings.LIANE_MSS_IMAP_URL = f"imaps://liane:secret@localhost:{box.port}/INBOX"
        yield box


def test_the_mailbox_is_emptied_once(sent: OutgoingMail, mailbox: Mailbox) -> None:
    mailbox.mails += [answer(sent).as_bytes(), answer(sent, From="x@y.fr").as_bytes()]
    assert imap.fetch() == {"delivered": 1, "queued": 1}
    assert imap.fetch() == {}
    assert texts() == [("Hélène Garat", "Je passe demain.")]
    assert mailbox.seen == {1, 2}


def test_a_crash_before_the_mark_brings_the_mail_again_and_changes_nothing(
    sent: OutgoingMail, mailbox: Mailbox
) -> None:
    mailbox.mails.append(answer(sent).as_bytes())
    imap.fetch()
    mailbox.seen.clear()
    imap.fetch()
    assert len(texts()) == 1


def test_the_command_reports_what_it_fetched(sent: OutgoingMail, mailbox: Mailbox) -> None:
    mailbox.mails.append(answer(sent, Precedence="bulk").as_bytes())
    said = StringIO()
    call_command("mail_fetch", stdout=said)
    assert json.loads(said.getvalue()) == {"delivered": 0, "queued": 0, "ignored": 1}
