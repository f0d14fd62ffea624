"""Repetition in local time, the clocks changing or not."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liane.agenda import recurrence
from liane.agenda.recurrence import Every, Rule

PARIS = ZoneInfo("Europe/Paris")
ZONE = "Europe/Paris"
FAR = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


def days(rule: Rule, first: str, before: str) -> list[str]:
    found = recurrence.starts(rule.text, at(first), ZONE, at(first), at(before))
    return [f"{moment.astimezone(PARIS):%d/%m %H:%M}" for moment in found]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            Rule(Every.DAY, 3, until=dt.date(2026, 12, 4)),
            "tous les 3 jours jusqu’au 4 décembre 2026",
        ),
        (Rule(Every.DAY), "tous les jours"),
        (Rule(Every.DAY, days=(4, 3, 2, 1, 0)), "chaque jour de semaine"),
        (Rule(Every.WEEK, days=(0,)), "chaque lundi"),
        (Rule(Every.WEEK, days=(3, 0)), "chaque lundi et jeudi"),
        (Rule(Every.WEEK, days=(0, 2, 4)), "chaque lundi, mercredi et vendredi"),
        (Rule(Every.WEEK, 2, days=(1,), count=6), "une semaine sur deux, le mardi, 6 fois"),
        (Rule(Every.WEEK, 3), "toutes les 3 semaines"),
        (Rule(Every.MONTH, until=dt.date(2027, 1, 1)), "tous les mois jusqu’au 1er janvier 2027"),
    ],
)
def test_a_rule_is_said_in_plain_words_and_read_again(rule: Rule, expected: str) -> None:
    assert rule.words == expected
    assert recurrence.parse(rule.text) == rule
    assert recurrence.words(rule.text) == expected


def test_every_third_day_until_a_date_includes_that_date() -> None:
    rule = Rule(Every.DAY, 3, until=dt.date(2026, 12, 3))
    assert days(rule, "2026-11-27T09:00", "2027-01-01T00:00") == [
        "27/11 09:00", "30/11 09:00", "03/12 09:00",
    ]  # fmt: skip


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change() -> None:
    rule = Rule(Every.DAY)
    assert days(rule, "2026-10-24T09:00", "2026-10-27T00:00") == [
        "24/10 09:00", "25/10 09:00", "26/10 09:00",
    ]  # fmt: skip


def test_a_time_that_does_not_exist_is_pushed_forward() -> None:
    assert days(Rule(Every.DAY), "2026-03-28T02:30", "2026-03-31T00:00") == [
        "28/03 02:30", "29/03 03:30", "30/03 02:30",
    ]  # fmt: skip


def test_until_in_utc_from_another_software_keeps_its_last_visit() -> None:
    text = "FREQ=DAILY;UNTIL=20261123T080000Z"
    found = recurrence.starts(text, at("2026-11-21T09:00"), ZONE, at("2026-11-21T00:00"), FAR)
    assert len(found) == 3


@pytest.mark.parametrize(
    "text",
    ["FREQ=SECONDLY", "FREQ=DAILY;BYHOUR=8,9", "FREQ=DAILY;BYMINUTE=1", "BYDAY=MO", "FREQ=DAILY;X"],
)  # fmt: skip
def test_other_repetitions_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        recurrence.checked(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"interval": 0},
        {"count": 0},
        {"count": 3, "until": dt.date(2026, 1, 1)},
        {"interval": 3, "days": (0,)},
    ],
)
def test_a_rule_that_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Rule(Every.DAY, **wrong)


weekdays = st.lists(st.integers(0, 6), max_size=4).map(tuple)
rules = st.one_of(
    st.builds(Rule, st.just(Every.DAY), st.integers(1, 8)),
    st.builds(Rule, st.just(Every.DAY), st.just(1), weekdays),
    st.builds(Rule, st.just(Every.WEEK), st.integers(1, 8), weekdays),
)
moments = st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2028, 1, 1)).map(
    lambda wall: wall.replace(second=0, microsecond=0, tzinfo=PARIS)
)


@settings(deadline=None)
@given(rules, moments, st.integers(1, 120), st.integers(0, 120))
def test_two_windows_side_by_side_make_the_whole(
    rule: Rule, first: dt.datetime, n: int, m: int
) -> None:
    """The horizon can be pushed forward at any moment: nothing is made twice, nothing is lost."""
    middle, end = first + dt.timedelta(days=n), first + dt.timedelta(days=n + m)
    whole = recurrence.starts(rule.text, first, ZONE, first, end)
    assert whole == (
        recurrence.starts(rule.text, first, ZONE, first, middle)
        + recurrence.starts(rule.text, first, ZONE, middle, end)
    )


@settings(deadline=None)
@given(rules, moments)
def test_every_occurrence_is_at_the_same_time_on_the_wall(rule: Rule, first: dt.datetime) -> None:
    wall = recurrence.local(first, ZONE)
    if wall.hour == 2:  # the hour that may not exist, or exist twice
        return
    end = first + dt.timedelta(days=400)
    for moment in recurrence.starts(rule.text, first, ZONE, first, end):
        local = recurrence.local(moment, ZONE)
        assert (local.hour, local.minute) == (wall.hour, wall.minute)
        assert not rule.days or local.weekday() in rule.days


@settings(deadline=None)
@given(rules, moments)
def test_occurrences_are_in_order_and_apart(rule: Rule, first: dt.datetime) -> None:
    found = recurrence.starts(rule.text, first, ZONE, first, first + dt.timedelta(days=200))
    assert found == sorted(set(found))
