"""Settlement runs: lines kept, differences added, nothing edited."""

import datetime as dt

import pytest

from liane.bundles import changes, explained, settling
from liane.bundles.models import Mark, Sequence, Settled, SettledLine, SettlementRun
from liane.bundles.tests.conftest import as_, machine
from liane.core import acting
from liane.directory import services as directory
from liane.directory.models import Locum
from liane.interventions.models import Undo
from liane.pathways.models import Signatory
from liane.pathways.services import team
from tests import factories as make

pytestmark = pytest.mark.django_db
NO_MARGIN = dt.timedelta(milliseconds=-1)
"""Only what was written since the run: identifiers tell milliseconds apart, no less."""


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


def test_after_an_early_end_each_sequence_says_what_it_is(house):
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    with acting.owner():
        type(house.enrolment).objects.filter(pk=house.enrolment.pk).update(
            status="ended", ended_on=dt.date(2026, 2, 20), end_reason="death"
        )
    house.settle()
    with machine():
        rows = {one.key: one for one in Sequence.objects.filter(enrolment=house.enrolment)}
        later = [one for key, one in rows.items() if key != "s1"]
        assert {(one.state, one.status, one.says) for one in later} == {
            ("never", "closed", "non commencée")
        }
        assert rows["s1"].says != "en cours"
        view = explained.enrolment(house.enrolment.pk)
    texts = {one.row.key: one.state for one in view.sequences}
    assert (
        "jamais commencée, rien n’est dû : suivi terminé le 20 février 2026, décès."
        in (texts[later[0].key])
    )


def test_the_same_facts_write_nothing_again(house):
    house.complete()
    house.settle()
    again = house.settle(whole=True)
    assert (again.examined, again.written, again.unchanged) == (1, 0, 1)
    with machine():
        assert Settled.objects.count() == 1


def test_a_locum_s_contract_said_or_ended_afterwards_is_settled_again(house, monkeypatch):
    monkeypatch.setattr(changes, "MARGIN", NO_MARGIN)
    locum = make.practice("max", profession="93", name="Max Loc")
    house.complete()
    house.act(locum, "psy", dt.date(2026, 3, 9))
    house.settle()

    def examined() -> int:
        with machine():
            Mark.objects.update(again_on=None)
        return house.settle().examined

    assert examined() == 0
    with acting.owner():
        contract = Locum.objects.create(
            replaced=house.psy, locum=locum, starts_on=dt.date(2026, 3, 1),
            ends_on=dt.date(2026, 3, 31),
        )  # fmt: skip
    assert (examined(), examined()) == (1, 0)
    with as_(house.psy):
        directory.end_locum(contract)
    assert (examined(), examined()) == (1, 0)


def test_a_signature_that_ends_afterwards_is_settled_again(house, monkeypatch):
    monkeypatch.setattr(changes, "MARGIN", NO_MARGIN)
    house.complete()
    house.settle()
    with machine():
        Mark.objects.update(again_on=None)
        signed = Signatory.objects.get(practice=house.psy)
    with as_(house.coordinator):
        team.leave(signed.pk, dt.date(2026, 2, 8))
    assert (house.settle().examined, house.sequence().state) == (1, "open")
    with machine():
        paid = SettledLine.objects.filter(sequence="s1", payee_holder_id=house.psy.pk)
        assert sum(line.cents for line in paid) == 0, "their act came after they left"


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
    monkeypatch.setattr("liane.bundles.changes.MARGIN", NO_MARGIN)
    assert house.settle().examined == 0
    house.act(house.diet, "diet", dt.date(2026, 3, 9))
    assert house.settle().examined == 1


def test_a_running_sequence_is_looked_at_again_the_next_day_only(house, monkeypatch):
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    house.settle(dt.date(2026, 3, 1))
    monkeypatch.setattr("liane.bundles.changes.MARGIN", NO_MARGIN)
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
