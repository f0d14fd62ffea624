"""The key file, sealing, rotation, signatures."""

import json
import os
import threading
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from liane.core import keys
from liane.core.keys import CannotOpenError, Use

ROUX = b"patients.patient.matricule\0Mme Roux"
DUPONT = b"patients.patient.matricule\0Mme Dupont"
ESTUARY = UUID(int=1)
TILLEULS = UUID(int=2)


@pytest.fixture(autouse=True)
def key_file(tmp_path, settings):
    settings.LIANE_KEYS_FILE = tmp_path / "keys.json"
    keys.forget()
    yield settings.LIANE_KEYS_FILE
    keys.forget()


def test_the_file_is_made_once_for_its_owner_alone(key_file):
    first = keys.ring()
    assert key_file.stat().st_mode & 0o777 == 0o600
    keys.forget()
    assert keys.ring() == first
    assert [path.name for path in key_file.parent.iterdir()] == ["keys.json"]


def test_when_two_start_at_once_both_have_the_same_keys(key_file):
    rings, gate = [], threading.Barrier(8)

    def start():
        gate.wait()
        rings.append(keys._ring.__wrapped__(key_file))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rings) == 8
    assert len(set(rings)) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604, 0o666])
def test_a_file_open_to_others_stops_the_start(key_file, mode):
    keys.ring()
    keys.forget()
    key_file.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        keys.ring()


def _without_link(content):
    content["keys"] = [row for row in content["keys"] if row["use"] != "link"]


def _short(content):
    content["keys"][0]["secret"] = "c2hvcnQ="


def _same_id(content):
    content["keys"][1]["id"] = content["keys"][0]["id"]


def _version(content):
    content["version"] = 2


def _not_base64(content):
    content["keys"][0]["secret"] = "é" * 8


def _unknown_use(content):
    content["keys"][0]["use"] = "cake"


@pytest.mark.parametrize(
    "spoil", [_without_link, _short, _same_id, _version, _not_base64, _unknown_use]
)
def test_a_spoiled_file_stops_the_start_in_one_line(key_file, spoil):
    keys.ring()
    content = json.loads(key_file.read_text())
    spoil(content)
    key_file.write_text(json.dumps(content))
    keys.forget()
    with pytest.raises(ImproperlyConfigured, match="LIANE_KEYS_FILE=") as caught:
        keys.ring()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "{}", "été"])
def test_a_file_that_is_no_key_file_stops_the_start(key_file, text):
    key_file.write_text(text)
    key_file.chmod(0o600)
    with pytest.raises(ImproperlyConfigured, match="LIANE_KEYS_FILE="):
        keys.ring()


def test_a_folder_in_its_place_stops_the_start(key_file):
    key_file.mkdir(mode=0o700)
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        keys.ring()


def test_a_folder_that_does_not_exist_stops_the_start(settings, tmp_path):
    settings.LIANE_KEYS_FILE = tmp_path / "nowhere" / "keys.json"
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        keys.ring()


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again(plaintext):
    assert keys.open_(keys.seal(plaintext, context=ROUX), context=ROUX) == plaintext


def test_the_same_value_never_looks_the_same_twice():
    assert keys.seal(b"2 69 05", context=ROUX) != keys.seal(b"2 69 05", context=ROUX)


def test_a_value_moved_to_another_person_does_not_open():
    with pytest.raises(CannotOpenError, match="another row"):
        keys.open_(keys.seal(b"2 69 05", context=ROUX), context=DUPONT)


def test_every_altered_byte_is_noticed():
    sealed = keys.seal(b"secret", context=ROUX)
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(CannotOpenError):
            keys.open_(bytes(altered), context=ROUX)


@pytest.mark.parametrize("junk", [b"", b"\x01", b"clear text that was never sealed at all"])
def test_junk_does_not_open(junk):
    with pytest.raises(CannotOpenError, match="not a value sealed"):
        keys.open_(junk, context=ROUX)


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key():
    old = keys.seal(b"before", context=ROUX)
    new_id = keys.rotate(Use.DATA)
    new = keys.seal(b"after", context=ROUX)
    assert keys.open_(old, context=ROUX) == b"before"
    assert keys.open_(new, context=ROUX) == b"after"
    assert new[1:5].hex() == new_id != old[1:5].hex()


def test_a_process_that_did_not_see_the_rotation_reads_the_file_again(key_file):
    before = keys.ring()
    keys.rotate(Use.DATA)
    sealed = keys.seal(b"after", context=ROUX)
    keys.forget()
    content = key_file.read_bytes()
    old = {"version": 1, "keys": json.loads(content)["keys"][:-1]}
    key_file.write_text(json.dumps(old))
    assert keys.ring() == before
    key_file.write_bytes(content)
    assert keys.open_(sealed, context=ROUX) == b"after"


def test_without_the_key_the_refusal_names_it(key_file):
    sealed = keys.seal(b"secret", context=ROUX)
    key_file.unlink()
    keys.forget()
    with pytest.raises(CannotOpenError, match=sealed[1:5].hex()):
        keys.open_(sealed, context=ROUX)


def test_a_digest_is_stable_keyed_and_bound_to_its_purpose(key_file):
    ins = keys.digest("269059912345678", purpose="ins")
    assert ins == keys.digest("269059912345678", purpose="ins")
    assert ins != keys.digest("269059912345678", purpose="ipp")
    assert ins != keys.digest("269059912345679", purpose="ins")
    assert len(ins) == 64
    key_file.unlink()
    keys.forget()
    assert ins != keys.digest("269059912345678", purpose="ins")


def test_a_search_looks_under_every_digest_key():
    old = keys.digest("269059912345678", purpose="ins")
    keys.rotate(Use.HMAC)
    assert old != keys.digest("269059912345678", purpose="ins")
    assert old in keys.digests("269059912345678", purpose="ins")


def test_a_wrapped_key_opens_for_its_organisation_alone():
    wrapped = keys.wrap(b"k" * 32, organisation_id=ESTUARY, context=b"file")
    assert keys.unwrap(wrapped, organisation_id=ESTUARY, context=b"file") == b"k" * 32
    for organisation in (TILLEULS, None):
        with pytest.raises(CannotOpenError):
            keys.unwrap(wrapped, organisation_id=organisation, context=b"file")
    with pytest.raises(CannotOpenError):
        keys.unwrap(wrapped, organisation_id=ESTUARY, context=b"another file")


def test_a_wrapped_key_survives_a_rotation():
    wrapped = keys.wrap(b"k" * 32, organisation_id=ESTUARY, context=b"file")
    keys.rotate(Use.DATA)
    assert keys.unwrap(wrapped, organisation_id=ESTUARY, context=b"file") == b"k" * 32


def test_a_signature_holds_for_its_value_and_purpose():
    signature = keys.sign("thread 1", purpose="thread")
    assert keys.signature_holds("thread 1", signature, purpose="thread")
    assert not keys.signature_holds("thread 2", signature, purpose="thread")
    assert not keys.signature_holds("thread 1", signature, purpose="calendar")
    keys.rotate(Use.LINK)
    assert keys.signature_holds("thread 1", signature, purpose="thread")


@pytest.mark.parametrize("junk", ["", "a", "é", "====", "AAAA", "A" * 48, "../..", "%00"])
def test_a_junk_signature_does_not_hold(junk):
    assert not keys.signature_holds("thread 1", junk, purpose="thread")


def test_a_rotation_leaves_the_file_to_its_owner_alone(key_file):
    keys.rotate(Use.DATA)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(key_file.read_text())["keys"]) == 4
    assert os.listdir(key_file.parent) == ["keys.json"]
