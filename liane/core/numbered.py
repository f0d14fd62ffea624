"""A compiled query as PostgreSQL itself takes it: constants in its text, each value numbered once.

Django marks every parameter ``%s`` and repeats those that come back: psycopg reads the text again
at each call to number them, and the planner, who sees a status or a kind only as one more unknown,
makes a new plan each time. Written so, nothing is left to translate and one plan serves.
"""

import re
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import RawCursor
from psycopg.sql import Literal

Place = tuple[int, Any]
"""Where a parameter comes from: (number of a value, its conversion), or (-1, a constant)."""
_MARK = re.compile("%%|%s")
_PATTERN = re.compile(r"LIKE \$\d")


class Numbered:
    """``text`` with ``$1…``, and the values that it needs in order."""

    def __init__(self, sql: str, places: Sequence[Place | list[Place]], apart: set[int]) -> None:
        """``apart``: values that share no number, for their type is read where they stand."""
        self.values: list[Place | list[Place]] = []
        self._known: dict[Any, str] = {}
        self._apart = apart
        given = iter(places)
        self.text = _MARK.sub(lambda mark: "%" if mark[0] == "%%" else self._put(next(given)), sql)
        self.by_pattern = _PATTERN.search(self.text) is not None
        """It compares with a pattern: how many rows answer, and so the plan, hangs on its value."""

    def _put(self, place: Place | list[Place]) -> str:
        if isinstance(place, list):
            return self._number(place, tuple(place))
        number, what = place
        if number < 0:
            return Literal(str(what) if isinstance(what, str) else what).as_string()
        return self._number(place, None if number in self._apart else place)

    def _number(self, place: Place | list[Place], key: Any) -> str:
        if key is not None and key in self._known:
            return self._known[key]
        self.values.append(place)
        number = f"${len(self.values)}"
        if key is not None:
            self._known[key] = number
        return number

    def bound(self, values: Sequence[Any]) -> list[Any]:
        """The parameters, for these values."""
        return [
            [_value(one, values) for one in place]
            if isinstance(place, list)
            else _value(place, values)
            for place in self.values
        ]


def plainly(sql: str) -> str:
    """A text of Django with ``$1…`` in the place of each ``%s``: its values come in that order."""
    numbers = count(1)
    return _MARK.sub(lambda mark: "%" if mark[0] == "%%" else f"${next(numbers)}", sql)


def _value(place: Place, values: Sequence[Any]) -> Any:
    number, convert = place
    return convert(values[number]) if number >= 0 else convert


class Afresh(RawCursor[Any]):
    """Plans each statement for its own values."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        """The same, never by a plan that was kept."""
        return super().execute(query, params, **{**more, "prepare": False})


def cursor(connection: Any, *, afresh: bool = False) -> Any:
    """A cursor of Django's connection that takes numbered texts; its wrappers see each of them."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    kind = Afresh if afresh else RawCursor
    return connection._prepare_cursor(kind(connection.connection))
