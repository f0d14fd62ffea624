"""Periods: what a form asks for, the one before, the one after."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.core.errors import Refused
from liane.insight import periods

DAYS = st.dates(dt.date(2001, 1, 1), dt.date(2099, 12, 31))


@pytest.mark.parametrize(
    ("said", "first", "last", "label"),
    [
        ({"periode": "mois", "de": "2026-02-17"}, "2026-02-01", "2026-02-28", "février 2026"),
        ({"periode": "mois", "de": "2028-02"}, "2028-02-01", "2028-02-29", "février 2028"),
        ({"periode": "trimestre", "de": "2026-03-31"}, "2026-01-01", "2026-03-31",
         "1er trimestre 2026"),
        ({"periode": "trimestre", "de": "2026-10-01"}, "2026-10-01", "2026-12-31",
         "4e trimestre 2026"),
        ({"periode": "annee", "de": "2026-06-01"}, "2026-01-01", "2026-12-31", "2026"),
        ({"periode": "dates", "de": "2026-03-03", "a": "2026-03-09"}, "2026-03-03", "2026-03-09",
         "du 3 mars 2026 au 9 mars 2026"),
    ],
)  # fmt: skip
def test_a_form_asks_for_a_period(said, first, last, label):
    period = periods.asked(said)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.label == label


@pytest.mark.parametrize(
    "said",
    [
        {"periode": "siecle"},
        {"periode": "mois", "de": "hier"},
        {"periode": "mois", "de": "1789-07-14"},
        {"periode": "dates", "de": "2026-03-09", "a": "2026-03-03"},
        {"periode": "dates", "de": "2001-03-09", "a": "2026-03-03"},
    ],
)
def test_dates_that_mean_nothing_are_refused_with_a_way_out(said):
    with pytest.raises(Refused):
        periods.asked(said)


@given(kind=st.sampled_from(["mois", "trimestre", "annee"]), day=DAYS)
def test_periods_follow_one_another(kind, day):
    period = periods.of(kind, day)
    assert period.first <= day <= period.last
    assert period.before.last + dt.timedelta(days=1) == period.first
    assert period.before.after == period == period.after.before


@given(days=st.tuples(DAYS, DAYS))
def test_two_dates_are_compared_with_as_many_days_before(days):
    period = periods.Period("dates", min(days), max(days))
    before = period.before
    assert before.last + dt.timedelta(days=1) == period.first
    assert before.last - before.first == period.last - period.first


@pytest.mark.parametrize(("today", "running"), [("2026-03-31", True), ("2026-04-01", False)])
def test_a_period_runs_until_its_last_day_is_over(monkeypatch, today, running):
    monkeypatch.setattr(periods.timezone, "localdate", lambda: dt.date.fromisoformat(today))
    march = periods.of("mois", dt.date(2026, 3, 5))
    assert march.running is running
    assert march.is_past is not running
    assert not march.after.is_past
