"""What people are told when a hospital changes what it said."""

import pytest

from liane.stays.facts import FactKind, Situation, notices
from liane.stays.fold import fold
from liane.stays.movement import Kind, Movement, Outcome
from liane.stays.tests.statements import (
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
)

A01, A02, A03 = admit(8), transfer(20), discharge(80)
A06 = say(Kind.CHANGE_CLASS, 12, "c", event="A06")
A07 = say(Kind.CHANGE_CLASS, 12, "c", event="A07")
A16 = say(Kind.EXPECT_DISCHARGE, 30, "e", expected_discharge=at(70))
DEAD, ALIVE = say(Kind.INFORM, 30, dead=True), say(Kind.INFORM, 31, dead=False)

CASES = {
    "an admission": ([A01], ["admitted"]),
    "twice the same": ([A01, A01], ["admitted"]),
    "a stay told from end to end": (
        [A01, A02, A16, A03],
        "admitted transferred expected_discharge discharged",
    ),
    "a late admission is no news": ([A02, A01], ["admitted"]),
    "a late transfer is no news": (
        [A01, transfer(30, "3"), transfer(20, "2", A01.ward)],
        "admitted transferred",
    ),
    "an admission cancelled": ([A01, cancel(A01, 9)], "admitted cancelled<in_hospital"),
    "cancelled before it was known": ([cancel(A01, 9), A01], []),
    "a discharge cancelled": ([A01, A03, cancel(A03, 81)], "admitted discharged admitted<ended"),
    "a transfer cancelled": (
        [A01, A02, cancel(A02, 21)],
        "admitted transferred transferred<in_hospital",
    ),
    "a plan cancelled": ([plan(30), cancel(plan(30), 5)], "planned cancelled<planned"),
    "a plan that comes true": ([plan(30), admit(31)], "planned admitted"),
    "a leave and the return": ([A01, leave(20), back(40)], "admitted on_leave returned"),
    "a leave cancelled": (
        [A01, leave(20), cancel(leave(20), 21)],
        "admitted on_leave returned<on_leave",
    ),
    "an emergency that becomes a stay": ([emergency(), A06], "emergency admitted"),
    "an emergency and home": ([emergency(), discharge(9)], "emergency discharged"),
    "a stay that was a consultation": ([A01, A07], "admitted class_changed"),
    "a consultation": ([admit(8, class_code="O"), discharge(9)], []),
    "home hospitalisation": ([admit(8, class_code="HAD"), A03], []),
    "a death and its correction": ([A01, DEAD, ALIVE], "admitted died alive"),
    "the outcome is corrected": (
        [A01, A03, discharge(80, outcome=Outcome.TRANSFER, said=82)],
        "admitted discharged discharged",
    ),
}


def story(said: list[Movement]) -> list[str]:
    words, before = [], None
    for count in range(1, len(said) + 1):
        after = fold(said[:count])
        words += [
            f"{fact.kind}<{fact.reverses}" if fact.reverses else str(fact.kind)
            for fact in notices(before, after)
        ]
        before = after
    return words


@pytest.mark.parametrize("name", CASES)
def test_stories(name: str):
    said, told = CASES[name]
    assert story(said) == (told.split() if isinstance(told, str) else told)


def test_who_knew_nothing_is_told_the_present_only():
    [fact] = notices(None, fold([A01, A02, leave(40)]))
    assert (fact.kind, fact.situation) == (FactKind.ON_LEAVE, Situation.ON_LEAVE)


def test_a_fact_carries_the_whole_situation():
    [fact] = notices(None, fold([admit(8, expected_discharge=at(90), hospital="CH de Dax")]))
    assert (str(fact.ward), fact.hospital) == ("Cardiologie", "CH de Dax")
    assert (fact.at, fact.expected_discharge) == (at(8), at(90))
