"""What members change about a person: contact data, entourage, links, death."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404

from liane.circle.reach import Reach
from liane.core import acting as now
from liane.core import registry
from liane.core.acting import acting, owner
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import AccessRow, Entry
from liane.directory.models import Practice
from liane.patients import ins
from liane.patients import services as patients
from liane.patients.models import AttendingDoctor, Contact, Patient, PersonLink, Wish
from liane.patients.queries import attending_doctor
from tests import factories as make

pytestmark = pytest.mark.django_db


def reached(person: Patient) -> bool:
    return Reach.of(now.current()).patients().filter(pk=person.pk).exists()


def story(role: str = "care") -> tuple[Patient, Practice]:
    claire = make.practice("claire", role=role)
    person = make.patient()
    make.member(person, claire)
    return person, claire


def test_two_corrections_at_once_never_lose_one() -> None:
    person, claire = story()
    with acting(make.actor(claire)):
        patients.update_contact_data(person.pk, version=1, values={"phone": "0558000000"})
        with pytest.raises(Conflict):
            patients.update_contact_data(person.pk, version=1, values={"phone": "0558999999"})
        kept = Patient.objects.get(pk=person.pk)
        assert (kept.phone, kept.version) == ("0558000000", 2)


@pytest.mark.parametrize(("role", "error"), [("social", NotAllowed), ("billing", NotAllowed)])
def test_who_reads_the_identity_does_not_write_it(role: str, error: type[Exception]) -> None:
    person, claire = story(role)
    with acting(make.actor(claire)), pytest.raises(error):
        patients.update_contact_data(person.pk, version=1, values={"phone": "0558000000"})


def test_out_of_reach_every_verb_answers_as_if_there_were_nobody() -> None:
    person, _ = story()
    verbs: list[Any] = [
        lambda: patients.update_contact_data(person.pk, version=1, values={}),
        lambda: patients.add_contact(person.pk, {"name": "Julie"}),
        lambda: patients.record_wish(person.pk, "agrees"),
        lambda: patients.confirm_death(person.pk, on=dt.date(2026, 1, 1), source="x"),
        lambda: patients.set_ins(person.pk, "validated", reason="x"),
    ]
    with acting(make.actor(make.practice("bruno"))):
        for verb in verbs:
            with pytest.raises(Http404):
                verb()


def test_a_person_of_trust_reads_nothing_until_a_right_is_given_and_never_after_it_ends() -> None:
    person, claire = story()
    julie = make.user("julie")
    with acting(make.actor(claire)):
        contact = patients.add_contact(person.pk, {"name": "Julie Dupont", "is_carer": True})
        contact.user = julie
        contact.save()
        patients.name_trusted(contact.pk, True)
    from liane.circle.seats import every_seat

    assert every_seat(julie) == []
    with acting(make.actor(claire)):
        patients.set_access(contact.pk, "carer_read")
    actor = make.actor("julie")
    with acting(actor):
        assert reached(person)
    with acting(make.actor(claire)):
        patients.set_access(contact.pk, "")
    with acting(actor):
        assert not reached(person)


def test_there_is_one_person_of_trust() -> None:
    person, claire = story()
    with acting(make.actor(claire)):
        one, two = (patients.add_contact(person.pk, {"name": name}) for name in ("Julie", "Marc"))
        patients.name_trusted(one.pk, True)
        patients.name_trusted(two.pk, True)
        assert Contact.objects.get(is_trusted=True).name == "Marc"


def test_a_legal_representative_names_the_measure() -> None:
    person, claire = story()
    with acting(make.actor(claire)):
        contact = patients.add_contact(person.pk, {"name": "Association tutélaire"})
        with pytest.raises(Refused) as refusal:
            patients.set_access(contact.pk, "legal")
        assert refusal.value.field == "measure"
        patients.set_access(contact.pk, "legal", measure="tutelle aux biens et à la personne")


def test_the_attending_doctor_is_a_doctor_and_the_former_one_ends() -> None:
    person, claire = story()
    first = make.practice("roussel", profession="10")
    second = make.practice("garcia", profession="10")
    with acting(make.actor(claire)):
        with pytest.raises(Refused):
            patients.name_attending_doctor(person.pk, claire.pk)
        patients.name_attending_doctor(person.pk, first.pk, since=dt.date(2025, 1, 1))
        patients.name_attending_doctor(person.pk, second.pk, since=dt.date(2026, 1, 1))
        assert attending_doctor(person.pk, dt.date(2025, 6, 1)).practice == first
        assert attending_doctor(person.pk, dt.date(2026, 6, 1)).practice == second
        assert AttendingDoctor.objects.count() == 2


def test_an_answer_of_the_person_is_never_changed() -> None:
    person, claire = story()
    with acting(make.actor(claire)):
        wish = patients.record_wish(person.pk, "agrees")
        with pytest.raises(DatabaseError), transaction.atomic():
            Wish.objects.filter(pk=wish.pk).update(answer="refuses")


def test_death_stops_what_other_rooms_registered_and_carers_once() -> None:
    person, claire = story()
    make.contact(person, "julie")
    stopped: list[Any] = []
    registry.death_steps.append(stopped.append)
    try:
        with acting(make.actor(claire)):
            patients.confirm_death(person.pk, on=dt.date(2026, 11, 1), source="famille")
            patients.confirm_death(person.pk, on=dt.date(2026, 11, 2), source="hôpital")
            assert Entry.objects.filter(kind="person.died").count() == 1
            assert reached(person)
    finally:
        registry.death_steps.remove(stopped.append)
    assert stopped == [person.pk]
    with acting(make.actor("julie")):
        assert not reached(person)


def test_linking_is_for_identity_vigilance_and_can_be_undone() -> None:
    msp = make.organisation("MSP", "msp")
    claire = make.practice("claire", of=msp)
    iris = make.actor(make.practice("iris", role="identity", of=msp))
    kept, double = make.patient("LABORDE"), make.patient("LABORDES")
    make.member(kept, msp)
    make.member(double, msp)
    bruno = make.practice("bruno")
    make.member(double, bruno)
    with acting(make.actor(claire)), pytest.raises(NotAllowed):
        patients.link(kept.pk, double.pk, reason="même personne")
    with acting(iris):
        link = patients.link(kept.pk, double.pk, reason="même livret de famille")
        with pytest.raises(Refused):
            patients.link(double.pk, kept.pk, reason="encore")
    with acting(make.actor(bruno)):
        assert reached(kept)
    with acting(iris):
        patients.unlink(link.pk, reason="erreur")
        assert PersonLink.objects.get().end_reason == "erreur"
    with acting(make.actor(bruno)):
        assert not reached(kept)
        assert reached(double)


def test_two_qualified_identities_are_never_made_one() -> None:
    msp = make.organisation("MSP", "msp")
    iris = make.actor(make.practice("iris", role="identity", of=msp))
    kept, double = make.patient("LABORDE"), make.patient("LABORDE", "Odile")
    for person, number in ((kept, "2410399401001"), (double, "2410399401002")):
        make.member(person, msp)
        with owner():
            ins.put(person, ins.Matricule(number, ins.key_of(number)))
            person.ins_status = Patient.InsStatus.QUALIFIED
            person.save()
    with acting(iris), pytest.raises(Refused, match="deux personnes"):
        patients.link(kept.pk, double.pk, reason="même nom")
    with owner():
        assert not PersonLink.objects.exists()
        Patient.objects.filter(pk=double.pk).update(ins_status=Patient.InsStatus.PROVISIONAL)
    with acting(iris):
        patients.link(kept.pk, double.pk, reason="matricule mal saisi")


def test_every_write_leaves_a_line_in_the_ledger() -> None:
    person, claire = story()
    with acting(make.actor(claire)):
        patients.update_contact_data(person.pk, version=1, values={"phone": "0558000000"})
        patients.record_wish(person.pk, "agrees")
    rows = AccessRow.objects.filter(person_id=person.pk, action="write", user_id__isnull=False)
    assert set(rows.values_list("resource", flat=True)) == {"contact_data", "wish"}
    with owner():
        assert Entry.objects.filter(person_id=person.pk).count() == 2
