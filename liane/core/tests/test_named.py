"""Statements that PostgreSQL knows by name: what goes in comes out, whatever happened between."""

import datetime as dt
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from liane.core import named
from liane.core.acting import owner
from liane.core.ids import uuid7
from liane.core.inserting import insert
from liane.core.models import Idempotency
from liane.core.named import Named, Names

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="names are for PostgreSQL"),
]

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def known() -> Names:
    connection.ensure_connection()
    names = connection.connection._prepared
    assert isinstance(names, Names)
    return names


def on_the_server() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE '_liane_%%'", [])
        return {name for (name,) in cursor.fetchall()}


class TestValues(TestCase):
    ECHO = Named("SELECT $1::text, $2::uuid, $3::timestamptz, $4::date, $5::uuid[], $6::text[]")

    @given(
        TEXT,
        st.uuids(),
        st.datetimes(dt.datetime(1900, 1, 1), timezones=st.just(dt.UTC)),
        st.dates(dt.date(1, 1, 1)),
        st.lists(st.uuids(), min_size=1),
        st.lists(TEXT, min_size=1),
    )
    def test_a_value_of_any_type_comes_back(
        self,
        text: str,
        key: UUID,
        moment: dt.datetime,
        day: dt.date,
        keys: list[UUID],
        texts: list[str],
    ) -> None:
        given_values = [text, key, moment, day, keys, texts]
        assert self.ECHO.rows(connection, given_values) == [tuple(given_values)]


@pytest.mark.parametrize(
    "value", [3.5, dt.datetime(2026, 1, 1), [], [1], ["a", UUID(int=1)], object()]
)
def test_a_type_that_is_not_known_is_left_to_psycopg(value: object) -> None:
    assert Named("SELECT $1").rows(connection, [value]) is None


def test_a_name_outlives_a_rollback() -> None:
    said = Named("SELECT $1::text")
    for _ in range(2):
        with transaction.atomic():
            assert said.rows(connection, ["avant"]) == [("avant",)]
            transaction.set_rollback(True)
    assert list(known().ours).count(said.text) == 1
    assert known().ours[said.text][0].decode() in on_the_server()
    assert said.rows(connection, ["après"]) == [("après",)]


def test_a_changed_table_gets_new_names() -> None:
    with owner(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE shape (one text)")
        cursor.execute("INSERT INTO shape VALUES ('un')")
        every = Named("SELECT * FROM shape")
        assert every.rows(connection, []) == [("un",)]
        cursor.execute("ALTER TABLE shape ADD COLUMN two int DEFAULT 2")
        assert every.rows(connection, []) == [("un", 2)]
        cursor.execute("DROP TABLE shape")


def test_the_least_used_names_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "MOST", len(known().ours) + 2)
    for number in range(6):
        said = Named(f"SELECT $1::text, {number}")
        assert said.rows(connection, ["x"]) == [("x", number)]
    assert len(known().ours) == named.MOST
    kept = {name.decode() for name, _ in known().ours.values()}
    on_the_server()
    assert kept == on_the_server()


def test_an_error_is_the_one_of_django() -> None:
    row = Idempotency(key=uuid7(), verb="test", digest=b"1")
    with owner():
        insert(row)
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(Idempotency(key=row.key, verb="test", digest=b"2"))
        insert(Idempotency(key=uuid7(), verb="test", digest=b"3"))
        assert Idempotency.objects.filter(verb="test").count() == 2


def test_a_text_that_cannot_be_prepared_is_not_known() -> None:
    wrong = Named("SELECT nothing FROM nowhere")
    for _ in range(2):
        with pytest.raises(Exception, match="nowhere"), transaction.atomic():
            wrong.rows(connection, [])
    assert wrong.text not in known().ours
