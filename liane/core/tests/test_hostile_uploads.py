"""Hostile uploads: nothing active is stored, nothing unchecked is served."""

# ruff: noqa: E501  (a table is read by its lines)

import io
from uuid import UUID

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageFile

from liane.core.errors import Refused
from liane.core.files import serve, store
from liane.core.files.kinds import ANYTHING
from liane.core.tests import samples as s

ROUX, TILLEULS = UUID(int=11), UUID(int=22)
SOUND, VIDEO = (2, b"A_OPUS"), (1, b"V_VP8")

REFUSED = [
    # what it is, its name, its declared type, its content, the refusal
    ("nothing", "a.pdf", "application/pdf", lambda: b"", "empty"),
    ("html as png", "a.png", "image/png", lambda: s.HTML, "kind"),
    ("html as pdf", "a.pdf", "application/pdf", lambda: s.HTML, "kind"),
    ("html as text", "a.txt", "text/plain", lambda: s.HTML, "kind"),
    ("html after blanks", "a.txt", "text/plain", lambda: b"\n\n  " + s.HTML, "kind"),
    ("html after a mark", "a.txt", "text/plain", lambda: b"\xef\xbb\xbf" + s.HTML, "kind"),
    ("svg", "a.svg", "image/svg+xml", lambda: s.SVG, "kind"),
    ("svg as png", "a.png", "image/png", lambda: s.SVG, "kind"),
    ("xml with entities", "a.txt", "text/plain", lambda: b"<?xml version='1.0'?><!DOCTYPE a>", "kind"),
    ("utf-16 html", "a.txt", "text/plain", lambda: s.HTML.decode().encode("utf-16"), "kind"),
    ("shell script", "a.txt", "text/plain", lambda: b"#!/bin/sh\nrm -rf /", "kind"),
    ("gif and script", "a.txt", "text/plain", lambda: b"GIF89a/*a*/=1;alert(1)", "kind"),
    ("rtf", "a.txt", "text/plain", lambda: b"{\\rtf1 hello}", "kind"),
    ("postscript", "a.pdf", "application/pdf", lambda: b"%!PS-Adobe\n", "kind"),
    ("text with a nul", "a.txt", "text/plain", lambda: b"bonjour\0monde", "kind"),
    ("text with escapes", "a.txt", "text/plain", lambda: b"\x1b[31mrouge", "kind"),
    ("bmp", "a.bmp", "image/bmp", lambda: s.picture("BMP"), "kind"),
    ("bmp as png", "a.png", "image/png", lambda: s.picture("BMP"), "kind"),
    ("gif", "a.gif", "image/gif", lambda: s.picture("GIF"), "kind"),
    ("gif as jpeg", "a.jpg", "image/jpeg", lambda: s.picture("GIF"), "kind"),
    ("tiff", "a.tiff", "image/tiff", lambda: s.picture("TIFF"), "kind"),
    ("webp as jpeg", "a.jpg", "image/jpeg", lambda: s.picture("WEBP"), "kind"),
    ("avif as heic", "a.heic", "image/heic", lambda: s.picture("AVIF"), "kind"),
    ("icon", "a.png", "image/png", lambda: s.picture("ICO"), "kind"),
    ("windows program", "a.exe", "application/x-msdownload", lambda: b"MZ\x90\0" + b"\0" * 90, "kind"),
    ("program as pdf", "a.pdf", "application/pdf", lambda: b"MZ\x90\0" + b"\0" * 90, "kind"),
    ("linux program", "a.txt", "text/plain", lambda: b"\x7fELF\2\1\1\0", "kind"),
    ("java class", "a.jpg", "image/jpeg", lambda: b"\xca\xfe\xba\xbe\0\0", "kind"),
    ("wasm", "a.pdf", "application/pdf", lambda: b"\0asm\1\0\0\0", "kind"),
    ("zip bomb as pdf", "a.pdf", "application/pdf", s.zip_bomb, "kind"),
    ("gzip bomb as png", "a.png", "image/png", s.gzip_bomb, "kind"),
    ("zip with ../", "a.zip", "application/zip", lambda: s.zipped("../../etc/passwd"), "kind"),
    ("docx with macros", "a.docm", "application/zip", lambda: s.zipped("word/vbaProject.bin"), "kind"),
    ("old office", "a.doc", "application/msword", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "kind"),
    ("shortcut", "a.pdf", "application/pdf", lambda: b"L\0\0\0\x01\x14\x02\0" + b"\0" * 80, "kind"),
    ("database", "a.txt", "text/plain", lambda: b"SQLite format 3\0", "kind"),
    ("pdf after html", "a.pdf", "application/pdf", lambda: s.HTML + s.pdf(), "kind"),
    ("pdf after blanks", "a.pdf", "application/pdf", lambda: b"\0\0" + s.pdf(), "kind"),
    ("two endings", "facture.pdf.exe", "application/pdf", s.pdf, "suffix"),
    ("nul in the name", "facture.pdf\0.exe", "application/pdf", s.pdf, "suffix"),
    ("name read backwards", "facture\u202efdp.exe", "application/pdf", s.pdf, "suffix"),
    ("wide dot", "facture．pdf", "application/pdf", s.pdf, "suffix"),
    ("cyrillic ending", "facture.рdf", "application/pdf", s.pdf, "suffix"),
    ("no ending", "facture", "application/pdf", s.pdf, "suffix"),
    ("only an ending", ".pdf", "application/pdf", s.pdf, "suffix"),
    ("alternate stream", "facture.pdf::$DATA", "application/pdf", s.pdf, "suffix"),
    ("png named jpg", "a.jpg", "image/jpeg", s.picture, "suffix"),
    ("pdf declared html", "a.pdf", "text/html", s.pdf, "declared"),
    ("png declared svg", "a.png", "image/svg+xml", s.picture, "declared"),
    ("text declared script", "a.txt", "text/javascript; charset=utf-8", lambda: b"alert(1)", "declared"),
    ("huge png", "a.png", "image/png", lambda: s.png_of(60000, 60000), "image-size"),
    ("large png", "a.png", "image/png", lambda: s.png_of(8000, 8000), "image-size"),
    ("png of no size", "a.png", "image/png", lambda: s.png_of(0, 5), "image"),
    ("png that stops", "a.png", "image/png", lambda: s.png_of(900, 900), "image"),
    ("png text bomb", "a.png", "image/png", s.png_with_text_bomb, "image"),
    ("cut jpeg", "a.jpg", "image/jpeg", lambda: s.photo_with_gps()[:400], "image"),
    ("jpeg of three bytes", "a.jpg", "image/jpeg", lambda: b"\xff\xd8\xff", "image"),
    ("heic that is not", "a.heic", "image/heic", lambda: s.box(b"ftyp", b"heic" + b"\0" * 9), "image"),
    ("pdf that opens a script", "a.pdf", "application/pdf", lambda: s.opening(s.script()), "pdf-script"),
    ("pdf script by name", "a.pdf", "application/pdf", s.named_script, "pdf-script"),
    ("pdf script written #4a", "a.pdf", "application/pdf", s.hex_named_script, "pdf-script"),
    ("pdf script compressed", "a.pdf", "application/pdf", s.hidden_in_object_stream, "pdf-script"),
    ("pdf script behind a link", "a.pdf", "application/pdf", s.chained_script, "pdf-script"),
    ("pdf page action", "a.pdf", "application/pdf", s.page_action, "pdf-automatic"),
    ("pdf field action", "a.pdf", "application/pdf", s.field_action, "pdf-automatic"),
    (
        "pdf that launches", "a.pdf", "application/pdf",
        lambda: s.opening(Dictionary(S=Name.Launch, F="cmd.exe")), "pdf-launch",
    ),
    (
        "pdf that opens a page by itself", "a.pdf", "application/pdf",
        lambda: s.opening(Dictionary(S=Name.URI, URI="https://evil.example")), "pdf-automatic",
    ),
    (
        "pdf that sends its form", "a.pdf", "application/pdf",
        lambda: s.note(Subtype=Name.Link, A=Dictionary(S=Name.SubmitForm, F="http://e")), "pdf-form",
    ),
    (
        "pdf to a network share", "a.pdf", "application/pdf",
        lambda: s.note(Subtype=Name.Link, A=Dictionary(S=Name.GoToR, F="\\\\evil\\x")), "pdf-remote",
    ),
    (
        "pdf to an embedded file", "a.pdf", "application/pdf",
        lambda: s.note(Subtype=Name.Link, A=Dictionary(S=Name.GoToE, D="x")), "pdf-embedded",
    ),
    (
        "pdf with a script address", "a.pdf", "application/pdf",
        lambda: s.note(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="java\nscript:alert(1)")),
        "pdf-remote",
    ),
    (
        "pdf with a file address", "a.pdf", "application/pdf",
        lambda: s.note(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="file:///etc/passwd")),
        "pdf-remote",
    ),
    ("pdf with a file inside", "a.pdf", "application/pdf", s.with_attachment, "pdf-embedded"),
    (
        "pdf with a pinned file", "a.pdf", "application/pdf",
        lambda: s.note(Subtype=Name.FileAttachment), "pdf-embedded",
    ),
    ("pdf portfolio", "a.pdf", "application/pdf", s.portfolio, "pdf-embedded"),
    ("pdf with a film", "a.pdf", "application/pdf", lambda: s.note(Subtype=Name.RichMedia), "pdf-media"),
    ("pdf with a screen", "a.pdf", "application/pdf", lambda: s.note(Subtype=Name.Screen), "pdf-media"),
    ("pdf dynamic form", "a.pdf", "application/pdf", s.xfa, "pdf-xfa"),
    ("pdf stream elsewhere", "a.pdf", "application/pdf", s.outside_stream, "pdf-remote"),
    (
        "pdf with a password", "a.pdf", "application/pdf",
        lambda: s.pdf(encryption=pikepdf.Encryption(user="x", owner="y")), "pdf-encrypted",
    ),
    (
        "pdf with restrictions", "a.pdf", "application/pdf",
        lambda: s.pdf(encryption=pikepdf.Encryption(user="", owner="y")), "pdf-encrypted",
    ),
    ("cut pdf", "a.pdf", "application/pdf", lambda: s.pdf()[:300], "pdf-malformed"),
    ("pdf head alone", "a.pdf", "application/pdf", lambda: b"%PDF-1.7\n%%EOF", "pdf-malformed"),
    ("pdf then zip", "a.pdf", "application/pdf", lambda: s.pdf() + s.zipped("a"), "pdf-malformed"),
    ("pdf then html", "a.pdf", "application/pdf", lambda: s.pdf() + s.HTML, "pdf-malformed"),
    ("pdf that swells", "a.pdf", "application/pdf", s.object_stream_bomb, "pdf-malformed"),
    ("pdf too deep", "a.pdf", "application/pdf", s.deep_pdf, "pdf-size"),
    ("film as sound (webm)", "a.webm", "audio/webm", lambda: s.webm(SOUND, VIDEO), "audio"),
    ("matroska as webm", "a.webm", "audio/webm", lambda: s.webm(SOUND, doctype=b"matroska"), "audio"),
    ("webm then html", "a.webm", "audio/webm", lambda: s.webm(SOUND, extra=s.HTML), "audio"),
    (
        "webm with a file inside", "a.webm", "audio/webm",
        lambda: s.webm(SOUND, inside=s.ebml(b"\x19\x41\xa4\x69", b"MZ")), "audio",
    ),
    ("html as webm", "a.webm", "audio/webm", lambda: s.HTML, "kind"),
    ("film as sound (mp4)", "a.m4a", "audio/mp4", lambda: s.mp4(b"soun", b"vide"), "audio"),
    ("mp4 without track", "a.m4a", "audio/mp4", s.mp4, "audio"),
    ("mp4 then zip", "a.m4a", "audio/mp4", lambda: s.mp4(b"soun", extra=s.zipped("a")), "audio"),
    ("film in ogg", "a.ogg", "audio/ogg", lambda: s.ogg(b"\x80theora" + b"\0" * 20), "audio"),
    ("ogg then program", "a.ogg", "audio/ogg", lambda: s.ogg(extra=b"MZ\x90"), "audio"),
    ("mp3 that is a program", "a.mp3", "audio/mpeg", lambda: s.id3(b"MZ" * 40) + b"MZ" * 99, "audio"),
    ("mp3 then zip", "a.mp3", "audio/mpeg", lambda: s.mp3(after=s.zipped("a") * 20), "audio"),
    ("wav then html", "a.wav", "audio/wav", lambda: s.wav(extra=s.HTML), "audio"),
    ("wav that lies", "a.wav", "audio/wav", lambda: s.wav()[:200], "audio"),
    ("avi as wav", "a.wav", "audio/wav", lambda: b"RIFF\x10\0\0\0AVI LIST" + b"\0" * 40, "kind"),
]  # fmt: skip

TAKEN = [
    # what it is, its name, its declared type, its content, the name and type it is kept under
    ("pdf", "Ordonnance.pdf", "application/pdf", s.pdf, "Ordonnance.pdf", "application/pdf"),
    (
        "pdf with a link", "a.pdf", "application/pdf",
        lambda: s.note(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="https://sante.gouv.fr")),
        "a.pdf", "application/pdf",
    ),
    (
        "pdf that opens at a page", "a.pdf", "application/pdf",
        lambda: s.opening(Array([0, Name.Fit])), "a.pdf", "application/pdf",
    ),
    ("photo", "IMG.JPG", "image/jpeg", s.photo_with_gps, "IMG.jpg", "image/jpeg"),
    ("photo heic", "IMG.HEIC", "", lambda: s.photo_with_gps("HEIF"), "IMG.jpg", "image/jpeg"),
    ("png with gps", "a.png", "image/png", lambda: s.photo_with_gps("PNG"), "a.png", "image/png"),
    ("jpeg then zip", "a.jpg", "image/jpeg", lambda: s.picture("JPEG") + s.zipped("a"), "a.jpg",
     "image/jpeg"),
    ("png then html", "a.png", "image/png", lambda: s.picture() + s.HTML, "a.png", "image/png"),
    ("jpeg with html comment", "a.jpg", "image/jpeg", lambda: s.picture("JPEG", comment=s.HTML),
     "a.jpg", "image/jpeg"),
    ("cmyk jpeg", "a.jpg", "image/jpeg", lambda: s.picture("JPEG", mode="CMYK"), "a.jpg", "image/jpeg"),
    ("16 bit png", "a.png", "image/png", lambda: s.picture("PNG", mode="I;16"), "a.png", "image/png"),
    ("text", "mot.txt", "text/plain", lambda: "Tension 13/8, à revoir".encode(), "mot.txt", "text/plain"),
    ("old text", "mot.txt", "text/plain", lambda: "Fièvre".encode("cp1252"), "mot.txt", "text/plain"),
    ("text like a bitmap", "mot.txt", "text/plain", lambda: b"BMI 22", "mot.txt", "text/plain"),
    ("path", "../../etc/passwd/a.pdf", "application/pdf", s.pdf, "a.pdf", "application/pdf"),
    ("windows path", "C:\\Users\\x\\a.pdf", "application/pdf", s.pdf, "a.pdf", "application/pdf"),
    ("markup in the name", "<img src=x>.pdf", "application/pdf", s.pdf, "_img src=x_.pdf",
     "application/pdf"),
    ("lines in the name", "a\r\nSet-Cookie: b.pdf", "application/pdf", s.pdf, "aSet-Cookie_ b.pdf",
     "application/pdf"),
    ("device name", "CON.pdf", "application/pdf", s.pdf, "document CON.pdf", "application/pdf"),
    ("long name", "é" * 400 + ".pdf", "application/pdf", s.pdf, "é" * 116 + ".pdf", "application/pdf"),
    ("hidden program ending", "a.exe\u202e.pdf", "application/pdf", s.pdf, "a.exe.pdf",
     "application/pdf"),
    ("note webm", "n.webm", "audio/webm;codecs=opus", lambda: s.webm(SOUND), "n.webm", "audio/webm"),
    ("note ogg", "n.ogg", "audio/ogg", s.ogg, "n.ogg", "audio/ogg"),
    ("note m4a", "n.m4a", "audio/mp4", lambda: s.mp4(b"soun"), "n.m4a", "audio/mp4"),
    ("note mp3", "n.mp3", "audio/mpeg", lambda: s.mp3(s.id3(s.HTML * 3), b"TAG" + b"\0" * 125), "n.mp3",
     "audio/mpeg"),
    ("note wav", "n.wav", "audio/wav", s.wav, "n.wav", "audio/wav"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.LIANE_STORAGE_DIR = tmp_path / "files"
    return settings.LIANE_STORAGE_DIR


def take(name, declared, content):
    upload = SimpleUploadedFile("x", content, content_type=declared)
    upload._name = name
    return store.receive(upload, person_id=ROUX, organisation_id=TILLEULS, families=ANYTHING)


def test_a_cut_picture_is_refused_whatever_another_library_allows(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    cut = s.picture("PNG", size=(400, 400))[:-200]
    with pytest.raises(Refused, match="abîmée"):
        take("photo.png", "image/png", cut)


def test_the_table_has_more_than_sixty_kinds():
    assert len({row[0] for row in REFUSED}) == len(REFUSED) >= 60


@pytest.mark.parametrize(
    ("name", "declared", "content", "why"),
    [row[1:] for row in REFUSED],
    ids=[r[0] for r in REFUSED],
)
def test_it_is_refused_with_a_sentence_and_nothing_is_kept(folder, name, declared, content, why):
    with pytest.raises(Refused) as caught:
        take(name, declared, content())
    assert (caught.value.code, caught.value.field) == (f"file-{why}", "file")
    assert " : " in caught.value.message
    assert not folder.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "declared", "content", "kept_name", "kept_type"),
    [row[1:] for row in TAKEN],
    ids=[r[0] for r in TAKEN],
)
def test_it_is_kept_inert_and_served_inert(folder, name, declared, content, kept_name, kept_type):
    with transaction.atomic():
        stored = store.keep(take(name, declared, content()))
    assert (stored.name, stored.content_type) == (kept_name, kept_type)
    kept = store.read_file(stored)
    for trace in (b"<script", b"PK\x03\x04", b"Telephone", s.GPS.encode(), b"Exif", b"TAG\0"):
        assert trace not in kept
    on_disk = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert kept not in on_disk
    response = serve.file_response(stored, inline=True)
    assert response.content == kept
    assert response["Content-Type"].partition(";")[0] == kept_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response["Cache-Control"]
    assert "\n" not in response["Content-Disposition"]
    assert response["Content-Disposition"].startswith("attachment") == (
        kept_type == "application/pdf"
    )


def test_a_photo_is_turned_upright_before_its_exif_goes():
    checked = store.check(
        s.photo_with_gps(), name="a.jpg", declared="image/jpeg", families=ANYTHING
    )
    image = Image.open(io.BytesIO(checked.content))
    assert image.size == (48, 64)
    assert not image.getexif()


def test_a_sound_where_only_documents_are_taken_is_refused():
    with pytest.raises(Refused, match="WAV"):
        store.receive_bytes(s.wav(), name="a.wav", person_id=ROUX, organisation_id=TILLEULS)
