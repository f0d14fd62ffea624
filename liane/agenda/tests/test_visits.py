"""Planning, moving, cancelling, and the one tap that says « faite »."""

import datetime as dt
from uuid import uuid4

import pytest
from django.http import Http404
from django.utils import timezone

from liane.agenda import queries, services
from liane.agenda.models import Appointment
from liane.agenda.recurrence import Every, Rule
from liane.agenda.tests.support import ago, as_, planned, status, statuses, tomorrow
from liane.agenda.visit import Visit
from liane.circle.queries import recipients
from liane.core import acting
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import Entry
from liane.directory.models import Practice
from liane.interventions.models import Intervention
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
Status = Appointment.Status


@pytest.fixture
def odette() -> Patient:
    return make.patient()


@pytest.fixture
def claire(odette: Patient) -> Practice:
    nurse = make.practice("claire")
    make.member(odette, nurse)
    return nurse


def told(kind: str) -> list[Entry]:
    with acting.acting(acting.system("test")):
        return list(Entry.objects.filter(kind=kind))


def acts(*, standing: bool = True) -> list[Intervention]:
    with acting.acting(acting.system("test")):
        rows = Intervention.objects.order_by("id")
        return list(rows.standing() if standing else rows)


def test_marking_done_writes_one_intervention_with_both_dates(odette, claire) -> None:
    visit = planned(claire, odette, ago(), title="Pansement")
    with as_(claire):
        made = services.mark_done(visit.pk)
    assert (made.at, made.title, made.performed_by_id) == (visit.starts_at, "Pansement", claire.pk)
    assert made.entered_at >= made.at
    assert made.author_label == "Claire"
    assert status(visit) == Status.DONE
    assert len(told("visit.done")) == 1


def test_a_double_tap_makes_one_intervention(odette, claire) -> None:
    visit = planned(claire, odette, ago())
    with as_(claire):
        assert services.mark_done(visit.pk) == services.mark_done(visit.pk)
    assert len(acts(standing=False)) == 1


def test_undo_gives_the_visit_back_and_keeps_the_trace(odette, claire) -> None:
    visit = planned(claire, odette, ago())
    with as_(claire):
        services.mark_done(visit.pk)
        services.undo_done(visit.pk)
        services.undo_done(visit.pk)
    assert status(visit) == Status.PLANNED
    assert (len(acts()), len(acts(standing=False))) == (0, 1)
    with as_(claire):
        services.mark_done(visit.pk)
    assert len(acts()) == 1


def test_saying_more_replaces_the_act_and_a_problem_alerts_the_team_at_once(odette, claire) -> None:
    visit = planned(claire, odette, ago())
    with as_(claire):
        services.mark_done(visit.pk)
        services.mark_done(visit.pk, outcome="problem", note="Plaie rouge")
    (act,) = acts()
    assert (act.outcome, act.note) == ("problem", "Plaie rouge")
    (alert,) = told("visit.problem")
    assert (alert.urgent, alert.for_team, alert.for_outside, alert.for_person) == (
        True, True, False, False,
    )  # fmt: skip


def test_a_problem_without_a_word_is_refused_and_nothing_is_written(odette, claire) -> None:
    visit = planned(claire, odette, ago())
    with as_(claire), pytest.raises(Refused) as refusal:
        services.mark_done(visit.pk, outcome="problem")
    assert refusal.value.field == "note"
    assert (status(visit), acts()) == (Status.PLANNED, [])


def test_a_colleague_does_not_undo_what_somebody_else_noted(odette, claire) -> None:
    paul = make.practice("paul")
    make.member(odette, paul)
    visit = planned(claire, odette, ago())
    with as_(claire):
        services.mark_done(visit.pk)
    with as_(paul), pytest.raises(NotAllowed):
        services.undo_done(visit.pk)


def test_the_next_day_nothing_is_undone_any_more(odette, claire) -> None:
    import time_machine as clock

    visit = planned(claire, odette, ago())
    with as_(claire):
        services.mark_done(visit.pk)
    with (
        clock.travel(timezone.now() + dt.timedelta(days=1), tick=True),
        as_(claire),
        pytest.raises(Refused),
    ):
        services.undo_done(visit.pk)


def test_a_visit_of_another_day_is_not_done_yet(odette, claire) -> None:
    visit = planned(claire, odette, tomorrow())
    with as_(claire), pytest.raises(Refused):
        services.mark_done(visit.pk)


def test_a_suspended_visit_may_take_place_all_the_same(odette, claire) -> None:
    visit = planned(claire, odette, ago(0))
    with acting.acting(acting.system("hospital")):
        services.suspend(
            person_id=odette.pk, start=ago(60), end=None, cause_id=uuid4(), cause_kind="stay"
        )
    assert status(visit) == Status.SUSPENDED
    with as_(claire):
        services.mark_done(visit.pk)
        assert services.undo_done(visit.pk).status == Status.SUSPENDED


def test_cancelling_always_tells_and_cancelling_again_changes_nothing(odette, claire) -> None:
    visit = planned(claire, odette)
    with as_(claire):
        services.cancel(visit.pk, reason="Férié")
        services.cancel(visit.pk)
    (entry,) = told("visit.cancelled")
    assert (entry.announce, entry.for_person, entry.for_carers) == (True, True, True)


def test_moving_an_occurrence_leaves_the_series_alone(odette, claire) -> None:
    with as_(claire):
        services.plan_series(
            Visit(odette.pk, tomorrow(), practice_id=claire.pk), Rule(Every.DAY, 3, count=3).text
        )
        first, *_ = queries.mine(tomorrow(0), tomorrow(0, 40))
        services.move(first.pk, starts_at=tomorrow(14), version=first.version)
        with pytest.raises(Conflict):
            services.move(first.pk, starts_at=tomorrow(15), version=first.version)
        services.extend_all()
        moments = [
            timezone.localtime(v.starts_at).hour for v in queries.mine(tomorrow(0), tomorrow(0, 40))
        ]
    assert moments == [14, 9, 9]


def test_a_series_reaches_eight_weeks_and_running_the_job_again_adds_nothing(
    odette, claire
) -> None:
    with as_(claire):
        services.plan_series(
            Visit(odette.pk, tomorrow(), practice_id=claire.pk), Rule(Every.WEEK).text
        )
    assert len(statuses()) == 8
    assert services.extend_all() == 0
    import time_machine as clock

    with clock.travel(timezone.now() + dt.timedelta(days=14), tick=True):
        assert services.extend_all() == 2
        assert services.extend_all() == 0


def test_ending_a_series_cancels_what_follows_and_keeps_what_was_done(odette, claire) -> None:
    with as_(claire):
        series = services.plan_series(
            Visit(odette.pk, ago(), practice_id=claire.pk), Rule(Every.DAY).text
        )
        first = queries.planned_today(odette.pk)[0]
        services.mark_done(first.pk)
        services.end_series(series.pk, after=timezone.now())
    assert status(first) == Status.DONE
    assert set(statuses().values()) == {Status.DONE, Status.CANCELLED}
    with acting.acting(acting.system("test")):
        assert services.extend_all() == 0


def test_the_same_key_plans_once(odette, claire) -> None:
    key = uuid4()
    visit = Visit(odette.pk, tomorrow(), practice_id=claire.pk)
    with as_(claire):
        services.plan_visit(visit, key=key)
        services.plan_visit(visit, key=key)
        services.plan_series(visit, Rule(Every.DAY, count=2).text, key=(again := uuid4()))
        services.plan_series(visit, Rule(Every.DAY, count=2).text, key=again)
    assert len(statuses()) == 3


def test_who_is_not_in_the_circle_cannot_be_planned(odette, claire) -> None:
    bruno = make.practice("bruno")
    with as_(claire), pytest.raises(Refused) as refusal:
        services.plan_visit(Visit(odette.pk, tomorrow(), practice_id=bruno.pk))
    assert refusal.value.code == "not-in-circle"
    with as_(bruno), pytest.raises(Http404):
        services.plan_visit(Visit(odette.pk, tomorrow(), practice_id=bruno.pk))


def test_home_help_plans_and_sees_her_own_visits_alone(odette, claire) -> None:
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, sonia, outside_team=True)
    care, help_ = planned(claire, odette), planned(sonia, odette, tomorrow(12))
    with as_(sonia):
        assert [v.pk for v in queries.of_person(odette.pk)] == [help_.pk]
        with pytest.raises(NotAllowed):
            services.plan_visit(Visit(odette.pk, tomorrow(), practice_id=claire.pk))
        with pytest.raises(Http404):
            services.cancel(care.pk)
    with as_(claire):
        assert {v.pk for v in queries.of_person(odette.pk)} == {care.pk, help_.pk}
        services.cancel(help_.pk)
    (entry,) = told("visit.cancelled")
    told_accounts = {one.user_id for one in recipients(entry)}
    assert sonia.professional.user_id in told_accounts


def test_home_help_does_not_read_what_the_nurse_found(odette, claire) -> None:
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, sonia, outside_team=True)
    mine, hers = planned(sonia, odette, ago(9)), planned(claire, odette, ago(5))
    with as_(claire):
        services.mark_done(hers.pk, outcome="watch", note="Plaie rouge")
    with as_(sonia):
        own = services.mark_done(mine.pk)
        from liane.interventions.queries import of_person

        assert list(of_person(odette.pk)) == [own]


def test_the_person_moves_her_visit_and_cannot_cancel_or_plan(odette, claire) -> None:
    with acting.owner():
        Patient.objects.filter(pk=odette.pk).update(user=make.user("odette"))
        from liane.circle.compile import compile_grants

        compile_grants(odette.pk)
    visit = planned(claire, odette)
    with as_("odette"):
        assert services.move(visit.pk, starts_at=tomorrow(15)).moved
        with pytest.raises(NotAllowed):
            services.cancel(visit.pk)
        with pytest.raises(NotAllowed):
            services.plan_visit(Visit(odette.pk, tomorrow(), practice_id=claire.pk))
        with pytest.raises(NotAllowed):
            services.mark_missed(visit.pk, reason="absente")


@pytest.mark.parametrize("access", ["carer_read", "carer_write"])
def test_a_carer_sees_the_visits_and_changes_none(odette, claire, access) -> None:
    make.contact(odette, "julie", access)
    visit = planned(claire, odette)
    with as_("julie"):
        assert [v.pk for v in queries.of_person(odette.pk)] == [visit.pk]
        with pytest.raises(NotAllowed):
            services.move(visit.pk, starts_at=tomorrow(15))
        with pytest.raises(NotAllowed):
            services.cancel(visit.pk)


def test_a_visit_that_nobody_planned_is_noted_once(odette, claire) -> None:
    act = services.interventions.Act(odette.pk, ago(), claire.pk, outcome="watch", note="Chute ?")
    key = uuid4()
    with as_(claire):
        services.note_visit(act, key=key)
        services.note_visit(act, key=key)
    (made,) = acts()
    assert (made.source, made.outcome, made.appointment_id) == ("phone", "watch", None)


def test_tomorrow_is_not_noted_today(odette, claire) -> None:
    with as_(claire), pytest.raises(Refused):
        services.note_visit(services.interventions.Act(odette.pk, tomorrow(), claire.pk))


def test_one_round_for_somebody_who_works_in_two_structures(odette) -> None:
    tilleuls = make.practice("claire", name="Claire Aubert")
    msp = make.practice("claire", of=make.organisation("MSP", "msp"))
    make.member(odette, tilleuls)
    marcel = make.patient("SIMON", "Marcel", used_name="", sex="M")
    make.member(marcel, msp)
    planned(tilleuls, odette, ago(9))
    planned(msp, marcel, ago(5))
    with as_(tilleuls):
        found = queries.day_round(timezone.localdate())
        assert (found.total, found.done, found.several) == (2, 0, True)


def test_overlapping_visits_are_shown_as_conflicts(odette, claire) -> None:
    first = planned(claire, odette, tomorrow(9))
    second = planned(claire, odette, tomorrow(9) + dt.timedelta(minutes=15))
    third = planned(claire, odette, tomorrow(11))
    with as_(claire):
        assert queries.overlapping([first, second, third]) == {first.pk, second.pk}
        taken = queries.conflicts(claire.pk, tomorrow(9), tomorrow(10), except_id=first.pk)
    assert [busy.appointment_id for busy in taken] == [second.pk]


def test_a_replacement_takes_the_visits_of_the_circles_they_are_in(odette, claire) -> None:
    paul = make.practice("paul")
    make.member(odette, paul)
    marcel = make.patient("SIMON", "Marcel")
    make.member(marcel, claire)
    one, other = planned(claire, odette), planned(claire, marcel, tomorrow(11))
    with as_(claire):
        result = services.reassign(
            practice_id=claire.pk, to_id=paul.pk, start=tomorrow(0), end=tomorrow(0, 2)
        )
    assert ([v.pk for v in result.moved], [v.pk for v in result.kept]) == ([one.pk], [other.pk])
    with as_(paul):
        assert [v.pk for v in queries.mine(tomorrow(0), tomorrow(0, 2))] == [one.pk]
    assert len(told("visit.reassigned")) == 1


def test_a_death_stops_what_was_to_come(odette, claire) -> None:
    past, future = planned(claire, odette, ago()), planned(claire, odette)
    with as_(claire):
        services.plan_series(
            Visit(odette.pk, tomorrow(), practice_id=claire.pk), Rule(Every.DAY).text
        )
        services.stop_for_death(odette.pk)
    assert (status(past), status(future)) == (Status.PLANNED, Status.CANCELLED)
    assert [v for v in statuses().values() if v != Status.CANCELLED] == [Status.PLANNED]
    assert len(told("visits.stopped")) == 1
    assert services.extend_all() == 0


def test_who_comes_and_when_next_for_whoever_must_warn(odette, claire) -> None:
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, sonia, outside_team=True)
    planned(sonia, odette, tomorrow(8))
    first = planned(claire, odette, tomorrow(9))
    planned(claire, odette, tomorrow(9, 2))
    found = queries.intervenants(odette.pk, tomorrow(0), None)
    assert [who.holder_id for who in found] == [sonia.pk, claire.pk]
    assert queries.next_visit_of(claire.pk, odette.pk) == first.starts_at


def test_a_visit_left_to_a_structure_is_taken_by_one_of_its_staff(odette, claire) -> None:
    ssiad = make.organisation("SSIAD", "ssiad")
    nadia = make.practice("nadia", of=ssiad)
    make.member(odette, ssiad)
    with as_(claire):
        visit = services.plan_visit(Visit(odette.pk, tomorrow(), organisation_id=ssiad.pk))
        with pytest.raises(NotAllowed):
            services.take(visit.pk)
    with as_(nadia):
        assert [v.pk for v in queries.to_assign(tomorrow(0), tomorrow(0, 2))] == [visit.pk]
        assert services.take(visit.pk).practice_id == nadia.pk
        with pytest.raises(Refused):
            services.take(visit.pk)


def test_another_home_help_is_not_told_of_visits_that_are_not_hers(odette, claire) -> None:
    saad = make.organisation("SAAD", "saad")
    sonia, tania = (make.practice(name, role="social", of=saad) for name in ("sonia", "tania"))
    for helper in (sonia, tania):
        make.member(odette, helper, outside_team=True)
    visit = planned(sonia, odette)
    with as_(claire):
        services.cancel(visit.pk)
    (entry,) = told("visit.cancelled")
    accounts = {one.user_id for one in recipients(entry)}
    assert sonia.professional.user_id in accounts
    assert tania.professional.user_id not in accounts


def test_open_pages_draw_the_visit_again(odette, claire) -> None:
    from liane.core.models import Signal
    from liane.core.registry import live_renderers

    visit = planned(claire, odette, ago(), title="Pansement")
    with as_(claire):
        services.mark_done(visit.pk)
        signal = Signal.objects.filter(kind="agenda").latest("id")
        (piece,) = live_renderers["agenda"].render(signal)
    assert (piece.target, piece.swap) == (f"visit:{visit.pk}", "replace")
    assert "Faite" in piece.html
    make.practice("bruno")
    with as_("bruno"):
        assert live_renderers["agenda"].render(signal) == []
