"""The hospital feed: writes stays of whom a message is about, reads nothing, acts for its place."""

import pytest

from liane.core.acting import owner
from liane.core.models import AccessRow, Entry
from liane.exchange import intake
from liane.exchange.tests.messages import adt
from liane.exchange.tests.world import matricule
from liane.patients import ins
from liane.patients.models import Patient
from tests.access.walker import TOKEN, snapshot
from tests.access.world import World

pytestmark = pytest.mark.django_db
LINE = "hospital feed (machine)"
WRITES = {"stays", "agenda", "exchange", "notifications", "core"}
"""Rooms whose rows about the person a message may change: the stay, the visits that it suspends,
the message itself, what is told of it."""
LEARNT = "patients.ExternalIdentifier"
"""The hospital's own number for the person: all that it writes of an identity."""


@pytest.fixture
def world(world: World) -> World:
    """Where the hospital of the table feeds Liane, and knows A."""
    with owner():
        person = world.persons["A"]
        ins.put(person, matricule())
        person.ins_status = Patient.InsStatus.QUALIFIED
        person.save()
        world.organisations["hospital"].finess = "400011177"
        world.organisations["hospital"].save()
    return world


def about(person: Patient, event: str, **more: str) -> bytes:
    name = f"{person.birth_name}^{person.given_names}^{person.given_names}^^^^L"
    values = {"name": name, "birth": f"{person.birth_date:%Y%m%d}", "ins": matricule().value}
    return adt(event, **{**values, **more})


def test_a_message_writes_its_stay_and_nothing_else_and_its_answer_tells_nothing(
    world: World,
) -> None:
    person, stranger = world.persons["A"], world.persons["B"]
    before = {name: snapshot(world, name) for name in ("A", "B")}
    receipt = intake.receive(about(person, "A01"), channel="test")
    after = {name: snapshot(world, name) for name in ("A", "B")}
    assert receipt.outcome == "created"
    changed = {label for label in after["A"] if after["A"][label] != before["A"][label]}
    assert "stays.Stay" in changed
    assert {label.split(".")[0] for label in changed - {LEARNT}} <= WRITES
    assert after["B"] == before["B"]
    assert not TOKEN.findall(receipt.ack.decode() + receipt.reason)
    assert str(stranger.pk) not in receipt.ack.decode()


def test_it_acts_for_its_organisation(world: World) -> None:
    hospital, person = world.organisations["hospital"], world.persons["A"]
    intake.receive(about(person, "A01"), channel="test")
    with owner():
        entry = Entry.objects.filter(person_id=person.pk, kind__startswith="stay").latest("id")
        rows = AccessRow.objects.filter(person_id=person.pk, action="write", role="system")
        places = set(rows.order_by("-id").values_list("organisation_id", flat=True)[:1])
    assert entry.organisation_id == hospital.pk
    assert places == {hospital.pk}


@pytest.mark.parametrize("event", ["A01", "A31", "A40"])
def test_a_message_about_somebody_unknown_changes_nobody(world: World, event: str) -> None:
    before = {name: snapshot(world, name) for name in ("A", "B")}
    raw = adt(event, name="INCONNUE^ZOE^ZOE^^^^L", birth="19990101", ipp="999999")
    receipt = intake.receive(raw, channel="test")
    assert receipt.outcome in {"ignored", "rejected"}
    assert {name: snapshot(world, name) for name in ("A", "B")} == before
    assert not TOKEN.findall(receipt.ack.decode())
