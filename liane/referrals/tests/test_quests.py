"""« Trouver une infirmière »: offered without a name, the first who accepts joins, else wider."""

import datetime as dt

import pytest
from django.http import Http404
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.circle.queries import recipients
from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry
from liane.directory.models import Practice
from liane.referrals import seeking
from liane.referrals.models import Offer, OptIn, Quest, QuestStep, Referral
from liane.referrals.seeking import Sought
from liane.referrals.tests.conftest import as_
from tests import factories as make

pytestmark = pytest.mark.django_db
SOON = dt.timedelta(days=2)


def nurse(name: str, insee: str = "40202", *, wants: bool | None = True) -> Practice:
    house = make.organisation(f"Cabinet {name}", "practice", insee=insee)
    one = make.practice(name, of=house)
    if wants is not None:
        OptIn.objects.create(organisation=house, wants=wants)
    return one


def sought(person, **more) -> Sought:
    values = {
        "profession": "60", "care": "pansement de jambe", "rhythm": "tous les jours",
        "starts_on": timezone.localdate() + SOON, "proof": "accord oral", **more,
    }  # fmt: skip
    return Sought(person_id=person.pk, **values)


@pytest.fixture
def begun(simon, roussel):
    def begin(**more) -> Quest:
        with as_(roussel):
            return seeking.seek(sought(simon, **more))

    return begin


def asked(quest: Quest) -> set[str]:
    rows = Offer.objects.filter(quest_id=quest.pk)
    return set(rows.values_list("practice__professional__user__username", flat=True))


def status(quest: Quest) -> str:
    with acting.owner():
        return Quest.objects.get(pk=quest.pk).status


def test_it_goes_to_the_practices_near_that_opted_in_and_names_nobody(begun, simon) -> None:
    near = nurse("zoe")
    nurse("non", wants=False)
    nurse("silent", wants=None)
    nurse("dax", "40088")
    make.practice("kine", profession="70", of=near.organisation)
    quest = begun()
    assert asked(quest) == {"zoe"}
    with acting.acting(acting.system("test")):
        entry = Entry.objects.get(kind="quest.offered")
        assert entry.person_id is None
        assert {one.holder_id for one in recipients(entry)} == {near.pk}
    with as_(near):
        (offer,) = seeking.offers()
        assert (offer.quest.care, offer.quest.city) == ("pansement de jambe", "Narrosse")
        assert seeking.one(quest.pk) is None


def test_the_page_of_an_offer_shows_no_identity(begun, sign_in) -> None:
    nurse("zoe")
    begun()
    page = sign_in("zoe").get("/").content.decode()
    assert "pansement de jambe" in page
    assert not any(word in page for word in ("Simon", "SIMON", "Pierre", "Lestrilles"))


def test_the_first_to_accept_joins_the_circle_and_the_second_is_told(begun, simon) -> None:
    zoe, anne = nurse("zoe"), nurse("anne")
    quest = begun()
    (first,) = Offer.objects.filter(practice=zoe)
    (second,) = Offer.objects.filter(practice=anne)
    with as_(zoe):
        seeking.accept(first.pk)
    with as_(anne), pytest.raises(Refused):
        seeking.accept(second.pk)
    with as_(anne), pytest.raises(Http404):
        seeking.accept(first.pk)
    with acting.owner():
        member = Membership.objects.get(person=simon, practice=zoe)
        assert (member.status, member.ground) == ("active", "consent")
        assert not Membership.objects.filter(person=simon, practice=anne).exists()
    assert status(quest) == "accepted"
    with as_(anne):
        assert seeking.offers() == []


def test_nobody_in_two_hours_goes_wider_then_to_the_support(begun, dac, simon) -> None:
    nurse("zoe")
    nurse("dax", "40088")
    quest = begun()
    now = timezone.now()
    assert seeking.widen_due(now + dt.timedelta(minutes=119)) == 0
    assert seeking.widen_due(now + dt.timedelta(minutes=121)) == 1
    assert (status(quest), asked(quest)) == ("wider", {"zoe", "dax"})
    assert seeking.widen_due(now + dt.timedelta(minutes=122)) == 0
    assert seeking.widen_due(now + dt.timedelta(hours=5)) == 1
    with acting.owner():
        found = Quest.objects.get(pk=quest.pk)
        assert (found.status, found.referral.organisation) == ("desk", dac)
        assert found.referral.motive == "professional"
        steps = QuestStep.objects.filter(quest=quest).order_by("at", "id")
        assert [row.after for row in steps] == ["open", "wider", "desk"]


def test_nobody_to_ask_goes_straight_to_the_support(begun, dac) -> None:
    assert status(begun()) == "desk"
    with acting.owner():
        assert Referral.objects.get().organisation == dac


def test_whoever_searches_is_told_that_nobody_could_be_asked(simon, roussel, dac, sign_in) -> None:
    day = (timezone.localdate() + SOON).isoformat()
    form = {"profession": "60", "care": "pansement de jambe", "rhythm": "tous les jours",
            "starts_on": day, "proof": "accord oral"}  # fmt: skip
    doctor = sign_in(roussel.professional.user.username)
    page = doctor.post(f"/personnes/{simon.pk}/chercher/", form, follow=True).content.decode()
    assert "la vôtre est confiée à l’appui" in page
    assert "personne n’a été sollicité" in page
    assert "dès qu’un cabinet accepte" not in page


def test_when_everybody_near_declines_it_widens_without_waiting(begun, dac) -> None:
    zoe = nurse("zoe")
    nurse("dax", "40088")
    quest = begun()
    with as_(zoe):
        seeking.decline(Offer.objects.get(practice=zoe).pk)
    assert (status(quest), asked(quest)) == ("wider", {"zoe", "dax"})


def test_who_follows_her_already_or_is_opposed_is_not_asked(begun, simon) -> None:
    make.member(simon, nurse("zoe"))
    opposed = nurse("paul")
    nurse("anne")
    with acting.owner():
        Opposition.objects.create(person=simon, practice=opposed)
        compile_grants(simon.pk)
    assert asked(begun()) == {"anne"}


WRONG = [
    ({"profession": "XX"}, "profession"),
    ({"care": " "}, "care"),
    ({"care": "toilette de M. Simon"}, "care"),
    ({"proof": ""}, "proof"),
]


@pytest.mark.parametrize(("more", "field"), WRONG)
def test_a_search_that_names_somebody_or_lacks_words_is_refused(begun, more, field) -> None:
    with pytest.raises(Refused) as refusal:
        begun(**more)
    assert refusal.value.field == field


def test_only_who_may_open_the_circle_searches_or_cancels(begun, simon, roussel) -> None:
    bruno = make.practice("bruno")
    with as_(bruno), pytest.raises(Http404):
        seeking.seek(sought(simon))
    nurse("zoe")
    quest = begun()
    with as_(bruno), pytest.raises(Http404):
        seeking.cancel(quest.pk, reason="x")
    with as_(roussel):
        with pytest.raises(Refused):
            seeking.cancel(quest.pk, reason="")
        assert seeking.cancel(quest.pk, reason="trouvée").status == "cancelled"


def test_a_house_opts_in_and_out_and_its_words_stay() -> None:
    zoe = nurse("zoe", wants=None)
    with as_(zoe):
        seeking.opt(zoe.organisation, True)
        assert seeking.opted_in([zoe.organisation_id]) == [zoe.organisation_id]
        seeking.opt(zoe.organisation, False)
        assert seeking.opted_in([zoe.organisation_id]) == []
    assert OptIn.objects.count() == 2
    msp = make.organisation("MSP", "msp")
    with as_(make.practice("paul", of=msp)), pytest.raises(NotAllowed):
        seeking.opt(msp, True)
