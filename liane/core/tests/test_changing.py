"""Prepared updates and deletions: what they change is what Django would."""

import datetime as dt
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from liane.core.acting import owner
from liane.core.changing import Change, changing, removing
from liane.core.ids import uuid7
from liane.core.models import Idempotency
from liane.core.prepared import BakedValue, Number
from liane.messaging.models import ReadMark, Thread

pytestmark = pytest.mark.django_db


@changing(gives="number")
def moved(user_id: UUID, number: Number, now: dt.datetime) -> Change:
    mine = ReadMark.objects.filter(user_id=user_id, number__lt=number)
    return mine, {"number": number, "at": now}


@changing()
def one_more(thread_id: UUID) -> Change:
    return Thread.objects.filter(pk=thread_id), {"last_number": F("last_number") + 1}


@changing()
def renamed(old: str, new: str) -> Change:
    return Idempotency.objects.filter(verb=old), {"verb": new}


@changing()
def rekeyed(old: UUID, new: UUID) -> Change:
    return Idempotency.objects.filter(key=old), {"key": new}


@removing
def forgotten(verbs: list[str]) -> QuerySet[Idempotency]:
    return Idempotency.objects.filter(verb__in=verbs)


@pytest.fixture(autouse=True)
def everything():
    with owner():
        yield


def kept(*verbs: str) -> None:
    for verb in verbs:
        Idempotency.objects.create(key=uuid7(), verb=verb, digest="d")


def verbs() -> list[str]:
    return sorted(Idempotency.objects.values_list("verb", flat=True))


def test_each_call_changes_the_rows_of_its_values_and_gives_their_keys() -> None:
    kept("a", "a", "b")
    assert len(renamed("a", "c")) == 2
    assert renamed("a", "d") == []
    assert verbs() == ["b", "c", "c"]
    assert len(renamed("b", "a")) == 1
    assert verbs() == ["a", "c", "c"]


def test_a_number_is_a_value_of_each_call() -> None:
    thread, user = Thread.objects.create(kind=Thread.Kind.DIRECT), uuid7()
    mark = ReadMark.objects.create(thread=thread, user_id=user, label="x", number=3)
    for number, given, stands in [
        (3, [], 3),
        (7, [7], 7),
        (5, [], 7),
        (2_000_000, [2_000_000], 2_000_000),
    ]:
        assert moved(user, Number(number), timezone.now()) == given
        mark.refresh_from_db()
        assert mark.number == stands
    assert len(moved._kept) == 1


def test_a_column_moves_by_itself() -> None:
    thread = Thread.objects.create(kind=Thread.Kind.DIRECT)
    for _ in range(3):
        assert len(one_more(thread.pk)) == 1
    thread.refresh_from_db()
    assert thread.last_number == 3


def test_rows_are_removed_by_lists_of_any_length() -> None:
    kept("a", "b", "c", "d")
    assert len(forgotten(["a", "b", "d"])) == 3
    assert forgotten(["a"]) == []
    assert forgotten([]) == []
    assert verbs() == ["c"]


def test_a_clash_is_an_integrity_error_and_spoils_the_transaction() -> None:
    kept("a", "b")
    first, second = Idempotency.objects.order_by("verb")
    with pytest.raises(IntegrityError), transaction.atomic():
        rekeyed(first.pk, second.pk)
    assert verbs() == ["a", "b"]


def test_a_value_that_was_not_given_is_refused() -> None:
    @changing()
    def frozen(verb: str) -> Change:
        return Idempotency.objects.filter(verb=verb), {"at": timezone.now()}

    with pytest.raises(BakedValue):
        frozen("a")
