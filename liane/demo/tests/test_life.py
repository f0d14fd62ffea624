"""A believable life: rounds that one could walk, a past that is done, nobody drowned."""

import datetime as dt
import itertools
from collections import defaultdict

import pytest
from django.utils import timezone

from liane.accounts.models import User
from liane.agenda.models import Appointment, Series
from liane.circle.reach import Reach
from liane.core.acting import acting, owner, system
from liane.core.models import Entry
from liane.demo import loading
from liane.demo.crowd import CLOSE, NAMED, SESSIONS_FROM
from liane.demo.names import ident
from liane.demo.rounds import DOCTOR, HELP, MEALS, NURSE, PHYSIOTHERAPIST, turn
from liane.demo.tests.conftest import SEED
from liane.interventions.models import Intervention
from liane.messaging.models import Message, Thread
from liane.notifications.models import Notification
from liane.stays import queries as stays
from liane.stays.models import Stay, StayNotice
from liane.timeline.models import Note
from tests import factories as make

pytestmark = pytest.mark.django_db
PERSONS = 24
UNREAD = 5
"""More than that and a newcomer would not know where to look."""
STAFF = (
    "helene.roussel", "claire.aubert", "anne.capdeville", "karim.lasserre", "nathalie.cazenave",
    "isabelle.lafitte", "sarah.dumora", "beatrice.salles", "patrick.dulucq", "maite.darrigrand",
    "bernard.destouesse",
)  # fmt: skip


def visits() -> list[Appointment]:
    with owner():
        return list(Appointment.objects.order_by("starts_at"))


def overlaps(by: str) -> list[tuple[Appointment, Appointment]]:
    of = defaultdict(list)
    for visit in visits():
        of[getattr(visit, by)].append(visit)
    return [
        (one, other)
        for rows in of.values()
        for one, other in itertools.pairwise(rows)
        if other.starts_at < one.ends_at
    ]


def test_nobody_is_in_two_places_at_once(land):
    assert overlaps("practice_id") == []
    assert overlaps("person_id") == []


@pytest.mark.parametrize("places", [NURSE, DOCTOR, PHYSIOTHERAPIST, HELP, MEALS])
def test_a_round_is_in_order_of_time_and_leaves_time_to_drive(places):
    starts = [place.hour * 60 + place.minute for place in places]
    gaps = [later - sooner for sooner, later in itertools.pairwise(starts)]
    assert all(gap >= 20 for gap in gaps)
    assert all(gap >= place.minutes for gap, place in zip(gaps, places, strict=False))


@pytest.mark.parametrize("rank", range(CLOSE // NAMED))
def test_those_who_come_to_one_person_never_meet(rank):
    rounds = (
        (NURSE, rank),
        (DOCTOR, CLOSE // NAMED - 1 - rank),
        (PHYSIOTHERAPIST, rank - SESSIONS_FROM),
        (HELP, rank - 80),
        (MEALS, rank - 90),
    )
    found = [turn(places, place) for places, place in rounds if place >= 0]
    times = sorted(
        (one.place.hour * 60 + one.place.minute, one.place.minutes) for one in found if one
    )
    assert all(at + minutes <= then for (at, minutes), (then, _) in itertools.pairwise(times))


def test_a_full_round_takes_nobody_more():
    seats = [turn(NURSE, rank) for rank in range(40)]
    taken = [(one.place, one.phase) for one in seats if one is not None]
    assert len(taken) == len(set(taken)) < len(seats)


def test_past_visits_are_done_with_what_was_found(land):
    today = timezone.localdate()
    past = [visit for visit in visits() if timezone.localdate(visit.starts_at) < today]
    with owner():
        found = set(Intervention.objects.values_list("appointment_id", flat=True))
    assert {visit.status for visit in past} == {"done", "suspended"}
    assert all(visit.pk in found for visit in past if visit.status == "done")
    ahead = [visit for visit in visits() if timezone.localdate(visit.starts_at) >= today]
    assert {visit.status for visit in ahead} == {"planned"}


def test_the_nurse_finds_things_to_watch_and_one_problem(land):
    week = timezone.now() - dt.timedelta(days=28)
    with owner():
        claire = Intervention.objects.filter(author_label="Claire Aubert", at__gte=week)
        assert 1 <= claire.filter(outcome="problem").count() <= 2
        assert claire.filter(outcome="watch").count() >= 3
        assert claire.exclude(outcome="nothing").filter(note="").count() == 0


def test_series_began_weeks_ago(land):
    with owner():
        weeks = timezone.now() - dt.timedelta(days=15)
        assert Series.objects.exists()
        assert not Series.objects.filter(starts_at__gt=weeks).exists()


def test_everything_that_happened_is_past(land):
    now = timezone.now()
    with owner():
        assert not Intervention.objects.filter(at__gt=now).exists()
        assert not Message.objects.filter(sent_at__gt=now).exists()
        assert not Note.objects.filter(at__gt=now).exists()
        assert not Entry.objects.filter(occurred_at__gt=now).exists()


def test_madame_dupont_was_in_hospital_and_is_home(land):
    mme = ident("story", "dupont")
    with acting(system("test")):
        stay = Stay.objects.get(person_id=mme)
        kinds = list(stay.facts.order_by("at").values_list("kind", flat=True))
        assert kinds == ["emergency", "admitted", "discharged"]
        assert (stay.status, stay.ward) == ("ended", "Cardiologie")
        held = Appointment.objects.filter(person_id=mme, status="suspended")
        assert held.count() > 15
        assert all(stay.starts_at <= visit.starts_at < stay.ends_at for visit in held)
        assert not StayNotice.objects.filter(seen_at=None).exists()
        assert not Intervention.objects.filter(
            person_id=mme, at__gt=stay.starts_at, at__lt=stay.ends_at - dt.timedelta(hours=1)
        ).exists()
    with acting(make.actor("claire.aubert")):
        assert stays.of_person(mme) == [stay]
        assert not stays.unseen()


def test_nobody_is_drowned_in_unread_messages(land):
    for username in STAFF:
        with acting(make.actor(username)) as actor:
            unread = Thread.objects.within(Reach.of(actor)).unread_by(actor.user_id).count()
        assert unread <= UNREAD, username
        assert unread > 0 or username != "claire.aubert"


def test_nobody_is_drowned_in_notifications(land):
    with owner():
        for user in User.objects.filter(is_persona=True):
            assert Notification.objects.filter(user_id=user.pk, read_at=None).count() <= UNREAD, (
                user
            )


def test_the_same_seed_gives_the_same_rounds(land):
    with owner():
        rows = Appointment.objects.order_by("person_id", "starts_at")
        before = list(rows.values_list("person_id", "practice_id", "starts_at", "status"))
        assert loading.load(PERSONS, SEED).persons_made == 0
        again = list(rows.values_list("person_id", "practice_id", "starts_at", "status"))
    assert before == again
