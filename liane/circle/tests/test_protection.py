"""Opposition, masks and emergency access."""

import datetime as dt

import pytest
from django.http import Http404
from django.utils import timezone

from liane.accounts.models import User
from liane.circle import services as circle
from liane.circle.models import BreakGlass, Mask, Membership
from liane.circle.queries import recipients
from liane.circle.reach import Reach
from liane.core import acting as now
from liane.core.acting import acting, owner, system
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.models import AccessRow, Entry
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


def reached(person: Patient) -> bool:
    return Reach.of(now.current()).patients().filter(pk=person.pk).exists()


def told(kind: str) -> set[str]:
    with acting(system("test")):
        entry = Entry.objects.get(kind=kind)
    names = dict(User.objects.values_list("pk", "username"))
    return {names[one.user_id] for one in recipients(entry)}


def test_the_person_opposes_a_member_and_changes_her_mind() -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    person = make.patient(user=make.user("odette"))
    make.member(person, claire)
    make.member(person, bruno)
    with acting(make.actor("odette")):
        opposition = circle.oppose(person.pk, practice_id=bruno.pk)
    with acting(make.actor(bruno)):
        assert not reached(person)
        assert circle.ask_to_join(person.pk, ground="team", proof="je la suis") is None
    with acting(make.actor(claire)):
        with pytest.raises(Refused) as refusal:
            circle.invite(person.pk, bruno.pk, ground="team")
        assert refusal.value.code == "opposed"
    with acting(make.actor("odette")):
        circle.lift(opposition.pk)
    with acting(make.actor(claire)):
        circle.invite(person.pk, bruno.pk, ground="team")
    with acting(make.actor(bruno)):
        assert not reached(person)


def test_opposing_an_organisation_keeps_its_staff_out_whatever_else_they_hold() -> None:
    claire = make.practice("claire")
    person = make.patient()
    make.member(person, claire)
    paul = make.practice("paul")
    make.member(person, paul)
    with acting(make.actor(paul)):
        circle.oppose(person.pk, organisation_id=claire.organisation_id)
    with acting(make.actor(claire)):
        assert not reached(person)


def test_who_reads_only_cannot_oppose_or_mask_for_the_person() -> None:
    person = make.patient()
    claire, karim = make.practice("claire"), make.practice("karim", role="social")
    make.member(person, claire)
    make.member(person, karim, outside_team=True)
    for actor in (make.actor(karim), make.actor(make.practice("out"))):
        with acting(actor), pytest.raises((Http404, NotAllowed)):
            circle.oppose(person.pk, practice_id=claire.pk)
        with acting(actor), pytest.raises((Http404, NotAllowed)):
            circle.mask(person.pk, person.pk, claire.pk)


def test_a_mask_is_dated_and_can_end() -> None:
    person = make.patient()
    claire = make.practice("claire")
    make.member(person, claire)
    with acting(make.actor(claire)):
        hidden = circle.mask(person.pk, person.pk, None)
        assert Mask.objects.filter(object_id=person.pk, ended_at=None).exists()
        circle.unmask(hidden.pk)
        with pytest.raises(Http404):
            circle.unmask(hidden.pk)


def broken(role: str = "care") -> tuple[Patient, object]:
    person = make.patient(user=make.user("odette"))
    make.member(person, make.practice("claire"))
    hospital = make.organisation("CH", "hospital")
    make.practice("dora", role="dpo", of=hospital)
    return person, make.actor(make.practice("bruno", role=role, of=hospital))


def test_in_an_emergency_the_record_opens_four_hours_and_everyone_concerned_is_told() -> None:
    person, bruno = broken()
    with acting(bruno):
        opened = circle.break_glass(person.pk, reason="vital", text="Inconsciente aux urgences")
        assert reached(person)
        assert not Reach.of(bruno).may_write(Area.CLINICAL_NOTE, person.pk)
    assert opened.ends_at - opened.created_at <= dt.timedelta(hours=4, seconds=1)
    assert told("glass.broken") == {"odette", "claire", "bruno"}
    assert told("glass.to_review") == {"dora"}
    assert AccessRow.objects.filter(action="break_glass", person_id=person.pk).count() == 1
    with owner():
        BreakGlass.objects.update(ends_at=timezone.now())
        from liane.circle.compile import compile_grants

        compile_grants(person.pk)
    with acting(bruno):
        assert not reached(person)


@pytest.mark.parametrize(
    ("reason", "text", "hours"),
    [("", "Inconsciente aux urgences", 4), ("vital", "urgent", 4), ("vital", "x" * 20, 5)],
)
def test_an_emergency_needs_a_reason_a_sentence_and_four_hours_at_most(
    reason: str, text: str, hours: int
) -> None:
    person, bruno = broken()
    with acting(bruno), pytest.raises(Refused):
        circle.break_glass(person.pk, reason=reason, text=text, lasting=dt.timedelta(hours=hours))


@pytest.mark.parametrize("role", ["social", "secretary", "coordinator", "manager", "dpo"])
def test_only_health_professionals_break_the_glass(role: str) -> None:
    person, actor = broken(role)
    with acting(actor), pytest.raises(NotAllowed):
        circle.break_glass(person.pk, reason="vital", text="Inconsciente aux urgences")


def test_an_opposition_holds_in_an_emergency_too() -> None:
    person, bruno = broken()
    with acting(make.actor("odette")):
        circle.oppose(person.pk, practice_id=bruno.holder_id)
    with acting(bruno):
        circle.break_glass(person.pk, reason="vital", text="Inconsciente aux urgences")
        assert not reached(person)


def test_a_closed_record_has_no_emergency_door() -> None:
    person, bruno = broken()
    with acting(make.actor("claire")):
        circle.record_wish(person, "refuses")
        assert not Membership.objects.filter(status="active").exists()
    with acting(bruno), pytest.raises(Http404):
        circle.break_glass(person.pk, reason="vital", text="Inconsciente aux urgences")


def test_it_can_end_early_and_the_protection_officer_concludes_once() -> None:
    person, bruno = broken()
    with acting(bruno):
        opened = circle.break_glass(person.pk, reason="vital", text="Inconsciente aux urgences")
        circle.end_break_glass(opened.pk)
        assert not reached(person)
        with pytest.raises(Http404):
            circle.review_break_glass(opened.pk, review="justifié")
    with acting(make.actor(make.practice("dan", role="dpo"))), pytest.raises(Http404):
        circle.review_break_glass(opened.pk, review="justifié")
    with acting(make.actor("dora")):
        circle.review_break_glass(opened.pk, review="justifié")
        with pytest.raises(Http404):
            circle.review_break_glass(opened.pk, review="encore")
