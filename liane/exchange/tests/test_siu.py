"""Appointments that a hospital tells: planned, moved, cancelled, missed, in whatever order."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.agenda.models import Appointment, BookingSaid
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.models import Entry
from liane.exchange import services
from liane.exchange.hl7v2 import parsing
from liane.exchange.models import IdentityCase, RawMessage
from liane.exchange.tests.beyond import rolled_back, siu
from liane.exchange.tests.world import hospital, matricule, odette, send
from tests import factories

pytestmark = pytest.mark.django_db
LATER = "20261121100000"


def code(ack: bytes) -> str:
    return parsing.parse(ack).first("MSA").get(1)


def everything(model):
    with acting.acting(acting.system("test")):
        return list(model.objects.all())


def the_visit() -> Appointment:
    [found] = everything(Appointment)
    return found


@pytest.fixture
def person():
    hospital()
    return odette()


def test_a_booking_is_a_row_of_the_agenda_with_its_source(person):
    receipt = send(siu())
    assert (receipt.outcome, code(receipt.ack)) == ("created", "AA")
    visit = the_visit()
    assert (visit.person_id, visit.title) == (person.pk, "Consultation de cardiologie")
    assert (f"{visit.starts_at:%Y-%m-%dT%H:%M}", visit.minutes) == ("2030-12-04T08:00", 45)
    assert (visit.author_label, visit.status) == ("CH de Dax", "planned")
    assert not visit.for_outside
    [told] = [one.kind for one in everything(Entry) if one.kind.startswith("visit.")]
    assert told == "visit.planned"


def test_the_team_and_the_person_see_it_home_help_does_not(person):
    nurse = factories.practice("claire")
    factories.member(person, nurse)
    helper = factories.practice("lucie", role="social")
    factories.member(person, helper, ground="outside", outside_team=True)
    send(siu())
    seen = []
    for one in (nurse, helper):
        with acting.acting(factories.actor(one)):
            seen.append(Appointment.objects.within(Reach.of(acting.current())).count())
    assert seen == [1, 0]


@pytest.mark.parametrize(
    ("event", "start", "status", "kind"),
    [
        ("S13", "20301206110000", "planned", "visit.moved"),
        ("S14", "", "planned", ""),
        ("S15", "", "cancelled", "visit.cancelled"),
        ("S26", "", "missed", "visit.missed"),
    ],
)
def test_what_the_hospital_changes(person, event, start, status, kind):
    send(siu())
    receipt = send(siu(event, LATER, start=start, title="Consultation, hôpital de jour"))
    assert receipt.outcome == "updated"
    visit = the_visit()
    assert visit.status == status
    assert visit.starts_at.day == (6 if start else 4)
    kinds = [one.kind for one in everything(Entry) if one.kind.startswith("visit.")]
    assert kinds == (["visit.planned", kind] if kind else ["visit.planned"])


def test_the_same_message_again_changes_nothing(person):
    assert [send(siu()).outcome for _ in range(2)] == ["created", "unchanged"]
    assert send(siu(control="again")).outcome == "unchanged"
    assert len(everything(BookingSaid)) == 1


def test_of_somebody_unknown_nothing_is_kept():
    hospital()
    receipt = send(siu())
    assert (receipt.outcome, code(receipt.ack)) == ("ignored", "AA")
    assert not everything(Appointment)
    assert everything(RawMessage)[0].content is None


def test_somebody_uncertain_waits_for_identity_vigilance(person):
    raw = siu().replace(matricule().value.encode(), b"").replace(b"000123", b"777")
    assert send(raw).outcome == "queued"
    assert not everything(Appointment)
    [case] = everything(IdentityCase)
    dac = factories.organisation("DAC des Landes", "dac")
    desk = factories.practice("iris", role="identity", of=dac)
    factories.member(person, dac)
    with acting.acting(factories.actor(desk)):
        services.attach(case.pk, person.pk)
    assert the_visit().person_id == person.pk


def test_a_sender_that_nobody_knows_is_told_so():
    odette()
    receipt = send(siu())
    assert (receipt.outcome, code(receipt.ack)) == ("rejected", "AE")
    assert parsing.parse(receipt.ack).first("ERR").get(3) == "204"


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (siu(number=""), "SCH"),
        (siu(start=""), "SCH"),
        (siu(start="bientôt"), "SCH"),
        (siu().replace(b"SCH|", b"ZZZ|"), "SCH"),
    ],
)
def test_what_is_missing_is_said_where(person, raw, place):
    receipt = send(raw)
    assert (receipt.outcome, code(receipt.ack)) == ("rejected", "AE")
    assert parsing.parse(receipt.ack).first("ERR").get(2).startswith(place)
    assert not everything(Appointment)


def test_an_event_not_received_is_rejected(person):
    assert code(send(siu("S17")).ack) == "AR"


def test_a_visit_marked_done_here_is_not_undone_by_the_hospital(person):
    send(siu())
    with acting.owner():
        Appointment.objects.update(status="done")
    send(siu("S26", LATER, start=""))
    assert the_visit().status == "done"


STORY = (
    siu(),
    siu("S13", "20261121100000", start="20301206110000"),
    siu("S14", "20261122100000", start="", title="Consultation, hôpital de jour"),
    siu("S26", "20261123100000", start=""),
    siu("S13", "20261124100000", start="20301210110000", title=""),
)
CANCELLED = (*STORY, siu("S15", "20261122120000", start="", title=""))


def end(messages) -> tuple:
    for raw in messages:
        assert send(raw).outcome != "rejected"
    visit = the_visit()
    return visit.status, visit.starts_at, visit.ends_at, visit.title


@pytest.fixture
def straight(person, story):
    """The end when each comes once, in order."""
    with rolled_back():
        return end(story)


@pytest.mark.parametrize("story", [STORY, STORY[:4], CANCELLED], ids=["moved", "missed", "no"])
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_and_any_duplicates_give_one_end_state(straight, story, data):
    order = data.draw(st.permutations(story))
    again = data.draw(st.lists(st.sampled_from(story), max_size=3))
    with rolled_back():
        assert end([*order, *again]) == straight
