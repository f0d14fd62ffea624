"""Joining and leaving: nobody is added without being told, nobody sees before accepting."""

from typing import Any

import pytest
from django.http import Http404

from liane.accounts.models import User
from liane.circle import services as circle
from liane.circle.models import Membership, MembershipEvent
from liane.circle.queries import recipients
from liane.circle.reach import Reach
from liane.core import acting as now
from liane.core.acting import acting, system
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry, Signal
from liane.directory.models import Practice
from liane.patients import services as patients
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


def story() -> tuple[Patient, Practice, Practice]:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    person = make.patient()
    make.member(person, claire)
    return person, claire, bruno


def invited(person: Patient, by: Practice, whom: Any, **more: Any) -> Membership:
    with acting(make.actor(by)):
        return circle.invite(person.pk, whom.pk, **{"ground": "team", **more})


def test_the_invited_is_told_sees_nothing_then_accepts_and_sees() -> None:
    person, claire, bruno = story()
    membership = invited(person, claire, bruno)
    assert told("circle.invited") == {"claire", "bruno"}
    with acting(make.actor(bruno)):
        assert not reached(person)
        circle.accept(membership.pk)
        assert reached(person)
    assert told("circle.joined") == {"claire", "bruno"}
    assert Signal.objects.filter(kind="rights", person_id=person.pk).exists()
    with acting(system("test")):
        steps = MembershipEvent.objects.order_by("id").values_list("before", "after")
        assert list(steps) == [("", "invited"), ("invited", "active")]


def test_declining_leaves_no_right_and_can_be_invited_again() -> None:
    person, claire, bruno = story()
    membership = invited(person, claire, bruno)
    with acting(make.actor(bruno)):
        circle.decline(membership.pk, reason="je ne fais plus de domicile")
        assert not reached(person)
    assert invited(person, claire, bruno).status == "invited"


def test_an_invitation_is_answered_by_its_holder_alone() -> None:
    person, claire, bruno = story()
    membership = invited(person, claire, bruno)
    for stranger in (claire, make.practice("paul")):
        with acting(make.actor(stranger)), pytest.raises(Http404):
            circle.accept(membership.pk)


def test_a_second_invitation_is_refused() -> None:
    person, claire, bruno = story()
    invited(person, claire, bruno)
    with pytest.raises(Refused) as refusal:
        invited(person, claire, bruno)
    assert refusal.value.code == "already"


@pytest.mark.parametrize(
    ("kind", "role", "ground", "proof", "code"),
    [
        ("meals", "social", "team", "", "consent-needed"),
        ("meals", "social", "consent", "", "consent-needed"),
        ("meals", "social", "consent", "accord oral du 3 mars", None),
        ("ssiad", "social", "team", "", "consent-needed"),
        ("ssiad", "care", "team", "", None),
        ("practice", "care", "carer", "", "refused"),
    ],
)
def test_outside_the_care_team_consent_and_its_proof_are_needed(
    kind: str, role: str, ground: str, proof: str, code: str | None
) -> None:
    person, claire, _ = story()
    karim = make.practice("karim", role=role, of=make.organisation("Autre", kind))
    if code is None:
        membership = invited(person, claire, karim, ground=ground, proof=proof)
        assert membership.outside_team is (ground == "consent")
        return
    with pytest.raises(Refused) as refusal:
        invited(person, claire, karim, ground=ground, proof=proof)
    assert refusal.value.code == code


def test_an_outsider_invites_nobody_and_learns_nothing() -> None:
    person, _, bruno = story()
    with acting(make.actor(bruno)), pytest.raises(Http404):
        circle.invite(person.pk, bruno.pk, ground="team")


def test_who_asks_to_join_waits_for_a_member() -> None:
    person, claire, bruno = story()
    with acting(make.actor(bruno)):
        membership = circle.ask_to_join(person.pk, ground="team", proof="soins depuis lundi")
        assert membership is not None
        assert circle.ask_to_join(person.pk, ground="team", proof="encore") is None
        assert not reached(person)
        with pytest.raises(Http404):
            circle.accept_request(membership.pk)
    assert told("circle.requested") == {"claire"}
    with acting(make.actor(claire)):
        circle.accept_request(membership.pk)
    with acting(make.actor(bruno)):
        assert reached(person)


def test_a_refused_request_gives_nothing() -> None:
    person, claire, bruno = story()
    with acting(make.actor(bruno)):
        membership = circle.ask_to_join(person.pk, ground="team", proof="soins depuis lundi")
    with acting(make.actor(claire)):
        circle.refuse_request(membership.pk, reason="inconnu de la personne")
    with acting(make.actor(bruno)):
        assert not reached(person)


def test_leaving_and_removing_close_the_record_at_once() -> None:
    person, claire, bruno = story()
    other = make.member(person, bruno)
    with acting(make.actor(claire)):
        with pytest.raises(Refused):
            circle.remove(other.pk, reason=" ")
        circle.remove(other.pk, reason="fin des soins")
    with acting(make.actor(bruno)):
        assert not reached(person)
    assert "bruno" in told("circle.removed")


def test_the_last_member_does_not_leave_a_record_alone() -> None:
    person, claire, bruno = story()
    with acting(make.actor(claire)):
        own = Membership.objects.get(person=person)
        with pytest.raises(Refused) as refusal:
            circle.leave(own.pk)
        assert refusal.value.code == "last"
    make.member(person, bruno)
    with acting(make.actor(claire)):
        circle.leave(own.pk)
        assert not reached(person)


def test_the_person_removes_a_member_but_invites_nobody() -> None:
    claire, bruno = make.practice("claire"), make.practice("bruno")
    person = make.patient(user=make.user("odette"))
    make.member(person, claire)
    other = make.member(person, bruno)
    with acting(make.actor("odette")):
        with pytest.raises(NotAllowed):
            circle.invite(person.pk, bruno.pk, ground="designated")
        circle.remove(other.pk, reason="je n’en ai plus besoin")
    with acting(make.actor(bruno)):
        assert not reached(person)


def test_after_death_nobody_joins() -> None:
    import datetime as dt

    person, claire, bruno = story()
    with acting(make.actor(claire)):
        patients.confirm_death(person.pk, on=dt.date(2026, 11, 1), source="famille")
    with pytest.raises(Refused) as refusal:
        invited(person, claire, bruno)
    assert refusal.value.code == "dead"
