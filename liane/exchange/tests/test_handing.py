"""Handing on: a file to save, the DMP (fed, found, fetched, opposed), the person's mailbox."""

import json
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from config.mail import mailer
from liane.core.acting import acting, owner, system
from liane.core.errors import Refused
from liane.core.files import store
from liane.core.models import AccessRow
from liane.core.tests import samples
from liane.exchange.cda import reading
from liane.exchange.dmp import fetching
from liane.exchange.handing import leaving, services, things
from liane.exchange.models import ReceivedDocument, Sending
from liane.exchange.tests import papers
from liane.exchange.tests.dmp_server import Kept, dmp_server
from liane.exchange.tests.test_received import odette
from liane.exchange.xdm import reading as xdm
from liane.messaging.tests.outside import Authority, Received, smtp_server
from liane.patients.models import Patient
from liane.timeline.models import Document, Note
from liane.timeline.services import add_document, write_note
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, settings: Any) -> None:
    settings.LIANE_STORAGE_DIR = tmp_path / "files"


@pytest.fixture
def person() -> Patient:
    one = odette()
    make.member(one, make.practice("claire", name="Claire Aubert"))
    return one


@pytest.fixture
def server(settings: Any) -> Iterator[Kept]:
    with dmp_server() as kept:
        settings.LIANE_DMP_URL = kept.url
        yield kept


@pytest.fixture
def document(person: Patient) -> Document:
    with acting(make.actor("claire")):
        file = store.receive_bytes(
            samples.pdf(), name="a.pdf", person_id=person.pk, organisation_id=None
        )
        return add_document(person.pk, title="Bilan du pied", category="letter", file=file)


def thing(document: Document) -> things.Thing:
    return things.document(document.person_id, document.pk)


def send(document: Document, where: str = "dmp", **more: Any) -> Sending:
    with acting(make.actor("claire")):
        return services.send(thing(document), where, **more)


def again(row: Sending) -> Sending:
    with owner():
        row.refresh_from_db()
    return row


# ------------------------------------------------------------------ files


def test_a_document_is_saved_as_cda_and_as_an_archive(
    person: Patient, document: Document, sign_in: SignIn
) -> None:
    client = sign_in("claire")
    address = f"/personnes/{person.pk}/documents/{document.pk}/transmettre/"
    answer = client.get(address + "?forme=cda")
    read = reading.read(answer.content)
    assert read.title == "Bilan du pied"
    assert read.author == "Claire Aubert"
    assert read.person.matricule is not None
    assert read.wrapped is not None
    with owner():
        kept = store.read_file(document.file)
    assert read.wrapped.content == kept
    archive = client.get(address + "?forme=xdm")
    assert 'filename="IHE_XDM.ZIP"' in archive.headers["Content-Disposition"]
    assert xdm.read(archive.content).documents[0].content == answer.content
    assert AccessRow.objects.filter(person_id=person.pk, action="export").exists()


def test_a_note_is_saved_as_cda(person: Patient, sign_in: SignIn) -> None:
    with acting(make.actor("claire")):
        note = write_note(person.pk, kind=Note.Kind.LIAISON, text="Elle a mal dormi.")
    page = sign_in("claire").get(f"/personnes/{person.pk}/notes/{note.pk}/transmettre/?forme=cda")
    read = reading.read(page.content)
    assert read.type_code == "18761-7"
    assert "Elle a mal dormi." in read.sections[0].markup


def test_a_provisional_identity_leaves_without_its_matricule(sign_in: SignIn) -> None:
    person = make.patient()
    make.member(person, make.practice("claire"))
    with acting(make.actor("claire")):
        note = write_note(person.pk, kind=Note.Kind.LIAISON, text="Bonjour.")
    page = sign_in("claire").get(f"/personnes/{person.pk}/notes/{note.pk}/transmettre/?forme=cda")
    assert reading.read(page.content).person.matricule is None
    assert b"1.2.250.1.213.1.4." not in page.content


def test_who_may_not_read_it_may_not_take_it(document: Document, sign_in: SignIn) -> None:
    make.practice("bruno")
    address = f"/personnes/{document.person_id}/documents/{document.pk}/transmettre/"
    assert sign_in("bruno").get(address + "?forme=cda").status_code == 404


# ------------------------------------------------------------------ the DMP


def test_a_document_feeds_the_dmp_and_is_found_there(document: Document, server: Kept) -> None:
    row = send(document)
    assert leaving.send_waiting() == 1
    row = again(row)
    assert (row.status, row.remote_id) == ("sent", "DocumentReference/1")
    (reference,) = server.references.values()
    assert reference["type"]["coding"][0]["code"] == "11488-4"
    assert reference["subject"]["identifier"]["value"] == papers.MATRICULE
    assert reading.read(server.binaries["1"]).title == "Bilan du pied"
    with acting(make.actor("claire")):
        (found,) = fetching.search(document.person_id)
        assert found.title == "Bilan du pied"
        received = fetching.fetch(document.person_id, found.id)
    assert (received.via, received.match) == ("dmp", "same")
    assert not any(papers.MATRICULE in path for path in server.asked)


def test_metadata_have_what_the_profile_requires(document: Document, server: Kept) -> None:
    path = Path(__file__).parents[4] / (
        "shared/data/fhir/definitions/pdsm-3.1.1/"
        "StructureDefinition-pdsm-comprehensive-document-reference.json"
    )
    if not path.exists():
        pytest.skip("the published definitions are not beside this checkout")
    send(document)
    leaving.send_waiting()
    (reference,) = server.references.values()
    for element in json.loads(path.read_text())["snapshot"]["element"]:
        steps = element["path"].split(".")[1:]
        if not steps or not element.get("min") or ":" in element["id"]:
            continue
        held: list[Any] = [reference]
        for place, step in enumerate(steps):
            below = [one.get(step) for one in held if isinstance(one, dict)]
            below = [x for one in below for x in (one if isinstance(one, list) else [one])]
            held = [one for one in below if one is not None]
            if not held and place < len(steps) - 1:
                break
        else:
            assert held, f"{element['id']} is required"


def test_nothing_leaves_without_configuration(document: Document) -> None:
    with pytest.raises(Refused, match="pas configuré"):
        send(document)


def test_nothing_leaves_for_an_identity_that_is_not_qualified(
    document: Document, server: Kept
) -> None:
    with owner():
        Patient.objects.filter(pk=document.person_id).update(ins_status="validated")
    with pytest.raises(Refused, match="qualifiée"):
        send(document)


def test_an_opposition_stops_what_waits_and_what_would_come(
    document: Document, server: Kept
) -> None:
    row = send(document)
    with acting(make.actor("claire")):
        services.note_dmp_answer(document.person_id, agrees=False)
    assert again(row).status == "failed"
    assert leaving.send_waiting() == 0
    assert server.references == {}
    with pytest.raises(Refused, match="s’oppose"):
        send(document)
    with acting(make.actor("claire")):
        services.note_dmp_answer(document.person_id, agrees=True)
        services.retry(row.pk)
    assert leaving.send_waiting() == 1


def test_an_opposition_between_the_asking_and_the_leaving_holds(
    document: Document, server: Kept
) -> None:
    row = send(document)
    with acting(system("test")), transaction.atomic():
        from liane.patients.services.entourage import write_wish

        write_wish(document.person_id, "refuses", topic="dmp")
    assert leaving.send_waiting() == 0
    assert again(row).status == "failed"
    assert server.references == {}


@pytest.mark.parametrize("broken", ["500", "html", "list", "redirect", "refused"])
def test_a_dmp_that_answers_badly_is_tried_again(
    document: Document, server: Kept, broken: str
) -> None:
    row = send(document)
    server.broken = broken
    assert leaving.send_waiting() == 0
    row = again(row)
    assert (row.status, row.tries) == ("waiting", 1)
    assert row.why
    server.broken = ""
    with owner():
        Sending.objects.update(next_at=timezone.now())
    assert leaving.send_waiting() == 1


def test_after_eight_failures_somebody_is_told_and_may_try_again(
    document: Document, server: Kept, sign_in: SignIn
) -> None:
    row = send(document)
    server.broken = "500"
    for _ in range(8):
        with owner():
            Sending.objects.update(next_at=timezone.now())
        leaving.send_waiting()
    assert again(row).status == "failed"
    client = sign_in("claire")
    page = client.get(f"/personnes/{document.person_id}/echanges/").content.decode()
    assert "échec" in page
    assert "code 500" in page
    server.broken = ""
    client.post(f"/personnes/{document.person_id}/echanges/", {"again": str(row.pk)})
    assert leaving.send_waiting() == 1


def test_a_document_of_somebody_else_is_not_fetched(
    person: Patient, document: Document, server: Kept
) -> None:
    send(document)
    leaving.send_waiting()
    reference = server.references["1"]
    reference["subject"]["identifier"]["value"] = "999"
    with acting(make.actor("claire")), pytest.raises(Refused, match="plus dans le DMP"):
        fetching.fetch(person.pk, "1")
    for forged in ("../1", "1/_history/1", "x" * 65, ""):
        with acting(make.actor("claire")), pytest.raises(Refused):
            fetching.fetch(person.pk, forged)
    with owner():
        assert not ReceivedDocument.objects.exists()


def test_the_dmp_may_not_send_us_elsewhere(
    person: Patient, document: Document, server: Kept
) -> None:
    send(document)
    leaving.send_waiting()
    attachment = server.references["1"]["content"][0]["attachment"]
    for url in ("https://evil.example/Binary/1", "file:///etc/passwd", server.url + "/../x"):
        attachment["url"] = url
        with acting(make.actor("claire")), pytest.raises(Refused, match="pas la sienne"):
            fetching.fetch(person.pk, "1")


def test_the_exchanges_page_says_that_nothing_is_configured(
    person: Patient, sign_in: SignIn
) -> None:
    client = sign_in("claire")
    page = client.get(f"/personnes/{person.pk}/echanges/").content.decode()
    assert "n’est pas configuré" in page
    assert "Consulter le DMP" not in page
    answer = client.post(f"/personnes/{person.pk}/echanges/", {"action": "search"})
    assert answer.status_code == 422


def test_from_the_page_to_the_dmp(
    person: Patient, document: Document, server: Kept, sign_in: SignIn
) -> None:
    client = sign_in("claire")
    address = f"/personnes/{person.pk}/documents/{document.pk}/transmettre/"
    assert client.post(address, {"where": "dmp"}).status_code == 302
    assert client.post(address, {"where": "dmp"}).status_code == 422
    leaving.send_waiting()
    assert "envoyé" in client.get(address).content.decode()
    home = f"/personnes/{person.pk}/echanges/"
    page = client.post(home, {"action": "search"}).content.decode()
    assert "Bilan du pied" in page
    assert client.post(home, {"action": "fetch", "found": "1"}).status_code == 302
    assert client.post(home, {"action": "answer", "agrees": "0"}).status_code == 302
    assert "S’oppose" in client.get(home).content.decode()


# ------------------------------------------------------------------ the person's mailbox


@pytest.fixture
def mss(tmp_path: Path, settings: Any) -> Iterator[Received]:
    authority, received = Authority(tmp_path), Received()
    from cryptography.x509.oid import ExtendedKeyUsageOID

    cert, key = authority.issue("lps", ExtendedKeyUsageOID.CLIENT_AUTH)
    with smtp_server(authority, received) as port:
        url = f"smtp+starttls://127.0.0.1:{port}?timeout=5"
        settings.LIANE_MSS_URL, settings.LIANE_MSS_NIL = url, "NIL-0042"
        settings.LIANE_MSS_FROM = "pins@msp.mssante.fr"
        settings.MAILERS = {
            **settings.MAILERS,
            "mss": mailer("LIANE_MSS_URL", url, cert=cert, key=key, ca=str(authority.ca)),
        }
        yield received


def test_a_document_reaches_the_person_s_mailbox(document: Document, mss: Received) -> None:
    row = send(document, "person", text="Voici votre bilan.", final=True)
    assert leaving.send_waiting() == 1
    assert again(row).status == "sent"
    mail = message_from_bytes(mss.mails[0], policy=policy.default)
    assert mail["To"] == f"{papers.MATRICULE}@patient.mssante.fr"
    assert mail["Subject"] == "XDM/1.0/DDM+Bilan du pied LABORDE Odette 07/03/1941"
    assert mail["X-MSS-NIL"] == "NIL-0042"
    assert mail["X-MSS-CODECDA"] == "11488-4"
    assert mail["X-MSS-INS"] == "O"
    assert mail["X-MSS-MES"] == "FIN"
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "IHE_XDM.ZIP"
    (held,) = xdm.read(part.get_payload(decode=True)).documents
    assert reading.read(held.content).title == "Bilan du pied"
    assert "Voici votre bilan." in mail.get_body(("plain",)).get_content()


def test_the_person_s_address_is_kept_nowhere(document: Document, mss: Received) -> None:
    row = send(document, "person")
    leaving.send_waiting()
    with owner():
        kept = Sending.objects.filter(pk=row.pk).values().get()
    assert papers.MATRICULE not in str(kept)


def test_only_a_qualified_identity_has_a_mailbox(document: Document, mss: Received) -> None:
    with owner():
        Patient.objects.filter(pk=document.person_id).update(ins_status="retrieved")
    with pytest.raises(Refused, match="qualifiée"):
        send(document, "person")
    assert mss.mails == []
