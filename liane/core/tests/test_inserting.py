"""Rows written by a statement compiled once are those that ``save`` would write."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from liane.accounts.models import User
from liane.core.acting import Actor, acting, system
from liane.core.ids import uuid7
from liane.core.inserting import insert, insert_all, together, update
from liane.core.models import Counter, Idempotency, Signal, StoredFile
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_row_is_written_as_save_writes_it(django_assert_num_queries) -> None:
    user = User(username="alice", name="Alice", mobile="0612345678")
    with django_assert_num_queries(1):
        insert(user)
    other = make.user("bruno")
    kept = User.objects.get(pk=user.pk)
    for field in User._meta.concrete_fields:
        assert getattr(kept, field.attname) == getattr(user, field.attname)
    assert user._state.adding is other._state.adding is False


def test_sealed_columns_are_sealed() -> None:
    name = "Ordonnance Mme Roux.pdf"
    row = insert(StoredFile(name=name, size=1, digest="0", wrapped_key=b"k", path="a" * 40))
    assert StoredFile.objects.get(pk=row.pk).name == name
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM core_storedfile")
        assert b"Roux" not in bytes(cursor.fetchone()[0])


def test_a_key_taken_is_refused_and_the_transaction_goes_on_after_its_savepoint() -> None:
    row = insert(Idempotency(key=uuid7(), verb="v", digest="d"))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Idempotency(key=row.key, verb="v", digest="d"))
    assert Idempotency.objects.count() == 1


def test_a_row_that_the_database_completes_is_refused() -> None:
    class Numbered(models.Model):
        number = models.BigAutoField(primary_key=True)

        class Meta:
            app_label = "core"
            managed = False

    with pytest.raises(TypeError, match="use save"):
        insert(Numbered())


def test_each_call_has_its_own_values() -> None:
    for number in range(3):
        insert(Counter(name=f"c{number}", value=number))
    assert list(Counter.objects.filter(name__startswith="c").values_list("name", "value")) == [
        ("c0", 0), ("c1", 1), ("c2", 2),
    ]  # fmt: skip


def _names(start: str) -> list[str]:
    return sorted(Counter.objects.filter(name__startswith=start).values_list("name", flat=True))


def test_a_row_changed_is_the_row_that_save_would_leave(django_assert_num_queries) -> None:
    user = insert(User(username="alice", name="Alice", mobile="0612345678"))
    user.name, user.mobile = "Alice Roux", "0698765432"
    with django_assert_num_queries(1):
        update(user, "name")
    kept = User.objects.get(pk=user.pk)
    assert (kept.name, kept.mobile) == ("Alice Roux", "0612345678")
    update(user)
    assert User.objects.get(pk=user.pk).mobile == "0698765432"


def test_a_row_that_is_gone_cannot_be_changed() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        update(Counter(name="nobody", value=3))
    with pytest.raises(TypeError, match="no field"):
        update(Counter(name="nobody"), "values")


def test_rows_written_together_are_all_there() -> None:
    with together():
        insert_all([Counter(name=f"t{number}") for number in range(3)])
        one = insert(Counter(name="t3"))
        one.value = 7
        update(one, "value")
    assert _names("t") == ["t0", "t1", "t2", "t3"]
    assert Counter.objects.get(name="t3").value == 7


@transaction.atomic
def _broken(*rows: Counter, changed: Counter | None = None) -> None:
    """Write these, then break; or change a row that is not there."""
    with together():
        for row in rows:
            insert(row)
        if changed is None:
            raise ValueError("no")
        update(changed)


def test_what_is_read_within_sees_the_rows_before_it() -> None:
    with together():
        insert(Counter(name="r0"))
        assert _names("r") == ["r0"]
        insert(Counter(name="r1"))
        Counter.objects.filter(name="r1").update(value=2)
        assert Counter.objects.get(name="r1").value == 2


def test_a_savepoint_undone_undoes_its_rows_alone() -> None:
    with together():
        insert(Counter(name="s0"))
        with pytest.raises(ValueError, match="no"):
            _broken(Counter(name="s1"))
        with transaction.atomic():
            insert(Counter(name="s2"))
    assert _names("s") == ["s0", "s2"]


def test_a_refusal_is_raised_at_the_end_at_the_latest() -> None:
    insert(Counter(name="u0"))
    with pytest.raises(IntegrityError):
        _broken(Counter(name="u1"), Counter(name="u0"), changed=Counter(name="u1"))
    assert _names("u") == ["u0"]
    with pytest.raises(DatabaseError):
        _broken(Counter(name="u2"), changed=Counter(name="nobody"))
    assert _names("u") == ["u0"]


def test_an_error_within_leaves_nothing() -> None:
    with pytest.raises(ValueError, match="no"):
        _broken(Counter(name="v0"))
    assert _names("v") == []


def test_somebody_else_who_acts_finds_the_rows_written_before() -> None:
    with acting(system("one")), together():
        insert(Counter(name="w0"))
        with acting(Actor("user", "another")):
            insert(Counter(name="w1"))
        assert _names("w") == ["w0", "w1"]


ODD = 'a "quoted" \\ word, {braces} NULL'


def test_values_of_every_type_come_back_one_by_one_and_in_arrays() -> None:
    rows = [
        Signal(kind=kind, user_id=uuid7(), holder_id=holder)
        for kind, holder in ((ODD, None), ("", uuid7()), ("NULL", uuid7()))
    ]
    alone = insert(Signal(kind=ODD[:40], user_id=uuid7()))
    insert_all(rows)
    kept = {one.pk: one for one in Signal.objects.all()}
    for row in (*rows, alone):
        found = kept[row.pk]
        assert (found.kind, found.user_id, found.holder_id, found.at) == (
            row.kind, row.user_id, row.holder_id, row.at,
        )  # fmt: skip
