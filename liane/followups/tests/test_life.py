"""An accompaniment from the answer that opens it to the exit, and back."""

import datetime as dt

import pytest
from django.http import Http404
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from liane.core.errors import Conflict, NotAllowed, Refused
from liane.followups import queries, services
from liane.followups.models import Accompaniment
from liane.followups.states import LIFE, ExitReason, Level, Stage
from liane.followups.tests.conftest import answer, as_, as_system, only
from liane.patients.services.identity import confirm_death
from liane.referrals import services as requests
from liane.referrals.models import Referral, ReturnTo
from liane.referrals.services import Reply
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("level", ["one_off", "sustained", "intensive"])
def test_an_answer_with_support_opens_it(asked, isabelle, simon, dac, level):
    referral = asked()
    answer(referral, isabelle, level)
    row = only()
    assert (row.person_id, row.organisation_id, row.level) == (simon.pk, dac.pk, level)
    assert (row.case_manager_id, row.request_id) == (isabelle.pk, referral.pk)
    with as_(isabelle):
        assert [r.row.pk for r in queries.page(dac.pk).rows] == [row.pk]
        assert [step.after for step in row.history.all()] == ["qualification"]


@pytest.mark.parametrize("outcome", ["information"])
def test_an_answer_without_support_opens_nothing(asked, isabelle, outcome):
    answer(asked(), isabelle, outcome)
    with as_system():
        assert not Accompaniment.objects.exists()


def test_an_answer_that_fails_opens_nothing(asked, isabelle):
    referral = asked()
    with as_(isabelle):
        requests.take(referral.pk)
        requests.qualify(referral.pk, "in_scope")
        with pytest.raises(Refused):
            requests.answer(referral.pk, Reply("intensive", ""))
    with as_system():
        assert not Accompaniment.objects.exists()


def test_another_answer_changes_the_level_and_keeps_the_former(followed, isabelle):
    with as_(isabelle):
        requests.answer(followed.request_id, Reply("sustained", "Moins de besoin."))
    row = only()
    with as_(isabelle):
        assert row.level == "sustained"
        assert [(one.before, one.after) for one in row.levels.order_by("at")] == [
            ("", "intensive"), ("intensive", "sustained"),
        ]  # fmt: skip


def test_the_level_changes_with_a_reason_there_and_on_the_request(followed, isabelle, claire):
    with as_(isabelle):
        with pytest.raises(Refused) as refusal:
            services.change_level(followed.pk, Level.SUSTAINED, reason=" ")
        assert refusal.value.field == "reason"
        services.change_level(followed.pk, Level.SUSTAINED, reason="Les aides tiennent")
        assert only().level == "sustained"
        assert followed.levels.order_by("-at")[0].reason == "Les aides tiennent"
    with as_(claire):
        request = Referral.objects.get(pk=followed.request_id)
        assert (request.status, request.outcome) == ("sustained", "sustained")
        last = request.history.order_by("-at")[0]
        assert (last.before, last.after, last.reason) == (
            "intensive", "sustained", "Les aides tiennent",
        )  # fmt: skip
        assert not ReturnTo.objects.filter(referral=request, given__step="sustained").exists()
    with as_system():
        assert levels_of(followed) == ["intensive", "sustained"]


def levels_of(row: Accompaniment) -> list[str]:
    return [one.after for one in row.levels.order_by("at")]


def test_the_second_writer_learns_what_the_first_did(followed, isabelle, lise):
    with as_(lise):
        services.move(followed.pk, Stage.EVALUATION, expect=followed.version)
    with as_(isabelle), pytest.raises(Conflict, match="évaluation"):
        services.move(followed.pk, Stage.PLAN, expect=followed.version)


def test_it_is_entrusted_within_the_house_only(followed, isabelle, lise, claire):
    with as_(isabelle):
        with pytest.raises(Refused):
            services.entrust(followed.pk, claire.pk)
        services.entrust(followed.pk, lise.pk, reason="congés")
        assert only().case_manager_id == lise.pk
        assert [m.practice_id for m in followed.managers.order_by("at")] == [isabelle.pk, lise.pk]
        assert Referral.objects.get(pk=followed.request_id).assigned_id == lise.pk


def test_the_exit_tells_the_requester_and_the_doctor_and_closes_the_request(
    followed, isabelle, claire, roussel
):
    with as_(isabelle):
        services.end(followed.pk, ExitReason.RELAY, text="Le SSIAD prend le relais.")
        row = only()
        assert (row.status, row.exit_reason, row.is_open) == ("exit", "relay", False)
        told = ReturnTo.objects.filter(referral_id=row.request_id, given__step="done")
        assert {one.holder_id for one in told} == {claire.pk, roussel.pk}
    with as_(claire):
        assert Referral.objects.get(pk=row.request_id).status == "done"


def test_an_exit_says_why_and_says_it_back(followed, isabelle):
    with as_(isabelle):
        for reason, text, field in [("", "x", "exit_reason"), ("lost", " ", "text")]:
            with pytest.raises(Refused) as refusal:
                services.end(followed.pk, reason, text=text)
            assert refusal.value.field == field


def test_who_comes_back_gets_another_one_linked_to_the_earlier(followed, isabelle, simon):
    with as_(isabelle):
        services.end(followed.pk, ExitReason.OBJECTIVES, text="Tout est en place.")
        with pytest.raises(Refused):
            services.move(followed.pk, Stage.PLAN)
        again = services.open_accompaniment(simon.pk, Level.SUSTAINED, reason="rechute")
        with pytest.raises(Refused):
            services.open_accompaniment(simon.pk, Level.INTENSIVE)
    assert again.earlier_id == followed.pk
    assert again.is_open


def test_a_death_closes_it(followed, isabelle, simon):
    with as_(isabelle):
        confirm_death(simon.pk, on=timezone.localdate(), source="sa fille")
        with pytest.raises(Refused):
            services.open_accompaniment(simon.pk, Level.SUSTAINED)
    assert only().exit_reason == ExitReason.DEATH


def test_a_colleague_s_file_changes_hands(followed, isabelle, lise):
    with as_(lise):
        requests.take_over(isabelle.pk, lise.pk, reason="arrêt maladie")
    assert only().case_manager_id == lise.pk


def test_a_request_without_record_opens_it_once_the_record_is_found(
    asked, isabelle, simon, roussel
):
    from liane.referrals import attaching

    make.member(simon, isabelle.organisation)
    referral = asked(by=roussel, person_id=None, organisation_id=isabelle.organisation_id,
                     identity={"birth_name": "SIMON"})  # fmt: skip
    answer(referral, isabelle, "one_off")
    with as_system():
        assert not Accompaniment.objects.exists()
    with as_(isabelle):
        attaching.attach(referral.pk, simon.pk)
    assert only().level == "one_off"


@pytest.mark.parametrize("who", ["claire", "roussel"])
def test_the_file_of_another_house_is_not_there(followed, request, who):
    other = request.getfixturevalue(who)
    with as_(other):
        assert queries.one(followed.pk) is None
        for verb in (
            lambda: services.move(followed.pk, Stage.PLAN),
            lambda: services.change_level(followed.pk, Level.ONE_OFF, reason="x"),
            lambda: services.end(followed.pk, ExitReason.LOST, text="x"),
        ):
            with pytest.raises(Http404):
                verb()


def test_the_care_team_learns_level_and_case_manager_only(followed, claire, simon):
    with as_(claire):
        [card] = queries.cards(simon.pk)
    assert (card.organisation, card.level, card.case_manager) == (
        "DAC des Landes", "intensif", "Isabelle Lafitte",
    )  # fmt: skip


def test_nobody_opens_for_a_house_without_the_right(simon, roussel, dac):
    secretary = make.practice("paule", role="secretary", of=dac, name="Paule Dubourg")
    make.member(simon, dac)
    with as_(secretary), pytest.raises(NotAllowed):
        services.open_accompaniment(simon.pk, Level.SUSTAINED)


@given(st.lists(st.sampled_from(Stage.values), max_size=12))
def test_whatever_is_asked_the_exit_is_the_last_stage(wanted):
    """Only declared steps are taken; nothing leaves the exit; every stage but it reaches it."""
    at = Stage.QUALIFICATION
    seen = [at]
    for after in wanted:
        if LIFE.allows(at, after):
            at = Stage(after)
            seen.append(at)
    assert Stage.EXIT not in seen[:-1]
    assert at == Stage.EXIT or LIFE.allows(at, Stage.EXIT)
    assert Stage.QUALIFICATION not in seen[1:]


def test_figures_at_a_date(followed, isabelle, simon, dac):
    today = timezone.localdate()
    before = today - dt.timedelta(days=40)
    with as_system():
        Accompaniment.objects.filter(pk=followed.pk).update(
            opened_at=timezone.now() - dt.timedelta(days=30)
        )
    with as_(isabelle):
        services.end(followed.pk, ExitReason.OBJECTIVES, text="Fini.")
        services.open_accompaniment(simon.pk, Level.ONE_OFF)
    with as_system():
        assert queries.file_active(dac.pk, before) == frozenset()
        assert queries.file_active(dac.pk, today) == {simon.pk}
        assert queries.file_active(dac.pk, today, since=before) == {simon.pk}
        assert queries.entries(dac.pk, before, today).count() == 2
        assert queries.entries(dac.pk, today, today).count() == 1
        assert [row.exit_reason for row in queries.exits(dac.pk, today, today)] == ["objectives"]
        assert queries.open_on(dac.pk, today).count() == 2
