"""Search parameters: how each kind turns what was asked into a condition of the database.

A parameter reads one value into a :class:`Test`: a ``key`` (what the text of the query depends on)
and ``leafs`` (the values that it binds). :meth:`Param.condition` builds the condition from the two
later, so that a query is compiled once for each shape (`core.prepared`, ADR 0004). A condition may
use its leafs as they are and must not compute with them: compute in :meth:`Param.test`.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.core.text import normalise
from liane.fhir.search import values
from liane.fhir.search.sql import PlainLike

Leaf = Any
NOTHING = ("nothing",)
"""The key of a test that no row passes."""


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


def filled(*columns: str) -> Q:
    """One of these columns holds something."""
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
        return filled(*self.columns)


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
            return filled(self.column)
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
            asked = around(asked)
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


def around(asked: values.Span) -> values.Span:
    """Ten hundredths of what separates it from now, on each side (R4, ``ap``)."""
    margin = abs(timezone.now() - asked.start) / 10
    try:
        return values.Span(asked.start - margin, asked.end + margin)
    except OverflowError:
        return asked


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
