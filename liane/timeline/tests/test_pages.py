"""The record's tabs in a browser: reading, writing, uploading, refusals that keep the text."""

# ruff: noqa: E501  (a table is read by its lines)

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from liane.core.acting import owner
from liane.core.ids import uuid7
from liane.core.tests import samples
from liane.timeline.models import Document, DocumentSet, Note, Pin, WorkingNote

PDF = "application/pdf"


@pytest.fixture
def url(circle):
    def make(name, *args):
        return reverse(name, args=[circle.person.pk, *args])

    return make


def upload(content=None, name="Ordonnance.pdf", declared=PDF):
    return SimpleUploadedFile(name, content or samples.pdf(), content_type=declared)


def page(client, address, **more):
    response = client.get(address, **more)
    assert response.status_code == 200
    return response.content.decode()


def rows(model):
    with owner():
        return list(model.objects.all())


def test_a_nurse_writes_and_the_doctor_reads(url, sign_in):
    answer = sign_in("claire").post(
        url("note_write"), {"kind": "follow_up", "text": "Prise de 2 kg", "key": str(uuid7())}
    )
    assert answer.status_code == 302
    assert answer["Location"] == url("stream")
    html = page(sign_in("paul"), url("stream"))
    assert "Prise de 2 kg" in html
    assert "Claire Aubert" in html


def test_who_will_read_is_named_before_sending(url, sign_in):
    html = page(sign_in("claire"), url("stream"))
    assert "l’équipe de soins de Mme Dupont" in html
    assert "MSP des Pins" in html
    assert "Aide Landes" not in html
    assert 'capture="environment"' in html


def test_who_may_not_write_sees_no_composer(url, sign_in):
    assert 'id="ecrire"' in page(sign_in("claire"), url("stream"))
    for name in ("coline", "karim", "sylvie"):
        assert 'id="ecrire"' not in page(sign_in(name), url("stream"))


def test_a_note_goes_with_its_files(url, sign_in):
    sign_in("claire").post(
        url("note_write"),
        {
            "kind": "follow_up", "text": "Chevilles",
            "files": [upload(), upload(samples.picture(), "a.png", "image/png")],
            "photo": upload(samples.photo_with_gps(), "IMG.jpg", "image/jpeg"),
        },
    )  # fmt: skip
    assert sorted(d.title for d in rows(Document)) == ["IMG", "Ordonnance", "a"]
    html = page(sign_in("paul"), url("stream"))
    assert html.count('class="file mt-1"') == 3
    assert html.count("?vignette") == 2


def test_a_refused_file_keeps_the_text_and_writes_nothing(url, sign_in):
    hostile = upload(samples.opening(samples.script()))
    answer = sign_in("claire").post(
        url("note_write"), {"kind": "follow_up", "text": "Texte précieux", "files": hostile}
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Texte précieux" in html
    assert "contient un script" in html
    assert "votre texte est toujours là" in html
    assert rows(Note) == rows(Document) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "follow_up", "text": " "}, "Écrivez quelques mots"),
        ({"kind": "gossip", "text": "Vu"}, "error"),
        ({"kind": "follow_up", "text": "Vu", "pin_label": "Chutes"}, "Seule une note de vigilance"),
        ({"kind": "vigilance", "text": "Vu", "pin_label": "x", "pin_until": "demain"}, "Écrivez une date"),
        ({"kind": "vigilance", "text": "Vu", "pin_label": "x", "pin_until": "2020-01-01"}, "passée"),
    ],
)  # fmt: skip
def test_a_wrong_form_says_what_to_mend(url, sign_in, data, words):
    answer = sign_in("claire").post(url("note_write"), data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert rows(Note) == []


def test_too_many_files_are_refused(url, sign_in):
    files = [upload(b"Tension", f"{n}.txt", "text/plain") for n in range(4)]
    answer = sign_in("claire").post(
        url("note_write"), {"kind": "follow_up", "text": "Vu", "files": files}
    )
    assert answer.status_code == 422
    assert "3 fichiers au plus" in answer.content.decode()


def test_the_same_form_sent_twice_writes_once(url, sign_in):
    client, key, content = sign_in("claire"), str(uuid7()), samples.pdf()
    for _ in range(2):
        answer = client.post(
            url("note_write"),
            {"kind": "follow_up", "text": "Vu", "key": key, "files": upload(content)},
        )
        assert answer.status_code == 302
    assert len(rows(Note)) == len(rows(Document)) == 1


def test_a_script_that_sends_gets_the_address_to_go_to(url, sign_in):
    answer = sign_in("claire").post(
        url("note_write"), {"kind": "follow_up", "text": "Vu"}, headers={"X-Liane-Send": "1"}
    )
    assert answer["X-Liane-Location"] == url("stream")


def test_a_note_with_markup_is_shown_as_text(url, sign_in):
    client = sign_in("claire")
    client.post(url("note_write"), {"kind": "liaison", "text": "<img src=x onerror=alert(1)>"})
    assert "<img src=x" not in page(client, url("stream"))


def test_the_author_corrects_on_a_page_of_its_own(url, sign_in):
    client = sign_in("claire")
    client.post(url("note_write"), {"kind": "follow_up", "text": "2 kg"})
    (note,) = rows(Note)
    address = url("note_correct", note.pk)
    assert "2 kg" in page(client, address)
    assert client.post(address, {"text": " "}).status_code == 422
    assert client.post(address, {"text": "3 kg"}).status_code == 302
    html = page(client, url("stream"))
    assert "3 kg" in html
    assert "voir la version d’avant" in html
    assert client.post(address, {"text": "4 kg"}).status_code == 409
    assert sign_in("paul").post(address, {"text": "x"}).status_code == 403
    assert sign_in("karim").get(address).status_code == 404


def test_older_entries_come_as_a_fragment(url, sign_in, circle, as_):
    from liane.timeline import queries, services

    with as_("claire"):
        for number in range(queries.PAGE + 3):
            services.write_note(circle.person.pk, kind="follow_up", text=f"Passage {number}")
    client = sign_in("claire")
    response = client.get(url("stream"))
    cursor = response.context["page"].older
    part = page(client, url("stream"), data={"avant": cursor}, headers={"HX-Request": "true"})
    assert "<html" not in part
    assert [f"Passage {n}" in part for n in (0, 1, 2, 3)] == [True, True, True, False]
    whole = page(client, url("stream"), data={"avant": cursor})
    assert "<html" in whole


def test_a_vigilance_point_heads_every_tab(url, sign_in):
    client = sign_in("claire")
    client.post(
        url("note_write"),
        {"kind": "vigilance", "text": "Choc", "pin_label": "Pénicilline", "pin_level": "urgent"},
    )
    for name in ("stream", "documents", "working", "record"):
        assert "Pénicilline" in page(sign_in("paul"), url(name))
    assert "Pénicilline" not in page(sign_in("karim"), url("stream"))
    html = page(client, url("stream"))
    (start,) = [part for part in html.split('href="') if "/retirer/" in part[:200]]
    client.post(start.split('"')[0], {"reason": "Tests négatifs"})
    assert 'class="chip urgent"' not in page(client, url("stream"))


def test_hiding_and_showing_again(url, sign_in):
    client = sign_in("claire")
    client.post(url("note_write"), {"kind": "follow_up", "text": "Entre nous"})
    (note,) = rows(Note)
    client.post(url("hide", note.pk))
    assert "Entre nous" not in page(sign_in("paul"), url("stream"))
    assert "Masquée : vous seul la voyez" in page(client, url("stream"))
    assert "Montrer de nouveau à tous" in page(client, url("hide", note.pk))
    client.post(url("hide", note.pk), {"montrer": "1"})
    assert "Entre nous" in page(sign_in("paul"), url("stream"))
    assert sign_in("paul").post(url("hide", note.pk)).status_code == 403


def test_a_document_is_added_then_served_inert(url, sign_in):
    client = sign_in("coline")
    answer = client.post(
        url("documents"), {"title": "", "category": "prescription", "files": upload()}
    )
    assert answer["Location"] == url("documents")
    (document,) = rows(Document)
    assert "Ordonnance" in page(client, url("documents"))
    response = client.get(url("document", document.pk))
    assert response["Content-Disposition"] == 'attachment; filename="Ordonnance.pdf"'
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert sign_in("bruno").get(url("document", document.pk)).status_code == 404
    assert sign_in("karim").get(url("document", document.pk)).status_code == 404
    assert "Ordonnance" not in page(sign_in("karim"), url("documents"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"category": "letter"}, "Choisissez un fichier"),
        ({"category": "letter", "files": [b"MZ", b""]}, "Choisissez un fichier"),
        ({"category": "letter", "files": b"MZ\0"}, "programme Windows"),
        ({"category": "nothing", "files": b"Tension"}, "error"),
        ({"category": "letter", "dated_on": "2099-01-01", "files": b"Tension"}, "avenir"),
        ({"category": "letter", "addressed_to": "x", "files": b"Tension"}, "error"),
    ],
)
def test_a_refused_document_keeps_what_was_typed(url, sign_in, data, words):
    contents = data.get("files", [])
    files = [
        SimpleUploadedFile("a.txt", content, content_type="text/plain")
        for content in (contents if isinstance(contents, list) else [contents])
    ]
    answer = sign_in("claire").post(url("documents"), data | {"files": files, "title": "Mon titre"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Mon titre" in answer.content.decode()
    assert rows(Document) == []


def test_the_working_file_names_its_readers_and_stays_inside(url, sign_in):
    client = sign_in("paul")
    assert "MSP des Pins" in page(client, url("working"))
    assert client.post(url("working"), {"text": " "}).status_code == 422
    client.post(url("working"), {"text": "À revoir en équipe"})
    assert len(rows(WorkingNote)) == 1
    assert "À revoir en équipe" in page(sign_in("manon"), url("working"))
    assert "À revoir en équipe" not in page(sign_in("claire"), url("working"))
    assert "À revoir en équipe" not in page(sign_in("claire"), url("stream"))
    assert sign_in("sylvie").get(url("working")).status_code == 404


@pytest.mark.parametrize("name", ["stream", "documents", "working"])
def test_out_of_reach_is_404_and_signed_out_is_sent_to_sign_in(url, sign_in, client, name):
    assert sign_in("bruno").get(url(name)).status_code == 404
    assert sign_in("diane").get(url(name)).status_code == 404
    assert client.get(url(name)).status_code == 302


def test_the_record_shows_the_last_entries(url, sign_in):
    client = sign_in("claire")
    client.post(url("note_write"), {"kind": "follow_up", "text": "Dernier passage"})
    assert "Dernier passage" in page(client, url("record"))
    assert "Dernier passage" not in page(sign_in("karim"), url("record"))


def test_a_note_is_hidden_from_one_member_seen_by_whom_and_shown_again(url, sign_in, circle):
    sign_in("claire").post(
        url("note_write"), {"kind": "follow_up", "text": "Conflit avec son fils"}
    )
    (note,) = rows(Note)
    claire, where = sign_in("claire"), url("hide", note.pk)
    html = page(claire, where)
    assert "MSP des Pins" in html
    assert "Masquer" in html
    answer = claire.post(where, {"holder": str(circle.msp.pk)})
    assert answer["Location"] == where
    assert "masqué" in page(claire, where)
    assert "masquée à 1" in page(claire, url("stream"))
    assert "Conflit" not in page(sign_in("paul"), url("stream"))
    assert sign_in("paul").get(where).status_code == 404
    claire.post(where, {"holder": str(circle.msp.pk), "montrer": "1"})
    assert "Conflit" in page(sign_in("paul"), url("stream"))


@pytest.mark.parametrize("holder", ["pas-un-membre", str(uuid7())], ids=["word", "stranger"])
def test_nothing_is_hidden_from_who_is_not_a_member(url, sign_in, circle, holder):
    sign_in("claire").post(url("note_write"), {"kind": "follow_up", "text": "Vue"})
    (note,) = rows(Note)
    assert sign_in("claire").post(url("hide", note.pk), {"holder": holder}).status_code == 404


def test_a_colleague_has_no_page_to_hide_another_s_note(url, sign_in, circle):
    sign_in("claire").post(url("note_write"), {"kind": "follow_up", "text": "Vue"})
    (note,) = rows(Note)
    assert sign_in("paul").get(url("hide", note.pk)).status_code == 403


def test_the_person_hides_from_her_own_space_what_is_shared_with_her(url, sign_in, circle):
    sign_in("claire").post(
        url("note_write"), {"kind": "follow_up", "text": "Vue ce matin", "for_person": "on"}
    )
    (note,) = rows(Note)
    where = reverse("portal_mask", args=[note.pk])
    odette = sign_in("odette")
    assert where in page(odette, "/portail/partage/")
    odette.post(where, {"holder": str(circle.msp.pk)})
    assert "masqué" in page(odette, where)
    assert "Vue ce matin" not in page(sign_in("paul"), url("stream"))
    assert sign_in("julie").get(where).status_code == 404


def test_an_existing_note_is_put_at_the_head_and_taken_off_with_a_reason(url, sign_in, circle):
    sign_in("claire").post(url("note_write"), {"kind": "follow_up", "text": "Deux chutes en mai"})
    (note,) = rows(Note)
    paul = sign_in("paul")
    assert "Afficher en tête" in page(paul, url("stream"))
    wish = {"pin_label": "Chutes", "pin_level": "late", "pin_until": ""}
    assert paul.post(url("pin", note.pk), wish | {"pin_label": ""}).status_code == 422
    assert paul.post(url("pin", note.pk), wish).status_code == 302
    (pin,) = rows(Pin)
    assert "Retirer « Chutes »" in page(paul, url("stream"))
    assert paul.post(url("unpin", pin.pk), {"reason": ""}).status_code == 422
    assert paul.post(url("unpin", pin.pk), {"reason": "Marche avec une canne"}).status_code == 302
    assert "Marche avec une canne" in page(sign_in("claire"), url("stream"))


def test_an_internal_note_is_corrected_by_its_author_alone(url, sign_in, circle):
    claire = sign_in("claire")
    claire.post(url("working"), {"text": "Fatige", "key": str(uuid7())})
    (first,) = rows(WorkingNote)
    where = url("working_correct", first.pk)
    assert where in page(claire, url("working"))
    assert claire.post(where, {"text": "Fatigue", "key": str(uuid7())}).status_code == 302
    html = page(claire, url("working"))
    assert "Fatigue" in html
    assert "Fatige" not in html
    assert claire.post(where, {"text": "Autre", "key": str(uuid7())}).status_code == 409
    assert sign_in("paul").get(where).status_code == 404


def test_a_document_is_filed_corrected_and_archived_by_its_author(url, sign_in):
    client = sign_in("claire")
    client.post(url("documents"), {"category": "letter", "files": upload()})
    with owner():
        document = Document.objects.get()
    here = url("document_file", document.pk)
    said = {
        "title": "Courrier relu", "category": "result", "archived": "on",
        "new_folder": "Suivi diabète",
    }  # fmt: skip
    assert client.post(here, said).status_code == 302
    text = page(client, url("documents"))
    for words in ("Courrier relu", "archivé", "Suivi diabète"):
        assert words in text
    with owner():
        folder = DocumentSet.objects.get()
    assert "Courrier relu" in page(client, f"{url('documents')}?classeur={folder.pk}")
    ticked = f'value="{folder.pk}"'
    assert any(ticked in one and "checked" in one for one in page(client, here).split("<input"))
    other = sign_in("paul")
    assert 'name="title"' not in page(other, here)
    assert other.post(here, {"folders": []}).status_code == 302
    with owner():
        assert folder.held.count() == 0
        assert Document.objects.get().title == "Courrier relu"
    assert client.post(here, {**said, "title": ""}).status_code == 422
