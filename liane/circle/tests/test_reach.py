"""Reach opens a record to those who hold a grant, and to nobody else."""

import contextlib
import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.circle.models import Opposition
from liane.circle.reach import Reach
from liane.circle.seats import actor_for, every_seat, seats_of
from liane.core import acting
from liane.core.acting import NoActor, owner
from liane.core.acting import acting as act
from liane.core.areas import Area
from liane.core.database import usable
from liane.patients.models import Contact, Patient, PersonLink
from tests import factories as make

pytestmark = pytest.mark.django_db


def seen(actor: acting.Actor, area: Area = Area.IDENTITY) -> set[str]:
    with act(actor):
        one = {p.birth_name for p in Reach.of(actor).patients(area)}
        assert {p.birth_name for p in Reach.of(actor).listing(area)} == one
        return one


def holds(actor: acting.Actor, person: Patient) -> bool:
    """What pages ask of one person: it says as the condition of queries does."""
    with act(actor, read_only=True):
        return Reach.of(actor).may_read(Area.IDENTITY, person.pk)


def test_a_member_sees_the_person_and_an_outsider_does_not() -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    person = make.patient()
    make.member(person, claire)
    assert seen(make.actor(claire)) == {"LABORDE"}
    assert seen(make.actor(bruno)) == set()


def test_the_staff_of_a_member_organisation_see_the_person() -> None:
    dac = make.organisation("DAC des Landes", "dac")
    manon = make.practice("manon", role="case_manager", of=dac)
    direction = make.practice("diane", role="manager", of=dac)
    make.member(make.patient(), dac)
    assert seen(make.actor(manon)) == {"LABORDE"}
    assert seen(make.actor(direction)) == set()


@pytest.mark.parametrize(
    ("outside", "area", "expected"),
    [
        (False, Area.CLINICAL_NOTE, {"LABORDE"}),
        (True, Area.CLINICAL_NOTE, set()),
        (True, Area.AGENDA, {"LABORDE"}),
    ],
)
def test_outside_the_care_team_one_reads_no_clinical_note(
    outside: bool, area: Area, expected: set[str]
) -> None:
    claire = make.practice("claire")
    make.member(make.patient(), claire, outside_team=outside)
    assert seen(make.actor(claire), area) == expected


def test_an_opposition_beats_every_grant() -> None:
    msp = make.organisation("MSP", "msp")
    claire, paul = make.practice("claire", of=msp), make.practice("paul", of=msp)
    person = make.patient()
    make.member(person, msp)
    make.member(person, claire)
    with owner():
        Opposition.objects.create(person=person, practice=claire)
        compile_grants(person.pk)
    assert seen(make.actor(claire)) == set()
    assert seen(make.actor(paul)) == {"LABORDE"}
    assert not holds(make.actor(claire), person)
    assert holds(make.actor(paul), person)


def test_a_page_asks_the_database_once_what_is_held(django_assert_num_queries: Any) -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    person, other = make.patient(), make.patient(birth_name="AUTRE")
    make.member(person, claire)
    reach = Reach.of(make.actor(claire))
    with act(reach.actor, read_only=True):
        assert reach.may_read(Area.IDENTITY, person.pk)
        with django_assert_num_queries(0):
            assert reach.may_write(Area.THREAD, person.pk)
        assert not reach.may_read(Area.IDENTITY, other.pk)
        assert not Reach.of(make.actor(bruno)).may_read(Area.IDENTITY, person.pk)


def test_a_membership_counts_between_its_dates_only() -> None:
    now = timezone.now()
    past, future = make.practice("past"), make.practice("future")
    person = make.patient()
    make.member(person, past, starts_at=now - dt.timedelta(9), ends_at=now - dt.timedelta(1))
    make.member(person, future, starts_at=now + dt.timedelta(1))
    assert seen(make.actor(past)) == set()
    assert seen(make.actor(future)) == set()
    assert not holds(make.actor(past), person)
    assert not holds(make.actor(future), person)


def test_linked_records_are_reached_together_until_the_link_ends() -> None:
    claire = make.practice("claire")
    kept, double = make.patient("LABORDE"), make.patient("LABORDES")
    make.member(kept, claire)
    with owner():
        link = PersonLink.objects.create(survivor=kept, duplicate=double, reason="doublon")
        compile_grants(kept.pk)
    assert seen(make.actor(claire)) == {"LABORDE", "LABORDES"}
    with owner():
        link.ended_at = timezone.now()
        link.save()
        compile_grants(kept.pk)
        compile_grants(double.pk)
    assert seen(make.actor(claire)) == {"LABORDE"}


def test_a_carer_sees_what_the_person_allows_and_nothing_after_death() -> None:
    person = make.patient()
    make.contact(person, "julie", access="carer_read")
    julie = make.actor("julie")
    assert seen(julie) == {"LABORDE"}
    with owner():
        Patient.objects.filter(pk=person.pk).update(died_on=dt.date(2026, 11, 1))
        compile_grants(person.pk)
    assert seen(julie) == set()


def test_nobody_acting_touches_nothing() -> None:
    with pytest.raises(NoActor):
        Patient.objects.count()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security is PostgreSQL's")
def test_the_application_role_without_an_actor_sees_no_row() -> None:
    make.patient()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE liane_app")
        with owner_tripwire():
            cursor.execute("SELECT count(*) FROM patients_patient")
            assert cursor.fetchone() == (0,)


def owner_tripwire():
    """Let raw SQL through the tripwire without becoming the owner on the server."""
    from contextlib import contextmanager

    @contextmanager
    def block():
        token = acting._owner.set(True)
        try:
            yield
        finally:
            acting._owner.reset(token)

    return block()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security is PostgreSQL's")
def test_row_level_security_holds_where_the_code_forgot_reach() -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    make.member(make.patient("LABORDE"), claire)
    make.member(make.patient("SIMON"), bruno)
    with act(make.actor(claire)):
        assert {p.birth_name for p in Patient.objects.all()} == {"LABORDE"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security is PostgreSQL's")
def test_a_page_is_itself_again_after_a_machine_within_it_failed() -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    make.member(make.patient("LABORDE"), claire)
    make.member(make.patient("SIMON"), bruno)
    with act(make.actor(claire), read_only=True):
        with contextlib.suppress(LookupError), act(acting.system("a look")):
            assert Patient.objects.count() == 2
            raise LookupError
        assert {p.birth_name for p in Patient.objects.all()} == {"LABORDE"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="its server ends connections")
def test_an_idle_connection_that_was_ended_is_noticed_without_a_query() -> None:
    other = connection.copy()
    other.ensure_connection()
    try:
        assert usable(other)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(%s, 5000)", [other.connection.info.backend_pid]
            )
        assert not usable(other)
    finally:
        other.close()


def test_a_nurse_who_is_a_carer_too_changes_hats() -> None:
    claire = make.practice("claire")
    account = claire.professional.user
    mother = make.patient()
    with owner():
        contact = Contact.objects.create(
            person=mother, name="Claire", access="carer_read", user=account
        )
        compile_grants(mother.pk)
    assert [seat.role for seat in seats_of(account)] == ["care"]
    assert [seat.role for seat in every_seat(account)] == ["care", "carer_read"]
    chosen = seats_of(account, f"contact:{contact.pk}")
    assert seen(actor_for(account, chosen[1], chosen)) == {"LABORDE"}
    assert seen(actor_for(account, chosen[0], chosen)) == set()
