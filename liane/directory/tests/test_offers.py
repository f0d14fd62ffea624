"""What organisations offer: said by professionals, dated, confirmed, never overwritten."""

import datetime as dt

import pytest
from django.http import Http404
from django.utils import timezone

from liane.core.acting import acting
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.directory import communes, correspondents, needs, offers, organisations, territories
from liane.directory.models import Change, Commune, Correspondent, HealthcareService, Organisation
from tests import factories as make

pytestmark = pytest.mark.django_db

MEALS = {"need": "meals", "name": "Repas chauds", "price": "8 € le repas", "where": "home"}


@pytest.fixture(autouse=True)
def landes():
    communes.load(communes.SHIPPED)


@pytest.fixture
def kitchen():
    return make.organisation("Repas du Luy", "meals", city="Dax", insee="40088")


@pytest.fixture
def claire():
    return make.practice("claire", name="Claire Aubert")


def told(thing):
    return [(row.what, row.before, row.after, row.author_label)
            for row in Change.objects.filter(object_id=thing.pk).order_by("at", "id")]  # fmt: skip


def test_an_offer_says_who_said_it_and_when(claire, kitchen):
    with acting(make.actor("claire")):
        made = offers.add(kitchen, MEALS, ["epci:244000675"])
    assert made.confirmed_by == "Claire Aubert, Cabinet des Tilleuls"
    assert timezone.now() - made.confirmed_at < dt.timedelta(minutes=1)
    assert made.need_words == "Portage de repas"
    assert [area.code for area in made.areas.all()] == ["244000675"]
    assert told(made)[-1] == ("offre", "", "Repas chauds", "Claire Aubert")
    assert told(made)[0] == ("territoire", "", "CA du Grand Dax", "Claire Aubert")


def test_a_correction_keeps_what_stood_before_and_confirms(claire, kitchen):
    with acting(make.actor("claire")):
        made = offers.add(kitchen, MEALS)
        HealthcareService.objects.update(confirmed_at=timezone.now() - dt.timedelta(days=300))
        assert HealthcareService.objects.get().is_doubtful
        assert offers.correct(made.pk, MEALS | {"price": "9 €"}, expect=made.version) == ["price"]
    row = HealthcareService.objects.get()
    assert not row.is_doubtful
    assert ("coût", "8 € le repas", "9 €", "Claire Aubert") in told(row)


def test_two_corrections_at_once_lose_nothing(claire, kitchen):
    with acting(make.actor("claire")):
        made = offers.add(kitchen, MEALS)
        offers.correct(made.pk, MEALS | {"price": "9 €"}, expect=1)
        with pytest.raises(Conflict):
            offers.correct(made.pk, MEALS | {"price": "7 €"}, expect=1)
    assert HealthcareService.objects.get().price == "9 €"


def test_places_are_dated_apart_and_confirming_says_nothing_of_them(claire, kitchen):
    with acting(make.actor("claire")):
        made = offers.add(kitchen, MEALS)
        offers.say_places(made.pk, "open", free=3, delay=7)
        HealthcareService.objects.update(places_at=timezone.now() - dt.timedelta(days=40))
        row = offers.confirm(made.pk)
    assert offers.places_words(row) == "des places, 3 libres, sous 7 jours"
    assert row.places_are_old
    assert ("disponibilité", "disponibilité non dite", "des places, 3 libres, sous 7 jours",
            "Claire Aubert") in told(row)  # fmt: skip
    assert [what for what, *_ in told(row)][-1] == "relu"


@pytest.mark.parametrize(
    ("said", "field"),
    [({"need": "unheard"}, "need"), ({"where": "moon"}, "where")],
)
def test_what_is_not_in_the_lists_is_refused(claire, kitchen, said, field):
    with acting(make.actor("claire")), pytest.raises(Refused) as refusal:
        offers.add(kitchen, MEALS | said)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("said", "field"),
    [(("full", 2, None), "free_places"), (("open", None, 5000), "delay_days"),
     (("unknown", None, None), "availability")],
)  # fmt: skip
def test_impossible_places_are_refused(claire, kitchen, said, field):
    with acting(make.actor("claire")):
        made = offers.add(kitchen, MEALS)
        with pytest.raises(Refused) as refusal:
            offers.say_places(made.pk, said[0], free=said[1], delay=said[2])
    assert refusal.value.field == field


def test_an_offer_withdrawn_stays_readable_with_its_reason(claire, kitchen):
    with acting(make.actor("claire")):
        made = offers.add(kitchen, MEALS)
        with pytest.raises(Refused):
            offers.withdraw(made.pk, " ")
        offers.withdraw(made.pk, "Service fermé")
        with pytest.raises(Http404):
            offers.confirm(made.pk)
    assert HealthcareService.objects.get().why_ended == "Service fermé"


def test_a_person_of_the_portal_does_not_keep_the_directory(kitchen):
    make.contact(make.patient(), "julie")
    with acting(make.actor("julie")), pytest.raises(NotAllowed):
        offers.add(kitchen, MEALS)


def test_whom_to_call_is_of_the_same_house(claire, kitchen):
    with acting(make.actor("claire")):
        theirs = correspondents.add(kitchen, {"name": "M. Dubos", "phone": "05 58 00 00 07"})
        others = correspondents.add(make.organisation("Autre"), {"name": "Mme Autre"})
        made = offers.add(kitchen, MEALS | {"correspondent_id": theirs.pk})
        with pytest.raises(Refused):
            offers.correct(made.pk, MEALS | {"correspondent_id": others.pk})
        correspondents.correct(theirs.pk, {"name": "M. Dubos", "phone": "0558000099"})
        correspondents.end(theirs.pk, "Parti à la retraite")
    row = Correspondent.objects.get(pk=theirs.pk)
    assert row.phone == "0558000099"
    assert row.ended_at is not None
    assert ("téléphone", "0558000007", "0558000099", "Claire Aubert") in told(row)


def test_a_structure_the_directory_knows_is_not_made_twice(claire):
    dax = Commune.objects.get(pk="40088")
    with acting(make.actor("claire")):
        made = organisations.add(name="Les Amis du Luy", kind="other", town=dax, phone="0558112233")
        with pytest.raises(Refused):
            organisations.add(name="les amis du luy", kind="other", town=dax)
    assert Organisation.objects.get(pk=made.pk).insee == "40088"


def test_a_territory_is_understood_as_it_is_typed():
    found = territories.understood("Dax, CA du Grand Dax, Capbreton, 40")
    assert [one.key for one in found] == [
        "commune:40088", "epci:244000675", "commune:40065", "department:40"
    ]  # fmt: skip
    with pytest.raises(Refused, match="Atlantide"):
        territories.understood("Dax, Atlantide")
    with pytest.raises(Refused, match="peut être"):
        territories.understood("Saint-P")


def test_every_need_has_words_and_a_family():
    assert len(needs.version()) >= 20
    assert all(one.label and one.words and one.family for one in needs.version().values())
