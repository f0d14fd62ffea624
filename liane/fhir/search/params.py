"""Search parameters: how each kind turns what was asked into a condition of the database.

A parameter reads one value into a :class:`Test`: a ``key`` (what the text of the query depends on)
and ``leafs`` (the values that it binds). :meth:`Param.condition` builds the condition from the two
later, so that a query is compiled once for each shape (`core.prepared`, ADR 0004). A condition may
use its leafs as they are and must not compute with them: compute in :meth:`Param.test`.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.core import keys
from liane.core.text import normalise
from liane.fhir.models import Index
from liane.fhir.search import values
from liane.fhir.search.sql import PlainLike

Leaf = Any
NOTHING = ("nothing",)
"""The key of a test that no row passes."""
PURPOSE = "fhir-search"


@dataclass(frozen=True, slots=True)
class Test:
    """One value asked for: the shape of its condition, and the values bound in it."""

    key: tuple[Hashable, ...]
    leafs: tuple[Leaf, ...] = ()
    live: bool = False
    """True when its query is compiled each time: numbers are not bound by a prepared query."""
    short: bool = False
    """True when it keeps the list short by itself: reach is looked up row by row, never first."""


def never() -> Q:
    """No row."""
    return Q(pk__in=[])


def always() -> Q:
    """Every row."""
    return ~Q(pk__in=[])


@dataclass(frozen=True, eq=False)
class Param:
    """A search parameter. ``path``: FHIRPath, for the parameters that are indexed at write.

    ``sort`` is the column to order by; ``kind`` is its FHIR type.
    """

    code: str
    sort: str = field(default="", kw_only=True)
    url: str = field(default="", kw_only=True)
    """The canonical address of a parameter that R4 does not define."""
    many: bool = field(default=False, kw_only=True)
    """True when its columns lead to several related rows."""
    kind: ClassVar[str] = "token"
    modifiers: ClassVar[frozenset[str]] = frozenset({"missing"})

    def test(self, raw: str, modifier: str) -> Test:
        """Read one value (still escaped). Raises Problem 400."""
        raise NotImplementedError

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """The condition of a test of this ``key``, over these ``leafs``."""
        raise NotImplementedError

    def present(self) -> Q:
        """The condition that the element is there (``:missing=false``)."""
        raise NotImplementedError


def _filled(*columns: str) -> Q:
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__isnull": False}) & ~Q(**{column: ""})
    return found


# ------------------------------------------------------------------ text
@dataclass(frozen=True, eq=False)
class String(Param):
    """Text of one of several columns: the beginning of a word, ``:contains``, ``:exact``."""

    columns: tuple[str, ...] = ()
    kind: ClassVar[str] = "string"
    modifiers: ClassVar[frozenset[str]] = frozenset({"missing", "exact", "contains"})

    def test(self, raw: str, modifier: str) -> Test:
        """A LIKE pattern, or the text itself for ``:exact``."""
        text = values.plain(raw)
        if modifier == "exact":
            return Test(("exact",), (text,))
        words = normalise(text)
        if not words:
            return Test(NOTHING)
        return Test(("like",), (f"%{words}%" if modifier == "contains" else f"% {words}%",))

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """One of the columns answers."""
        if key == NOTHING:
            return never()
        found = Q()
        for column in self.columns:
            found |= (
                Q(**{column: leafs[0]}) if key == ("exact",) else Q(PlainLike(column, leafs[0]))
            )
        return found

    def present(self) -> Q:
        """One of the columns is filled."""
        return _filled(*self.columns)


# ------------------------------------------------------------------ codes
@dataclass(frozen=True, eq=False)
class Token(Param):
    """A coded column. ``codes``: FHIR code → what the column holds (one value or several).

    Without ``codes`` the column holds FHIR codes themselves. ``system`` is theirs.
    """

    column: str = ""
    codes: Mapping[str, Any] | None = None
    system: str = ""
    modifiers: ClassVar[frozenset[str]] = frozenset({"missing", "not"})

    def test(self, raw: str, modifier: str) -> Test:
        """The values of the column that this token stands for."""
        asked = values.token(raw)
        if asked.system is not None and asked.system != self.system:
            return Test(NOTHING)
        if asked.system is not None and not asked.code:
            return Test(("any",))
        if self.codes is None:
            return Test(("is",), (asked.code,))
        held = self.codes.get(asked.code)
        if held is None:
            return Test(NOTHING)
        return Test(("held", tuple(held) if isinstance(held, list | tuple) else (held,)))

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """The column holds it."""
        if key == NOTHING:
            return never()
        if key == ("any",):
            return self.present()
        if key[0] == "held":
            held = key[1]
            assert isinstance(held, tuple)  # noqa: S101
            return Q(**{self.column: held[0]}) if len(held) == 1 else Q(
                **{f"{self.column}__in": list(held)}
            )  # fmt: skip
        return Q(**{self.column: leafs[0]})

    def present(self) -> Q:
        """The column is filled."""
        held = [one for each in (self.codes or {"": ""}).values()
                for one in (each if isinstance(each, list | tuple) else (each,))]  # fmt: skip
        if any(isinstance(one, str) for one in held):
            return _filled(self.column)
        return Q(**{f"{self.column}__isnull": False})


@dataclass(frozen=True, eq=False)
class Flag(Param):
    """``true`` or ``false``, from a condition."""

    when: Q = field(default_factory=Q)
    modifiers: ClassVar[frozenset[str]] = frozenset({"missing", "not"})

    def test(self, raw: str, modifier: str) -> Test:
        """True or false; anything else finds nothing."""
        asked = values.token(raw).code
        return Test((asked,)) if asked in {"true", "false"} else Test(NOTHING)

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """The condition, or its contrary."""
        if key == NOTHING:
            return never()
        return self.when if key == ("true",) else ~self.when

    def present(self) -> Q:
        """Always said."""
        return always()


# ------------------------------------------------------------------ dates
def compared(column: str, prefix: str, low: Leaf, high: Leaf) -> Q:
    """How a column answers to what was asked between ``low`` and ``high``, which is of the next."""
    within = Q(**{f"{column}__gte": low, f"{column}__lt": high})
    return {
        "eq": within,
        "ne": ~within & Q(**{f"{column}__isnull": False}),
        "gt": Q(**{f"{column}__gte": high}),
        "sa": Q(**{f"{column}__gte": high}),
        "lt": Q(**{f"{column}__lt": low}),
        "eb": Q(**{f"{column}__lt": low}),
        "ge": Q(**{f"{column}__gte": low}),
        "le": Q(**{f"{column}__lt": high}),
    }[prefix]


@dataclass(frozen=True, eq=False)
class Date(Param):
    """A moment or a period. ``days``: the columns hold dates; ``end`` empty: a moment.

    Comparison follows R4 (search, « Prefixes »): the interval asked for against the interval held;
    an end that is null is open.
    """

    column: str = ""
    end: str = ""
    days: bool = False
    kind: ClassVar[str] = "date"

    def test(self, raw: str, modifier: str) -> Test:
        """(prefix, two bounds)."""
        prefix, text = values.prefixed(values.plain(raw))
        try:
            asked = values.span(text)
        except (ValueError, OverflowError) as error:
            raise values.bad(self.code, str(error)) from None
        if prefix == "ap":
            asked = _around(asked)
        bounds = asked.days if self.days else (asked.start, asked.end)
        return Test((prefix,), bounds)

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """The interval of the columns answers."""
        low, high = leafs
        prefix = str(key[0])
        if self.end:
            return self._period(prefix, low, high)
        return compared(self.column, "eq" if prefix == "ap" else prefix, low, high)

    def _period(self, prefix: str, low: Leaf, high: Leaf) -> Q:
        start, end = self.column, self.end
        # A period held in days ends with its last day: it is over when the next one begins.
        over, past = ("lt", "gte") if self.days else ("lte", "gt")
        inside = Q(**{f"{start}__gte": low, f"{end}__{over}": high})
        after = Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__{past}": high})
        before = Q(**{f"{start}__isnull": True}) | Q(**{f"{start}__lt": low})
        return {
            "eq": inside,
            "ne": ~inside,
            "gt": after,
            "ge": after | inside,
            "lt": before,
            "le": before | inside,
            "sa": Q(**{f"{start}__gte": high}),
            "eb": Q(**{f"{end}__{over}": low}),
            "ap": (Q(**{f"{start}__isnull": True}) | Q(**{f"{start}__lt": high}))
            & (Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__{past}": low})),
        }[prefix]

    def present(self) -> Q:
        """A bound is held."""
        found = Q(**{f"{self.column}__isnull": False})
        return found | Q(**{f"{self.end}__isnull": False}) if self.end else found


def _around(asked: values.Span) -> values.Span:
    """Ten hundredths of what separates it from now, on each side (R4, ``ap``)."""
    margin = abs(timezone.now() - asked.start) / 10
    try:
        return values.Span(asked.start - margin, asked.end + margin)
    except OverflowError:
        return asked


# ------------------------------------------------------------------ references
@dataclass(frozen=True, eq=False)
class Reference(Param):
    """A link to other resources. ``to``: type → column that holds its identifier.

    ``elements``: where the reference stands in the JSON (``participant.member``), for ``_include``.
    """

    to: Mapping[str, str] = field(default_factory=dict)
    elements: tuple[str, ...] = ()
    kind: ClassVar[str] = "reference"
    modifiers: ClassVar[frozenset[str]] = frozenset({"missing", "identifier"})

    @property
    def targets(self) -> tuple[str, ...]:
        """The types that it may name."""
        return tuple(self.to)

    def test(self, raw: str, modifier: str) -> Test:
        """An identifier of ours, for one type or for each that fits. ``modifier`` may be a type."""
        asked = values.link(raw)
        kind = modifier or (asked.type if asked else "")
        found = values.uuid(asked.id) if asked is not None else None
        if found is None or (kind and kind not in self.to) or not _ours(asked):
            return Test(NOTHING)
        return Test(("to", kind), (found,))

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """One of the columns holds it."""
        if key == NOTHING:
            return never()
        columns = [self.to[str(key[1])]] if key[1] else dict.fromkeys(self.to.values())
        found = Q()
        for column in columns:
            found |= Q(**{column: leafs[0]})
        return found

    def among(self, kind: str, ids: Any) -> Q:
        """It names one of these resources of ``kind`` (a subquery, or a list of UUIDs)."""
        return Q(**{f"{self.to[kind]}__in": ids}) if kind in self.to else never()

    def of_kind(self, kind: str) -> Q:
        """It names something, of this type."""
        return Q(**{f"{self.to[kind]}__isnull": False})

    def present(self) -> Q:
        """It names something."""
        found = Q()
        for column in dict.fromkeys(self.to.values()):
            found |= Q(**{f"{column}__isnull": False})
        return found


def _ours(asked: values.Link | None) -> bool:
    """True for a relative reference, or one that begins with this server's address."""
    from liane.fhir.addresses import base

    return asked is not None and (not asked.url or asked.url.startswith(f"{base()}/"))


# ------------------------------------------------------------------ identifiers
@dataclass(frozen=True, eq=False)
class Identifier(Param):
    """Numbers given by somebody. ``held``: system → function of a value that gives a condition's
    (column, values), where Liane's own columns hold it; all others are found in the index.
    """

    held: Mapping[str, Callable[[str], tuple[str, Sequence[str]] | None]] = field(
        default_factory=dict
    )
    path: str = "identifier"
    """Where the identifiers stand in the body."""
    modifiers: ClassVar[frozenset[str]] = frozenset({"missing", "not", "of-type"})

    def test(self, raw: str, modifier: str) -> Test:
        """Digests for the index, and what Liane's own columns may hold."""
        if modifier == "of-type":
            return Test(("index", ()), tuple(digests(f"of-type {values.plain(raw)}")))
        asked = values.token(raw)
        if asked.system is not None and not asked.code:
            return Test(("index", ()), tuple(digests(f"{asked.system}|")))
        text = asked.code if asked.system is None else f"{asked.system}|{asked.code}"
        leafs, columns = list(digests(text)), []
        for system, read in self.held.items():
            found = read(asked.code) if asked.system in (None, system) else None
            if found is not None:
                columns.append((found[0], len(found[1])))
                leafs += found[1]
        return Test(("index", tuple(columns)), tuple(leafs))

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """Found in the index, or in one of the columns."""
        columns = key[1]
        assert isinstance(columns, tuple)  # noqa: S101
        own = sum(count for _, count in columns)
        found = indexed(self.code, digest__in=list(leafs[: len(leafs) - own]))
        rest = list(leafs[len(leafs) - own :])
        for column, count in columns:
            found |= Q(**{f"{column}__in": rest[:count]})
            rest = rest[count:]
        return found

    def present(self) -> Q:
        """It has one in the index."""
        return indexed(self.code)


def digests(text: str) -> list[str]:
    """What the index may hold for ``text``, older keys included."""
    return keys.digests(text, purpose=PURPOSE)


# ------------------------------------------------------------------ what only the index holds
_searched: ContextVar[str] = ContextVar("liane_fhir_searched")


@contextmanager
def searching(kind: str) -> Iterator[None]:
    """Conditions built inside are about resources of this type."""
    token = _searched.set(kind)
    try:
        yield
    finally:
        _searched.reset(token)


def searched_type() -> str:
    """The type that the condition being built is about."""
    return _searched.get()


def indexed(code: str, *conditions: Q, **more: Any) -> Q:
    """The resource has a row of the index, under ``code``, that answers."""
    rows = Index.objects.filter(*conditions, type=_searched.get(), code=code, **more)
    return Q(pk__in=rows.values("object_id"))


@dataclass(frozen=True, eq=False)
class Indexed(Param):
    """A parameter whose values stand in the received body alone: evaluated when it is written.

    ``path`` is FHIRPath over the resource; ``of`` its FHIR search type (token, string, date, uri,
    number, quantity, reference).
    """

    of: str = "token"
    path: str = ""
    modifiers: ClassVar[frozenset[str]] = frozenset(
        {"missing", "not", "exact", "contains", "of-type"}
    )

    def test(self, raw: str, modifier: str) -> Test:
        """As its type says."""
        if self.of == "string":
            return self._string(raw, modifier)
        if self.of == "date":
            prefix, text = values.prefixed(values.plain(raw))
            try:
                asked = values.span(text)
            except (ValueError, OverflowError) as error:
                raise values.bad(self.code, str(error)) from None
            asked = _around(asked) if prefix == "ap" else asked
            return Test(("date", prefix), (asked.start, asked.end))
        if self.of in {"number", "quantity"}:
            return self._number(raw)
        if modifier == "of-type":
            return Test(("digest",), tuple(digests(f"of-type {values.plain(raw)}")))
        return Test(("digest",), tuple(digests(values.plain(raw))))

    def _string(self, raw: str, modifier: str) -> Test:
        if modifier == "exact":
            return Test(("digest",), tuple(digests(f"exact {values.plain(raw)}")))
        words = normalise(values.plain(raw))
        if not words:
            return Test(NOTHING)
        return Test(("like",), (f"%{words}%" if modifier == "contains" else f"% {words}%",))

    def _number(self, raw: str) -> Test:
        prefix, text = values.prefixed(values.split(raw, "|")[0])
        try:
            value, low, high = values.number(text)
        except (ValueError, ArithmeticError) as error:
            raise values.bad(self.code, str(error)) from None
        if prefix == "ap":
            low, high = value - abs(value) / 10, value + abs(value) / 10
        units = [values.plain(one) for one in values.split(raw, "|")[1:]]
        unit = next((one for one in reversed(units) if one), "")
        return Test(("number", prefix, bool(unit)), (low, high, unit), live=True)

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """A row of the index answers."""
        if key == NOTHING:
            return never()
        if key[0] == "like":
            return indexed(self.code, Q(PlainLike("text", leafs[0])))
        if key[0] == "digest":
            return indexed(self.code, digest__in=list(leafs))
        if key[0] == "date":
            when = Date("", column="starts_at", end="ends_at")._period(str(key[1]), *leafs)
            return indexed(self.code, when)
        return indexed(self.code, _numbers(str(key[1]), bool(key[2]), leafs))

    def present(self) -> Q:
        """A row of the index."""
        return indexed(self.code)


def _numbers(prefix: str, unit: bool, leafs: Sequence[Leaf]) -> Q:
    low, high = leafs[0], leafs[1]
    within = Q(low__gte=low, high__lte=high)
    found = {
        "eq": within,
        "ap": Q(low__lte=high, high__gte=low),
        "ne": ~within,
        "gt": Q(high__gt=high),
        "sa": Q(low__gt=high),
        "lt": Q(low__lt=low),
        "eb": Q(high__lt=low),
        "ge": Q(high__gte=low),
        "le": Q(low__lte=high),
    }[prefix]
    return found & Q(text=leafs[2]) if unit else found


@dataclass(frozen=True, eq=False)
class Custom(Param):
    """A parameter of its own kind: ``read(value, modifier)`` and ``build(key, leafs)``."""

    read: Callable[[str, str], Test] = field(default=lambda raw, modifier: Test(NOTHING))
    build: Callable[[tuple[Hashable, ...], Sequence[Leaf]], Q] = field(
        default=lambda key, leafs: never()
    )
    of: str = "token"
    is_present: Q = field(default_factory=always)
    allowed: frozenset[str] = frozenset({"missing", "not"})

    def test(self, raw: str, modifier: str) -> Test:
        """As ``read`` says."""
        return self.read(raw, modifier)

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """As ``build`` says."""
        return never() if key == NOTHING else self.build(key, leafs)

    def present(self) -> Q:
        """As declared."""
        return self.is_present


@dataclass(frozen=True, eq=False)
class Several(Param):
    """One code answered from several places: Liane's own columns, and the index besides."""

    params: tuple[Param, ...] = ()

    def test(self, raw: str, modifier: str) -> Test:
        """Each in turn."""
        tests = [one.test(raw, modifier) for one in self.params]
        return Test(
            tuple((one.key, len(one.leafs)) for one in tests),
            tuple(leaf for one in tests for leaf in one.leafs),
            any(one.live for one in tests),
        )

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """One of them answers."""
        found, rest = Q(pk__in=[]), list(leafs)
        for one, shape in zip(self.params, key, strict=True):
            assert isinstance(shape, tuple)  # noqa: S101
            inner, count = shape
            found |= one.condition(inner, rest[:count])
            rest = rest[count:]
        return found

    def present(self) -> Q:
        """One of them is there."""
        found = Q(pk__in=[])
        for one in self.params:
            found |= one.present()
        return found


def indexed_identifier(code: str) -> Indexed:
    """What ``:identifier`` asks of a reference: the business identifier written in it."""
    return Indexed(f"{code}:identifier")


def kind_of(param: Param) -> str:
    """The FHIR search type of a parameter."""
    if isinstance(param, Several):
        return kind_of(param.params[0])
    return str(getattr(param, "of", param.kind))


def modifiers_of(param: Param) -> frozenset[str]:
    """The modifiers that it understands."""
    if isinstance(param, Custom):
        return param.allowed
    if isinstance(param, Several):
        return modifiers_of(param.params[0])
    return param.modifiers


def as_uuid(value: Any) -> UUID:
    """A UUID of ours from what a row holds."""
    return value if isinstance(value, UUID) else UUID(str(value))


def moment(value: dt.datetime) -> str:
    """A FHIR instant."""
    return value.isoformat(timespec="milliseconds")
