"""Look-alikes are found before a person is created; traits alone never decide."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.core.acting import acting
from liane.patients.duplicates import LIKELY, Traits, certain, compare, may_be, sound
from liane.patients.queries import any_alike, lookalikes, traits_of
from tests import factories as make

ODETTE = Traits("LABORDE", "Odette", "DUPONT", "F", dt.date(1941, 3, 7), "40088")


def like(**changes: Any) -> Traits:
    return replace(ODETTE, **changes)


@pytest.mark.parametrize(
    ("asked", "likely"),
    [
        (like(), True),
        (like(birth_name="laborde", used_name="", birth_place=""), True),
        (like(birth_name="DUPONT", used_name=""), True),
        (like(given_names="Odete"), True),
        (like(birth_date=dt.date(1941, 7, 3)), True),
        (like(birth_date=dt.date(1941, 3, 8)), True),
        (like(birth_date=None), True),
        (like(given_names="Marie, Odette"), True),
        (like(birth_name="MARTIN", used_name="MARTIN"), False),
        (like(given_names="Georges", sex="M"), False),
        (like(birth_date=dt.date(1950, 12, 25)), False),
        (like(given_names="Paul", sex="M", birth_name="LABORDE"), False),
    ],
)
def test_what_is_likely(asked: Traits, likely: bool) -> None:
    assert compare(asked, ODETTE).likely is likely


def test_twins_are_likely_and_never_certain() -> None:
    twin = like(given_names="Colette")
    assert compare(twin, ODETTE).score < 100
    assert certain([compare(like(), ODETTE), compare(twin, ODETTE)]) is None


def test_one_matricule_decides_and_two_holders_of_it_do_not() -> None:
    same = compare(like(ins_digest="a"), like(ins_digest="a"))
    assert certain([same]) == 0
    assert certain([same, same]) is None


@given(st.text(), st.text(), st.dates(dt.date(1900, 1, 1), dt.date(2026, 1, 1)))
def test_a_score_stays_between_0_and_100_and_is_the_same_both_ways(
    family: str, given_name: str, born: dt.date
) -> None:
    other = Traits(family, given_name, birth_date=born)
    one, two = compare(other, ODETTE), compare(ODETTE, other)
    assert one == two
    assert 0 <= one.score <= 100


NAMES = st.sampled_from(["LABORDE", "DUPONT", "LABORD", "ROUX", "DUPOND", ""])
DAYS = st.sampled_from([dt.date(1941, 3, 7), dt.date(1941, 7, 3), dt.date(1941, 3, 17),
                        dt.date(1951, 3, 7), dt.date(1952, 4, 8), None])  # fmt: skip
TRAITS = st.builds(
    Traits, NAMES, st.sampled_from(["Odette", "Odete Marie", "Paul", ""]), NAMES,
    st.sampled_from(["F", "M", ""]), DAYS, st.sampled_from(["40088", "40001", ""]),
    st.sampled_from(["a", "b", ""]),
)  # fmt: skip


@given(TRAITS, TRAITS)
def test_who_is_not_compared_is_never_likely(one: Traits, two: Traits) -> None:
    assert may_be(one, two) or not compare(one, two).likely


@pytest.mark.parametrize(
    ("one", "two"), [("philippe", "filipe"), ("thomas", "toma"), ("kathy", "cati")]
)
def test_names_that_sound_alike(one: str, two: str) -> None:
    assert sound(one) == sound(two)


@pytest.mark.django_db
def test_the_search_sees_persons_out_of_reach_and_one_slip_of_the_date() -> None:
    known = make.patient()
    make.patient("SIMON", "Paul", used_name="", sex="M", birth_date=dt.date(1930, 1, 1))
    bruno = make.practice("bruno")
    with acting(make.actor(bruno)):
        found = lookalikes(like(birth_date=dt.date(1941, 3, 17)))
    assert [one.person.pk for one in found] == [known.pk]
    assert LIKELY <= found[0].likeness.score < 100
    assert traits_of(known).birth_name == "LABORDE"


@pytest.mark.django_db
@pytest.mark.parametrize("day", [dt.date(1941, 3, 17), dt.date(1941, 7, 3), dt.date(1951, 3, 7)])
def test_several_at_once_are_told_apart_as_one_by_one(day: dt.date) -> None:
    make.patient()
    stranger = Traits("ZUBIRI", "Ximun", sex="M", birth_date=dt.date(1930, 1, 1))
    slip = like(birth_date=day)
    assert lookalikes(slip)
    assert any_alike([stranger, slip], [stranger, slip])
    far = like(birth_date=dt.date(1946, 3, 7))
    assert not lookalikes(far)
    assert not any_alike([stranger, far], [stranger, far])
