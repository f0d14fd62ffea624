"""A record opens with one oral question; a refusal closes the matter and is found again."""

import datetime as dt
from typing import Any

import pytest

from liane.circle.reach import Reach
from liane.circle.services import open_record, record_wish, reopen
from liane.core.acting import acting, system
from liane.core.errors import NotAllowed, Refused
from liane.core.models import AccessRow, Entry
from liane.patients import ins
from liane.patients.duplicates import Traits
from liane.patients.models import Patient, PatientTrigram, Wish
from liane.patients.queries import last_wish, lookalikes
from tests import factories as make

pytestmark = pytest.mark.django_db

ODETTE: dict[str, Any] = {
    "birth_name": "Laborde",
    "given_names": "Odette",
    "used_name": "Dupont",
    "sex": "F",
    "birth_date": dt.date(1941, 3, 7),
}


def reached(person: Patient) -> bool:
    from liane.core import acting as now

    return Reach.of(now.current()).patients().filter(pk=person.pk).exists()


def test_who_opens_a_record_is_its_first_member_with_the_person_s_word() -> None:
    claire = make.practice("claire")
    with acting(make.actor(claire)):
        person = open_record(ODETTE, answer="agrees")
        assert reached(person)
        assert person.birth_name == "LABORDE"
        membership = person.memberships.get()
        assert (membership.ground, membership.status) == ("designated", "active")
        assert last_wish(person.pk).answer == "agrees"
        assert Entry.objects.filter(kind="person.opened", person_id=person.pk).exists()
    assert AccessRow.objects.filter(person_id=person.pk, action="write").exists()
    with acting(system("test")):
        assert PatientTrigram.objects.filter(person=person, gram="dup").exists()


def test_a_secretary_opens_it_for_the_whole_organisation() -> None:
    msp = make.organisation("MSP", "msp")
    sonia, paul = make.practice("sonia", role="secretary", of=msp), make.practice("paul", of=msp)
    with acting(make.actor(sonia)):
        person = open_record(ODETTE, answer="agrees")
    with acting(make.actor(paul)):
        assert reached(person)


@pytest.mark.parametrize("role", ["social", "billing", "manager", "dpo", "technical_admin"])
def test_other_roles_open_none(role: str) -> None:
    with acting(make.actor(make.practice("nobody", role=role))), pytest.raises(NotAllowed):
        open_record(ODETTE, answer="agrees")


def test_unable_to_answer_asks_who_was_consulted() -> None:
    with acting(make.actor(make.practice("claire"))):
        with pytest.raises(Refused) as refusal:
            open_record(ODETTE, answer="unable")
        assert refusal.value.field == "consulted"
        person = open_record(ODETTE, answer="unable", consulted="Julie Dupont, sa fille")
        assert person.memberships.get().ground == "team"


def test_a_look_alike_stops_the_opening_until_somebody_says_it_is_another_person() -> None:
    make.patient()
    with acting(make.actor(make.practice("claire"))):
        with pytest.raises(Refused) as refusal:
            open_record(ODETTE, answer="agrees")
        assert refusal.value.code == "lookalike"
        open_record(ODETTE, answer="agrees", different=True)


def test_a_known_matricule_is_never_opened_twice() -> None:
    number = ins.parse("255081416802538")
    known = make.patient()
    with acting(system("test")):
        ins.put(known, number)
        known.save()
    with acting(make.actor(make.practice("claire"))), pytest.raises(Refused) as refusal:
        open_record(ODETTE, answer="agrees", matricule=number, different=True)
    assert refusal.value.code == "known"


def test_a_refusal_at_the_door_opens_to_nobody_and_is_found_at_the_next_request() -> None:
    with acting(make.actor(make.practice("claire"))):
        person = open_record(ODETTE, answer="refuses")
        assert not reached(person)
    with acting(make.actor(make.practice("bruno"))):
        found = lookalikes(Traits("LABORDE", "Odette", birth_date=dt.date(1941, 3, 7)))
        assert [one.person.pk for one in found] == [person.pk]
        with acting(system("test")):
            assert last_wish(person.pk).answer == Wish.Answer.REFUSES
        reopen(person, "agrees")
        assert reached(person)


def test_a_refusal_later_closes_the_record_to_every_member() -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    person = make.patient(user=make.user("odette"))
    make.member(person, claire)
    make.member(person, bruno)
    with acting(make.actor(claire)):
        record_wish(person, "refuses")
        assert not reached(person)
    with acting(make.actor(bruno)):
        assert not reached(person)
    with acting(make.actor("odette")):
        assert reached(person)
