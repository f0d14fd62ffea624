"""IHE_XDM.ZIP: built and read back; hostile archives are refused or harmless."""

import hashlib
import struct
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liane.core import xml
from liane.core.errors import Refused
from liane.exchange.cda.facts import Number
from liane.exchange.cda.names import oid
from liane.exchange.tests import papers
from liane.exchange.xdm import metadata, reading, writing

N = {"r": metadata.RIM}


def packed(*files: tuple[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files:
            file.writestr(name, content)
    return out.getvalue()


def described(uri: str, content: bytes = b"<a/>") -> bytes:
    entry = metadata.Entry(papers.head(), content, uri)
    return metadata.written([entry], set_id=papers.head().id, title="Essai", at=papers.AT)


def test_an_archive_has_the_layout_of_the_profile() -> None:
    made = writing.archive([papers.wrapped(), papers.plan()], title="Suivi de <Mme>")
    with zipfile.ZipFile(BytesIO(made)) as file:
        assert file.namelist() == [
            "INDEX.HTM", "README.TXT", "IHE_XDM/SUBSET01/METADATA.XML",
            "IHE_XDM/SUBSET01/DOC0001.XML", "IHE_XDM/SUBSET01/DOC0002.XML",
        ]  # fmt: skip
        index = file.read("INDEX.HTM").decode()
        assert "IHE_XDM/SUBSET01/DOC0001.XML" in index
        assert "&lt;Mme&gt;" in index


def test_metadata_say_whose_what_and_how_large() -> None:
    made = papers.wrapped()
    with zipfile.ZipFile(BytesIO(writing.archive([made], title="Suivi"))) as file:
        root = xml.parse(file.read("IHE_XDM/SUBSET01/METADATA.XML"))
    (entry,) = root.findall(".//r:ExtrinsicObject", N)

    def slot(name: str) -> list[str]:
        return [one.text for one in entry.findall(f"r:Slot[@name='{name}']/r:ValueList/r:Value", N)]

    assert slot("size") == [str(len(made.content))]
    assert slot("hash") == [hashlib.sha1(made.content).hexdigest()]
    assert slot("URI") == ["DOC0001.XML"]
    assert slot("creationTime") == ["20261130091500"]
    assert slot("sourcePatientId") == [f"{papers.MATRICULE}^^^&1.2.250.1.213.1.4.8&ISO^NH"]
    assert "PID-7|19410307" in slot("sourcePatientInfo")
    codes = {
        one.get("classificationScheme"): one.get("nodeRepresentation")
        for one in entry.findall("r:Classification", N)
    }
    assert codes[metadata.ENTRY["type"]] == "11488-4"
    assert codes[metadata.ENTRY["class"]] == "10"
    assert codes[metadata.ENTRY["format"]] == "urn:ihe:iti:xds-sd:pdf:2008"
    numbers = {
        one.get("identificationScheme"): one.get("value")
        for one in entry.findall("r:ExternalIdentifier", N)
    }
    assert numbers[metadata.ENTRY["uniqueId"]] == oid(made.head.id)
    (link,) = root.findall(".//r:Association", N)
    assert link.get("sourceObject") == "SubmissionSet01"
    assert link.get("targetObject") == entry.get("id")


def test_what_is_built_is_read_back() -> None:
    documents = [papers.wrapped(), papers.plan(), papers.note()]
    made = writing.archive(documents, title="Suivi")
    assert reading.looks_like(made)
    opened = reading.read(made)
    assert [one.content for one in opened.documents] == [one.content for one in documents]
    assert [one.title for one in opened.documents] == [one.head.title for one in documents]
    assert opened.warnings == []
    assert all(not one.warning for one in opened.documents)


def test_an_archive_is_about_one_person() -> None:
    other = papers.wrapped(subject=replace(papers.ODETTE, local=Number("2.25.12")))
    with pytest.raises(ValueError, match="one person"):
        writing.archive([papers.wrapped(), other], title="x")
    with pytest.raises(ValueError, match="one person"):
        writing.archive([], title="x")


def test_a_document_that_was_altered_is_said_so() -> None:
    made = packed(
        ("IHE_XDM/SUBSET01/METADATA.XML", described("DOC.XML", b"<a/>")),
        ("IHE_XDM/SUBSET01/DOC.XML", b"<b/>"),
    )
    (held,) = reading.read(made).documents
    assert "empreinte" in held.warning


@pytest.mark.parametrize(
    "uri", ["../../etc/passwd", "/etc/passwd", "..\\..\\x", "C:/x", "", "ABSENT.XML"]
)
def test_no_path_leads_out_of_the_archive(uri: str) -> None:
    made = packed(
        ("IHE_XDM/SUBSET01/METADATA.XML", described(uri)),
        ("../../etc/passwd", b"root"),
        ("/etc/passwd", b"root"),
    )
    opened = reading.read(made)
    assert opened.documents == []
    assert "absent" in opened.warnings[0]


def lying(content: bytes) -> bytes:
    """An archive whose directory says that its files are of no size."""
    return content.replace(struct.pack("<I", 50_000_000), struct.pack("<I", 4))


def encrypted() -> bytes:
    made = bytearray(packed(("IHE_XDM/SUBSET01/METADATA.XML", b"<a/>")))
    place = made.index(b"PK\x01\x02")
    made[place + 8] |= 1
    made[6] |= 1
    return bytes(made)


BOMB = packed(
    ("IHE_XDM/SUBSET01/METADATA.XML", described("DOC.XML")),
    ("IHE_XDM/SUBSET01/DOC.XML", b"0" * 50_000_000),
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"PK\x03\x04" + b"\0" * 60,
        packed(("a.txt", b"x")),
        packed(("METADATA.XML", described("x"))),
        packed(("IHE_XDM/SUBSET01/METADATA.XML", b"<!DOCTYPE a><a/>")),
        packed(*((f"IHE_XDM/{n}", b"") for n in range(300))),
        BOMB,
        lying(BOMB),
        BOMB[: len(BOMB) // 2],
        encrypted(),
    ],
    ids=[
        "empty",
        "two-letters",
        "header-alone",
        "other-files",
        "misplaced",
        "document-type",
        "many-files",
        "bomb",
        "lying-sizes",
        "cut",
        "encrypted",
    ],
)
def test_hostile_archives_are_refused_in_words(content: bytes) -> None:
    with pytest.raises(Refused, match=r"archive|METADATA"):
        reading.read(content)


def test_an_archive_within_another_is_no_document() -> None:
    inner = packed(("IHE_XDM/SUBSET01/METADATA.XML", described("DOC.XML")))
    assert not reading.looks_like(packed(("piece.zip", inner)))


SOUND = writing.archive([papers.note("x")], title="x")


@settings(max_examples=60)
@given(st.data())
def test_an_archive_altered_anywhere_breaks_nothing(data: st.DataObject) -> None:
    made = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 6))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    reading.looks_like(bytes(made))
    try:
        reading.read(bytes(made))
    except Refused as refusal:
        assert refusal.message  # noqa: PT017
