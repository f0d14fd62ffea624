"""The accounts told of an entry are exactly those that Reach would let read it."""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from liane.accounts.models import User
from liane.circle.compile import compile_grants
from liane.circle.models import Mask, Opposition
from liane.circle.queries import recipients
from liane.circle.recipients import QUERIES
from liane.core import registry
from liane.core.acting import acting, owner, system
from liane.core.ids import uuid7
from liane.core.models import Entry
from liane.core.registry import EntryKind
from liane.directory.models import Duty, Locum
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


def entry(person: Patient | None, **more: Any) -> Entry:
    return Entry(
        person_id=person.pk if person else None, kind="test", occurred_at=timezone.now(), **more
    )


def told(made: Entry) -> set[tuple[str, str]]:
    names = dict(User.objects.values_list("pk", "username"))
    return {(names[one.user_id], one.flag) for one in recipients(made)}


def test_each_group_is_told_through_its_own_flag() -> None:
    odette = make.patient(user=make.user("odette"))
    make.member(odette, make.practice("claire"))
    make.member(odette, make.practice("karim", role="social"), outside_team=True)
    make.member(odette, make.practice("bruno"), status="invited")
    make.contact(odette, "julie")
    assert told(entry(odette)) == {("claire", "for_team")}
    assert told(entry(odette, for_outside=True, for_person=True, for_carers=True)) == {
        ("claire", "for_team"),
        ("karim", "for_outside"),
        ("odette", "for_person"),
        ("julie", "for_carers"),
    }
    assert told(entry(odette, for_team=False, for_carers=True)) == {("julie", "for_carers")}


def test_an_organisation_a_post_and_a_replaced_colleague_lead_to_those_who_hold_them_now() -> None:
    person = make.patient()
    dac, ssiad = make.organisation("DAC", "dac"), make.organisation("SSIAD", "ssiad")
    make.practice("manon", role="case_manager", of=dac)
    make.practice("diane", role="manager", of=dac)
    post, paul = make.post("Accueil", ssiad), make.practice("paul", of=ssiad)
    replaced, locum = make.practice("claire"), make.practice("nadia")
    for holder in (dac, post, replaced):
        make.member(person, holder)
    assert told(entry(person)) == {("manon", "for_team"), ("claire", "for_team")}
    Duty.objects.create(post=post, practice=paul, starts_at=timezone.now() - dt.timedelta(1))
    today = timezone.localdate()
    Locum.objects.create(replaced=replaced, locum=locum, starts_on=today, ends_on=today)
    assert {name for name, _ in told(entry(person))} == {"manon", "claire", "paul", "nadia"}


def test_an_opposition_a_mask_an_end_and_a_closed_account_silence_at_once() -> None:
    person = make.patient()
    claire, bruno = make.practice("claire"), make.practice("bruno")
    paul, late = make.practice("paul"), make.practice("late")
    for holder in (claire, bruno, paul):
        make.member(person, holder)
    make.member(person, late, ends_at=timezone.now() - dt.timedelta(1))
    made = entry(person, object_id=person.pk)
    assert {name for name, _ in told(made)} == {"claire", "bruno", "paul"}
    with owner():
        Opposition.objects.create(person=person, practice=claire)
        Mask.objects.create(person=person, object_id=person.pk, holder_id=bruno.pk)
        compile_grants(person.pk)
    User.objects.filter(username="paul").update(is_active=False)
    assert told(made) == set()


def test_an_organisation_s_own_entry_stays_with_its_members_who_reach_the_person() -> None:
    person = make.patient()
    dac = make.organisation("DAC", "dac")
    manon = make.practice("manon", role="case_manager", of=dac)
    make.practice("sonia", role="secretary", of=dac)
    make.practice("paul", of=dac)
    make.member(person, make.practice("claire"))
    make.member(person, manon)
    assert told(entry(person, for_team=False, only_organisation_id=dac.pk)) == {
        ("manon", "for_team")
    }


def test_a_kind_meant_for_given_roles_is_told_to_them_alone() -> None:
    dac = make.organisation("DAC", "dac")
    make.practice("dora", role="dpo", of=dac)
    make.practice("manon", role="case_manager", of=dac)
    registry.entry_kinds["test"] = EntryKind(
        "test", "essai", "circle", "eye", roles=frozenset({"dpo"})
    )
    try:
        made = entry(make.patient(), for_team=False, only_organisation_id=dac.pk)
        assert told(made) == {("dora", "")}
    finally:
        del registry.entry_kinds["test"]


def test_a_thread_is_told_to_its_participants_who_still_reach_the_person() -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    person, thread = make.patient(), uuid7()
    make.member(person, claire)
    make.member(person, make.practice("paul"))

    def participants(threads: Collection[UUID]) -> dict[UUID, list[UUID]]:
        return {thread: [claire.pk, bruno.pk]} if thread in threads else {}

    registry.thread_recipients.append(participants)
    try:
        assert told(entry(None, thread_id=thread)) == {("claire", ""), ("bruno", "")}
        assert told(entry(person, thread_id=thread)) == {("claire", "for_team")}
        assert told(entry(None, thread_id=uuid7())) == set()
    finally:
        registry.thread_recipients.remove(participants)


def test_a_thread_open_to_a_group_is_told_to_that_group() -> None:
    person, thread = make.patient(), uuid7()
    make.member(person, make.practice("claire"))
    make.contact(person, "julie", access="carer_write")

    def flags(threads: Collection[UUID]) -> dict[UUID, list[str]]:
        return {thread: ["for_carers"]}

    registry.thread_flags.append(flags)
    try:
        assert told(entry(person, thread_id=thread)) == {("julie", "for_carers")}
    finally:
        registry.thread_flags.remove(flags)


def test_the_number_of_queries_does_not_grow_with_the_circle(
    django_assert_max_num_queries: Any,
) -> None:
    person = make.patient()
    for number in range(12):
        make.member(person, make.practice(f"member{number}"))
    with acting(system("test")), django_assert_max_num_queries(50) as captured:
        assert len(recipients(entry(person, object_id=person.pk))) == 12
    assert (
        len([query for query in captured.captured_queries if " FROM " in query["sql"]]) == QUERIES
    )
