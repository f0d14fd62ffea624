"""Hours that somebody opens: slots cut, taken, closed; the page."""

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from liane.agenda import schedules, services
from liane.agenda.freebusy import AWAY, BUSY, FREE, Repeated, Span, cut
from liane.agenda.models import Schedule, Slot
from liane.core.acting import acting, owner, system
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry
from tests import factories as make

ZERO = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def span(start, end):
    return Span(ZERO + dt.timedelta(minutes=start), ZERO + dt.timedelta(minutes=end))


spans = st.builds(lambda start, length: span(start, start + length),
                  st.integers(0, 1400), st.integers(1, 300))  # fmt: skip


@given(st.lists(spans, max_size=4), st.lists(spans, max_size=4), st.lists(spans, max_size=4),
       st.integers(5, 90))  # fmt: skip
def test_slots_lie_in_openings_never_overlap_and_say_what_meets_them(opens, away, taken, minutes):
    window = span(0, 1440)
    found = cut([Repeated(one) for one in opens], [], away, taken, minutes=minutes, window=window,
                zone="Europe/Paris")  # fmt: skip
    for one in found:
        assert one.span.end - one.span.start == dt.timedelta(minutes=minutes)
        assert any(each.start <= one.span.start and one.span.end <= each.end for each in opens)
        shut = any(one.span.meets(each) for each in away)
        met = any(one.span.meets(each) for each in taken)
        assert one.status == (AWAY if shut else BUSY if met else FREE)
    ends = [one.span.end for one in found]
    assert all(end <= one.span.start for end, one in zip(ends, found[1:], strict=False))


def test_nine_stays_nine_when_the_clocks_change():
    nine = dt.datetime(2026, 3, 23, 8, tzinfo=dt.UTC)  # 9:00 in Paris, winter
    opening = Repeated(Span(nine, nine + dt.timedelta(hours=1)), "FREQ=WEEKLY")
    window = Span(nine, nine + dt.timedelta(days=8))
    found = cut([opening], [], [], [], minutes=60, window=window, zone="Europe/Paris")
    assert [one.span.start.hour for one in found] == [8, 7]


@pytest.fixture
def claire(db):
    return make.practice("claire", of=make.organisation("Cabinet"))


def tomorrow(hour):
    day = timezone.localdate() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(hour), timezone.get_current_timezone())


def test_a_visit_planned_moved_or_cancelled_takes_and_frees_slots(claire):
    person = make.patient()
    make.member(person, claire)
    with acting(make.actor(claire)):
        made = schedules.add(claire.pk, schedules.Hours(tomorrow(9), tomorrow(11)), 30)
        visit = services.plan_visit(services.Visit(person.pk, tomorrow(9), 45,
                                                   practice_id=claire.pk))  # fmt: skip
    assert statuses(made) == ["free"] * 4
    assert statuses(made, read=True) == ["busy", "busy", "free", "free"]
    kept = set(Slot.objects.values_list("pk", flat=True))
    with acting(make.actor(claire)):
        services.move(visit.pk, starts_at=tomorrow(10))
    assert statuses(made, read=True) == ["free", "free", "busy", "busy"]
    with acting(make.actor(claire)):
        services.cancel(visit.pk)
    assert statuses(made, read=True) == ["free"] * 4
    assert set(Slot.objects.values_list("pk", flat=True)) == kept


def statuses(made, *, read=False):
    if read:
        with owner():
            entries = list(Entry.objects.all())
        with acting(system("reader")):
            schedules.read(entries)
    return list(made.slots.order_by("starts_at").values_list("status", flat=True))


def test_nobody_else_opens_and_what_makes_no_sense_is_refused(claire):
    bob = make.practice("bob", of=make.organisation("Ailleurs"))
    plan = schedules.Plan((schedules.Hours(tomorrow(9), tomorrow(10)),))
    with acting(make.actor(bob)), pytest.raises(NotAllowed):
        schedules.open_schedule(claire.pk, plan)
    for hours, minutes in ((schedules.Hours(tomorrow(9), tomorrow(8)), 30),
                           (schedules.Hours(tomorrow(9), tomorrow(10)), 2),
                           (schedules.Hours(tomorrow(9), tomorrow(10), rule="FREQ=SECONDLY"), 30),
                           ):  # fmt: skip
        with acting(make.actor(claire)), pytest.raises(Refused):
            schedules.add(claire.pk, hours, minutes)
    assert not Schedule.objects.exists()


def test_the_page_opens_and_closes(sign_in, claire):
    client = sign_in("claire")
    page = client.get("/agenda/horaires/")
    assert "personne hors de vos cercles" in page.content.decode()
    sent = {"practice": str(claire.pk), "days": ["0", "2"], "start": "09:00", "end": "12:00",
            "minutes": "20", "until": ""}  # fmt: skip
    wrong = client.post("/agenda/horaires/", {**sent, "end": "08:00"})
    assert (wrong.status_code, "après celle du début" in wrong.content.decode()) == (422, True)
    assert client.post("/agenda/horaires/", sent).status_code == 302
    shown = client.get("/agenda/horaires/").content.decode()
    assert "Chaque lundi et mercredi" in shown
    opening = Schedule.objects.get().openings.get()
    assert Slot.objects.count() >= 9 * 14
    make.practice("bob", of=make.organisation("Ailleurs"))
    sign_in("bob").post(f"/agenda/horaires/{opening.pk}/fermer/")
    assert Schedule.objects.get().openings.count() == 1
    assert client.post(f"/agenda/horaires/{opening.pk}/fermer/").status_code == 302
    assert not Slot.objects.exists()
