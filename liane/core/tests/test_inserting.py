"""Rows written by a statement compiled once are those that ``save`` would write."""

import pytest
from django.db import IntegrityError, connection, models, transaction

from liane.accounts.models import User
from liane.core.ids import uuid7
from liane.core.inserting import insert
from liane.core.models import Counter, Idempotency, StoredFile
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
