"""A stay suspends the visits of its period, and only what it held returns."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.agenda import panels, queries, services
from liane.agenda.models import Appointment, Cause
from liane.agenda.recurrence import Every, Rule
from liane.agenda.repeating import extend
from liane.agenda.tests.support import as_, planned, status, statuses, tomorrow
from liane.agenda.visit import Visit
from liane.core import acting
from liane.core.errors import Refused
from liane.core.models import Entry, Signal
from liane.directory.models import Practice
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


def stay(
    person: Patient, start: int, end: int | None, cause: UUID | None = None, **more: object
) -> UUID:
    """A stay from one day to another, counted from today (at midnight)."""
    cause = cause or uuid4()
    with acting.acting(acting.system("hospital")):
        services.suspend(
            person_id=person.pk,
            start=tomorrow(0, start),
            end=None if end is None else tomorrow(0, end),
            cause_id=cause,
            cause_kind="stay",
            **more,
        )
    return cause


def over(cause: UUID) -> None:
    with acting.acting(acting.system("hospital")):
        services.restore(cause_id=cause)


def test_a_stay_suspends_the_visits_of_its_period_alone(odette: Patient, claire: Practice) -> None:
    before, during, after = (planned(claire, odette, tomorrow(9, day)) for day in (1, 3, 6))
    stay(odette, 2, 5)
    assert [status(visit) for visit in (before, during, after)] == [
        Status.PLANNED, Status.SUSPENDED, Status.PLANNED,
    ]  # fmt: skip


def test_a_stay_without_end_holds_visits_planned_later_and_new_occurrences(
    odette: Patient, claire: Practice
) -> None:
    stay(odette, 0, None)
    assert status(planned(claire, odette)) == Status.SUSPENDED
    with as_(claire):
        services.plan_series(
            Visit(odette.pk, tomorrow(), practice_id=claire.pk), Rule(Every.DAY, 3).text
        )
    assert set(statuses().values()) == {Status.SUSPENDED}


def test_two_stays_over_one_visit_the_last_to_leave_frees_it(
    odette: Patient, claire: Practice
) -> None:
    visit = planned(claire, odette, tomorrow(9, 3))
    first, second = stay(odette, 2, 5), stay(odette, 3, 8)
    over(first)
    assert status(visit) == Status.SUSPENDED
    over(second)
    assert status(visit) == Status.PLANNED


def test_what_was_cancelled_meanwhile_does_not_return(odette: Patient, claire: Practice) -> None:
    visit = planned(claire, odette, tomorrow(9, 3))
    cause = stay(odette, 2, 5)
    with as_(claire):
        services.cancel(visit.pk)
    over(cause)
    assert status(visit) == Status.CANCELLED


def test_saying_the_period_again_corrects_it(odette: Patient, claire: Practice) -> None:
    early, late = (planned(claire, odette, tomorrow(9, day)) for day in (2, 7))
    cause = stay(odette, 1, None)
    stay(odette, 1, 5, cause)
    assert (status(early), status(late)) == (Status.SUSPENDED, Status.PLANNED)


def test_a_leave_from_hospital_reopens_its_dates(odette: Patient, claire: Practice) -> None:
    visits = [planned(claire, odette, tomorrow(9, day)) for day in (2, 3, 4)]
    stay(odette, 1, None, windows=[(tomorrow(0, 3), tomorrow(0, 4))])
    assert [status(visit) for visit in visits] == [
        Status.SUSPENDED, Status.PLANNED, Status.SUSPENDED,
    ]  # fmt: skip


def test_the_return_is_proposed_and_each_intervenant_takes_up_their_own(odette: Patient) -> None:
    claire = make.practice("claire")
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, claire)
    make.member(odette, sonia, outside_team=True)
    missed, care = (planned(claire, odette, tomorrow(9, day)) for day in (1, 4))
    meals = planned(sonia, odette, tomorrow(12, 4))
    cause = stay(odette, 0, None)
    with acting.acting(acting.system("hospital")):
        services.propose_resumption(cause_id=cause, resume_from=tomorrow(0, 2))
    assert status(care) == Status.SUSPENDED
    with as_(sonia):
        assert [[v.pk for v in visits] for _, visits in queries.resumptions()] == [[meals.pk]]
        services.accept_resumption(cause_id=cause)
    assert (status(meals), status(care)) == (Status.PLANNED, Status.SUSPENDED)
    with as_(claire):
        services.accept_resumption(cause_id=cause)
        assert queries.resumptions() == []
    assert (status(care), status(missed)) == (Status.PLANNED, Status.SUSPENDED)


def back_home(odette: Patient) -> UUID:
    """A stay that is over: what it held waits for a word."""
    cause = stay(odette, 0, None)
    with acting.acting(acting.system("hospital")):
        services.propose_resumption(cause_id=cause, resume_from=tomorrow(0, 2))
    return cause


def test_open_pages_are_told_what_waits_and_when_it_no_longer_does(odette: Patient) -> None:
    claire = make.practice("claire")
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, claire)
    make.member(odette, sonia, outside_team=True)
    planned(claire, odette, tomorrow(9, 4))
    planned(claire, odette, tomorrow(9, 5))
    planned(sonia, odette, tomorrow(12, 4))
    back_home(odette)
    told = {one.holder_id: one for one in Signal.objects.filter(kind="resumption")}
    assert set(told) == {claire.pk, sonia.pk}
    with as_(claire):
        [piece] = panels.fresh_resumption(told[claire.pk])
        assert "2 de vos visites suspendues peuvent reprendre" in piece.html
        mine = [one.pk for one in queries.waiting_of(told[claire.pk].object_id, mine=True)]
        services.accept_resumption(cause_id=told[claire.pk].object_id, appointment_ids=mine)
        again = Signal.objects.filter(kind="resumption", holder_id=claire.pk).order_by("id").last()
        [gone] = panels.fresh_resumption(again)
        assert "hidden" in gone.html
        assert "reprendre" not in gone.html
    with as_(sonia):
        [still] = panels.fresh_resumption(told[sonia.pk])
        assert "une de vos visites suspendues peut reprendre" in still.html


def test_not_resuming_is_said_with_a_reason_and_the_others_keep_theirs(odette: Patient) -> None:
    claire, karim = make.practice("claire"), make.practice("karim")
    make.member(odette, claire)
    make.member(odette, karim)
    dressing = planned(claire, odette, tomorrow(9, 4))
    walking = planned(karim, odette, tomorrow(15, 4))
    cause = back_home(odette)
    with as_(claire), pytest.raises(Refused):
        services.decline_resumption(cause_id=cause, reason="  ")
    with as_(claire):
        mine = [dressing.pk]
        assert (
            services.decline_resumption(cause_id=cause, reason="Plaie guérie", appointment_ids=mine)
            == 1
        )
        assert (
            services.decline_resumption(cause_id=cause, reason="Plaie guérie", appointment_ids=mine)
            == 0
        )
        last = queries.history(queries.one(dressing.pk))[-1]
    assert (status(dressing), last.reason) == (Status.CANCELLED, "Plaie guérie")
    assert status(walking) == Status.SUSPENDED
    with acting.owner():
        assert Entry.objects.filter(kind="visits.declined", person_id=odette.pk).count() == 1


def test_a_series_that_does_not_resume_is_over(odette: Patient, claire: Practice) -> None:
    with as_(claire):
        series = services.plan_series(
            Visit(odette.pk, tomorrow(), practice_id=claire.pk), Rule(Every.DAY, 3).text
        )
    cause = back_home(odette)
    with as_(claire):
        assert services.decline_resumption(cause_id=cause, reason="Entrée en EHPAD") > 5
        assert queries.resumptions() == []
    with acting.owner():
        series.refresh_from_db()
        assert series.ended_at is not None
        assert Cause.objects.get(cause_id=cause).closed_at is not None


def test_a_series_resumes_with_its_later_occurrences(odette: Patient, claire: Practice) -> None:
    with as_(claire):
        series = services.plan_series(
            Visit(odette.pk, tomorrow(), practice_id=claire.pk), Rule(Every.DAY, 3).text
        )
    cause = stay(odette, 0, None)
    with acting.acting(acting.system("hospital")):
        services.propose_resumption(cause_id=cause, resume_from=tomorrow(0, 2))
    with as_(claire):
        services.accept_resumption(cause_id=cause)
        later = extend(series, until=tomorrow(0, 70))
    assert later
    assert {visit.status for visit in later} == {Status.PLANNED}


def test_a_moved_visit_leaves_the_stay_or_enters_it(odette: Patient, claire: Practice) -> None:
    visit = planned(claire, odette, tomorrow(9, 3))
    stay(odette, 2, 5)
    with as_(claire):
        assert services.move(visit.pk, starts_at=tomorrow(9, 6)).status == Status.PLANNED
        assert services.move(visit.pk, starts_at=tomorrow(9, 4)).status == Status.SUSPENDED
    assert status(visit) == Status.SUSPENDED


def test_a_suspension_is_written_down_but_announced_by_its_cause_alone(
    odette: Patient, claire: Practice
) -> None:
    planned(claire, odette, tomorrow(9, 3))
    stay(odette, 2, 5)
    with acting.acting(acting.system("test")):
        entry = Entry.objects.get(kind="visits.suspended")
    assert entry.announce is False


def test_a_linked_record_is_suspended_too(odette: Patient, claire: Practice) -> None:
    from liane.circle.compile import compile_grants
    from liane.patients.models import PersonLink

    double = make.patient("LABORDE", "Odette Marie")
    with acting.owner():
        PersonLink.objects.create(survivor=odette, duplicate=double, reason="doublon")
        compile_grants(odette.pk)
    visit = planned(claire, double, tomorrow(9, 3))
    stay(odette, 2, None)
    assert status(visit) == Status.SUSPENDED


periods = st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(1, 14)))


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(stays=st.lists(periods, min_size=1, max_size=4), order=st.randoms(use_true_random=False))
def test_suspending_then_restoring_in_any_order_changes_nothing(
    stays: list[tuple[int, int | None]], order: object
) -> None:
    from django.db import transaction

    with transaction.atomic():
        odette, claire = make.patient(), make.practice(f"claire-{uuid4()}")
        make.member(odette, claire)
        visits = [planned(claire, odette, tomorrow(9, day)) for day in range(1, 14, 2)]
        with as_(claire):
            services.cancel(visits[3].pk)
        before = statuses()
        periods = [(start, None if end is None else start + end) for start, end in stays]
        causes = [stay(odette, start, end) for start, end in periods]
        covered = {
            visit.pk
            for visit in visits
            for start, end in periods
            if start <= (day := visits.index(visit) * 2 + 1) and (end is None or day < end)
        }
        assert {pk for pk, value in statuses().items() if value == Status.SUSPENDED} == covered - {
            visits[3].pk
        }
        order.shuffle(causes)  # type: ignore[attr-defined]
        for cause in causes:
            over(cause)
        assert statuses() == before
        transaction.set_rollback(True)
