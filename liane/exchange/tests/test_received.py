"""Documents received: brought in, compared, filed with what one chooses, or set aside."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.test import Client

from liane.core import pdf
from liane.core.acting import acting, owner
from liane.core.errors import NotAllowed, Refused
from liane.core.files import store
from liane.core.models import AccessRow
from liane.core.tests import samples
from liane.exchange.models import ReceivedDocument
from liane.exchange.received import services
from liane.exchange.tests import papers
from liane.exchange.tests.test_cda import STATED
from liane.exchange.xdm import writing
from liane.patients import ins
from liane.patients.models import Patient
from liane.timeline.models import Document, Note
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, settings: Any) -> None:
    settings.LIANE_STORAGE_DIR = tmp_path / "files"


def odette(number: str = papers.MATRICULE, **more: Any) -> Patient:
    person = make.patient("LABORDE", "Odette Marie", birth_place="40088", **more)
    with owner():
        ins.put(person, ins.parse(number))
        person.ins_status = "qualified"
        person.save()
    return person


@pytest.fixture
def person() -> Patient:
    one = odette()
    make.member(one, make.practice("claire", name="Claire Aubert"))
    return one


def as_claire() -> Any:
    return acting(make.actor("claire"))


def bring(person: Patient, content: bytes) -> ReceivedDocument:
    with as_claire():
        (row,) = services.bring_in(person.pk, content)
    return row


def test_a_wrapped_pdf_is_filed_as_the_pdf(person: Patient) -> None:
    content = samples.pdf()
    row = bring(person, papers.wrapped(content).content)
    assert (row.match, row.status, row.title) == ("same", "waiting", "Courrier du Dr Roussel")
    assert row.sender == "Mme Claire Aubert, MSP des Pins & Landes"
    with as_claire():
        document = services.file_in_record(row.pk, category="letter", title="Courrier")
        assert store.read_file(document.file) == content
    with owner():
        row.refresh_from_db()
    assert (row.status, row.document_id) == ("filed", document.pk)


def test_the_same_document_twice_is_one(person: Patient) -> None:
    first = bring(person, papers.plan().content)
    assert bring(person, papers.plan().content).pk == first.pk


def test_an_archive_brings_in_each_of_its_documents(person: Patient) -> None:
    made = writing.archive([papers.wrapped(samples.pdf()), papers.plan()], title="Suivi")
    with as_claire():
        rows = services.bring_in(person.pk, made)
    assert [row.title for row in rows] == [
        "Courrier du Dr Roussel",
        "Plan personnalisé de coordination en santé",
    ]


@pytest.mark.skipif(not pdf.available(), reason="no Pango here")
def test_a_structured_document_is_filed_as_a_pdf(person: Patient) -> None:
    row = bring(person, papers.plan().content)
    with as_claire():
        document = services.file_in_record(row.pk, category="other", title="Plan")
        assert document.file.content_type == "application/pdf"


def test_without_pango_its_words_are_kept_as_text(
    person: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liane.exchange.received.showing.pdf.available", lambda: False)
    row = bring(person, papers.note().content)
    with as_claire():
        document = services.file_in_record(row.pk, category="letter", title="Note")
        words = store.read_file(document.file).decode()
    assert "Deuxième" in words


def test_only_ticked_proposals_become_a_note(person: Patient) -> None:
    row = bring(person, STATED.encode())
    with as_claire():
        services.file_in_record(
            row.pk, category="discharge", title="Sortie", parts=[0, 3, 99], confirmed=True
        )
        note = Note.objects.get(person=person)
    assert note.kind == "vigilance"
    assert "Allergie : Pénicilline · urticaire" in note.text
    assert "Traitement : FUROSEMIDE 40 mg" in note.text
    assert "Latex" not in note.text


def test_a_doubtful_identity_must_be_confirmed(person: Patient) -> None:
    row = bring(person, STATED.encode())
    assert row.match == "doubt"
    with as_claire(), pytest.raises(Refused, match="Vérifiez"):
        services.file_in_record(row.pk, category="other", title="x")
    with owner():
        assert not Document.objects.exists()


def test_another_person_s_document_is_never_filed() -> None:
    number = "241039940100127"
    other = odette(number[:13] + ins.key_of(number[:13]))
    make.member(other, make.practice("claire"))
    row = bring(other, papers.plan().content)
    assert row.match == "other"
    with as_claire(), pytest.raises(Refused, match="autre personne"):
        services.file_in_record(row.pk, category="other", title="x", confirmed=True)


def test_names_and_birth_both_different_are_another_person(person: Patient) -> None:
    content = papers.note().content.replace(b"LABORDE", b"MARTIN").replace(b"19410307", b"19500101")
    content = content.replace(papers.MATRICULE.encode(), b"0")
    assert bring(person, content).match == "other"


def test_it_is_settled_once(person: Patient) -> None:
    row = bring(person, papers.wrapped(samples.pdf()).content)
    with as_claire():
        with pytest.raises(Refused, match="Dites pourquoi"):
            services.dismiss(row.pk, reason="  ")
        services.dismiss(row.pk, reason="doublon")
        with pytest.raises(Refused, match="déjà réglé"):
            services.file_in_record(row.pk, category="letter", title="x")
        assert not Document.objects.filter(person=person).exists()


def test_a_hostile_pdf_inside_is_refused_and_nothing_is_filed(person: Patient) -> None:
    row = bring(person, papers.wrapped(samples.opening(samples.script())).content)
    with as_claire(), pytest.raises(Refused, match="script"):
        services.file_in_record(row.pk, category="letter", title="x")
    with owner():
        row.refresh_from_db()
    assert row.status == "waiting"


def test_who_is_outside_brings_nothing_in_and_sees_nothing(person: Patient) -> None:
    row = bring(person, papers.plan().content)
    make.practice("bruno")
    with acting(make.actor("bruno")):
        with pytest.raises(Http404):
            services.bring_in(person.pk, papers.note().content)
        with pytest.raises(Http404):
            services.dismiss(row.pk, reason="x")
    karim = make.practice("karim", role="social")
    make.member(person, karim, outside_team=True)
    with acting(make.actor("karim")), pytest.raises((Http404, NotAllowed)):
        services.waiting_or_404(row.pk)


# ------------------------------------------------------------------ pages


def text(response: Any) -> str:
    return str(response.content.decode())


def upload(content: bytes, name: str = "doc.xml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/xml")


def test_from_the_page_to_the_record(person: Patient, sign_in: SignIn) -> None:
    client = sign_in("claire")
    home = f"/personnes/{person.pk}/documents-recus/"
    answer = client.post(home, {"file": upload(STATED.encode())})
    page = text(client.get(answer.url))
    assert "FUROSEMIDE 40 mg" in page
    assert "<td>Pénicilline</td>" in page
    assert "Identité à vérifier" in page
    refused = client.post(answer.url, {"title": "Sortie", "category": "discharge"})
    assert refused.status_code == 422
    done = client.post(
        answer.url,
        {"title": "Sortie", "category": "discharge", "parts": ["2"], "confirmed": "on"},
    )
    assert done.status_code == 302
    assert "Sortie" in text(client.get(f"/personnes/{person.pk}/documents/"))
    raw = client.get(f"{answer.url}contenu")
    assert raw.content == STATED.encode()
    assert raw.headers["Content-Type"] == "application/octet-stream"
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert AccessRow.objects.filter(person_id=person.pk, action="export").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"bonjour", samples.HTML, samples.SVG, samples.zip_bomb(), samples.pdf(),
        samples.zipped("../../etc/passwd"), b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        b"<a>&x;</a>", b"<a>" * 9000,
        samples.zipped("IHE_XDM/SUBSET01/METADATA.XML"),
    ],
    ids=["empty", "words", "html", "svg", "bomb", "pdf", "traversal", "entity", "deep", "no-index"],
)  # fmt: skip
def test_a_hostile_upload_is_refused_in_words(
    person: Patient, sign_in: SignIn, content: bytes
) -> None:
    answer = sign_in("claire").post(
        f"/personnes/{person.pk}/documents-recus/", {"file": upload(content)}
    )
    assert answer.status_code == 422
    assert 'class="errorlist' in text(answer)
    with owner():
        assert not ReceivedDocument.objects.exists()


def test_the_documents_page_says_what_waits(person: Patient, sign_in: SignIn) -> None:
    bring(person, papers.plan().content)
    page = text(sign_in("claire").get(f"/personnes/{person.pk}/documents/"))
    assert "document reçu attend d’être classé" in page


@pytest.mark.parametrize("role", ["secretary", "billing"])
def test_who_reads_only_documents_addressed_to_them_reads_none_of_these(
    person: Patient, sign_in: SignIn, role: str
) -> None:
    row = bring(person, papers.plan().content)
    msp = make.organisation("MSP des Pins", "msp")
    make.member(person, msp, responsible=True)
    make.practice("sylvie", role=role, of=msp)
    client = sign_in("sylvie")
    home = f"/personnes/{person.pk}/documents-recus/"
    assert client.get(f"{home}{row.pk}/").status_code == 404
    assert client.get(f"{home}{row.pk}/contenu").status_code == 404
    page = client.get(home)
    assert page.status_code == 404 or row.title not in text(page)
