"""Parameters that lead to another resource, by its id or by a business identifier."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Q

from liane.fhir.search import values
from liane.fhir.search.indexing import digests, indexed
from liane.fhir.search.params import NOTHING, Leaf, Param, Test, never


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
