"""Stored files: encrypted for their person, in quarantine until cleared, swept if not kept."""

import datetime as dt
import os
import socketserver
import struct
import threading
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import Http404
from django.test import RequestFactory

from liane.core import keys
from liane.core.errors import Refused
from liane.core.files import serve, store, vault
from liane.core.files.kinds import ANYTHING
from liane.core.keys import CannotOpenError
from liane.core.models import StoredFile
from liane.core.tests import samples as s

pytestmark = pytest.mark.django_db
ROUX, DUPONT, TILLEULS, ESTUARY = (UUID(int=number) for number in (1, 2, 3, 4))


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.LIANE_STORAGE_DIR = tmp_path / "files"
    return settings.LIANE_STORAGE_DIR


@pytest.fixture
def scanner(settings):
    """A clamd of our own: ``says`` is what it answers, ``heard`` what it was sent."""

    class Clamd(socketserver.BaseRequestHandler):
        def handle(self):
            link = self.request.makefile("rb")
            assert link.read(10) == b"zINSTREAM\0"
            heard = b""
            while size := struct.unpack(">I", link.read(4))[0]:
                heard += link.read(size)
            server.heard.append(heard)
            if server.says == "eicar":
                found = b"EICAR-STANDARD" in heard
                answer = b"stream: Eicar-Signature FOUND" if found else b"stream: OK"
            else:
                answer = server.says.encode()
            self.request.sendall(answer + b"\0")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        server.says, server.heard = "eicar", []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.LIANE_CLAMAV_URL = f"tcp://127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


def text(content=b"Tension 13/8", name="mot.txt", person=ROUX, organisation=TILLEULS):
    return store.receive_bytes(
        content, name=name, declared="text/plain", person_id=person, organisation_id=organisation
    )


def kept(*args, **kwargs):
    with transaction.atomic():
        return store.keep(text(*args, **kwargs))


def test_it_opens_from_its_row():
    stored = StoredFile.objects.get(pk=kept().pk)
    assert (store.read_file(stored), stored.name, stored.state) == (
        b"Tension 13/8",
        "mot.txt",
        "safe",
    )


@pytest.mark.parametrize(
    "change",
    [{"person_id": DUPONT}, {"organisation_id": ESTUARY}, {"person_id": None}, {"id": ROUX}],
)
def test_a_row_turned_to_somebody_else_does_not_open(change):
    stored = kept()
    for column, value in change.items():
        setattr(stored, column, value)
    with pytest.raises(CannotOpenError):
        store.read_file(stored)


@pytest.mark.parametrize("column", ["path", "wrapped_key"])
def test_two_swapped_rows_do_not_open(column):
    roux, dupont = kept(), kept(b"autre", person=DUPONT)
    setattr(roux, column, getattr(dupont, column))
    with pytest.raises(CannotOpenError):
        store.read_file(roux)


def test_it_opens_after_a_rotation(tmp_path, settings):
    settings.LIANE_KEYS_FILE = tmp_path / "keys.json"
    stored = kept()
    keys.rotate(keys.Use.DATA)
    assert store.read_file(stored) == b"Tension 13/8"
    assert store.read_file(kept(b"neuf")) == b"neuf"


@pytest.mark.parametrize(
    "size", [1, vault.PIECE - 1, vault.PIECE, vault.PIECE + 1, 3 * vault.PIECE]
)
def test_pieces_of_every_length_come_back(size):
    content = (b"0123456789" * (size // 10 + 1))[:size]
    assert store.read_file(kept(content)) == content


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"\0",
        lambda raw: raw[: 6 + vault.PIECE + vault.TAG],
        lambda raw: raw[:6] + raw[6 + vault.PIECE + vault.TAG :],
        lambda raw: raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
        lambda raw: b"CLEAR!" + raw[6:],
        lambda raw: b"",
    ],
    ids=["cut", "longer", "last piece gone", "first piece gone", "one bit", "magic", "emptied"],
)
def test_an_altered_file_does_not_open(folder, spoil):
    stored = kept(b"a" * (2 * vault.PIECE + 5))
    place = folder / stored.path
    place.write_bytes(spoil(place.read_bytes()))
    with pytest.raises(CannotOpenError):
        store.read_file(stored)


def test_what_lies_on_disk_is_for_its_owner_and_says_nothing(folder):
    stored = kept()
    place = folder / stored.path
    assert place.stat().st_mode & 0o777 == 0o600
    assert "mot" not in stored.path
    assert str(stored.id) not in stored.path


@pytest.mark.parametrize("path", ["../keys.json", "/etc/passwd", "aa/../../x", "", "aa/zz", "aa"])
def test_no_path_leaves_the_folder(path):
    with pytest.raises(ValueError, match="storage folder"):
        next(vault.opened(path, key=b"k" * 32, context=b""))


def test_a_row_is_kept_inside_the_transaction_of_its_verb(monkeypatch):
    monkeypatch.setattr(store, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(ValueError, match="inside the transaction"):
        store.keep(text())


def test_too_heavy_is_refused_before_anything_is_read(settings):
    settings.LIANE_FILE_MAX_BYTES = 1_000_000
    with pytest.raises(Refused, match="dépasse 1 Mo"):
        text(b"a" * 1_000_001)
    assert store.read_file(kept(b"a" * 1_000_000)) == b"a" * 1_000_000


def test_an_upload_that_lies_about_its_length_is_counted(settings):
    settings.LIANE_FILE_MAX_BYTES = 1000
    upload = SimpleUploadedFile("a.txt", b"a" * 5000, content_type="text/plain")
    upload.size = 10
    with pytest.raises(Refused, match=r"trop lourds|dépasse"):
        store.receive(upload, person_id=ROUX, organisation_id=TILLEULS)


def posted(**files):
    request = RequestFactory().post("/", files)
    return request.FILES


def test_uploads_stay_in_memory_and_within_the_limit(settings):
    settings.LIANE_FILE_MAX_BYTES = 100_000
    files = posted(a=SimpleUploadedFile("a.txt", b"a" * 400_000))
    assert files["a"].size == 400_000
    assert len(files["a"].read()) <= 100_000
    with pytest.raises(Refused, match="dépasse"):
        store.read_bounded(files["a"])


def test_many_files_in_one_request_do_not_add_up_without_end(settings):
    settings.LIANE_FILE_MAX_BYTES = 100_000
    files = posted(**{f"f{n}": SimpleUploadedFile("a.txt", b"a" * 90_000) for n in range(5)})
    assert store.read_bounded(files["f0"]) == b"a" * 90_000
    with pytest.raises(Refused, match="un par un"):
        store.read_bounded(files["f4"])


def test_a_clean_file_is_safe_at_once(scanner):
    assert text().state == "safe"
    assert scanner.heard == [b"Tension 13/8"]


def test_a_malware_is_refused_and_nothing_is_kept(scanner, folder):
    with pytest.raises(Refused, match="antivirus"):
        text(s.EICAR)
    assert not folder.exists()


@pytest.mark.parametrize(
    "says", ["INSTREAM size limit exceeded. ERROR", "", "UNKNOWN COMMAND", "stream: OK FOUND?"]
)
def test_a_scanner_that_cannot_tell_leaves_the_file_in_quarantine(scanner, says):
    scanner.says = says
    assert text().state == "quarantine"


def test_a_scanner_that_is_down_leaves_the_file_in_quarantine_then_frees_it(
    settings, tmp_path, scanner
):
    up = settings.LIANE_CLAMAV_URL
    settings.LIANE_CLAMAV_URL = f"unix://{tmp_path}/no-clamd"
    stored = kept()
    assert store.recheck() == {"quarantine": 1}
    with pytest.raises(Http404):
        serve.file_response(stored, inline=False)
    settings.LIANE_CLAMAV_URL = up
    assert store.recheck() == {"safe": 1}
    stored.refresh_from_db()
    assert serve.file_response(stored, inline=False).content == b"Tension 13/8"
    assert store.recheck() == {}


def test_a_malware_found_later_leaves_the_disk_and_is_never_served(
    settings, tmp_path, scanner, folder
):
    up = settings.LIANE_CLAMAV_URL
    settings.LIANE_CLAMAV_URL = f"unix://{tmp_path}/no-clamd"
    stored = kept(s.EICAR)
    settings.LIANE_CLAMAV_URL = up
    assert store.recheck() == {"refused": 1}
    stored.refresh_from_db()
    assert "antivirus" in stored.why
    assert not (folder / stored.path).exists()
    with pytest.raises(Http404):
        serve.file_response(stored, inline=False)


def test_what_nobody_kept_is_swept_and_what_was_kept_stays(folder):
    image = store.receive_bytes(s.picture(), name="a.png", person_id=ROUX, organisation_id=TILLEULS)
    stored = kept()
    assert store.sweep() == 0
    assert store.sweep(dt.timedelta(seconds=-5)) == 2
    assert not (folder / image.path).exists()
    assert store.read_file(stored) == b"Tension 13/8"


def test_a_write_that_fails_leaves_nothing(folder, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        text()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_picture_has_a_small_one_of_its_own(folder):
    with transaction.atomic():
        stored = store.keep(
            store.receive_bytes(
                s.picture("PNG", size=(2000, 1000)), name="a.png", person_id=ROUX,
                organisation_id=TILLEULS,
            )
        )  # fmt: skip
    response = serve.file_response(stored, inline=True, thumbnail=True)
    assert response["Content-Type"] == "image/jpeg"
    assert response.content.startswith(b"\xff\xd8")
    assert len(response.content) < len(store.read_file(stored))
    os.replace(folder / stored.path, folder / (stored.path + ".thumb"))
    with pytest.raises(CannotOpenError):
        serve.file_response(stored, inline=True, thumbnail=True)


def test_a_text_has_no_small_picture():
    with pytest.raises(Http404):
        serve.file_response(kept(), inline=True, thumbnail=True)


def test_accents_in_a_name_travel_as_they_should():
    response = serve.file_response(kept(name="Été à l’hôpital.txt"), inline=False)
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''%C3%89t%C3%A9%20%C3%A0%20l%E2%80%99h%C3%B4pital.txt"
    )


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=10-", 416, b""),
        ("bytes=5-2", 416, b""),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1", 200, b"0123456789"),
    ],
)
def test_a_player_asks_for_a_part(asked, status, body):
    request = RequestFactory().get("/", headers={"Range": asked})
    response = serve.file_response(kept(b"0123456789"), inline=True, request=request)
    assert (response.status_code, response.content) == (status, body)
    assert response["X-Content-Type-Options"] == "nosniff"


def test_sounds_are_checked_where_they_are_taken():
    stored = store.receive_bytes(
        s.wav(), name="note.wav", person_id=ROUX, organisation_id=TILLEULS, families=ANYTHING
    )
    assert stored.content_type == "audio/wav"
