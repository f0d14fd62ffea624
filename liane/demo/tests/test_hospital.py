"""What the demo's hospital says is a message that the exchange reads as it was meant."""

import datetime as dt

import pytest

from liane.demo import hospital
from liane.demo.territory import HOSPITAL_AUTHORITY
from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hl7v2.parsing import parse
from liane.exchange.hl7v2.read import read

AT = dt.datetime(2026, 11, 21, 8, 12)


def heard(said: str, **more: str) -> AdtMessage:
    return read(parse(hospital.message(said, AT, **more).encode()))


@pytest.mark.parametrize(("said", "expected"), [(k, v) for k, v in hospital.EVENTS.items()])
def test_each_event_is_read_as_it_was_meant(said, expected):
    message = heard(said)
    assert (message.event, message.class_code) == expected
    assert message.traits.family == ("SIMON" if said == "uncertain" else "LABORDE")
    assert message.ipp.authority == HOSPITAL_AUTHORITY


def test_an_uncertain_admission_has_no_number_that_would_settle_it():
    asked, sure = heard("uncertain"), heard("admission")
    assert sure.ins
    assert not asked.ins
    assert asked.ipp != sure.ipp
    assert asked.traits.birth_date != sure.traits.birth_date


def test_two_stays_are_told_apart():
    assert heard("admission", visit="A").visit != heard("admission", visit="B").visit


@pytest.mark.parametrize(
    ("said", "taken_back"), [("cancel-admission", "admission"), ("cancel-discharge", "discharge")]
)
def test_a_cancellation_names_the_movement_it_takes_back(said, taken_back):
    assert heard(said).zbe.identifier == heard(taken_back).zbe.identifier
    assert heard(said).zbe.original_event == heard(taken_back).event
