"""Opening a record from a datamatrix, and the identity sheet that carries one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from liane.core import pdf as paper
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.core.tests import samples
from liane.patients import ins
from liane.patients.models import Patient
from liane.patients.tests.test_datamatrix import BODY, HEAD, NUMBER, as_png, picture
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def text(response: Any) -> str:
    return str(response.content.decode())


def photo(content: bytes, name: str = "code.png", kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def test_a_scan_fills_the_form_and_opens_a_provisional_identity(sign_in: SignIn) -> None:
    make.practice("claire")
    client = sign_in("claire")
    page = client.post("/personnes/nouvelle/datamatrix", {"datamatrix": HEAD + BODY})
    said = text(page)
    assert 'value="DARK"' in said
    assert 'value="1977-07-17"' in said
    assert f'value="{NUMBER}"' in said
    with owner():
        assert Patient.objects.count() == 0
    values = {
        "birth_name": "DARK", "given_names": "Jeanne Marie Cecile", "sex": "F",
        "birth_date": "1977-07-17", "birth_place": "63220", "matricule": NUMBER, "answer": "agrees",
    }  # fmt: skip
    client.post("/personnes/nouvelle", values)
    with owner():
        person = Patient.objects.get()
    assert person.ins_status == "provisional"
    assert ins.of(person) is None


def test_a_photo_fills_the_form_too(sign_in: SignIn) -> None:
    make.practice("claire")
    page = sign_in("claire").post(
        "/personnes/nouvelle/datamatrix", {"picture": photo(as_png(picture(HEAD + BODY)))}
    )
    assert 'value="DARK"' in text(page)


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("a.png", "image/png", samples.HTML),
        ("a.png", "image/png", b""),
        ("a.png", "image/png", samples.png_of(60000, 60000)),
        ("a.pdf", "application/pdf", samples.pdf()),
        ("a.png", "image/png", samples.zip_bomb()),
    ],
)
def test_a_hostile_photo_is_refused_in_words(
    sign_in: SignIn, name: str, kind: str, content: bytes
) -> None:
    make.practice("claire")
    page = sign_in("claire").post(
        "/personnes/nouvelle/datamatrix", {"picture": photo(content, name, kind)}
    )
    assert page.status_code == 422
    assert 'class="errorlist"' in text(page) or "error" in text(page)


def test_nobody_scans_who_may_not_open(sign_in: SignIn) -> None:
    make.practice("gerant", role="billing")
    page = sign_in("gerant").post("/personnes/nouvelle/datamatrix", {"datamatrix": HEAD + BODY})
    assert page.status_code == 403


def qualified() -> Patient:
    person = make.patient("DARK", "Jeanne", birth_place="63220")
    with owner():
        ins.put(person, ins.parse(NUMBER))
        person.ins_status = "qualified"
        person.save()
    return person


def test_the_sheet_of_a_qualified_identity_carries_the_datamatrix(sign_in: SignIn) -> None:
    person = qualified()
    make.member(person, make.practice("claire"))
    page = text(sign_in("claire").get(f"/personnes/{person.pk}/identite/fiche"))
    assert 'aria-label="Datamatrix INS"' in page
    assert NUMBER[:13] in page
    printed = AccessRow.objects.get(person_id=person.pk, resource="identity_sheet")
    assert printed.action == "print"


def test_the_sheet_of_another_identity_carries_none(sign_in: SignIn) -> None:
    person = make.patient()
    make.member(person, make.practice("claire"))
    page = text(sign_in("claire").get(f"/personnes/{person.pk}/identite/fiche"))
    assert "Datamatrix INS" not in page
    assert "identité qualifiée" in page


def test_who_reads_a_name_and_address_only_has_no_sheet(sign_in: SignIn) -> None:
    person = qualified()
    make.member(person, make.practice("karim", role="social"), outside_team=True)
    client = sign_in("karim")
    assert client.get(f"/personnes/{person.pk}/identite/fiche").status_code == 404
    assert client.get(f"/personnes/{person.pk}/identite/fiche.pdf").status_code == 404


@pytest.mark.skipif(not paper.available(), reason="no Pango here")
def test_the_pdf_is_one_tagged_page(sign_in: SignIn) -> None:
    person = qualified()
    make.member(person, make.practice("claire"))
    answer = sign_in("claire").get(f"/personnes/{person.pk}/identite/fiche.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
