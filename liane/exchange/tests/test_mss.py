"""MSSanté from end to end on this computer: a message leaves with its documents through STARTTLS
and a client certificate, the answer comes by IMAP with an archive, and waits in the record."""

import imaplib
import shutil
import tempfile
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.core.files.uploadedfile import SimpleUploadedFile

from config.mail import mailer
from liane.core.acting import acting, owner, system
from liane.core.files import store
from liane.core.models import Entry
from liane.core.tests import samples
from liane.exchange.cda import reading
from liane.exchange.cda.facts import Subject
from liane.exchange.models import ReceivedDocument
from liane.exchange.mss import headers
from liane.exchange.tests import papers
from liane.exchange.tests.test_received import odette
from liane.exchange.xdm import reading as xdm
from liane.exchange.xdm import writing
from liane.messaging import imap, incoming, outside, services
from liane.messaging.models import Attachment, Message, OutgoingMail, Thread
from liane.messaging.tests.dovecot import dovecot
from liane.messaging.tests.outside import (
    Authority,
    Received,
    imap_server,
    smtp_server,
    without_account,
)
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
GARAT = "helene.garat@medecin.mssante.fr"


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, settings: Any) -> None:
    settings.LIANE_STORAGE_DIR = tmp_path / "files"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def operator(authority: Authority, settings: Any) -> Iterator[Received]:
    received = Received()
    cert, key = authority.issue("lps", ExtendedKeyUsageOID.CLIENT_AUTH)
    settings.LIANE_MSS_CERT, settings.LIANE_MSS_KEY = cert, key
    settings.LIANE_MSS_CA = str(authority.ca)
    settings.LIANE_MSS_NIL, settings.LIANE_MSS_FROM = "NIL-0042", "pins@msp.mssante.fr"
    with smtp_server(authority, received) as port:
        url = f"smtp+starttls://127.0.0.1:{port}?timeout=5"
        ours = mailer("T", url, cert=cert, key=key, ca=str(authority.ca))
        settings.MAILERS = {**settings.MAILERS, "mss": ours}
        settings.LIANE_MSS_URL = url
        yield received


def story(address: str = GARAT) -> tuple[Patient, Thread]:
    person = odette()
    make.member(person, make.practice("claire", name="Claire Aubert"))
    make.member(person, without_account(email=address))
    with acting(make.actor("claire")):
        return person, services.default_thread(person.pk)


def leave(thread: Thread, text: str = "Voici le bilan.", *files: Any) -> None:
    with acting(make.actor("claire")):
        services.send_message(thread, text, uploads=files)
    with acting(system("reader")):
        outside.queue(list(Entry.objects.filter(kind="message.sent")))
    assert outside.send_waiting() == 1


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def bilan() -> SimpleUploadedFile:
    return SimpleUploadedFile("Bilan du pied.pdf", samples.pdf(), "application/pdf")


def test_a_message_leaves_with_its_documents(operator: Received) -> None:
    _, thread = story()
    leave(thread, "Voici le bilan.", bilan())
    mail = parsed(operator.mails[0])
    assert mail["Subject"] == ("XDM/1.0/DDM+Message de Claire Aubert LABORDE Odette 07/03/1941")
    assert mail["X-MSS-NIL"] == "NIL-0042"
    assert mail["X-MSS-CODECDA"] == "11488-4"
    assert mail["X-MSS-INS"] == "O"
    assert mail["X-MSS-MES"] is None
    assert "Voici le bilan." in mail.get_body(("plain",)).get_content()
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "IHE_XDM.ZIP"
    (held,) = xdm.read(part.get_payload(decode=True)).documents
    read = reading.read(held.content)
    assert read.title == "Bilan du pied"
    assert read.person.matricule is not None
    assert read.author == "Claire Aubert"


def test_outside_of_the_space_of_trust_the_mail_stays_bare(operator: Received) -> None:
    _, thread = story("garat@exemple.fr")
    leave(thread, "Escarre au talon", bilan())
    mail = parsed(operator.mails[0])
    assert mail["X-MSS-NIL"] == "NIL-0042"
    assert mail["X-MSS-INS"] is None
    assert list(mail.iter_attachments()) == []
    said = f"{mail['Subject']} {mail.get_content()}"
    for word in ("Escarre", "LABORDE", "Odette", "DDM"):
        assert word not in said


def test_without_the_product_s_number_nothing_changes(operator: Received, settings: Any) -> None:
    settings.LIANE_MSS_NIL = ""
    _, thread = story()
    leave(thread, "Escarre au talon", bilan())
    mail = parsed(operator.mails[0])
    assert mail["X-MSS-NIL"] is None
    assert "Escarre" not in mail.get_content()


def test_a_message_taken_back_leaves_without_its_words(operator: Received) -> None:
    _, thread = story()
    with acting(make.actor("claire")):
        message, _ = services.send_message(thread, "Erreur de personne")
        services.withdraw(message)
    with acting(system("reader")):
        outside.queue(list(Entry.objects.filter(kind="message.sent")))
    outside.send_waiting()
    assert "Erreur de personne" not in parsed(operator.mails[0]).get_content()


def test_a_file_that_waits_for_its_check_stays_behind_the_link(
    operator: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    from liane.core.files import scanner

    _, thread = story()
    monkeypatch.setattr(scanner, "scan", lambda content: scanner.Verdict.SILENT)
    leave(thread, "Voici.", bilan())
    mail = parsed(operator.mails[0])
    assert list(mail.iter_attachments()) == []
    assert "pièces jointes sont à lire par le lien" in mail.get_content()


def answered(archive: bytes | None, name: str = "IHE_XDM.ZIP", **more: Any) -> bytes:
    with owner():
        sent = OutgoingMail.objects.get()
    mail = EmailMessage()
    mail["From"], mail["To"] = sent.address, outside.reply_address(sent.pk)
    mail["Subject"], mail["Message-ID"] = "XDM/1.0/DDM+Réponse", "<1@medecin.mssante.fr>"
    mail["In-Reply-To"] = sent.mail_id
    mail.set_content("Je vous réponds.")
    if archive is not None:
        mail.add_attachment(archive, maintype="application", subtype="zip", filename=name)
    return mail.as_bytes()


def test_the_answer_lands_in_the_thread_and_its_documents_in_the_record(
    operator: Received, authority: Authority, settings: Any
) -> None:
    person, thread = story()
    leave(thread)
    archive = writing.archive([papers.wrapped(samples.pdf()), papers.plan()], title="Réponse")
    with imap_server(authority) as box:
        settings.LIANE_MSS_IMAP_URL = f"imaps://u:p@127.0.0.1:{box.port}/INBOX"
        box.mails.append(answered(archive))
        assert imap.fetch() == {"delivered": 1}
    with owner():
        message = Message.objects.get(via="mail")
        assert message.author_label == "Hélène Garat"
        assert message.text.splitlines() == [
            "Je vous réponds.",
            "[Document reçu : « Courrier du Dr Roussel », à classer dans le dossier]",
            "[Document reçu : « Plan personnalisé de coordination en santé », à classer dans le "
            "dossier]",
        ]
        (attached,) = Attachment.objects.filter(message=message).select_related("file")
        assert store.read_file(attached.file).startswith(b"%PDF")
        rows = ReceivedDocument.objects.filter(person=person).order_by("title")
        assert [(row.via, row.match, row.status) for row in rows] == [
            ("mail", "same", "waiting")
        ] * 2


def test_the_same_answer_twice_changes_nothing(operator: Received) -> None:
    _, thread = story()
    leave(thread)
    raw = answered(writing.archive([papers.plan()], title="x"))
    incoming.take_in(raw)
    incoming.take_in(raw)
    with owner():
        assert Message.objects.filter(via="mail").count() == 1
        assert ReceivedDocument.objects.count() == 1


def test_a_document_of_somebody_else_is_told_and_not_shown(operator: Received) -> None:
    _, thread = story()
    leave(thread)
    content = papers.wrapped(samples.pdf()).content
    content = content.replace(b"LABORDE", b"MARTIN").replace(b"19410307", b"19500101")
    content = content.replace(papers.MATRICULE.encode(), b"0")
    incoming.take_in(answered(content, "lettre.xml"))
    with owner():
        message = Message.objects.get(via="mail")
        assert "au nom d’une autre personne" in message.text
        assert not Attachment.objects.filter(message=message).exists()
        assert ReceivedDocument.objects.get().match == "other"


@pytest.mark.parametrize(
    ("archive", "name"),
    [
        (samples.zip_bomb(), "IHE_XDM.ZIP"),
        (samples.zipped("IHE_XDM/SUBSET01/METADATA.XML"), "IHE_XDM.ZIP"),
        (samples.zipped("../../etc/passwd"), "IHE_XDM.ZIP"),
        (b"<!DOCTYPE a><ClinicalDocument/>", "a.xml"),
        (b"<ClinicalDocument" + b"<a>" * 5000, "a.xml"),
    ],
)
def test_a_hostile_attachment_is_refused_and_the_words_still_land(
    operator: Received, archive: bytes, name: str
) -> None:
    _, thread = story()
    leave(thread)
    row = incoming.take_in(answered(archive, name))
    assert row.status == "delivered"
    with owner():
        message = Message.objects.get(via="mail")
        assert message.text.startswith("Je vous réponds.")
        assert "refus" in message.text
        assert not ReceivedDocument.objects.exists()


def test_the_technical_prefix_of_a_subject_is_not_shown() -> None:
    assert headers.readable("XDM/1.0/DDM+Bilan LABORDE") == "Bilan LABORDE"


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        (GARAT, True),
        ("x@patient.mssante.fr", True),
        ("x@mssante.fr.evil.example", False),
        ("x@evilmssante.fr", False),
        ("x@exemple.fr", False),
    ],
)
def test_only_the_space_of_trust_is_trusted(address: str, inside: bool) -> None:
    assert headers.within(address) is inside


def test_an_identity_without_its_traits_is_not_said_qualified() -> None:
    from dataclasses import replace

    who: Subject = papers.ODETTE
    assert headers.qualified(who)
    assert not headers.qualified(replace(who, birth_date=None))
    assert not headers.qualified(replace(who, matricule=None))


def test_a_real_mailbox_gives_its_answers_once_to_who_has_the_certificate(
    operator: Received, authority: Authority, settings: Any
) -> None:
    """Dovecot, over TLS: the answer lands in the thread, is seen, and comes once."""
    person, thread = story()
    leave(thread)
    archive = writing.archive([papers.plan()], title="Réponse")
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))  # short: its sockets have long names
    folder.chmod(0o755)
    with dovecot(authority, folder) as box:
        settings.LIANE_MSS_IMAP_URL = box.url
        box.deliver(answered(archive))
        assert imap.fetch() == {"delivered": 1}
        assert imap.fetch() == {}
        box.deliver(answered(archive))
        assert sum(imap.fetch().values()) == 1  # seen again, taken in once
        held = settings.LIANE_MSS_CERT, settings.LIANE_MSS_KEY
        settings.LIANE_MSS_CERT = settings.LIANE_MSS_KEY = ""
        box.deliver(answered(None))
        with pytest.raises((imaplib.IMAP4.error, OSError)):
            imap.fetch()
        settings.LIANE_MSS_CERT, settings.LIANE_MSS_KEY = held
    shutil.rmtree(folder)
    with owner():
        (message,) = Message.objects.filter(via="mail")
        assert message.text.startswith("Je vous réponds.")
        assert ReceivedDocument.objects.filter(person=person, via="mail").count() == 1
