"""Many hospitals send nothing: people say that somebody is away, and later the hospital agrees."""

import pytest
from django.http import Http404

from liane.agenda import queries as agenda
from liane.core.errors import NotAllowed, Refused
from liane.stays import panels, queries, services, words
from liane.stays.models import Stay
from liane.stays.movement import Action, Kind
from liane.stays.tests.world import (
    admission,
    as_,
    circle,
    fresh,
    hear,
    hours,
    say,
    sentences,
    status,
    told,
    visit,
)
from tests import factories

pytestmark = pytest.mark.django_db


def declare(who, by, kind="hospital", **more) -> Stay:
    with as_(by):
        return services.declare_absence(who.odette.pk, kind, **more)


@pytest.mark.parametrize("by", ["claire", "sonia", "julie"])
def test_any_member_or_carer_declares_and_visits_stop(by):
    who = circle()
    tomorrow = visit(who, who.karim, 20)
    stay = declare(who, by)
    assert (stay.status, status(tomorrow)) == ("in_progress", "suspended")
    assert told(stay, who.karim.pk) == ["admitted"]


def test_a_carer_who_may_only_see_declares_nothing():
    who = circle()
    factories.contact(who.odette, "paul", access="carer_read")
    with pytest.raises(NotAllowed):
        declare(who, "paul")


def test_a_stranger_finds_nobody():
    who = circle()
    factories.practice("luc", name="Luc Roy")
    with pytest.raises(Http404):
        declare(who, "luc")


@pytest.mark.parametrize("kind", ["respite", "holiday"])
def test_a_holiday_ends_by_itself(kind):
    who = circle()
    during, after = visit(who, who.claire, 20), visit(who, who.claire, 80)
    declare(who, who.claire, kind, start=hours(1), end=hours(50))
    assert (status(during), status(after)) == ("suspended", "planned")


def test_a_hospital_stay_lasts_until_somebody_says_so():
    who = circle()
    after = visit(who, who.claire, 80)
    stay = declare(who, who.claire, end=hours(50))
    assert (status(after), stay.expected_end is not None) == ("suspended", True)
    with as_(who.claire):
        services.declare_return(stay.pk)
    assert fresh(stay).resumption == "proposed"
    assert told(stay, who.karim.pk) == ["admitted", "discharged"]


def test_a_mistake_is_taken_back():
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    stay = declare(who, who.claire)
    with as_(who.sonia):
        services.cancel_absence(stay.pk)
    assert (fresh(stay).status, status(tomorrow)) == ("cancelled", "planned")
    assert told(stay, who.karim.pk) == ["admitted", "cancelled"]


def test_one_absence_at_a_time():
    who = circle()
    declare(who, who.claire)
    with pytest.raises(Refused):
        declare(who, who.karim)


@pytest.mark.parametrize("wrong", [{"kind": "moon"}, {"start": hours(5), "end": hours(2)}])
def test_what_makes_no_sense_is_refused(wrong):
    who = circle()
    with pytest.raises(Refused):
        declare(who, who.claire, **{"kind": "hospital", **wrong})


def test_the_hospital_confirms_and_nobody_is_told_twice():
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    declared = declare(who, who.sonia)
    stay = hear(who, admission())
    assert stay.pk == declared.pk
    assert (stay.hospital_name, stay.ward, stay.declared) == ("CH de Dax", "Cardiologie", False)
    assert told(stay, who.karim.pk) == ["admitted", "located"]
    with as_(who.karim):
        assert queries.unseen()[0].sentence == "Lieu précisé : CH de Dax, Cardiologie"
    assert status(tomorrow) == "suspended"


def test_what_the_hospital_confirmed_it_alone_cancels():
    who = circle()
    tomorrow = visit(who, who.claire, 20)
    declare(who, who.sonia)
    one = admission()
    stay = hear(who, one)
    with as_(who.claire), pytest.raises(Refused):
        services.cancel_absence(stay.pk)
    undone = say(Kind.ADMIT, number=one.movement_id, action=Action.CANCEL)
    stay = hear(who, undone)
    assert (stay.status, status(tomorrow)) == ("cancelled", "planned")


def test_a_consultation_does_not_become_the_declared_stay():
    who = circle()
    declared = declare(who, who.sonia)
    stay = hear(who, admission(class_code="O"))
    assert stay.pk != declared.pk


def test_an_expected_return_is_told():
    who = circle()
    stay = declare(who, who.claire)
    with as_(who.sonia):
        services.expect_return(stay.pk, hours(60))
    assert told(stay, who.karim.pk) == ["admitted", "expected_discharge"]


def test_a_return_that_the_hospital_dates_otherwise():
    who = circle()
    stay = hear(who, admission(-30))
    with as_(who.claire):
        services.declare_return(stay.pk)
    out = say(Kind.DISCHARGE, -1, event="A03")
    stay = hear(who, out)
    assert (stay.status, stay.ends_at) == ("ended", out.at)


def test_seen_by_one_of_the_structure_is_seen():
    who = circle()
    stay = declare(who, who.claire)
    with as_(who.karim):
        assert services.see(stay.pk) == 1
        assert services.see(stay.pk) == 0


@pytest.mark.parametrize(
    ("kind", "away", "ahead", "back"),
    [
        ("respite", "En répit depuis", "Séjour de répit prévu", "Rentrée de son séjour de répit"),
        ("holiday", "En vacances depuis", "Vacances prévues", "Rentrée de vacances"),
    ],
)
def test_a_respite_keeps_its_own_words_and_is_over_on_the_announced_day(kind, away, ahead, back):
    who = circle()
    after = visit(who, who.claire, 80)
    stay = declare(who, who.claire, kind, start=hours(1), end=hours(50))
    assert words.headline(fresh(stay), who.odette).startswith(ahead)
    assert sentences(stay, who.karim)[-1].startswith(ahead)
    stay = fresh(stay)
    stay.starts_at = hours(-1)
    assert words.headline(stay, who.odette).startswith(away)

    assert services.end_holidays(hours(49)) == 0
    assert services.end_holidays(hours(51)) == 1
    assert services.end_holidays(hours(51)) == 0
    stay = fresh(stay)
    assert (stay.status, stay.resumption, status(after)) == ("ended", "proposed", "planned")
    assert words.headline(stay, who.odette).startswith(back)
    assert sentences(stay, who.karim)[-1].startswith(back)
    with as_(who.karim):
        assert panels.banner_context(who.odette, stay)["stay"] is None


def test_back_from_holiday_earlier_the_visits_between_are_offered_the_later_ones_stand():
    who = circle()
    between, after = visit(who, who.claire, 20), visit(who, who.claire, 80)
    stay = declare(who, who.claire, "holiday", end=hours(50))
    with as_(who.claire):
        services.declare_return(stay.pk)
        assert [[one.pk for one in rows] for _, rows in agenda.resumptions()] == [[between.pk]]
    assert (status(between), status(after)) == ("suspended", "planned")


def test_a_hospital_stay_is_not_over_because_its_day_has_come():
    who = circle()
    stay = declare(who, who.claire, start=hours(-30), end=hours(-1))
    assert services.end_holidays() == 0
    assert fresh(stay).status == "in_progress"
