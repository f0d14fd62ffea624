"""« Cette visite et les suivantes », « toute la série »: what was stays, what comes changes."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.agenda import queries, recurrence, services
from liane.agenda.models import Appointment, AppointmentEvent, Series
from liane.agenda.recurrence import Every, Rule
from liane.agenda.tests.support import as_, tomorrow
from liane.agenda.visit import Visit
from liane.core.acting import owner
from liane.core.errors import Conflict, Refused
from liane.core.models import Entry
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


def repeat(claire: Practice, odette: Patient, rule: Rule) -> Series:
    with as_(claire):
        return services.plan_series(
            Visit(odette.pk, tomorrow(), practice_id=claire.pk, title="Pansement"), rule.text
        )


def visits(series: Series) -> list[Appointment]:
    with owner():
        return list(series.occurrences.order_by("original_start"))


def test_this_visit_and_the_next_ones_change_the_earlier_ones_do_not(
    odette: Patient, claire: Practice
) -> None:
    series = repeat(claire, odette, Rule(Every.DAY))
    third = visits(series)[2]
    with as_(claire):
        made = services.change_series(
            third.pk, starts_at=tomorrow(14, 3), minutes=45, instructions="Clé chez la voisine"
        )
    assert [one.status for one in visits(series)[:4]] == [
        Status.PLANNED, Status.PLANNED, Status.CANCELLED, Status.CANCELLED,
    ]  # fmt: skip
    fresh = visits(made)
    assert fresh[0].starts_at == tomorrow(14, 3)
    assert {timezone.localtime(one.starts_at).hour for one in fresh} == {14}
    assert (fresh[0].minutes, fresh[0].instructions) == (45, "Clé chez la voisine")
    with owner():
        made.refresh_from_db()
        assert made.continues_id == series.pk
        assert AppointmentEvent.objects.get(appointment=third, after="cancelled").reason
        told = Entry.objects.filter(person_id=odette.pk, kind__startswith="series")
        assert list(told.order_by("id").values_list("kind", flat=True)) == [
            "series.planned", "series.changed",
        ]  # fmt: skip


def test_the_whole_series_changes_and_what_was_done_stays(
    odette: Patient, claire: Practice
) -> None:
    series = repeat(claire, odette, Rule(Every.DAY, 2))
    with owner():
        Appointment.objects.filter(pk=visits(series)[0].pk).update(status=Status.DONE)
    last = visits(series)[-1]
    local = timezone.localtime(last.starts_at).replace(hour=8)
    with as_(claire):
        made = services.change_series(last.pk, starts_at=local, minutes=30, whole=True)
    assert visits(series)[0].status == Status.DONE
    assert {one.status for one in visits(series)[1:]} == {Status.CANCELLED}
    assert visits(made)[0].starts_at == tomorrow(8, 3)


def test_a_visit_moved_or_cancelled_by_itself_keeps_its_own_fate(
    odette: Patient, claire: Practice
) -> None:
    series = repeat(claire, odette, Rule(Every.DAY))
    first, moved, gone = visits(series)[:3]
    with as_(claire):
        services.move(moved.pk, starts_at=tomorrow(17, 2))
        services.cancel(gone.pk)
        made = services.change_series(first.pk, starts_at=tomorrow(11), minutes=30)
        days = {timezone.localdate(one.starts_at) for one in visits(made)}
        found = queries.one(moved.pk)
    assert found is not None
    assert (found.status, found.starts_at) == (Status.PLANNED, tomorrow(17, 2))
    assert not days & {tomorrow(9, 2).date(), tomorrow(9, 3).date()}


def test_the_second_to_change_it_is_shown_the_first_change(
    odette: Patient, claire: Practice
) -> None:
    visit = visits(repeat(claire, odette, Rule(Every.DAY)))[1]
    with as_(claire):
        services.move(visit.pk, starts_at=tomorrow(10, 2), version=visit.version)
        with pytest.raises(Conflict):
            services.change_series(
                visit.pk, starts_at=tomorrow(15, 2), minutes=30, version=visit.version
            )


def test_a_visit_alone_has_no_following_ones(odette: Patient, claire: Practice) -> None:
    with as_(claire):
        visit = services.plan_visit(Visit(odette.pk, tomorrow(), practice_id=claire.pk))
        with pytest.raises(Refused):
            services.change_series(visit.pk, starts_at=tomorrow(15), minutes=30)


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    every=st.sampled_from(["DAILY", "DAILY;INTERVAL=3", "WEEKLY", "WEEKLY;BYDAY=MO,TH"]),
    count=st.sampled_from(["", ";COUNT=12"]),
    at=st.integers(0, 6),
    days=st.integers(-1, 3),
    hour=st.integers(6, 20),
)
def test_before_the_cut_nothing_after_it_everything_moves_by_as_much(
    odette: Patient, claire: Practice, every: str, count: str, at: int, days: int, hour: int
) -> None:
    with as_(claire):
        series = services.plan_series(
            Visit(odette.pk, tomorrow(9, 4), practice_id=claire.pk), f"FREQ={every}{count}"
        )
        before = [one.starts_at for one in visits(series)]
        at = min(at, len(before) - 1)
        cut = visits(series)[at]
        target = timezone.localtime(cut.starts_at) + dt.timedelta(days=days)
        target = target.replace(hour=hour)
        made = services.change_series(cut.pk, starts_at=target, minutes=30)
    kept = [one.starts_at for one in visits(series) if one.status == Status.PLANNED]
    assert kept == before[:at]
    shift = dt.timedelta(days=days, hours=hour - 9)
    expected = [
        recurrence.instant(recurrence.local(one, "Europe/Paris") + shift, "Europe/Paris")
        for one in before[at:]
    ]
    horizon = timezone.now() + recurrence.HORIZON - dt.timedelta(days=4)
    got = [one.starts_at for one in visits(made)]
    assert [one for one in got if one < horizon] == [one for one in expected if one < horizon]


def test_the_page_offers_the_three_and_a_lone_visit_none(
    odette: Patient, claire: Practice, sign_in
) -> None:
    series = repeat(claire, odette, Rule(Every.DAY))
    visit = visits(series)[1]
    client, url = sign_in("claire"), f"/agenda/visites/{visit.pk}/deplacer/"
    assert "Cette visite et les suivantes" in client.get(url).content.decode()
    day = tomorrow(15, 2)
    answer = client.post(
        url,
        {
            "day": day.date().isoformat(), "hour": "15:00", "minutes": "30", "version": "1",
            "instructions": "", "scope": "following",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    with owner():
        assert Series.objects.get(continues=series).starts_at == day
