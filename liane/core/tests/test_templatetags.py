"""French dates, names, amounts and phone numbers."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template

from liane.core.templatetags import liane

PARIS = ZoneInfo("Europe/Paris")
SATURDAY = dt.datetime(2026, 11, 21, 12, 0, tzinfo=PARIS)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Claire Aubert", "CA"),
        ("Dr Roussel", "DR"),
        ("Mme Michelle", "MI"),
        ("Pharmacie du Marché", "PM"),
        ("Élodie", "EL"),
        ("", "?"),
        (None, "?"),
    ],
)
def test_initials(name, expected):
    assert liane.initials(name) == expected


def test_a_face_keeps_its_colour_whatever_the_accents():
    assert liane.face_colour("Zoé Étienne") == liane.face_colour("zoe etienne")
    assert len({liane.face_colour(f"Nom {n}") for n in range(50)}) == len(liane.FACES)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 11, 21), "aujourd’hui"),
        (dt.date(2026, 11, 20), "hier"),
        (dt.date(2026, 11, 22), "demain"),
        (dt.date(2026, 11, 17), "mardi"),
        (dt.date(2026, 11, 27), "vendredi"),
        (dt.date(2026, 11, 14), "14 novembre"),
        (dt.date(2026, 3, 1), "1er mars"),
        (dt.date(2025, 3, 12), "12 mars 2025"),
    ],
)
@time_machine.travel(SATURDAY, tick=False)
def test_days_as_people_say_them(day, expected):
    assert liane.day_words(day) == expected


def test_a_count_that_stopped_says_so():
    assert [liane.capped(n, 100) for n in (0, 99, 100)] == ["0", "99", "99+"]


@time_machine.travel(SATURDAY, tick=False)
def test_a_day_that_is_late_is_not_read_as_the_next_one():
    assert liane.past_day(dt.date(2026, 11, 17)) == "mardi dernier"
    assert liane.past_day(dt.date(2026, 11, 20)) == "hier"
    assert liane.past_day(dt.date(2026, 11, 14)) == "14 novembre"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (dt.datetime(2026, 11, 21, 8, 12, tzinfo=PARIS), "8 h 12"),
        (dt.datetime(2026, 11, 21, 9, 0, tzinfo=PARIS), "9 h"),
        (dt.datetime(2026, 11, 20, 17, 40, tzinfo=PARIS), "hier 17 h 40"),
        (dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC), "0 h 30"),
        (dt.datetime(2026, 10, 1, 8, 0, tzinfo=PARIS), "1er octobre"),
    ],
)
@time_machine.travel(SATURDAY, tick=False)
def test_moments_in_local_time(at, expected):
    assert plain(liane.moment(at)) == expected


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        (dt.date(1941, 3, 7), "85 ans"),
        (dt.date(1941, 11, 22), "84 ans"),
        (dt.date(1941, 11, 21), "85 ans"),
        (dt.date(2026, 4, 22), "6 mois"),
        (dt.date(2024, 11, 21), "2 ans"),
        (None, ""),
    ],
)
@time_machine.travel(SATURDAY, tick=False)
def test_age(birth, expected):
    assert plain(liane.age(birth)) == expected


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (1250, "12,50 €"),
        (5, "0,05 €"),
        (123456789, "1 234 567,89 €"),
        (-1250, "−12,50 €"),
        (None, ""),
    ],
)
def test_euros(cents, expected):
    assert plain(liane.euros(cents)) == expected


@pytest.mark.parametrize(
    ("number", "shown", "link"),
    [
        ("0612345678", "06 12 34 56 78", "tel:+33612345678"),
        ("+33 6 12 34 56 78", "06 12 34 56 78", "tel:+33612345678"),
        ("05.58.00.00.01", "05 58 00 00 01", "tel:+33558000001"),
        ("15", "15", "tel:15"),
        ("", "", ""),
    ],
)
def test_phone(number, shown, link):
    assert plain(liane.phone(number)) == shown
    assert liane.tel_link(number) == link


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0 visite"), (1, "1 visite"), (2, "2 visites")]
)
def test_plural(count, expected):
    assert plain(liane.plural(count, "visite")) == expected


def test_a_send_key_is_new_each_time_and_kept_when_given():
    draw = Template("{% send_key value %}").render
    assert draw(Context({"value": ""})) != draw(Context({"value": ""}))
    assert 'value="abc&quot;"' in draw(Context({"value": 'abc"'}))
