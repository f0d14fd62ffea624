"""Settlement runs: lines kept, differences added, nothing edited."""

import datetime as dt

import pytest

from liane.bundles import settling
from liane.bundles.models import Settled, SettledLine, SettlementRun
from liane.bundles.tests.conftest import machine
from liane.core import acting
from liane.interventions.models import Undo

pytestmark = pytest.mark.django_db


def lines(house, sequence="s1"):
    with machine():
        rows = SettledLine.objects.filter(enrolment=house.enrolment, sequence=sequence)
        return [
            (row.payee_label, row.role, row.cents, row.patient_cents, row.difference)
            for row in rows.order_by("settled__number", "payee_label")
        ]


def test_a_complete_sequence_is_shared_to_the_cent_between_three_payees(house):
    house.complete()
    report = house.settle()
    assert (report.examined, report.written) == (1, 1)
    found = lines(house)
    assert [one[:3] for one in found] == [
        ("Léa Moreau", "professional", 8367),
        ("Maison de santé des Tilleuls", "structure", 5000),
        ("Sami Ibarra", "professional", 8367),
        ("Tess Faure", "professional", 8367),
    ]
    assert sum(patient for *_, patient, _ in found) == 6020
    assert house.sequence().amount_cents == 30101


def test_the_same_facts_write_nothing_again(house):
    house.complete()
    house.settle()
    again = house.settle(whole=True)
    assert (again.examined, again.written, again.unchanged) == (1, 0, 1)
    with machine():
        assert Settled.objects.count() == 1


def test_a_later_act_is_a_visible_difference_and_nothing_is_edited(house):
    house.complete()
    house.settle()
    before = lines(house)
    with acting.owner():
        Undo.objects.create(intervention=house.made[2], reason="saisi deux fois")
    house.act(house.psy, "psy", dt.date(2026, 3, 2))
    house.settle()
    after = lines(house)
    assert after[: len(before)] == before
    added = after[len(before) :]
    assert all(difference for *_, difference in added)
    assert sum(cents for _, _, cents, *_ in added) == 0
    assert {name: cents for name, _, cents, *_ in added}["Tess Faure"] == -8367
    assert sum(cents for _, _, cents, *_ in after) == 30101


def test_an_incremental_run_looks_only_at_what_may_have_changed(house, monkeypatch):
    house.complete()
    with acting.owner():
        type(house.enrolment).objects.update(status="ended", ended_on=dt.date(2026, 3, 31),
                                             end_reason="completed")  # fmt: skip
    house.settle()
    monkeypatch.setattr("liane.bundles.changes.MARGIN", dt.timedelta(0))
    assert house.settle().examined == 0
    house.act(house.diet, "diet", dt.date(2026, 3, 9))
    assert house.settle().examined == 1


def test_a_running_sequence_is_looked_at_again_the_next_day_only(house, monkeypatch):
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    house.settle(dt.date(2026, 3, 1))
    monkeypatch.setattr("liane.bundles.changes.MARGIN", dt.timedelta(0))
    assert house.settle(dt.date(2026, 3, 1)).examined == 0
    assert house.settle(dt.date(2026, 3, 2)).examined == 1


def test_a_chunk_that_fails_leaves_nothing_of_itself(house, monkeypatch):
    house.complete()

    def broken(*args):
        raise RuntimeError("cut")

    monkeypatch.setattr("liane.bundles.following.follow", broken)
    with pytest.raises(RuntimeError, match="cut"):
        settling.run(dt.date(2026, 6, 30))
    with machine():
        assert not Settled.objects.exists()
        assert SettlementRun.objects.get().finished_at is None
    monkeypatch.undo()
    assert house.settle().written == 1


def test_a_published_correction_of_the_rules_does_not_touch_what_another_version_governs(house):
    house.complete()
    house.settle()
    with machine():
        kept = Settled.objects.get()
    assert kept.version == "2026-01"
    assert kept.until == dt.date(2026, 6, 30)


def test_rights_that_come_when_the_pathway_is_over_count_too(house):
    house.complete()
    with acting.owner():
        type(house.enrolment).objects.update(status="ended", ended_on=dt.date(2026, 3, 31))
    house.settle()
    house.entitled(exemption="ald", exemption_from=dt.date(2026, 1, 1))
    house.settle()
    with machine():
        lines = SettledLine.objects.filter(sequence="s1")
        assert sum(one.cents for one in lines) == 30101
        assert sum(one.patient_cents for one in lines) == 0
