"""A case that no identity officer reaches is still somebody's: who stands in, who is told."""

import pytest

from liane.circle.compile import compile_grants
from liane.circle.models import Opposition
from liane.core import acting
from liane.exchange import unseen
from liane.exchange.models import IdentityCase
from liane.exchange.tests.world import hospital, message, odette, send, the_stay
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/parametres/identites/"
UNSURE = {"ins": "", "ipp": "777"}


@pytest.fixture
def house():
    """Odette followed by a DAC without identity vigilance: Paule coordinates, Denis manages."""
    hospital()
    dac = factories.organisation("DAC des Landes", "dac")
    person = odette()
    factories.member(person, dac)
    factories.practice("paule", role="coordinator", of=dac, name="Paule Roux")
    factories.practice("denis", role="manager", of=dac, name="Denis Roy")
    factories.practice("claire", of=dac, name="Claire Aubert")
    return person, dac


def the_case() -> IdentityCase:
    with acting.acting(acting.system("test")):
        return IdentityCase.objects.get()


def test_the_coordinator_compares_and_settles_what_no_officer_sees(house, sign_in):
    person, _ = house
    send(message(**UNSURE))
    client = sign_in("paule")
    assert "message d’hôpital</a>" in client.get("/").content.decode()
    assert "LABORDE Odette" in client.get(LIST).content.decode()
    case = the_case()
    assert client.get(f"{LIST}{case.pk}/").status_code == 200
    client.post(f"{LIST}{case.pk}/{person.pk}/")
    assert the_stay(person).status == "in_progress"
    assert the_case().author_label == "Paule Roux"


def test_the_manager_reads_that_some_wait_and_no_name(house, sign_in):
    _, dac = house
    send(message(**UNSURE))
    client = sign_in("denis")
    text = client.get("/").content.decode()
    assert "Des messages d’hôpitaux ressemblent" in text
    assert f"/annuaire/structures/{dac.pk}/inviter/" in text
    assert not any(word in text for word in ("LABORDE", "DUPONT", "Odette", "Dax"))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{the_case().pk}/").status_code == 403


def test_the_number_is_given_to_a_manager_from_ten_on(house, sign_in):
    for number in range(10):
        send(message(ins="", ipp=f"77{number}", control=str(number)))
    assert "10 messages d’hôpitaux" in sign_in("denis").get("/").content.decode()


def test_an_officer_who_arrives_takes_it_over(house, sign_in):
    person, dac = house
    send(message(**UNSURE))
    factories.practice("iris", role="identity", of=dac, name="Iris Vidal")
    case = the_case()
    for username in ("paule", "denis"):
        assert "Identités à vérifier" not in sign_in(username).get("/").content.decode()
    paule = sign_in("paule")
    assert "LABORDE" not in paule.get(LIST).content.decode()
    assert paule.post(f"{LIST}{case.pk}/{person.pk}/").status_code == 403
    assert "message d’hôpital</a>" in sign_in("iris").get("/").content.decode()


def test_an_officer_whom_the_person_opposed_sees_nothing_and_does_not_count(house, sign_in):
    person, dac = house
    iris = factories.practice("iris", role="identity", of=dac, name="Iris Vidal")
    with acting.owner():
        Opposition.objects.create(person=person, practice=iris)
        compile_grants(person.pk)
    send(message(**UNSURE))
    assert "LABORDE Odette" in sign_in("paule").get(LIST).content.decode()


def test_a_nurse_alone_does_not_settle_and_the_technical_administrator_is_told(sign_in):
    hospital()
    person = odette()
    house = factories.organisation("Cabinet des Pins")
    factories.member(person, factories.practice("claire", of=house, name="Claire Aubert"))
    send(message(**UNSURE))
    assert sign_in("claire").get(LIST).status_code == 403
    assert sign_in("claire").post(f"{LIST}{the_case().pk}/{person.pk}/").status_code == 403
    found = unseen.stuck()
    assert found is not None
    assert (found.count, [one.name for one in found.structures]) == (1, ["Cabinet des Pins"])


def test_what_a_coordinator_may_settle_is_not_stuck(house):
    send(message(**UNSURE))
    assert unseen.stuck() is None


def test_a_coordinator_out_of_the_circle_sees_nothing(house, sign_in):
    person, _ = house
    factories.practice("hugo", role="coordinator", of=factories.organisation("MSP"), name="Hugo Ey")
    send(message(**UNSURE))
    client = sign_in("hugo")
    assert "LABORDE" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{the_case().pk}/").status_code == 404
    assert client.post(f"{LIST}{the_case().pk}/{person.pk}/").status_code == 404
