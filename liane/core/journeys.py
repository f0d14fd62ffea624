"""Several statements in one journey to PostgreSQL.

A journey costs both sides more than most statements that it carries. What answers nothing (who acts
from here on, a savepoint) waits for the next statement and leaves with it; at the end of the
transaction nothing is left to say. Rows that a verb writes leave together as well. A refusal of the
database is raised by the journey that met it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import DatabaseError
from psycopg import errors, pq
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

if TYPE_CHECKING:
    from liane.core.named import Names

_FINE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_SYNC = pq.ExecStatus.PIPELINE_SYNC
_IDLE, _BROKEN = pq.TransactionStatus.IDLE, pq.TransactionStatus.INERROR
_RELEASE = "RELEASE "


class Errand(NamedTuple):
    """A statement as it travels. ``named``: PostgreSQL knows it, or will, by a name."""

    text: str
    values: Sequence[bytes | None] = ()
    types: Sequence[int] | None = None
    formats: Sequence[int] | None = None
    named: bool = False


_BEGIN = Errand("BEGIN")


def names_of(connection: Any) -> "Names | None":
    """What PostgreSQL knows by name on Django's connection; None where nothing goes this way.

    A log of queries needs Django's own statements, one by one.
    """
    from liane.core.named import Names

    inner = connection.connection
    if inner is None or connection.queries_logged:
        return None
    names = inner._prepared
    return names if type(names) is Names else None


def seen(connection: Any, text: str, given: Any, run: Callable[..., Any]) -> Any:
    """Run a statement through the wrappers of Django's connection, as its cursors do."""
    context = {"connection": connection, "cursor": None}
    for wrapper in reversed(connection.execute_wrappers):
        run = partial(wrapper, run)
    with connection.wrap_database_errors:
        return run(text, given, False, context)


# ------------------------------------------------------------------ what waits
def later(connection: Any, errand: Errand) -> bool:
    """Let a statement that answers nothing wait for the next one; False where it cannot."""
    names = names_of(connection)
    if names is None or connection.connection.pgconn.transaction_status == _BROKEN:
        return False
    names.waiting.append(errand)
    return True


def savepoint(connection: Any, sql: str) -> bool:
    """The same of a savepoint, or of its end; one that held nothing is never told."""
    names = names_of(connection)
    if names is None or not later(connection, Errand(sql)):
        return False
    if len(names.waiting) > 1 and f"{_RELEASE}{names.waiting[-2].text}" == sql:
        del names.waiting[-2:]
    return True


def leave(connection: Any) -> None:
    """What waits leaves now, before a statement that goes another way."""
    inner = connection.connection
    names: Names | None = getattr(inner, "_prepared", None)
    if getattr(names, "waiting", None):
        assert names is not None  # noqa: S101
        travel(inner, names, ())


def forget(connection: Any) -> None:
    """The transaction ends: who acted and where one could have come back matters no more."""
    waiting = getattr(getattr(connection.connection, "_prepared", None), "waiting", None)
    if waiting:
        waiting.clear()


def alone(connection: Any, text: str, setting: str) -> bool:
    """Run a statement in a transaction of its own, under ``setting``, in one journey.

    False, and nothing ran, where it cannot go this way.
    """
    connection.ensure_connection()
    names = names_of(connection)
    if names is None:
        return False
    inner = connection.connection
    whole = f"BEGIN; {setting}; {text}; COMMIT".encode()
    try:
        seen(connection, text, (), lambda *_: fine(inner.pgconn.exec_(whole), inner))
    except DatabaseError:
        inner.pgconn.exec_(b"ROLLBACK")
        raise
    return True


# ------------------------------------------------------------------ a journey
def travel(inner: Any, names: "Names", errands: Sequence[Errand]) -> list[Any]:
    """What waits, then ``errands``, in one journey. Gives the result of each of these.

    ``inner`` is psycopg's connection. Raises its error for the first that was refused; those after
    it did not run.
    """
    link = inner.pgconn
    every = [*names.waiting, *errands]
    names.waiting.clear()
    if not inner.autocommit and link.transaction_status == _IDLE:
        every.insert(0, _BEGIN)
    fresh: list[str] = []
    link.enter_pipeline_mode()
    try:
        prepared = _sent(link, names, every, fresh)
        link.pipeline_sync()
        results = inner.wait(_answers(link))
    except BaseException:
        _unknown(names, fresh)
        raise
    link.exit_pipeline_mode()
    for one in results:
        if one.status not in _FINE:
            _unknown(names, fresh)
        fine(one, inner)
    ran = [one for place, one in enumerate(results) if place not in prepared]
    return ran[len(ran) - len(errands) :] if errands else []


def fine(result: Any, inner: Any) -> Any:
    """The result of a statement. Raises psycopg's error where the database refused it."""
    if result.status not in _FINE:
        raise errors.error_from_result(result, encoding=inner.info.encoding)
    return result


def _sent(link: Any, names: "Names", every: Sequence[Errand], fresh: list[str]) -> set[int]:
    """Send each; gives the places of the answers that only say that a name is known."""
    prepared: set[int] = set()
    count = 0
    for one in every:
        if not one.named:
            link.send_query_params(one.text.encode(), one.values, one.types, one.formats)
        else:
            known = names.named(one.text)
            if known is None:
                name = names.new(one.text)
                fresh.append(one.text)
                link.send_prepare(name, one.text.encode(), one.types)
                prepared.add(count)
                count += 1
            else:
                name = known[0]
            link.send_query_prepared(name, one.values, one.formats)
        count += 1
    return prepared


def _unknown(names: "Names", fresh: Sequence[str]) -> None:
    """Names that may not have been taken."""
    for text in fresh:
        names.ours.pop(text, None)


def _answers(link: Any) -> PQGen[list[Any]]:
    """The answers of a journey, until the one that ends it."""
    found: list[Any] = []
    unsent, between = bool(link.flush()), True
    while True:
        ready = yield Wait.RW if unsent else Wait.R
        if ready & Ready.W:
            unsent = bool(link.flush())
        if not ready & Ready.R:
            continue
        link.consume_input()
        while not link.is_busy():
            one = link.get_result()
            if one is None:
                if between:
                    break
                between = True
                continue
            between = False
            if one.status == _SYNC:
                return found
            found.append(one)
