"""Queries that are built once and only bound afterwards.

Building a queryset and turning it into SQL costs Django about a millisecond, some forty times a
page: far more than the database needs to answer. ``@prepared`` runs a function that builds a
queryset once for each *shape* of its arguments (the role that acts, how many holders, which values
are absent), with placeholders in the place of values; later calls bind the values to the SQL that
was compiled and run it. What is kept is the text of a query and never a row, nor a value of an
actor: each call executes under its own actor, and row-level security and the tripwire see it as
any other query (`docs/adr/0004-prepared-queries.md`).

A builder must take every value that it uses as an argument: ``timezone.now()`` or the identifier of
somebody inside it would be frozen in the text. That is refused when it compiles, so that the first
call fails rather than the second one answering wrongly.
"""

import datetime as dt
import functools
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from liane.core.acting import Actor
from liane.core.making import maker
from liane.core.named import Named
from liane.core.numbered import Numbered
from liane.core.numbered import cursor as numbered_cursor

T = TypeVar("T")
Convert = Callable[[Any], Any]


class Number(int):
    """A number that is a value: of each call, not of the shape."""


MOST_PLANS = 256
"""Shapes kept for each builder; the least used goes first."""
FEW = 256
"""Values of a list up to which a query is worth keeping compiled."""

_PLAIN = (str, int, float, bool, Decimal, dt.timedelta, bytes, type(None))
_VALUE = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\d.*"
)
_MARK = "\u241f"
"""Opens the placeholder of a text: a character that no text of ours holds."""
_NUMBER = 2_118_270_000
"""From here on, within what a column holds, numbers are placeholders."""
_EARLY = dt.datetime(1801, 1, 1, tzinfo=dt.UTC)


class BakedValue(RuntimeError):
    """A builder used a value that is not one of its arguments: a programming error."""


class Template:
    """Arguments with placeholders in the place of their values."""

    def __init__(self, connection: Any) -> None:
        self.ops = connection.ops
        self.vendor = connection.vendor
        self.places: dict[Any, tuple[int, Convert]] = {}
        self.texts: set[int] = set()
        self._numbers = count()

    def placeholder(self, value: Any) -> Any:
        """Something of the type of ``value`` that the compiled query will show in its place."""
        place = next(self._numbers)
        if isinstance(value, UUID):
            mark = uuid4()
            self.places |= {mark: (place, _same), mark.hex: (place, _hex), str(mark): (place, str)}
            return mark
        if isinstance(value, dt.datetime):
            moment = _EARLY + dt.timedelta(seconds=place, microseconds=place + 1)
            adapt = self.ops.adapt_datetimefield_value
            self.places |= {moment: (place, _same), adapt(moment): (place, adapt)}
            return moment
        if isinstance(value, dt.date):
            day = _EARLY.date() + dt.timedelta(days=place)
            adapt = self.ops.adapt_datefield_value
            self.places |= {day: (place, _same), adapt(day): (place, adapt)}
            return day
        if isinstance(value, Number):
            mark_of = _NUMBER + place
            self.places[mark_of] = (place, int)
            return mark_of
        text = f"{_MARK}{uuid4().hex}"
        self.places[text] = (place, _same)
        self.texts.add(place)
        return text

    def checked(self, places: list[Any]) -> list[Any]:
        """Raise when a text given does not appear as it is: the builder reasoned on it."""
        if self.texts - {place[0] for place in places if isinstance(place, tuple)}:
            raise BakedValue("A text given to a prepared query does not appear in it as it is.")
        return places

    def bound(self, parameter: Any) -> Any:
        """Where the value of one parameter of the compiled query comes from."""
        if isinstance(parameter, list | tuple):
            return [self.bound(one) for one in parameter]
        place = self.places.get(parameter)
        if place is not None:
            return place
        text = parameter if isinstance(parameter, str) else ""
        if not isinstance(parameter, _PLAIN) or _VALUE.fullmatch(text) or _MARK in text:
            raise BakedValue(f"{type(parameter).__name__} in the text of a prepared query")
        return (-1, parameter)


def _same(value: Any) -> Any:
    return value


def _hex(value: UUID) -> str:
    return value.hex


def _padded(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """As many as the next power of two, the last one repeated: fewer shapes, the same ``IN``."""
    size = 1 << (len(values) - 1).bit_length() if values else 0
    return values + values[-1:] * (size - len(values))


_ACTOR_IDS = ("user_id", "holder_id", "professional_id", "organisation_id")


def _shape(argument: Any, values: list[Any]) -> Any:
    """What the text of a query depends on; the values themselves are added to ``values``."""
    if isinstance(argument, Actor):
        values.extend(_padded(argument.holders))
        values.extend(one for name in _ACTOR_IDS if (one := getattr(argument, name)) is not None)
        return argument.shape
    if isinstance(argument, Number):
        values.append(argument)
        return Number
    if isinstance(argument, Enum | bool | int | type(None)):
        return argument
    if isinstance(argument, UUID | dt.date | str):
        values.append(argument)
        return type(argument)
    if isinstance(argument, frozenset):
        return argument
    if isinstance(argument, list | tuple):
        several = _padded(tuple(argument))
        values.extend(several)
        return (type(several[0]) if several else None, len(several))
    raise TypeError(f"A prepared query cannot take a {type(argument).__name__}.")


def _templated(argument: Any, made: Template) -> Any:
    if isinstance(argument, Actor):
        padded = _padded(argument.holders)
        holders = tuple(made.placeholder(one) for one in padded)
        lent = tuple(
            mark for mark, one in zip(holders, padded, strict=True) if one in argument.lent
        )
        ids = {
            name: made.placeholder(one)
            for name in _ACTOR_IDS
            if (one := getattr(argument, name)) is not None
        }
        return replace(argument, label="", holders=holders, lent=lent, request_id=None, **ids)
    if isinstance(argument, Number):
        return made.placeholder(argument)
    if isinstance(argument, Enum | bool | int | type(None) | frozenset):
        return argument
    if isinstance(argument, list | tuple):
        return [made.placeholder(one) for one in _padded(tuple(argument))]
    return made.placeholder(argument)


class Text:
    """A compiled statement, and where its parameters come from."""

    def __init__(self, sql: str, parameters: Sequence[Any], made: Template) -> None:
        self.sql = sql
        places = made.checked([made.bound(one) for one in parameters])
        self.sources, self.parameters = _sources(places)
        self.numbered = Numbered(sql, places, made.texts) if made.vendor == "postgresql" else None
        if self.numbered is not None:
            self.named = Named(self.numbered.text, by_pattern=self.numbered.by_pattern)

    def found(self, values: list[Any], connection: Any) -> Sequence[Any]:
        """The rows as the database gives them. A log of queries needs Django's own text."""
        if self.numbered is not None and not connection.queries_logged:
            bound = self.numbered.bound(values)
            found = self.named.rows(connection, bound)
            if found is not None:
                return found
            with numbered_cursor(connection, afresh=self.numbered.by_pattern) as cursor:
                cursor.execute(self.numbered.text, bound)
                return cursor.fetchall() if cursor.description else []
        given = [convert(values[n]) if n >= 0 else convert for n, convert in self.sources]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, tuple([_given(one, given) for one in self.parameters]))
            return cursor.fetchall() if cursor.description else []


class _Plan[T]:
    """A compiled query, and how its rows become what is asked."""

    def __init__(self, queryset: QuerySet[Any, T], made: Template) -> None:
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise TypeError("A prepared query prefetches nothing: do it with its rows.")
        compiler = queryset.query.get_compiler(using=queryset.db)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            self.text: Text | None = None
            return
        self.text = Text(sql, parameters, made)
        width = compiler.col_count if compiler.has_extra_select else None
        fields = [one[0] for one in (compiler.select or [])[: compiler.col_count]]
        self.width, self.converters = width, list(compiler.get_converters(fields).items())
        self.make = cast(Callable[[Sequence[Any]], list[T]], maker(queryset, compiler))

    def rows(self, values: list[Any], connection: Any) -> list[T]:
        """Run it with these values."""
        if self.text is None:
            return []
        return self.make(self._converted(self.text.found(values, connection), connection))

    def _converted(self, rows: Sequence[Any], connection: Any) -> Sequence[Any]:
        """The rows as the fields of the models hold them."""
        if self.width is not None:
            rows = [row[: self.width] for row in rows]
        if not self.converters:
            return rows
        changed = [list(row) for row in rows]
        for row in changed:
            for place, (converters, field) in self.converters:
                value = row[place]
                for convert in converters:
                    value = convert(value, field, connection)
                row[place] = value
        return changed


def _sources(places: list[Any]) -> tuple[list[tuple[int, Any]], list[Any]]:
    """The distinct values that a query needs, and which one each of its parameters is.

    An actor's holders appear at every condition: each is converted once.
    """
    numbers: dict[Any, int] = {}
    sources: list[tuple[int, Any]] = []

    def number(place: Any) -> Any:
        if isinstance(place, list):
            return [number(one) for one in place]
        key = (type(place[1]), *place)
        if key not in numbers:
            numbers[key] = len(sources)
            sources.append(place)
        return numbers[key]

    return sources, [number(place) for place in places]


def _given(number: Any, given: list[Any]) -> Any:
    return [_given(one, given) for one in number] if isinstance(number, list) else given[number]


class Shapes[V]:
    """What was compiled for each shape of the arguments of one function."""

    def __init__(self, build: Callable[..., Any], compiled: Callable[[Any, Template], V]) -> None:
        functools.update_wrapper(self, build)  # type: ignore[arg-type]
        self.build, self._compiled = build, compiled
        self._kept: OrderedDict[Any, V] = OrderedDict()
        _known.append(self)

    def of(self, args: Any, kwargs: Any) -> tuple[V, list[Any], Any]:
        """What was compiled for these arguments, their values, and the connection to run it on.

        Raises BakedValue when the function used a value that it was not given.
        """
        values: list[Any] = []
        shapes = tuple([_shape(one, values) for one in [*args, *kwargs.values()]])
        connection = connections["default"]
        key = (connection.vendor, *kwargs, *shapes)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = self._new(args, kwargs, connection)
            if len(self._kept) > MOST_PLANS:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return kept, values, connection

    def _new(self, args: Any, kwargs: Any, connection: Any) -> V:
        made = Template(connection)
        templated: Iterator[Any] = (_templated(one, made) for one in [*args, *kwargs.values()])
        positional = [next(templated) for _ in args]
        named = {name: next(templated) for name in kwargs}
        return self._compiled(self.build(*positional, **named), made)

    def forget(self) -> None:
        """Drop what was compiled."""
        self._kept.clear()


class Prepared[**P, T](Shapes[_Plan[T]]):
    """A function that builds a queryset, called for its rows."""

    build: Callable[P, QuerySet[Any, T]]

    def __init__(self, build: Callable[P, QuerySet[Any, T]]) -> None:
        super().__init__(build, _Plan)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[T]:
        """The rows. Raises BakedValue when the builder used a value that it was not given."""
        plan, values, connection = self.of(args, kwargs)
        return plan.rows(values, connection)

    def first(self, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The first row, or None. The builder says how many it wants (``[:1]``)."""
        return next(iter(self(*args, **kwargs)), None)

    def sized(self, *args: P.args, **kwargs: P.kwargs) -> list[T]:
        """The rows, where a list may be long: beyond `FEW` the query is compiled for this time."""
        lists = [one for one in [*args, *kwargs.values()] if isinstance(one, list | tuple)]
        if any(len(one) > FEW for one in lists):
            return list(self.build(*args, **kwargs))
        return self(*args, **kwargs)


_known: list[Shapes[Any]] = []


def forget() -> None:
    """Drop every compiled query: for a test that changes the rules they were compiled under."""
    for one in _known:
        one.forget()


def prepared[**P, T](build: Callable[P, QuerySet[Any, T]]) -> Prepared[P, T]:
    """Make a function that builds a queryset give its rows, compiling once for each shape.

    Arguments: an Actor, UUIDs, moments, days and texts (values); lists and tuples of them (their
    length is rounded up); numbers, booleans, enumerations, frozensets and None (part of the shape).
    """
    return Prepared(build)
