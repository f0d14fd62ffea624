"""The answer a sender gets: accepted, wrong here, or not for us; with the place of the fault."""

import pytest

from liane.exchange.hl7v2 import acks, parsing, read, validation
from liane.exchange.hl7v2.acks import Answer
from liane.exchange.hl7v2.validation import nir_key
from liane.exchange.tests.messages import adt


def answered(raw: bytes) -> parsing.Message:
    message = parsing.parse(raw)
    found = validation.problems(message, read.read(message))
    return parsing.parse(acks.build(message, found))


def test_an_accepted_message():
    ack = answered(adt("A01", control="C42"))
    msh, msa = ack.first("MSH"), ack.first("MSA")
    assert (msa.get(1), msa.get(2)) == ("AA", "C42")
    assert [msh.get(9, n) for n in (1, 2, 3)] == ["ACK", "A01", "ACK"]
    assert [msh.get(12, n) for n in (1, 2, 3)] == ["2.5", "FRA", "2.11"]
    assert [msh.get(n) for n in (3, 4, 5, 6)] == ["LIANE", "LIANE", "GAM", "CH DE DAX"]
    assert msh.get(18) == "UNICODE UTF-8"
    assert ack.all("ERR") == []


def without(raw: bytes, name: bytes) -> bytes:
    return b"\r".join(line for line in raw.split(b"\r") if not line.startswith(name))


CASES = [
    (adt("A01").replace(b"ADT^A01", b"DFT^P03"), "AR", "MSH^1^9", "200"),
    (adt("A97"), "AR", "MSH^1^9", "201"),
    (adt("A01").replace(b"|P|2.5", b"|X|2.5"), "AR", "MSH^1^11", "202"),
    (adt("A01").replace(b"|2.5^FRA^2.11|", b"|3.0|"), "AR", "MSH^1^12", "203"),
    (without(adt("A01"), b"PID"), "AE", "PID", "100"),
    (without(adt("A01"), b"PV1"), "AE", "PV1", "100"),
    (adt("Z99", movement=None), "AE", "ZBE", "100"),
    (adt("A40", movement=None), "AE", "MRG", "100"),
    (adt("A01", visit=""), "AE", "PV1^1^19", "101"),
    (adt("A01", name=""), "AE", "PID^1^5", "101"),
    (adt("A01", control="X").replace(b"|X|P|", b"||P|"), "AE", "MSH^1^10", "101"),
]


@pytest.mark.parametrize(("raw", "answer", "place", "code"), CASES)
def test_what_is_refused_and_where(raw: bytes, answer: str, place: str, code: str):
    ack = answered(raw)
    errors = [err for err in ack.all("ERR") if err.get(4) == "E"]
    assert ack.first("MSA").get(1) == answer
    assert ["^".join(filter(None, (e.get(2, n) for n in (1, 2, 3)))) for e in errors] == [place]
    assert errors[0].get(3) == code
    assert errors[0].get(7)


@pytest.mark.parametrize(
    "raw",
    [
        adt("A01", movement=None),
        adt("A01", ins="241039940100199"),
        adt("A01", birth="1941"),
        adt("A01", sex="W"),
        adt("A01", action="MODIFY"),
        adt("A12", action="CANCEL"),
        without(adt("A01"), b"EVN"),
    ],
)
def test_what_is_tolerated_and_said(raw: bytes):
    ack = answered(raw)
    assert ack.first("MSA").get(1) == "AA"
    assert [err.get(4) for err in ack.all("ERR")] == ["W"]


def test_a_failure_of_ours_may_be_sent_again():
    message = parsing.parse(adt("A01", control="C1"))
    ack = parsing.parse(acks.build(message, [acks.internal_failure()]))
    assert (ack.first("MSA").get(1), ack.first("ERR").get(3)) == ("AR", "207")


def test_what_is_not_hl7_is_answered_too():
    ack = parsing.parse(acks.build(None, answer=Answer.REJECTED))
    assert (ack.first("MSH").get(9), ack.first("MSA").get(1)) == ("ACK", "AR")


def test_an_answer_carries_no_value_of_the_message():
    message = parsing.parse(adt("A01", ins="241039940100199", birth="1941", sex="W"))
    found = validation.problems(message, read.read(message))
    ack = acks.build(message, found)
    assert len(found) == 3
    for secret in (b"DUPONT", b"2410399401001", b"000123"):
        assert secret not in ack


@pytest.mark.parametrize(
    ("matricule", "fits"),
    [
        ("279035121518989", True),
        ("267059812345671", False),
        ("123", False),
        ("2A9035121518989", False),
    ],
)
def test_the_key_of_an_ins(matricule: str, fits: bool):
    assert nir_key(matricule) is fits


def test_the_key_of_an_ins_of_corsica():
    body = "180062A001002"
    key = 97 - int(body.replace("2A", "19")) % 97
    assert nir_key(f"{body}{key:02d}")
