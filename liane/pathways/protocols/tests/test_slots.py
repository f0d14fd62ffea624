"""Common slots: never on a busy time, always in the days that the protocol counts."""

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.pathways.protocols.slots import Part, Span, common, why_not

PARIS = ZoneInfo("Europe/Paris")
NOW = dt.datetime(2026, 3, 20, 9, tzinfo=PARIS)
"""A Friday, nine days before clocks change."""
MONDAY = dt.date(2026, 3, 23)


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=PARIS)


def span(day: dt.date, first: int, last: int) -> Span:
    return Span(at(day, first), at(day, last))


USUAL = [span(MONDAY + dt.timedelta(number), 8, 19) for number in range(21) if number % 7 < 5]


def part(key: str = "diet", **more) -> Part:
    values = {"minutes": 30, "open": USUAL, "first": MONDAY, "last": MONDAY + dt.timedelta(20)}
    return Part(key, **(values | more))


def starts(slots) -> list[str]:
    return [f"{slot[0].span.start.astimezone(PARIS):%d %H:%M}" for slot in slots]


def test_the_first_slot_is_the_first_free_quarter_of_an_hour():
    found = common([part(busy=[span(MONDAY, 8, 9)])], [], now=NOW, zone=PARIS, most=2)
    assert starts(found) == ["23 09:00", "23 11:00"]


def test_two_professionals_follow_each_other_in_the_order_that_ends_soonest():
    diet, psy = part("diet", busy=[span(MONDAY, 8, 10)]), part("psy", minutes=60)
    (slot, *_) = common([diet, psy], [], now=NOW, zone=PARIS)
    assert [one.key for one in slot] == ["psy", "diet"]
    assert slot[0].span.end == slot[1].span.start == at(MONDAY, 10)


def test_the_persons_own_time_is_kept():
    found = common([part()], [span(MONDAY, 8, 17)], now=NOW, zone=PARIS, most=1)
    assert starts(found) == ["23 17:00"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"first": MONDAY + dt.timedelta(1)}, "window"),
        ({"last": MONDAY - dt.timedelta(1)}, "window"),
        ({"spacing": 7, "near": [MONDAY - dt.timedelta(6)]}, "spacing"),
        ({"away": [(MONDAY, MONDAY)]}, "away"),
        ({"open": [Span(at(MONDAY, 8), at(MONDAY, 9, 15))]}, "hours"),
        ({"busy": [span(MONDAY, 9, 10)]}, "busy"),
        ({"spacing": 7, "near": [MONDAY - dt.timedelta(7)]}, ""),
    ],
    ids=["before", "after", "too-close", "absent", "closed", "taken", "far-enough"],
)
def test_what_stands_against_a_time(more, said):
    assert why_not(part(**more), Span(at(MONDAY, 9), at(MONDAY, 9, 30)), PARIS) == said


def test_two_sessions_that_the_protocol_keeps_apart_share_no_slot():
    two = [part("a", requirement="diet", spacing=7), part("b", requirement="diet", spacing=7)]
    assert common(two, [], now=NOW, zone=PARIS) == []


def test_nothing_is_proposed_for_more_sessions_than_somebody_bears():
    with pytest.raises(ValueError, match="parts"):
        common([part(str(number)) for number in range(5)], [], now=NOW, zone=PARIS)


days = st.integers(0, 20).map(lambda number: MONDAY + dt.timedelta(number))
hours = st.lists(
    st.tuples(days, st.integers(6, 13), st.integers(1, 8)).map(
        lambda one: span(one[0], one[1], one[1] + one[2])
    ),
    min_size=1, max_size=12,
)  # fmt: skip
busy = st.lists(
    st.tuples(days, st.integers(6, 20), st.integers(0, 59), st.integers(5, 300)).map(
        lambda one: Span(
            at(one[0], one[1], one[2]).astimezone(dt.UTC),
            at(one[0], one[1], one[2]).astimezone(dt.UTC) + dt.timedelta(minutes=one[3]),
        )
    ),
    max_size=12,
)
absences = st.lists(st.tuples(days, st.integers(0, 4)), max_size=2).map(
    lambda found: [(day, day + dt.timedelta(more)) for day, more in found]
)


@st.composite
def parts(draw) -> list[Part]:
    made = []
    for number in range(draw(st.integers(1, 3))):
        first = draw(days)
        made.append(
            Part(
                str(number), draw(st.sampled_from([15, 20, 30, 45, 60])), draw(hours), first,
                first + dt.timedelta(draw(st.integers(0, 25))), draw(busy), draw(absences),
                draw(st.sampled_from(["diet", "psy"])), draw(st.integers(0, 5)),
                draw(st.lists(days, max_size=2)),
            )
        )  # fmt: skip
    return made


@given(parts(), busy)
def test_a_slot_never_meets_a_busy_time_and_is_always_in_its_window(wanted, taken):
    by_key = {one.key: one for one in wanted}
    for slot in common(wanted, taken, now=NOW, zone=PARIS, days=40):
        assert sorted(one.key for one in slot) == sorted(by_key)
        assert all(a.span.end <= b.span.start for a, b in pairwise(slot))
        for placed in slot:
            one, (start, end) = by_key[placed.key], placed.span
            local = start.astimezone(PARIS)
            assert end - start == dt.timedelta(minutes=one.minutes)
            assert start > NOW
            assert one.first <= local.date() <= one.last
            assert all(end <= other.start or other.end <= start for other in [*one.busy, *taken])
            assert not any(since <= local.date() <= last for since, last in one.away)
            assert all(abs((local.date() - near).days) >= one.spacing for near in one.near)
            assert any(open_.start <= start and end <= open_.end for open_ in one.open)
