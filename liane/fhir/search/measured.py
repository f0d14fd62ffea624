"""Amounts held in a column, parameters of several parts (``a$b``), and what was said first."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.db.models import Q

from liane.fhir.search import values
from liane.fhir.search.params import Leaf, Param, Several, Test, always, compared


@dataclass(frozen=True, eq=False)
class Amount(Param):
    """A Quantity of a column (R4, « quantity »): ``[prefix]number|system|unit``.

    ``unit`` is the column that holds it; ``cents`` says that the column counts hundredths.
    """

    column: str = ""
    unit: str = ""
    cents: bool = False
    kind: ClassVar[str] = "quantity"

    def test(self, raw: str, modifier: str) -> Test:
        """(prefix, whether a unit is asked for) and the bounds that the precision gives."""
        number, *rest = values.split(raw, "|")
        prefix, text = values.prefixed(values.plain(number))
        try:
            value, low, high = values.number(text)
        except (ValueError, ArithmeticError) as error:
            raise values.bad(self.code, str(error)) from None
        if prefix == "ap":
            low, high = value - abs(value) / 10, value + abs(value) / 10
        unit = next((values.plain(one) for one in reversed(rest) if one), "")
        if self.cents:
            low, high = Decimal(math.ceil(low * 100)), Decimal(math.ceil(high * 100))
        return Test((prefix, bool(unit and self.unit)), (low, high, unit), live=True)

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """The column answers; a value at the very end of the precision is of the next number."""
        low, high, unit = leafs
        name, prefix = self.column, str(key[0])
        if prefix == "ap":
            found = Q(**{f"{name}__gte": low, f"{name}__lte": high})
        else:
            found = compared(name, prefix, low, high)
        return found & Q(**{self.unit: unit}) if key[1] else found

    def present(self) -> Q:
        """The column is filled."""
        return Q(**{f"{self.column}__isnull": False})


@dataclass(frozen=True, eq=False)
class Composite(Param):
    """Several parameters of the same row, all of them answered: ``code$ge3``."""

    params: tuple[Param, ...] = ()
    kind: ClassVar[str] = "composite"

    def test(self, raw: str, modifier: str) -> Test:
        """Each part in turn."""
        parts = values.split(raw, "$")
        if len(parts) != len(self.params) or not all(parts):
            raise values.bad(self.code, f"{len(self.params)} values joined by $")
        tests = [one.test(part, "") for one, part in zip(self.params, parts, strict=True)]
        return Test(
            tuple((one.key, len(one.leafs)) for one in tests),
            tuple(leaf for one in tests for leaf in one.leafs),
            any(one.live for one in tests),
        )

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """All of them."""
        found, rest = always(), list(leafs)
        for one, shape in zip(self.params, key, strict=True):
            assert isinstance(shape, tuple)  # noqa: S101
            inner, count = shape
            found &= one.condition(inner, rest[:count])
            rest = rest[count:]
        return found

    def present(self) -> Q:
        """All of them."""
        found = always()
        for one in self.params:
            found &= one.present()
        return found


@dataclass(frozen=True, eq=False)
class Preferred(Several):
    """Two places of one value: what was received says it (the index), else our own column.

    ``params``: the index first. Unlike `Several`, a row whose body says something else than our
    column is found by what it shows alone.
    """

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """The index answers, or has nothing and the column answers."""
        said, ours = self.params
        shape, other = key
        assert isinstance(shape, tuple)  # noqa: S101
        assert isinstance(other, tuple)  # noqa: S101
        rest, count = list(leafs), int(shape[1])
        found = said.condition(shape[0], rest[:count])
        return found | (ours.condition(other[0], rest[count:]) & ~said.present())
