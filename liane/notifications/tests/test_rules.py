"""When and how loudly somebody is told."""

import datetime as dt
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liane.core.ids import uuid7
from liane.notifications.rules import NOTHING, QuietHours, Wishes, channels, due_at, key_of

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(dt.time(20), dt.time(7))
NOON = QuietHours(dt.time(12), dt.time(14))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("quiet", "now", "urgent", "visit", "expected"),
    [
        (None, "21T22:00", False, None, "21T22:00"),
        (NIGHT, "21T15:00", False, None, "21T15:00"),
        (NIGHT, "21T22:00", False, None, "22T07:00"),
        (NIGHT, "22T06:59", False, None, "22T07:00"),
        (NIGHT, "22T07:00", False, None, "22T07:00"),
        (NIGHT, "21T22:00", True, None, "21T22:00"),
        (NIGHT, "21T22:00", False, "22T07:30", "22T06:30"),
        (NIGHT, "21T22:00", False, "22T10:00", "22T07:00"),
        (NIGHT, "21T22:00", False, "21T22:30", "21T22:00"),
        (NOON, "21T12:30", False, None, "21T14:00"),
        (NOON, "21T12:30", False, "21T14:10", "21T13:10"),
        (QuietHours(dt.time(8), dt.time(8)), "21T08:00", False, None, "21T08:00"),
    ],
)
def test_the_earlier_of_the_end_of_the_rest_and_an_hour_before_the_visit(
    quiet: QuietHours | None, now: str, urgent: bool, visit: str | None, expected: str
) -> None:
    assert due_at(quiet, at(now), urgent, at(visit) if visit else None) == at(expected)


@settings(deadline=None)
@given(
    st.times(), st.times(), st.datetimes(dt.datetime(2026, 1, 2), dt.datetime(2027, 1, 1)),
    st.none() | st.timedeltas(dt.timedelta(0), dt.timedelta(3)),
)  # fmt: skip
def test_an_alert_is_never_before_now_nor_later_than_a_day(start, end, moment, visit) -> None:
    now = moment.replace(tzinfo=dt.UTC)
    next_visit = None if visit is None else now + visit
    due = due_at(QuietHours(start, end), now, next_visit=next_visit)
    assert now <= due <= now + dt.timedelta(days=1)
    if next_visit is not None:
        assert due <= max(now, next_visit - dt.timedelta(minutes=60))


PERSON = uuid4()


@pytest.mark.parametrize(
    ("wishes", "urgent", "expected"),
    [
        (Wishes(), False, (True, True, True)),
        (Wishes(push=False), False, (True, False, True)),
        (Wishes(kinds={"note": "inside"}), False, (True, False, False)),
        (Wishes(kinds={"note": "none"}), False, (False, False, False)),
        (Wishes(kinds={"note": "none"}), True, (True, True, True)),
        (Wishes(circles={PERSON: "inside"}), False, (True, False, False)),
        (Wishes(circles={PERSON: "urgent"}), False, (False, False, False)),
        (Wishes(circles={PERSON: "urgent"}), True, (True, True, True)),
        (Wishes(circles={uuid4(): "urgent"}), False, (True, True, True)),
    ],
)
def test_wishes_choose_the_channels_and_never_drop_an_urgent_word(
    wishes: Wishes, urgent: bool, expected: tuple[bool, bool, bool]
) -> None:
    found = channels(wishes, "note", urgent=urgent, person_id=PERSON, now=at("21T15:00"))
    assert (found.inside, found.push, found.digest) == expected


def test_an_urgent_word_waits_for_the_morning_only_for_who_asked_it() -> None:
    patient = Wishes(quiet=NIGHT, urgent_anytime=False)
    eager = Wishes(quiet=NIGHT)
    when = {"urgent": True, "person_id": None, "now": at("21T22:00")}
    assert channels(patient, "note", **when).due_at == at("22T07:00")
    assert channels(eager, "note", **when).due_at == at("21T22:00")
    assert NOTHING.inside is False


def test_the_key_is_one_for_an_entry_and_an_account_and_keeps_its_moment() -> None:
    entry, claire, paul = uuid7(), uuid7(), uuid7()
    key = key_of(entry, claire)
    assert key == key_of(entry, claire)
    assert key != key_of(entry, paul)
    assert (key.version, key.variant) == (7, entry.variant)
    assert key.int >> 80 == entry.int >> 80
