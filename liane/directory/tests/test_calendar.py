"""Who answers when: absences, duty of a post, locums; each opens what it should, for its dates."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core.acting import acting
from liane.core.errors import NotAllowed, Refused
from liane.directory import queries, services
from liane.directory.models import Change, Practice
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
DAY = dt.timedelta(days=1)


@pytest.fixture
def tilleuls():
    return make.organisation()


@pytest.fixture
def claire(tilleuls) -> Practice:
    return make.practice("claire", name="Claire Aubert", of=tilleuls)


@pytest.fixture
def anne(tilleuls) -> Practice:
    return make.practice("anne", name="Anne Duhart", of=tilleuls)


def away_for(practice: Practice, days: int = 3, **more: object):
    with acting(make.actor(practice)):
        return services.declare_absence(
            practice, starts_on=TODAY(), ends_on=TODAY() + days * DAY, **more
        )


def test_who_writes_sees_until_when_and_who_answers(claire, anne):
    away_for(claire, replaced_by=anne)
    found = queries.away([claire.pk, anne.pk])
    assert list(found) == [claire.pk]
    assert found[claire.pk].until == TODAY() + 3 * DAY
    assert "Anne Duhart" in found[claire.pk].words


def test_an_absence_opens_no_record_to_the_replacement(claire, anne):
    mme = make.patient()
    make.member(mme, claire)
    away_for(claire, replaced_by=anne)
    with acting(make.actor(anne)) as actor:
        assert not Reach.of(actor).patients().exists()


def test_before_and_after_nobody_is_away(claire):
    away_for(claire)
    assert queries.away([claire.pk], TODAY() - DAY) == {}
    assert queries.away([claire.pk], TODAY() + 4 * DAY) == {}


def test_nobody_declares_the_absence_of_another_house(claire):
    other = make.practice("paul", of=make.organisation("Autre"))
    with acting(make.actor(other)), pytest.raises(NotAllowed):
        services.declare_absence(claire, starts_on=TODAY(), ends_on=TODAY())


def test_the_secretary_keeps_the_calendar_of_the_house(claire, tilleuls):
    office = make.practice("sarah", role="secretary", of=tilleuls)
    with acting(make.actor(office)):
        services.declare_absence(claire, starts_on=TODAY(), ends_on=TODAY())
    assert claire.pk in queries.away([claire.pk])


@pytest.mark.parametrize(("start", "end"), [(2, 1), (-5, -3)])
def test_impossible_dates_are_refused(claire, start, end):
    with acting(make.actor(claire)), pytest.raises(Refused):
        services.declare_absence(
            claire, starts_on=TODAY() + start * DAY, ends_on=TODAY() + end * DAY
        )


def test_two_absences_do_not_overlap(claire):
    away_for(claire)
    with pytest.raises(Refused):
        away_for(claire, 1)


def test_a_cancelled_absence_leaves_its_trace(claire):
    absence = away_for(claire)
    with acting(make.actor(claire)):
        services.cancel_absence(absence)
    assert queries.away([claire.pk]) == {}
    assert Change.objects.filter(object_id=claire.pk, what="absence").count() == 2


def test_on_duty_one_reaches_the_persons_of_the_post(claire, tilleuls):
    office = make.practice("sarah", role="secretary", of=tilleuls)
    post = make.post("Infirmière de garde", tilleuls)
    make.member(make.patient(), post)
    with acting(make.actor(office)):
        duty = services.put_on_duty(post, claire, starts_at=timezone.now() - dt.timedelta(hours=1))
    with acting(make.actor(claire)) as actor:
        assert Reach.of(actor).patients().count() == 1
    with acting(make.actor(office)):
        services.end_duty(duty)
    with acting(make.actor(claire)) as actor:
        assert Reach.of(actor).patients().count() == 0


def test_a_post_is_held_by_its_own_house(tilleuls):
    stranger = make.practice("paul", of=make.organisation("Autre"))
    office = make.practice("sarah", role="secretary", of=tilleuls)
    post = make.post("Garde", tilleuls)
    with acting(make.actor(office)), pytest.raises(Refused):
        services.put_on_duty(post, stranger, starts_at=timezone.now())
    with acting(make.actor(stranger)), pytest.raises(NotAllowed):
        services.put_on_duty(post, stranger, starts_at=timezone.now())


def locum(rpps: str | None = "10000000011", profession: str = "60"):
    practice = make.practice(
        "zoe", name="Zoé Garat", profession=profession, of=make.organisation("X")
    )
    professional = practice.professional
    professional.rpps = rpps
    professional.save()
    return professional


def test_a_locum_reaches_the_persons_for_the_dates_of_the_contract(claire, tilleuls):
    make.member(make.patient(), claire)
    zoe = locum()
    with acting(make.actor(claire)):
        contract = services.sign_locum(claire, zoe, starts_on=TODAY(), ends_on=TODAY() + DAY)
    with acting(make.actor(contract.locum)) as actor:
        assert actor.label == "Zoé Garat"
        assert Reach.of(actor).patients().count() == 1
    with acting(make.actor(claire)):
        services.end_locum(contract)
    with acting(make.actor("zoe")) as actor:
        assert Reach.of(actor).patients().count() == 0


def test_a_locum_to_come_reaches_nobody_yet(claire):
    make.member(make.patient(), claire)
    zoe = locum()
    with acting(make.actor(claire)):
        services.sign_locum(claire, zoe, starts_on=TODAY() + DAY, ends_on=TODAY() + 2 * DAY)
    with acting(make.actor("zoe")) as actor:
        assert Reach.of(actor).patients().count() == 0


@pytest.mark.parametrize("change", [{"rpps": None}, {"profession": "70"}])
def test_a_locum_is_registered_and_of_the_same_profession(claire, change):
    with acting(make.actor(claire)), pytest.raises(Refused):
        services.sign_locum(claire, locum(**change), starts_on=TODAY(), ends_on=TODAY())


def test_a_colleague_signs_no_contract_for_me(claire, anne):
    with acting(make.actor(anne)), pytest.raises(NotAllowed):
        services.sign_locum(claire, locum(), starts_on=TODAY(), ends_on=TODAY())


def test_the_locum_answers_when_the_absence_names_nobody(claire):
    zoe = locum()
    with acting(make.actor(claire)):
        services.sign_locum(claire, zoe, starts_on=TODAY(), ends_on=TODAY() + DAY)
    away_for(claire, 1)
    assert "Zoé Garat" in queries.away([claire.pk])[claire.pk].words
