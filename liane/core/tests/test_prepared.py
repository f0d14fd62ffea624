"""Prepared queries: compiled once for each shape, bound to the values of each call."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from liane.accounts.models import User
from liane.circle.reach import Reach
from liane.core.acting import Actor, acting, owner
from liane.core.areas import Area
from liane.core.ids import uuid7
from liane.core.prepared import BakedValue, forget, prepared
from liane.directory.models import Practice
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


@prepared
def by_name(name: str) -> QuerySet[User]:
    return User.objects.filter(username=name)


@prepared
def by_ids(ids: list[UUID], names: list[str]) -> QuerySet[User, str]:
    rows = User.objects.filter(Q(pk__in=ids) | Q(username__in=names)).order_by("username")
    return rows.values_list("username", flat=True)


@prepared
def joined(since: dt.datetime | None, most: int) -> QuerySet[User]:
    rows = User.objects.order_by("username")
    return (rows if since is None else rows.filter(date_joined__gte=since))[:most]


@prepared
def places(user_id: UUID) -> QuerySet[Practice]:
    return Practice.objects.filter(professional__user=user_id).select_related("organisation")


@prepared
def reached(actor: Actor, now: dt.datetime, person_id: UUID) -> QuerySet[Patient]:
    return Reach(actor, now).patients(Area.IDENTITY).filter(pk=person_id)


def test_each_call_has_its_own_values() -> None:
    make.user("alice")
    make.user("bruno")
    assert [by_name.first(name).username for name in ("alice", "bruno", "alice")] == [  # type: ignore[union-attr]
        "alice", "bruno", "alice",
    ]  # fmt: skip
    assert by_name.first("chloe") is None


def test_lists_of_any_length_find_what_they_name() -> None:
    people = [make.user(f"u{number}") for number in range(6)]
    for size in range(7):
        found = by_ids([one.pk for one in people[:size]], [])
        assert found == [one.username for one in people[:size]]
    assert by_ids([people[0].pk], ["u5", "u4", "u3"]) == ["u0", "u3", "u4", "u5"]


def test_an_absent_value_is_another_shape() -> None:
    make.user("alice")
    assert len(joined(None, 5)) == 1
    assert joined(timezone.now() + dt.timedelta(days=1), 5) == []
    assert len(joined(timezone.now() - dt.timedelta(days=1), 5)) == 1


def test_related_rows_come_in_the_same_query(django_assert_num_queries) -> None:
    claire = make.practice("claire", of=make.organisation("MSP"))
    account = claire.professional.user
    assert account is not None
    places(account.pk)
    with django_assert_num_queries(1):
        assert places(account.pk)[0].organisation.name == "MSP"


def test_each_actor_sees_with_its_own_grants() -> None:
    person, claire, paul = make.patient(), make.practice("claire"), make.practice("paul")
    make.member(person, claire)
    for who, expected in ((claire, 1), (paul, 0), (claire, 1), (paul, 0)):
        with acting(make.actor(who)) as actor:
            assert len(reached(actor, timezone.now(), person.pk)) == expected


def test_a_grant_that_ended_is_seen_at_once() -> None:
    person, claire = make.patient(), make.practice("claire")
    member = make.member(person, claire)
    with acting(make.actor(claire)) as actor:
        assert reached(actor, timezone.now(), person.pk)
    with owner():
        type(member).objects.filter(pk=member.pk).update(ends_at=timezone.now())
        from liane.circle.compile import compile_grants

        compile_grants(person.pk)
    with acting(make.actor(claire)) as actor:
        assert not reached(actor, timezone.now(), person.pk)


def test_the_text_holds_no_value_of_the_actor() -> None:
    person, claire = make.patient(), make.practice("claire")
    make.member(person, claire)
    with acting(make.actor(claire)) as actor, CaptureQueriesContext(connection):
        reached(actor, timezone.now(), person.pk)
    (plan,) = [one for key, one in reached._kept.items() if actor.shape in key]
    assert plan.text is not None
    kept = f"{plan.text.sql} {plan.text.sources} {plan.text.parameters}"
    for identifier in (*actor.holders, person.pk, actor.user_id):
        assert str(identifier) not in kept
        assert identifier is None or identifier.hex not in kept


def test_a_role_never_runs_the_query_of_another() -> None:
    actor = make.actor(make.practice("claire"))
    assert replace(actor, role="secretary").shape != actor.shape
    assert replace(actor, holders=actor.holders * 2).shape != actor.shape
    assert replace(actor, user_id=None).shape != actor.shape


@pytest.mark.parametrize(
    "build",
    [
        lambda: User.objects.filter(date_joined__lte=timezone.now()),
        lambda: User.objects.filter(date_joined__date=dt.date(2026, 1, 1)),
        lambda: User.objects.filter(pk=uuid7()),
        lambda: User.objects.filter(pk__in=[uuid7(), uuid7()]),
    ],
    ids=["now", "day", "identifier", "identifiers"],
)
def test_a_value_that_was_not_given_is_refused(build) -> None:
    with pytest.raises(BakedValue):
        prepared(build)()


def test_a_text_that_the_builder_reasons_on_is_refused() -> None:
    @prepared
    def wrong(order: str) -> QuerySet[User]:
        return User.objects.order_by("name" if order == "name" else "username")

    with pytest.raises(BakedValue):
        wrong("name")


def test_what_it_cannot_take_is_said() -> None:
    with pytest.raises(TypeError, match="cannot take a dict"):
        by_name({})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="prefetches nothing"):
        prepared(lambda: User.objects.prefetch_related("groups"))()
    with pytest.raises(TypeError, match="gives objects"):
        prepared(lambda: User.objects.values("name"))()


def test_nothing_found_by_construction_asks_nothing(django_assert_num_queries) -> None:
    nobody = prepared(lambda: User.objects.none())
    with django_assert_num_queries(0):
        assert nobody() == []


def test_annotations_come_along() -> None:
    make.practice("claire")

    @prepared
    def counted(name: str) -> QuerySet[User]:
        return User.objects.filter(username=name).annotate(many=Count("professional"))

    assert counted("claire")[0].many == 1  # type: ignore[attr-defined]


class SameAsUnprepared(TestCase):
    """Whatever the values, a prepared query answers as the ORM does."""

    @given(st.lists(st.integers(0, 7), max_size=9), st.lists(st.integers(0, 7), max_size=9))
    def test_same(self, ids: list[int], names: list[int]) -> None:
        people = {
            number: User.objects.get_or_create(username=f"h{number}")[0] for number in range(6)
        }
        keys = [people[one].pk if one in people else uuid7() for one in ids]
        words = [f"h{one}" for one in names]
        expected = by_ids.build(keys, words)
        assert by_ids(keys, words) == list(expected)


def test_the_shape_that_was_used_last_is_kept_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liane.core.prepared.MOST_PLANS", 2)

    @prepared
    def most(many: int) -> QuerySet[User]:
        return User.objects.order_by("username")[:many]

    for many in (1, 2, 1, 3):
        most(many)
    assert [key[-1] for key in most._kept] == [1, 3]


def test_a_long_list_is_compiled_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liane.core.prepared.FEW", 2)
    people = [make.user(f"u{number}") for number in range(3)]
    ids, before = [one.pk for one in people], len(by_ids._kept)
    assert by_ids.sized(ids, []) == ["u0", "u1", "u2"]
    assert len(by_ids._kept) == before
    assert by_ids.sized(ids[:2], []) == ["u0", "u1"]


def test_an_object_is_the_one_that_django_makes() -> None:
    user = make.user("alice")
    place = make.practice("bruno")
    (prepared_one,), (django_one,) = by_name("alice"), User.objects.filter(pk=user.pk)
    (near,), (far,) = places(place.professional.user_id), Practice.objects.filter(pk=place.pk)
    for mine, theirs in ((prepared_one, django_one), (near, far)):
        assert type(mine) is type(theirs)
        assert mine.__dict__.keys() - {"_state"} == theirs.__dict__.keys() - {"_state"}
        assert all(
            getattr(mine, field.attname) == getattr(theirs, field.attname)
            for field in type(theirs)._meta.concrete_fields
        )
        assert (mine._state.db, mine._state.adding) == (theirs._state.db, False)
    assert near.organisation == far.organisation
    prepared_one.name = "Alice Roux"
    prepared_one.save()
    assert User.objects.get(pk=user.pk).name == "Alice Roux"


def test_a_listener_hears_of_each_object_made() -> None:
    make.user("alice")
    heard: list[str] = []

    def hear(instance: User, **kwargs: object) -> None:
        heard.append(instance.username)

    post_init.connect(hear, sender=User)
    forget()
    try:
        by_name("alice")
    finally:
        post_init.disconnect(hear, sender=User)
        forget()
    assert heard == ["alice"]
