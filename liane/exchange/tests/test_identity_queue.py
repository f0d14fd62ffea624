"""A human says whose message it is; nothing is applied before, and of strangers nothing is kept."""

import pytest

from liane.core import acting
from liane.directory.models import Organisation
from liane.exchange.hl7v2.messages import Identifier
from liane.exchange.hospitals import Speaker
from liane.exchange.matching import remember
from liane.exchange.models import IdentityCase, RawMessage
from liane.exchange.tests.world import hospital, message, odette, send, the_stay
from liane.patients.models import Patient, PersonLink
from liane.stays.models import Stay
from tests import factories

pytestmark = pytest.mark.django_db
UNSURE = {"ins": "", "ipp": "777"}


@pytest.fixture
def story():
    """Odette followed by the DAC, whose identity vigilance is Iris; Claire is her nurse."""
    hospital()
    person = odette()
    dac = factories.organisation("DAC des Landes", "dac")
    factories.practice("iris", role="identity", of=dac, name="Iris Vidal")
    factories.member(person, dac)
    factories.member(person, factories.practice("claire", name="Claire Aubert"))
    return person


def cases() -> list[IdentityCase]:
    with acting.acting(acting.system("test")):
        return list(IdentityCase.objects.order_by("created_at"))


def test_the_queue_and_the_comparison(story, sign_in):
    send(message(**UNSURE, sex="M"))
    client = sign_in("iris")
    listed = client.get("/parametres/identites/").content.decode()
    assert "LABORDE Odette" in listed
    assert "CH de Dax" in listed
    text = client.get(f"/parametres/identites/{cases()[0].pk}/").content.decode()
    for words in ("07/03/1941", "homme", "différent", "C’est cette personne"):
        assert words in text
    assert "000123" not in text


def test_attaching_applies_everything_under_that_number(story, sign_in):
    send(message(**UNSURE, control="1"))
    send(message("A02", "20261103090000", **UNSURE, unit="Chirurgie", control="2"))
    case = cases()[0]
    answer = sign_in("iris").post(f"/parametres/identites/{case.pk}/{story.pk}/")
    assert answer.headers["Location"] == "/parametres/identites/"
    stay = the_stay(story)
    assert (stay.status, stay.ward) == ("in_progress", "Chirurgie")
    assert {one.status for one in cases()} == {"attached"}
    assert cases()[0].author_label == "Iris Vidal"
    assert send(message("A03", "20261105100000", **UNSURE, control="3")).outcome == "updated"


def test_setting_aside_drops_the_content_and_does_not_ask_again(story, sign_in):
    send(message(**UNSURE, control="1"))
    sign_in("iris").post(f"/parametres/identites/{cases()[0].pk}/ecarter/")
    with acting.acting(acting.system("test")):
        row = RawMessage.objects.get()
        assert (row.content, row.status) == (None, "ignored")
        assert not Stay.objects.exists()
    assert "LABORDE" not in cases()[0].traits
    assert send(message("A03", **UNSURE, control="2")).outcome == "ignored"


def test_settling_twice_changes_nothing(story, sign_in):
    send(message(**UNSURE))
    client, case = sign_in("iris"), cases()[0]
    client.post(f"/parametres/identites/{case.pk}/{story.pk}/")
    client.post(f"/parametres/identites/{case.pk}/ecarter/")
    assert [one.status for one in cases()] == ["attached"]


def test_the_same_control_id_with_other_content_can_still_be_applied(story, sign_in):
    send(message(control="1"))
    send(message("A03", "20261105100000", control="1"))
    sign_in("iris").post(f"/parametres/identites/{cases()[0].pk}/{story.pk}/")
    assert the_stay(story).status == "ended"


def test_a_merge_of_the_hospital_links_the_records(story, sign_in):
    send(message(control="1"))
    other = factories.patient("LABORDE", "Odete", birth_date=None)
    with acting.acting(acting.system("test")):
        dax = Organisation.objects.get(finess="400011177")
        remember(other.pk, Identifier("000999"), Speaker("CH de Dax", str(dax.pk), dax))
    factories.member(other, dac())
    send(message("A40", movement=None, extra=("MRG|000999^^^CH DE DAX&400011177&N^PI",)))
    [case] = cases()
    sign_in("iris").post(f"/parametres/identites/{case.pk}/{story.pk}/")
    with acting.acting(acting.system("test")):
        link = PersonLink.objects.get()
    assert (link.survivor_id, link.duplicate_id) == (story.pk, other.pk)


def dac() -> Organisation:
    return Organisation.objects.get(name="DAC des Landes")


def test_a_reported_death_is_confirmed_by_a_human(story, sign_in):
    send(message("A31", movement=None, pid_end="|" * 21 + "20261105|Y"))
    sign_in("iris").post(f"/parametres/identites/{cases()[0].pk}/{story.pk}/")
    with acting.acting(acting.system("test")):
        assert str(Patient.objects.get(pk=story.pk).died_on) == "2026-11-05"


@pytest.mark.parametrize("username", ["claire", "paul"])
def test_only_identity_vigilance_within_reach(story, sign_in, username):
    factories.practice("paul", role="identity", name="Paul Roy")
    send(message(**UNSURE))
    client, case = sign_in(username), cases()[0]
    listed = client.get("/parametres/identites/")
    assert listed.status_code == (403 if username == "claire" else 200)
    assert b"LABORDE" not in listed.content
    assert client.get(f"/parametres/identites/{case.pk}/").status_code in (403, 404)
    for url in (f"{story.pk}/", "ecarter/"):
        answer = client.post(f"/parametres/identites/{case.pk}/{url}")
        assert answer.status_code == (403 if username == "claire" else 404)
    assert [one.status for one in cases()] == ["open"]
