"""Each event does what it says to a stay."""

import pytest

from liane.stays.fold import continues_chain, fold
from liane.stays.movement import Kind, Outcome, StayClass, Ward
from liane.stays.settings import StayRules
from liane.stays.state import Leave, Period, Status, StayState
from liane.stays.tests.statements import (
    CARDIO,
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


def away(state: StayState) -> list[tuple[float, float | None]]:
    """The suspended periods, in hours."""
    return [(_h(p.start), None if p.end is None else _h(p.end)) for p in state.suspends]


def _h(moment) -> float:
    return (moment - at(0)).total_seconds() / 3600


A01, A03 = admit(8), discharge(80)

CASES = {
    "nothing said": ([], Status.NOTHING, []),
    "A01 admits and suspends": ([A01], Status.IN_PROGRESS, [(8, None)]),
    "A03 ends": ([A01, A03], Status.ENDED, [(8, 80)]),
    "A05 plans and suspends nothing": ([plan(30)], Status.PLANNED, []),
    "A05 then A01": ([plan(30), admit(31)], Status.IN_PROGRESS, [(31, None)]),
    "A38 cancels the plan": ([plan(30), cancel(plan(30), 9)], Status.CANCELLED, []),
    "A11 cancels the admission": ([A01, cancel(A01, 9)], Status.CANCELLED, []),
    "A11 without identifier": ([A01, cancel(A01, 9, number="")], Status.CANCELLED, []),
    "A11 under a number of its own": ([A01, cancel(A01, 9, number="77")], Status.CANCELLED, []),
    "A11 takes along what came before": (
        [A01, transfer(9), cancel(A01, 10)],
        Status.CANCELLED,
        [],
    ),
    "A11 leaves the plan": ([plan(8), A01, cancel(A01, 9)], Status.PLANNED, []),
    "admitted again after A11": (
        [A01, cancel(A01, 9), admit(12, "1b")],
        Status.IN_PROGRESS,
        [(12, None)],
    ),
    "A13 cancels the discharge": ([A01, A03, cancel(A03, 81)], Status.IN_PROGRESS, [(8, None)]),
    "A13 without identifier": (
        [A01, A03, cancel(A03, 81, number="")],
        Status.IN_PROGRESS,
        [(8, None)],
    ),
    "A03, A13, A03": (
        [A01, A03, cancel(A03, 81), discharge(90, "10")],
        Status.ENDED,
        [(8, 90)],
    ),
    "only a transfer was received": ([transfer(20)], Status.IN_PROGRESS, [(20, None)]),
    "only a discharge was received": (
        [discharge(80, admitted_at=at(8), class_code="I")],
        Status.ENDED,
        [(8, 80)],
    ),
    "A21 reopens": ([A01, leave(20)], Status.ON_LEAVE, [(8, 20)]),
    "A21 with an announced return": (
        [A01, leave(20, expected=44)],
        Status.ON_LEAVE,
        [(8, 20), (44, None)],
    ),
    "A22 closes again": ([A01, leave(20), back(40)], Status.IN_PROGRESS, [(8, 20), (40, None)]),
    "A52 cancels the leave": (
        [A01, leave(20), cancel(leave(20), 21)],
        Status.IN_PROGRESS,
        [(8, None)],
    ),
    "A53 cancels the return": (
        [A01, leave(20), back(40), cancel(back(40), 41)],
        Status.ON_LEAVE,
        [(8, 20)],
    ),
    "discharged while on leave": ([A01, leave(20), discharge(30)], Status.ENDED, [(8, 20)]),
    "two leaves": (
        [A01, leave(20), back(30), leave(50, "5b"), back(60, "6b"), A03],
        Status.ENDED,
        [(8, 20), (30, 50), (60, 80)],
    ),
    "an emergency passage suspends nothing": ([emergency()], Status.IN_PROGRESS, []),
    "A04 then A03": ([emergency(), discharge(9)], Status.ENDED, []),
    "A06 turns it into an admission": (
        [emergency(), say(Kind.CHANGE_CLASS, 12, "c", event="A06")],
        Status.IN_PROGRESS,
        [(12, None)],
    ),
    "A01 of class I after the emergency": ([emergency(), A01], Status.IN_PROGRESS, [(8, None)]),
    "A02 of class I after the emergency": (
        [emergency(), transfer(12, class_code="I")],
        Status.IN_PROGRESS,
        [(12, None)],
    ),
    "A07 turns it into a consultation": (
        [A01, say(Kind.CHANGE_CLASS, 12, "c", event="A07")],
        Status.IN_PROGRESS,
        [(8, 12)],
    ),
    "A28, A31, A08 alone do nothing": ([say(Kind.INFORM, 8, event="A08")], Status.NOTHING, []),
    "Z99 moves the admission": ([A01, update(A01, 20, at=at(7))], Status.IN_PROGRESS, [(7, None)]),
    "Z99 that names no event": (
        [A01, A03, update(A03, 90, at=at(78))],
        Status.ENDED,
        [(8, 78)],
    ),
    "Z99 of an unknown plan": ([update(plan(30), 5, kind=Kind.PLAN)], Status.PLANNED, []),
    "a sender who numbers the whole stay alike": (
        [A01, transfer(20, "1"), discharge(80, "1")],
        Status.ENDED,
        [(8, 80)],
    ),
    "a readmission under the same number": (
        [A01, A03, admit(90, "1c")],
        Status.IN_PROGRESS,
        [(8, 80), (90, None)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_events(name: str):
    statements, status, periods = CASES[name]
    state = fold(statements)
    assert (state.status, away(state)) == (status, periods)


@pytest.mark.parametrize(
    ("code", "ward", "stay_class", "suspends"),
    [
        ("I", CARDIO, StayClass.FULL, True),
        ("i", CARDIO, StayClass.FULL, True),
        ("", CARDIO, StayClass.FULL, True),
        ("B", CARDIO, StayClass.FULL, True),
        ("E", CARDIO, StayClass.EMERGENCY, False),
        ("O", CARDIO, StayClass.OUTPATIENT, False),
        ("R", CARDIO, StayClass.SESSIONS, False),
        ("D", CARDIO, StayClass.DAY, False),
        ("HAD", CARDIO, StayClass.HOME, False),
        ("U", CARDIO, StayClass.UNKNOWN, False),
        ("I", Ward("Hôpital de jour gériatrique"), StayClass.DAY, False),
        ("I", Ward("HDJ oncologie"), StayClass.DAY, False),
        ("I", Ward("Chirurgie ambulatoire"), StayClass.DAY, False),
        ("I", Ward("HAD secteur nord"), StayClass.HOME, False),
        ("I", Ward("Unité 12", "H12"), StayClass.HOME, False),
    ],
)
def test_only_a_full_inpatient_stay_suspends(code, ward, stay_class, suspends):
    state = fold([admit(8, class_code=code, ward=ward)], StayRules(home_units=frozenset({"H12"})))
    assert (state.stay_class, bool(state.suspends)) == (stay_class, suspends)


@pytest.mark.parametrize(
    ("outcome", "proposed"),
    [
        (None, True),
        (Outcome.HOME, True),
        (Outcome.TRANSFER, False),
        (Outcome.HOME_HOSPITAL, False),
        (Outcome.DEATH, False),
    ],
)
def test_when_resuming_visits_is_proposed(outcome, proposed):
    assert fold([A01, discharge(80, outcome=outcome)]).proposes_resumption is proposed


def test_nothing_suspended_nothing_proposed():
    assert not fold([emergency(), discharge(9)]).proposes_resumption


def test_wards_follow_the_transfers():
    moved, further = transfer(20), transfer(40, "3", Ward("Soins continus"))
    assert fold([A01, moved]).ward == SURGERY
    assert [str(p.ward) for p in fold([further, moved, A01]).locations] == [
        "Cardiologie",
        "Chirurgie",
        "Soins continus",
    ]
    assert fold([A01, moved, further, cancel(further, 41)]).ward == SURGERY
    assert fold([A01, moved, cancel(moved, 21, number="")]).ward == CARDIO


def test_the_expected_discharge_is_the_last_one_announced():
    first = admit(8, expected_discharge=at(100))
    later = say(Kind.EXPECT_DISCHARGE, 30, "e", expected_discharge=at(120))
    assert fold([first]).expected_discharge == at(100)
    assert fold([later, first]).expected_discharge == at(120)
    assert fold([first, later, cancel(later, 31)]).expected_discharge == at(100)
    assert fold([admit(8, expected_discharge=at(2))]).expected_discharge is None


def test_an_a08_informs_without_moving():
    note = say(
        Kind.INFORM, 30, event="A08", class_code="O", ward=SURGERY, expected_discharge=at(90)
    )
    state = fold([A01, note])
    assert (state.stay_class, state.ward) == (StayClass.FULL, CARDIO)
    assert state.expected_discharge == at(90)


def test_leaves_are_kept():
    state = fold([A01, leave(20, expected=30), back(40)])
    assert state.leaves == (Leave(at(20), at(40), at(30)),)


def test_death_is_what_was_said_last():
    dead = say(Kind.INFORM, 30, dead=True, died_at=at(29))
    mistake = say(Kind.INFORM, 40, dead=False)
    assert fold([A01, dead]).dead
    assert fold([A01, dead]).died_at == at(29)
    assert not fold([mistake, dead, A01]).dead
    ended = fold([A01, discharge(80), dead])
    assert (ended.outcome, ended.proposes_resumption) == (Outcome.DEATH, False)


@pytest.mark.parametrize(
    "statements",
    [
        [admit(8, confidential=True)],
        [A01, say(Kind.INFORM, 9, confidential=True)],
        [admit(8, ward=Ward("Psychiatrie B"))],
        [A01, transfer(20, ward=Ward("Unité 7", "U7"))],
    ],
)
def test_confidential_stays(statements):
    rules = StayRules(sensitive_units=frozenset({"U7"}))
    assert fold(statements, rules).confidential


def test_the_chain_of_a_readmission():
    first = fold([A01, A03])
    soon, late = fold([admit(100)]), fold([admit(105)])
    assert continues_chain(first, soon)
    assert not continues_chain(first, late)
    assert not continues_chain(fold([A01]), soon)


def test_a_discharge_dated_before_the_last_transfer_still_closes():
    state = fold([A01, transfer(20), discharge(30, discharged_at=at(10))])
    assert state.suspends == (Period(at(8), at(20)),)
