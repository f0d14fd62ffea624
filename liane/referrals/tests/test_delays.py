"""How long a request may wait, how long it did, and that what waits too long shows up."""

import datetime as dt
import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from liane.core import acting
from liane.referrals import delays, motives, queries, services
from liane.referrals.models import Referral, Urgency
from liane.referrals.states import STAGES, Status
from liane.referrals.tests.conftest import as_

SAID = json.loads((delays.DATA / f"waits-{delays.CURRENT}.json").read_text())


def local(text: str) -> dt.datetime:
    return timezone.make_aware(dt.datetime.fromisoformat(text))


@pytest.mark.parametrize("example", SAID["examples"], ids=lambda one: one["from"])
def test_the_examples_of_the_file(example) -> None:
    wait = delays.current().steps[example["urgency"]][example["stage"]]
    assert delays.after(local(example["from"]), wait) == local(example["until"])


def test_every_urgency_has_every_stage_and_the_file_says_its_source() -> None:
    assert SAID["source"]
    assert set(delays.current().steps) == set(Urgency.values)
    stages = set(STAGES.values())
    assert all(set(steps) == stages for steps in delays.current().steps.values())


DAYS = [
    ("2026-05-08", False), ("2026-04-06", False), ("2026-05-14", False), ("2026-05-25", False),
    ("2026-12-25", False), ("2026-11-21", False), ("2026-11-20", True), ("2027-03-29", False),
]  # fmt: skip


@pytest.mark.parametrize(("day", "works"), DAYS)
def test_days_off_are_those_of_the_code_du_travail(day, works) -> None:
    assert delays.works(dt.date.fromisoformat(day)) is works


def test_an_installation_gives_its_own_waits_or_one_clear_line(tmp_path, settings) -> None:
    path = tmp_path / "waits.json"
    settings.LIANE_REFERRAL_RULES_FILE = str(path)
    with pytest.raises(ImproperlyConfigured):
        delays.current()
    own = {**SAID, "search": {"wider": "1 h", "desk": "3 h"}}
    path = tmp_path / "other.json"
    path.write_text(json.dumps(own))
    settings.LIANE_REFERRAL_RULES_FILE = str(path)
    assert delays.current().wider == dt.timedelta(hours=1)
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**SAID, "waits": {"urgent": {"take": "tomorrow"}}}))
    settings.LIANE_REFERRAL_RULES_FILE = str(wrong)
    with pytest.raises(ImproperlyConfigured):
        delays.current()


def test_motives_are_needs_with_a_source_and_their_examples_exist() -> None:
    said = json.loads((motives.DATA / f"motives-{motives.CURRENT}.json").read_text())
    codes = [one["code"] for one in said["motives"]]
    assert said["source"]
    assert len(codes) == len(set(codes))
    assert all(one["code"] in codes for one in said["examples"])
    assert motives.label("gone", "2026") == "gone"


@pytest.mark.django_db
def test_what_waits_too_long_shows_up_until_it_moves(asked, isabelle) -> None:
    referral = asked(urgency="urgent")
    with acting.owner():
        Referral.objects.update(waits_until=timezone.now() - dt.timedelta(minutes=1))
    with as_(isabelle):
        assert [row.pk for row in queries.page("attente").rows] == [referral.pk]
        assert queries.counts()["attente"] == 1
        assert queries.pressing()[0].is_late
        services.take(referral.pk)
        assert queries.page("attente").rows == []
        (took, still) = queries.detail(queries.one(referral.pk)).delays
    assert (took.label, took.over, still.label, still.over) == (
        "prise en charge", True, "qualification", False,
    )  # fmt: skip


@pytest.mark.django_db
def test_urgent_first_then_the_oldest(asked, isabelle) -> None:
    normal, urgent, soon = asked(), asked(urgency="urgent"), asked(urgency="soon")
    with as_(isabelle):
        rows = queries.page("a-prendre").rows
    assert [row.pk for row in rows] == [urgent.pk, soon.pk, normal.pk]


@pytest.mark.parametrize(
    ("span", "words"),
    [(dt.timedelta(minutes=7), "7 min"), (dt.timedelta(minutes=125), "2 h 05"),
     (dt.timedelta(days=1, hours=2), "1 jour"), (dt.timedelta(days=3), "3 jours")],
)  # fmt: skip
def test_lengths_of_time_are_said_as_people_say_them(span, words) -> None:
    assert delays.words(span) == words


def test_support_and_closed_states_wait_for_nothing() -> None:
    now = timezone.now()
    assert delays.until("urgent", Status.INTENSIVE, now) is None
    assert delays.until("urgent", Status.DONE, now) is None
