"""Whatever the line ends, marks, frames and encodings, the same message is read."""

import pytest

from liane.exchange.hl7v2.parsing import NotHl7, parse, split_messages, unescape
from liane.exchange.hl7v2.times import day, instant
from liane.exchange.tests.messages import adt


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\r\n  "])
def test_line_ends_and_marks(end: str, mark: bytes):
    [raw] = split_messages(mark + adt("A01", end=end))
    message = parse(raw)
    assert [segment.name for segment in message.segments] == ["MSH", "EVN", "PID", "PV1", "ZBE"]
    assert message.first("PID").get(5) == "DUPONT"


def test_several_messages_in_one_file():
    payload = b"FHS|^~\\&|X\r" + adt("A01") + b"\n\n" + adt("A03", end="\n") + b"BTS|2\r"
    events = [parse(raw).first("MSH").get(9, 2) for raw in split_messages(payload)]
    assert events == ["A01", "A03"]


def test_mllp_frames():
    payload = b"\x0b" + adt("A01") + b"\x1c\r\x0b" + adt("A02") + b"\x1c\r"
    assert [parse(raw).first("MSH").get(9, 2) for raw in split_messages(payload)] == ["A01", "A02"]


def test_utf16_file():
    [raw] = split_messages(adt("A01", name="GAËTAN^ANAÏS").decode().encode("utf-16"))
    assert parse(raw).first("PID").get(5) == "GAËTAN"


def test_latin1_declared_as_utf8_is_read_and_reported():
    raw = adt("A01", name="LEFÈVRE^RENÉE").decode().encode("latin-1")
    message = parse(raw)
    assert message.first("PID").get(5, 2) == "RENÉE"
    assert message.forgiven == ("declared utf-8, is cp1252",)


def test_declared_latin1():
    raw = adt("A01", name="LEFÈVRE^RENÉE").replace(b"UNICODE UTF-8", b"8859/1")
    message = parse(raw.decode().encode("latin-1"))
    assert message.first("PID").get(5) == "LEFÈVRE"
    assert message.forgiven == ()


def test_a_line_break_inside_a_field_is_mended():
    message = parse(adt("A01").replace(b"Cardiologie", b"Cardio\nlogie"))
    assert message.first("ZBE").get(7) == "Cardio logie"
    assert message.forgiven == ("line breaks inside a field",)


@pytest.mark.parametrize("raw", [b"", b"hello", b"MSH", b"MSH|^~", b"PID|1||x", b"\x00\x01"])
def test_what_is_not_hl7_says_so(raw: bytes):
    with pytest.raises(NotHl7):
        parse(raw)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\\F\\b", "a|b"),
        ("M\\T\\Ms \\S\\", "M&Ms ^"),
        ("back\\E\\slash", "back\\slash"),
        ("\\XC3A9\\t\\XE9\\", "été"),
        ("one\\.br\\two", "one\ntwo"),
        ("\\H\\bold\\N\\", "bold"),
        ("lonely \\", "lonely \\"),
        ("\\XZZ\\", ""),
    ],
)
def test_escapes(text: str, plain: str):
    assert unescape(text) == plain


def test_reading_a_place_that_does_not_exist_gives_nothing():
    pid = parse(adt("A01")).first("PID")
    assert [pid.get(99), pid.get(5, 40), pid.get(5, 1, 9), pid.get(3, repetition=7)] == [""] * 4
    assert parse(adt("A01")).first("NK1").get(2) == ""


def test_repetitions_and_subcomponents():
    pid = parse(adt("A01", ins="241039940100127")).first("PID")
    assert [each.get(5) for each in pid.each(3)] == ["PI", "INS"]
    assert [each.get(4, 2) for each in pid.each(3)] == ["400011177", "1.2.250.1.213.1.4.8"]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("20261102081200", "2026-11-02T07:12:00+00:00"),
        ("20260702081200", "2026-07-02T06:12:00+00:00"),
        ("202611020812+0400", "2026-11-02T04:12:00+00:00"),
        ("20261102081200.123", "2026-11-02T07:12:00+00:00"),
        ("20261102", "2026-11-01T23:00:00+00:00"),
    ],
)
def test_times(text: str, utc: str):
    moment = instant(text)
    assert moment is not None
    assert moment.isoformat() == utc


@pytest.mark.parametrize("text", ["", "yesterday", "20261332", "2026110208121", '""'])
def test_unreadable_times_are_none(text: str):
    assert instant(text) is None


def test_days():
    assert str(day("20190712000000")) == "2019-07-12"
    assert day("1941") is None
