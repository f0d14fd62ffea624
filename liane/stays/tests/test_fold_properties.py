"""Any order, any repetition: one state; and everyone's last notice agrees with it."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liane.stays.facts import FactKind, Situation, notices, situation
from liane.stays.fold import fold
from liane.stays.movement import Kind, Movement, Outcome, Ward
from liane.stays.tests.statements import (
    CARDIO,
    REHAB,
    SURGERY,
    admit,
    at,
    back,
    cancel,
    discharge,
    emergency,
    leave,
    plan,
    say,
    transfer,
    update,
)

WARDS = st.sampled_from([CARDIO, SURGERY, REHAB])


@st.composite
def streams(draw) -> list[Movement]:
    """What a hospital may say of one stay, in the order in which it said it."""
    numbered = draw(st.booleans())
    count = draw(st.integers(1, 9))
    said: list[Movement] = []
    hour = 0.0
    for step in range(count):
        hour += draw(st.sampled_from([0, 1, 5, 30]))
        number = f"m{step}" if numbered else ""
        said.append(replace(_one(draw, hour, number, said), key=f"message {step}"))
    return said


def _one(draw, hour: float, number: str, said: list[Movement]) -> Movement:
    plain = [one for one in said if one.action == "INSERT" and one.kind is not Kind.INFORM]
    choice = draw(st.integers(0, 11))
    if choice == 10 and plain:
        undone = draw(st.sampled_from(plain))
        return cancel(undone, hour, number=draw(st.sampled_from([undone.movement_id, ""])))
    if choice == 11 and plain:
        known = draw(st.sampled_from(plain))
        kind = draw(st.sampled_from([None, known.kind]))
        return update(known, hour, kind=kind, ward=draw(WARDS))
    makers = {
        0: lambda: emergency(hour, number),
        1: lambda: plan(hour, number, said=hour),
        2: lambda: transfer(hour, number, ward=draw(WARDS), said=hour),
        3: lambda: discharge(hour, number, draw(st.sampled_from([None, *Outcome]))),
        4: lambda: leave(hour, number, expected=draw(st.sampled_from([None, hour + 9]))),
        5: lambda: back(hour, number),
        6: lambda: say(
            Kind.CHANGE_CLASS, hour, number, event=draw(st.sampled_from(["A06", "A07"]))
        ),
        7: lambda: say(Kind.INFORM, hour, number, dead=draw(st.sampled_from([None, True, False]))),
        8: lambda: say(Kind.EXPECT_DISCHARGE, hour, number, expected_discharge=at(hour + 50)),
    }
    return makers.get(choice, lambda: admit(hour, number, ward=draw(WARDS)))()


@settings(max_examples=200, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_any_permutation_with_duplicates_gives_one_state(said, chance: random.Random):
    shuffled = said + chance.choices(said, k=len(said) // 2)
    chance.shuffle(shuffled)
    assert fold(shuffled) == fold(said)


def _told(said: list[Movement]) -> list:
    """What one person is told while the messages arrive one by one."""
    told, known, before = [], [], None
    for one in said:
        known.append(one)
        after = fold(known)
        told += notices(before, after)
        before = after
    return told


@settings(max_examples=200, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_the_last_notice_agrees_with_the_final_state(said, chance: random.Random):
    shuffled = said + chance.choices(said, k=len(said) // 2)
    chance.shuffle(shuffled)
    final = fold(said)
    told = _told(shuffled)
    about = [fact for fact in told if fact.kind not in (FactKind.DIED, FactKind.ALIVE)]
    if not about:
        assert situation(final) is Situation.QUIET
    else:
        assert about[-1].situation is situation(final)
        if situation(final) not in (Situation.QUIET, Situation.ENDED):
            assert about[-1].ward == final.ward
        if situation(final) in (Situation.IN_HOSPITAL, Situation.ON_LEAVE, Situation.EMERGENCY):
            assert about[-1].expected_discharge == final.expected_discharge
        if situation(final) is Situation.ENDED:
            assert about[-1].outcome is final.outcome
    lives = [fact for fact in told if fact.kind in (FactKind.DIED, FactKind.ALIVE)]
    assert (bool(lives) and lives[-1].kind is FactKind.DIED) is final.dead


@pytest.mark.full
@settings(max_examples=10_000, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_ten_thousand_streams(said, chance: random.Random):
    shuffled = said + chance.choices(said, k=len(said))
    chance.shuffle(shuffled)
    final = fold(said)
    assert fold(shuffled) == final
    told = [fact for fact in _told(shuffled) if fact.kind not in (FactKind.DIED, FactKind.ALIVE)]
    assert (told[-1].situation if told else Situation.QUIET) is situation(final)


@settings(max_examples=200, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_no_fact_is_told_twice_in_a_row(said, chance: random.Random):
    shuffled = said * 2
    chance.shuffle(shuffled)
    told = _told(shuffled)
    assert all(a != b for a, b in pairwise(told))


@settings(max_examples=200, deadline=None)
@given(streams())
def test_periods_are_in_order_and_closed_but_the_last(said):
    periods = fold(said).suspends
    for earlier, later in pairwise(periods):
        assert earlier.end is not None
        assert earlier.start < earlier.end <= later.start


def test_a_ward_without_name_is_no_ward():
    assert not Ward()
    assert Ward(code="12")
