"""Parameters answered by the index: what a resource holds that no column of Liane keeps."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q

from liane.core import keys
from liane.core.text import normalise
from liane.fhir.models import Index
from liane.fhir.search import values
from liane.fhir.search.params import NOTHING, Date, Leaf, Param, Test, around, never
from liane.fhir.search.sql import PlainLike

PURPOSE = "fhir-search"
DIGEST = ("digest",)
"""The key of a test of what the index holds as a digest."""


def digests(text: str) -> list[str]:
    """What the index may hold for ``text``, older keys included."""
    return keys.digests(text, purpose=PURPOSE)


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
            asked = around(asked) if prefix == "ap" else asked
            return Test(("date", prefix), (asked.start, asked.end))
        if self.of in {"number", "quantity"}:
            return self._number(raw)
        if modifier == "of-type":
            return Test(DIGEST, tuple(digests(f"of-type {values.plain(raw)}")))
        return Test(DIGEST, tuple(digests(values.plain(raw))))

    def _string(self, raw: str, modifier: str) -> Test:
        if modifier == "exact":
            return Test(DIGEST, tuple(digests(f"exact {values.plain(raw)}")))
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


def indexed_identifier(code: str) -> Indexed:
    """What ``:identifier`` asks of a reference: the business identifier written in it."""
    return Indexed(f"{code}:identifier")
