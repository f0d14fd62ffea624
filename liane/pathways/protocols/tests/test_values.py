"""Money, percents and lengths of a definition."""

import datetime as dt

import pytest
from pydantic import TypeAdapter, ValidationError

from liane.pathways.protocols.values import Amount, Cents, Length, Points, ToBeCompleted

money = TypeAdapter(Cents)
amount = TypeAdapter(Amount)


@pytest.mark.parametrize(("text", "cents"), [("22.50", 2250), ("0.00", 0), ("1126.00", 112600)])
def test_money_is_euros_with_two_decimals(text, cents):
    assert money.validate_python(text) == cents
    assert money.dump_python(cents) == text


@pytest.mark.parametrize("text", ["22.5", "22,50", "-1.00", "1 126.00", 22.5, 45, None, True])
def test_anything_else_is_not_money(text):
    with pytest.raises(ValidationError):
        money.validate_python(text)


def test_an_amount_no_source_gives_stays_a_mark():
    said = {"to_be_completed": "Montant du profil B", "who": "structure"}
    assert amount.validate_python(said) == ToBeCompleted(**said)


@pytest.mark.parametrize(("text", "points"), [("100", 10_000), ("12.5", 1250), ("0.05", 5)])
def test_percent_in_basis_points(text, points):
    assert TypeAdapter(Points).validate_python(text) == points


@pytest.mark.parametrize("text", ["100.01", "-1", "12,5", 50])
def test_anything_else_is_not_a_percent(text):
    with pytest.raises(ValidationError):
        TypeAdapter(Points).validate_python(text)


@pytest.mark.parametrize(
    ("day", "length", "end"),
    [
        ("2026-01-31", {"months": 1}, "2026-02-28"),
        ("2024-02-29", {"months": 12}, "2025-02-28"),
        ("2026-03-15", {"months": 18}, "2027-09-15"),
        ("2026-12-31", {"months": 2, "days": 3}, "2027-03-03"),
    ],
)
def test_a_length_counts_calendar_months(day, length, end):
    assert Length(**length).after(dt.date.fromisoformat(day)) == dt.date.fromisoformat(end)


def test_an_empty_length_is_none():
    with pytest.raises(ValidationError):
        Length()
