"""A message that arrives: matched, applied once, queued or forgotten, and answered."""

import pytest

from liane.core import acting
from liane.directory.models import Organisation
from liane.exchange.hl7v2 import parsing
from liane.exchange.hl7v2.messages import Identifier
from liane.exchange.hospitals import Speaker
from liane.exchange.matching import remember
from liane.exchange.models import IdentityCase, RawMessage
from liane.exchange.tests.world import (
    born,
    hospital,
    matricule,
    message,
    odette,
    send,
    the_stay,
)
from liane.patients.models import ExternalIdentifier
from liane.stays.models import Stay
from tests import factories

pytestmark = pytest.mark.django_db


def code(ack: bytes) -> str:
    return parsing.parse(ack).first("MSA").get(1)


def rows(model):
    with acting.acting(acting.system("test")):
        return list(model.objects.all())


def test_an_admission_of_somebody_known_by_ins():
    hospital()
    person = odette()
    receipt = send(message())
    assert (receipt.outcome, code(receipt.ack)) == ("created", "AA")
    stay = the_stay(person)
    assert (stay.status, stay.hospital_name, stay.ward) == (
        "in_progress",
        "CH de Dax",
        "Cardiologie",
    )
    assert stay.suspends
    [row] = rows(RawMessage)
    assert (row.status, row.person_id) == ("applied", person.pk)
    with acting.acting(acting.system("test")):
        assert row.content == message()


def test_the_number_learnt_with_the_ins_is_enough_afterwards():
    hospital()
    person = odette()
    send(message())
    receipt = send(message("A02", "20261103090000", ins="", unit="Chirurgie"))
    assert receipt.outcome == "updated"
    assert the_stay(person).ward == "Chirurgie"
    [number] = rows(ExternalIdentifier)
    assert b"000123" not in bytes(number.sealed)


def test_the_same_message_again_changes_nothing():
    hospital()
    odette()
    first, again = send(message()), send(message())
    assert (first.outcome, again.outcome) == ("created", "unchanged")
    assert code(again.ack) == "AA"
    assert len(rows(RawMessage)) == 1


def test_the_same_control_id_with_other_content_is_queued():
    hospital()
    person = odette()
    send(message(control="C1"))
    other = message("A03", "20261104100000", control="C1")
    assert [send(other).outcome, send(other).outcome] == ["queued", "unchanged"]
    assert [case.reason for case in rows(IdentityCase)] == ["control"]
    assert the_stay(person).status == "in_progress"


def test_of_a_stranger_only_the_control_id_and_the_date_stay():
    hospital()
    odette()
    stranger = message(
        name="ETCHEVERRY^MAITE^^^^^L", birth="19880101", ins="", ipp="777", control="C9"
    )
    receipt = send(stranger)
    assert (receipt.outcome, code(receipt.ack)) == ("ignored", "AA")
    [row] = rows(RawMessage)
    assert (row.control_id, row.status, row.content, row.digest) == ("C9", "ignored", None, "")
    assert row.person_id is None
    assert rows(IdentityCase) == []


def test_a_stranger_who_becomes_known_is_heard_when_sent_again():
    hospital()
    raw = message()
    assert send(raw).outcome == "ignored"
    odette()
    assert send(raw).outcome == "created"
    assert [row.status for row in rows(RawMessage)] == ["applied"]


@pytest.mark.parametrize(
    "case",
    [
        {"ins": ""},
        {"ins": matricule().value[:13] + "99"},
        {"ins": "", "birth": "19410703"},
        {"ins": "", "name": "LABORDES^ODETE^^^^^L"},
    ],
)
def test_a_likeness_of_traits_waits_for_a_human(case: dict):
    hospital()
    odette()
    assert send(message(**case)).outcome == "queued"
    assert [case.reason for case in rows(IdentityCase)] == ["lookalike"]
    assert rows(Stay) == []


def test_a_number_that_the_traits_contradict_waits():
    hospital()
    born(odette(), "1975-11-23")
    receipt = send(message(name="MARTIN^PAUL^^^^^L", sex="M"))
    assert receipt.outcome == "queued"
    assert [case.reason for case in rows(IdentityCase)] == ["contradiction"]


def test_an_ins_held_by_two_records_waits():
    hospital()
    odette()
    odette(given_names="Odile")
    assert send(message()).outcome == "queued"
    assert [case.reason for case in rows(IdentityCase)] == ["several"]


def test_an_ins_that_the_hospital_does_not_vouch_for_is_not_believed():
    hospital()
    odette()
    assert send(message(pid_end="|" * 24 + "PROV")).outcome == "queued"


def test_the_number_of_another_hospital_is_not_hers():
    hospital()
    odette()
    send(message())
    elsewhere = message("A03", ins="", visit="SEJ9").replace(b"400011177", b"640780417")
    elsewhere = elsewhere.replace(b"CH DE DAX", b"CH BAYONNE")
    assert send(elsewhere).outcome == "queued"


def test_what_is_wrong_is_refused_and_not_kept():
    hospital()
    odette()
    receipt = send(message(visit=""))
    assert (receipt.outcome, code(receipt.ack)) == ("rejected", "AE")
    [row] = rows(RawMessage)
    assert (row.status, row.content) == ("rejected", None)
    assert send(message(control=row.control_id)).outcome == "created"


def test_what_is_not_hl7_is_refused():
    receipt = send(b"GET / HTTP/1.1")
    assert (receipt.outcome, code(receipt.ack)) == ("rejected", "AR")


def test_a_failure_of_ours_keeps_nothing_and_asks_to_send_again(monkeypatch):
    hospital()
    odette()
    monkeypatch.setattr("liane.exchange.intake.apply", lambda *given: 1 / 0)
    receipt = send(message())
    assert (receipt.outcome, code(receipt.ack)) == ("rejected", "AR")
    assert rows(RawMessage) == []
    monkeypatch.undo()
    assert send(message()).outcome == "created"


def test_an_unknown_hospital_is_named_as_it_names_itself():
    person = odette()
    assert send(message()).outcome == "created"
    assert the_stay(person).hospital_name == "400011177"


def test_identity_messages():
    hospital()
    odette()
    a28 = message("A28", movement=None, control="I1")
    assert send(a28).outcome == "updated"
    assert send(message("A31", movement=None, control="I2")).outcome == "unchanged"
    assert rows(Stay) == []


def test_a_merge_of_numbers_follows_the_person():
    hospital()
    person = odette()
    merge = message("A40", movement=None, extra=("MRG|000999^^^CH DE DAX&400011177&N^PI",))
    assert send(merge).outcome == "updated"
    receipt = send(message(ins="", ipp="000999"))
    assert receipt.outcome == "created"
    assert the_stay(person).status == "in_progress"


def test_a_merge_of_two_records_is_decided_by_a_human():
    hospital()
    odette()
    send(message())
    other = factories.patient("LABORDE", "Odette", birth_date=None)
    with acting.acting(acting.system("test")):
        dax = Organisation.objects.get(finess="400011177")
        remember(other.pk, Identifier("000999"), Speaker("CH de Dax", str(dax.pk), dax))
    merge = message("A40", movement=None, extra=("MRG|000999^^^CH DE DAX&400011177&N^PI",))
    assert send(merge).outcome == "queued"
    assert [case.reason for case in rows(IdentityCase)] == ["merge"]


def test_a_death_waits_for_confirmation():
    hospital()
    person = odette()
    dead = "|" * 21 + "20261105|Y"
    assert send(message("A31", movement=None, pid_end=dead)).outcome == "queued"
    assert [case.reason for case in rows(IdentityCase)] == ["death"]
    send(message("A03", pid_end=dead))
    assert len(rows(IdentityCase)) == 1
    with acting.acting(acting.system("test")):
        person.refresh_from_db()
    assert person.died_on is None
