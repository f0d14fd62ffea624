"""What waits leaves with the next statement, in its order, and never outlives its transaction."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from liane.core import inserting, journeys, named
from liane.core.acting import Actor, acting, system
from liane.core.ids import uuid7
from liane.core.inserting import insert, together
from liane.core.models import Counter
from liane.core.named import Named
from liane.patients.models import Patient

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="journeys are to PostgreSQL"),
]
ONE, ROLE = Named("SELECT 1"), Named("SELECT current_user, current_setting('liane.user', true)")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each journey."""
    made: list[list[str]] = []
    travel = journeys.travel

    def noted(inner: Any, names: Any, errands: Any) -> Any:
        made.append([one.text.split(" (")[0][:20] for one in (*names.waiting, *errands)])
        return travel(inner, names, errands)

    for module in (journeys, named, inserting):
        monkeypatch.setattr(module, "travel", noted)
    return made


@transaction.atomic
def _broken(name: str) -> None:
    insert(Counter(name=name))
    raise ValueError("no")


@transaction.atomic
def _several(*names: str) -> None:
    with together():
        for name in names:
            insert(Counter(name=name))


def waiting() -> list[journeys.Errand]:
    connection.ensure_connection()
    found: list[journeys.Errand] = connection.connection._prepared.waiting
    return found


@pytest.fixture
def apart() -> Iterator[Any]:
    """A connection of its own, in no transaction."""
    link = connections.create_connection("default")
    link.ensure_connection()
    yield link
    link.close()


def test_who_acts_is_told_with_the_first_question(sent: list[list[str]]) -> None:
    key = uuid7()
    with acting(Actor("user", "somebody", user_id=key)):
        assert [one.text[:9] for one in waiting()] == ["SAVEPOINT", "SELECT se"]
        assert ROLE.rows(connection, []) == [("liane_app", str(key))]
        assert waiting() == []
    assert [len(one) for one in sent][:1] == [3]


def test_a_cursor_finds_who_acts() -> None:
    key = uuid7()
    with acting(Actor("user", "somebody", user_id=key)), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('liane.user', true)")
        assert cursor.fetchone() == ("liane_app", str(key))


def test_nobody_acts_once_it_is_over() -> None:
    with acting(Actor("user", "somebody", user_id=uuid7())):
        pass
    with pytest.raises(ValueError, match="no"), acting(system("one")):
        raise ValueError("no")
    (told,) = ROLE.rows(connection, []) or ()
    assert told[0] != "liane_app"


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_nothing_waits_beyond_its_transaction(apart: Any, end: str) -> None:
    apart.set_autocommit(False)
    assert journeys.later(apart, journeys.Errand("SET LOCAL ROLE liane_app"))
    getattr(apart, end)()
    assert apart.connection._prepared.waiting == []
    (told,) = ROLE.rows(apart, []) or ()
    assert told[0] != "liane_app"


def test_who_acts_is_told_before_a_table_is_read() -> None:
    with acting(Actor("user", "nobody known", user_id=uuid7())):
        assert list(Patient.objects.all()) == []


def test_a_savepoint_that_held_nothing_is_not_told(sent: list[list[str]]) -> None:
    with transaction.atomic():
        with transaction.atomic():
            pass
        ONE.rows(connection, [])
    assert [[text[:9] for text in one] for one in sent] == [["SAVEPOINT", "SELECT 1"]]


def test_a_savepoint_undone_undoes_what_left_with_it() -> None:
    with transaction.atomic():
        insert(Counter(name="j0"))
        with pytest.raises(ValueError, match="no"):
            _broken("j1")
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(Counter(name="j0"))
        with transaction.atomic():
            insert(Counter(name="j2"))
    names = Counter.objects.filter(name__startswith="j").order_by("name")
    assert list(names.values_list("name", flat=True)) == ["j0", "j2"]


def test_rows_together_are_one_journey_and_a_refusal_names_the_first(
    sent: list[list[str]],
) -> None:
    _several("k0", "k1", "k2")
    assert [text[:6] for text in sent[0]] == ["SAVEPO", *["INSERT"] * 3]
    with pytest.raises(IntegrityError, match="k1"):
        _several("k3", "k1", "k2")
    assert Counter.objects.filter(name__startswith="k").count() == 3
    insert(Counter(name="k3"))


def test_a_statement_that_cannot_be_read_is_not_known_by_a_name() -> None:
    wrong = Named("SELECT nothing FROM nowhere")
    for _ in range(2):
        with pytest.raises(DatabaseError, match="nowhere"), acting(system("one")):
            wrong.rows(connection, [])
    with acting(system("one")):
        assert ONE.rows(connection, []) == [(1,)]


def test_a_word_alone_leaves_no_transaction_open(apart: Any) -> None:
    assert journeys.alone(apart, "SELECT 1", "SET LOCAL synchronous_commit = off")
    assert apart.connection.info.transaction_status.name == "IDLE"
    with pytest.raises(DatabaseError, match="nowhere"):
        journeys.alone(apart, "SELECT 1 FROM nowhere", "SET LOCAL jit = off")
    assert apart.connection.info.transaction_status.name == "IDLE"
