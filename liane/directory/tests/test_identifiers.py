"""National numbers: what is right passes, what is wrong says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.core.errors import Refused
from liane.directory import identifiers


@given(st.text("0123456789", min_size=10, max_size=10))
def test_a_completed_number_holds_and_its_neighbours_do_not(digits):
    key = identifiers.luhn_key(digits)
    assert identifiers.luhn_holds(digits + key)
    assert not identifiers.luhn_holds(digits + str((int(key) + 1) % 10))


@given(st.text("0123456789", min_size=11, max_size=11), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(digits, place, shift):
    good = digits[:10] + identifiers.luhn_key(digits[:10])
    wrong = str((int(good[place]) + shift) % 10)
    assert not identifiers.luhn_holds(good[:place] + wrong + good[place + 1 :])


@pytest.mark.parametrize(
    ("check", "typed", "kept"),
    [
        (identifiers.rpps, "10 00 34 56 78 3", "10003456783"),
        (identifiers.siret, "732 829 320 00074", "73282932000074"),
        (identifiers.siret, "35600000000048", "35600000000048"),
    ],
)
def test_numbers_are_kept_without_spaces(check, typed, kept):
    if check is identifiers.rpps:
        kept = kept[:10] + identifiers.luhn_key(kept[:10])
        typed = typed[:-1] + kept[-1]
    assert check(typed) == kept


@pytest.mark.parametrize(
    ("check", "typed", "told"),
    [
        (identifiers.rpps, "1234", "11 chiffres ; celui-ci en compte 4"),
        (identifiers.rpps, "10000000000", "clé"),
        (identifiers.rpps, "", "11 chiffres"),
        (identifiers.finess, "12345678", "9 chiffres"),
        (identifiers.finess, "400780190", "clé"),
        (identifiers.siret, "73282932000075", "clé"),
        (identifiers.siret, "7328", "14 chiffres"),
    ],
)
def test_a_wrong_number_says_what_to_correct(check, typed, told):
    with pytest.raises(Refused) as refusal:
        check(typed)
    assert told in refusal.value.message


def test_the_national_identifier_with_its_prefix_is_an_rpps():
    number = "1000000001" + identifiers.luhn_key("1000000001")
    assert identifiers.rpps(f"8{number}") == number


def test_corsican_structures_have_letters():
    plain = "200000" + "01"
    key = identifiers.luhn_key(plain)
    assert identifiers.finess(f"2A000001{key}") == f"2A000001{key}"
