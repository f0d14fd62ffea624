"""What every connection gets: the tripwire on both databases, the application role on PostgreSQL.

The tripwire reads each statement once (the verdict is cached by text) and raises when a scoped
table is touched with no actor, or when a read-only request writes elsewhere than where it may.
"""

import re
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from liane.core import acting, inserting, journeys

if TYPE_CHECKING:
    from liane.core.named import Named

APPLICATION_ROLE = "liane_app"
PLANNER = {"jit": "off", "cpu_operator_cost": "0.025"}
"""How PostgreSQL plans under row-level security, whose policies make a plan dear: it is worth
keeping rather than making again for each value, and never worth compiling."""
FIXED = frozenset({APPLICATION_ROLE, "on", "off", "", *PLANNER.values()})
"""Values that are written in the statement that announces an actor: nothing is left to bind."""
WRITE = re.compile(
    r"\s*(?:/\*.*?\*/\s*)?(?:WITH\b.*?\)\s*)?(INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.I | re.S
)
HOUSEKEEPING = re.compile(
    r'"(core_accessrow|clients_call|django_session|account_usersession|usersessions_usersession'
    r'|django_tasks_database_\w+)"'
)
QUOTED = re.compile(r'"([a-z0-9_]+)"')


@lru_cache(maxsize=1)
def scoped_tables() -> frozenset[str]:
    """Names of the tables that hold personal data (models marked ``guarded``)."""
    return frozenset(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if getattr(model, "guarded", False)
    )


@lru_cache(maxsize=4096)
def verdict(sql: str) -> tuple[str | None, bool]:
    """(scoped table named by ``sql`` or None, True when it writes outside housekeeping)."""
    names = set(QUOTED.findall(sql))
    touched = next(iter(names & scoped_tables()), None)
    writes = bool(WRITE.match(sql)) and not HOUSEKEEPING.search(sql)
    return touched, writes


def tripwire(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Refuse a statement that no actor, or no writer, stands behind."""
    text = sql if isinstance(sql, str) else str(sql)
    table, writes = verdict(text)
    if table is not None and not acting.present():
        raise acting.NoActor(f"Table {table} was touched, but nobody acts.")
    if writes and acting.reading_only():
        raise acting.WriteRefused("A request that may only read tried to write.")
    inserting.before(text)
    if context["cursor"] is not None and not _with_the_next(text, context["connection"]):
        return None
    return execute(sql, params, many, context)


def _with_the_next(text: str, connection: Any) -> bool:
    """True when a cursor runs this statement now; what waited has left before it."""
    if connection.vendor == "postgresql":
        if text.startswith(("SAVEPOINT ", "RELEASE SAVEPOINT ")) and journeys.savepoint(
            connection, text
        ):
            return False
        journeys.leave(connection)
    return True


def prepare(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Give a new connection the tripwire, and on PostgreSQL a check of its health without query."""
    if tripwire not in connection.execute_wrappers:
        connection.execute_wrappers.append(tripwire)
    if connection.vendor == "postgresql":
        from liane.core.named import Names

        connection.is_usable = partial(usable, connection)  # type: ignore[method-assign]
        names = Names(connection.timezone)
        names.prepare_threshold = connection.connection.prepare_threshold
        connection.connection._prepared = names
        for end in ("_commit", "_rollback"):
            setattr(connection, end, partial(_ended, connection, getattr(type(connection), end)))


def _ended(connection: Any, end: Callable[[Any], Any]) -> Any:
    """Commit or roll back: what waits for a next statement waits for nothing."""
    journeys.forget(connection)
    return end(connection)


def usable(connection: Any) -> bool:
    """True when an idle connection still stands: the end of one that was closed can be read.

    Django asks it before the first query of each request; ``SELECT 1`` would be one more.
    """
    socket = select.poll()
    try:
        socket.register(connection.connection.pgconn.socket, select.POLLIN)
        waiting = socket.poll(0)
    except Exception:
        return False
    return not waiting or bool(type(connection).is_usable(connection))


def announced(actor: acting.Actor) -> dict[str, str]:
    """What PostgreSQL is told of who acts."""
    settings = {
        "role": APPLICATION_ROLE,
        "liane.system": "on" if actor.is_system else "off",
        "liane.holders": ",".join(str(holder) for holder in actor.holders),
        "liane.user": str(actor.user_id or ""),
        "liane.client": "on" if actor.kind == "client" else "off",
        **PLANNER,
    }
    for area, scopes in actor.read.items():
        settings[f"liane.read_{area}"] = ",".join(sorted(scopes))
    return settings


def announce(wanted: acting.Told, known: acting.Told) -> None:
    """Tell PostgreSQL, for this transaction, what it does not know yet: one statement at most.

    The role is always told again, but to the owner of the tables, who changes settings of its own:
    there all the others are.
    """
    owner = acting.is_owner()
    settings = {
        name: value
        for name, value in wanted.items()
        if (not owner if name == "role" else owner or known.get(name) != value)
    }
    if not settings:
        return
    words = [
        f"set_config('{name}', '{value}', true)"
        if value in FIXED
        else f"set_config('{name}', %s, true)"
        for name, value in settings.items()
    ]
    given = [value for value in settings.values() if value not in FIXED]
    sql = f"SELECT {', '.join(words)}"
    if not _told(sql).later(connection, given):
        with connection.cursor() as cursor:
            cursor.execute(sql, given or None)


@lru_cache(maxsize=256)
def _told(sql: str) -> "Named":
    """What tells some settings, as PostgreSQL knows it by name."""
    from liane.core.named import Named
    from liane.core.numbered import plainly

    return Named(plainly(sql))


def silence() -> None:
    """Nobody acts any more, although a transaction around goes on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', 'none', true), set_config('liane.system', 'off', true), "
            "set_config('liane.client', 'off', true), set_config('liane.holders', '', true)"
        )


@contextmanager
def become_owner() -> Iterator[None]:
    """Leave the application role, and pass every policy, for the length of the block."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, coalesce(current_setting('liane.system', true), '')")
        role, system = cursor.fetchone()
        cursor.execute(
            "SELECT set_config('role', 'none', false), set_config('liane.system', 'on', false)"
        )
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            role = APPLICATION_ROLE if role == APPLICATION_ROLE else "none"
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('role', %s, false), set_config('liane.system', %s, false)",
                    [role, system],
                )
