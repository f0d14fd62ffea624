"""A hospital speaks: visits stop, come back, are offered again; the circle is told."""

import itertools

import pytest

from liane.agenda import services as agenda
from liane.core import acting
from liane.core.models import Entry
from liane.stays import telling, visits
from liane.stays.models import Stay, StayNotice
from liane.stays.movement import Action, Kind, Outcome, Ward
from liane.stays.services import Effect
from liane.stays.tests.world import (
    admission,
    as_,
    circle,
    fresh,
    hear,
    hear_one,
    hours,
    say,
    status,
    told,
    visit,
)
from tests import factories

pytestmark = pytest.mark.django_db


def cancel_of(one, **more):
    return say(
        one.kind,
        number=one.movement_id,
        action=Action.CANCEL,
        **{"at": -1, "recorded_at": hours(0), **more},
    )


def test_an_admission_suspends_the_visits_to_come():
    who = circle()
    before, tomorrow = visit(who, who.claire, -20), visit(who, who.claire, 20)
    stay = hear(who, admission())
    assert (status(before), status(tomorrow)) == ("planned", "suspended")
    assert (stay.status, stay.away) == ("in_progress", True)


def test_a_discharge_offers_them_again():
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    stay = hear(who, admission(), say(Kind.DISCHARGE, 0, event="A03"))
    assert (stay.resumption, status(tomorrow)) == ("proposed", "suspended")
    with as_(who.claire):
        assert visits.waiting(stay) == 1
        agenda.accept_resumption(cause_id=stay.pk)
        assert visits.waiting(stay) == 0
    assert status(tomorrow) == "planned"


def test_what_was_taken_up_again_is_not_suspended_by_a_late_detail():
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    stay = hear(who, admission(), say(Kind.DISCHARGE, 0, event="A03"))
    with as_(who.claire):
        agenda.accept_resumption(cause_id=stay.pk)
    hear(who, say(Kind.INFORM, 0, expected_discharge=hours(9)))
    assert status(tomorrow) == "planned"


def test_a_cancelled_admission_gives_them_back():
    who = circle()
    tomorrow, one = visit(who, who.claire, 20), admission()
    stay = hear(who, one, cancel_of(one))
    assert (stay.status, status(tomorrow)) == ("cancelled", "planned")


def test_a_cancelled_discharge_suspends_them_again():
    who = circle()
    tomorrow, out = visit(who, who.claire, 20), say(Kind.DISCHARGE, -1, "d", event="A03")
    stay = hear(who, admission(), out, cancel_of(out))
    assert (stay.status, stay.resumption, status(tomorrow)) == ("in_progress", "", "suspended")


def test_a_leave_reopens_its_dates():
    who = circle()
    during, after = visit(who, who.claire, 5), visit(who, who.claire, 30)
    hear(who, admission(), say(Kind.LEAVE, 0, event="A21", expected_return=hours(10)))
    assert (status(during), status(after)) == ("planned", "suspended")


@pytest.mark.parametrize("outcome", [Outcome.TRANSFER, Outcome.HOME_HOSPITAL, Outcome.DEATH])
def test_some_discharges_offer_nothing(outcome):
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    stay = hear(who, admission(), say(Kind.DISCHARGE, 0, event="A03", outcome=outcome))
    assert (stay.resumption, status(tomorrow)) == ("", "suspended")


@pytest.mark.parametrize("code", ["O", "R", "E", "HAD"])
def test_other_classes_suspend_nothing(code):
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    hear(who, admission(class_code=code))
    assert status(tomorrow) == "planned"


def test_an_emergency_that_becomes_an_admission_suspends():
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    stay = hear(who, admission(class_code="E", event="A04"))
    assert told(stay, who.claire.pk) == ["emergency"]
    hear(who, say(Kind.CHANGE_CLASS, 0, event="A06"))
    assert status(tomorrow) == "suspended"
    assert told(stay, who.claire.pk) == ["emergency", "admitted"]


def test_a_readmission_within_a_day_continues_the_chain():
    who = circle()
    tomorrow = visit(who, who.claire, 40)
    first = hear(who, admission(-50), say(Kind.DISCHARGE, -10, event="A03"))
    second = hear(who, admission(-2, "b"), visit="SEJ2")
    assert second.continues_id == first.pk
    assert fresh(first).resumption == ""
    assert status(tomorrow) == "suspended"


def test_every_member_is_told_and_the_others_without_place():
    who = circle()
    stay = hear(who, admission())
    for holder in (who.claire, who.karim, who.meals, who.sonia):
        assert told(stay, holder.pk) == ["admitted"]
    with acting.acting(acting.system("test")):
        entries = {entry.kind: entry for entry in Entry.objects.filter(person_id=who.odette.pk)
                   if entry.kind.startswith("stay.")}  # fmt: skip
    team, outside = entries[telling.TEAM_KIND], entries[telling.OUTSIDE_KIND]
    assert (team.for_team, team.for_outside, team.for_carers) == (True, False, False)
    assert (outside.for_team, outside.for_outside, outside.for_carers) == (False, True, True)


def test_who_was_told_is_told_the_reversal_and_nothing_twice():
    who = circle()
    one = admission()
    stay = hear(who, one)
    assert hear_one(who, one)[1] is Effect.UNCHANGED
    hear(who, cancel_of(one))
    assert told(stay, who.claire.pk) == ["admitted", "cancelled"]


def test_a_new_member_is_told_what_is_so_now():
    who = circle()
    stay = hear(who, admission())
    late = factories.practice("luc", name="Luc Roy")
    factories.member(who.odette, late)
    hear(who, say(Kind.DISCHARGE, 0, event="A03"))
    assert told(stay, late.pk) == ["discharged"]


@pytest.mark.parametrize("more", [{"confidential": True}, {"ward": Ward("Psychiatrie A")}])
def test_a_confidential_stay_suspends_and_tells_nobody(more):
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    stay = hear(who, admission(**more))
    assert status(tomorrow) == "suspended"
    assert told(stay, who.claire.pk) == []
    with acting.acting(acting.system("test")):
        kinds = set(Entry.objects.filter(person_id=who.odette.pk).values_list("kind", flat=True))
    assert not {kind for kind in kinds if kind.startswith("stay.")}
    with as_(who.claire):
        from liane.circle.reach import Reach

        assert not Stay.objects.within(Reach.of(acting.current())).exists()


def test_whoever_the_person_opposes_is_not_told():
    from liane.circle.compile import compile_grants
    from liane.circle.models import Opposition

    who = circle()
    with acting.owner():
        Opposition.objects.create(person=who.odette, practice=who.karim)
        compile_grants(who.odette.pk)
    stay = hear(who, admission())
    assert told(stay, who.karim.pk) == []


def test_any_order_gives_one_stay_and_agreeing_notices():
    one, out = admission(-30), say(Kind.DISCHARGE, -5, "d", event="A03")
    moved = say(Kind.TRANSFER, -20, "t", event="A02", ward=Ward("Chirurgie"))
    undone = cancel_of(out)
    seen = set()
    for order in itertools.permutations([one, moved, out, undone]):
        who = circle_again()
        stay = hear(who, *order, *order[:2])
        seen.add((stay.status, stay.ward, stay.starts_at, stay.suspends, stay.resumption))
        with acting.acting(acting.system("test")):
            last = StayNotice.objects.filter(holder_id=who.claire.pk).order_by("-id").first()
            assert last is not None
            assert last.fact.ward == stay.ward
            assert last.fact.kind in ("admitted", "transferred", "located")
    assert len(seen) == 1


def circle_again():
    from django.contrib.auth import get_user_model

    names = {"claire", "karim", "sonia", "julie"}
    for user in get_user_model().objects.filter(username__in=names):
        user.username = f"{user.username}-{user.pk}"
        user.save()
    return circle()
