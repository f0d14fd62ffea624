"""The parameters that every type has: ``_id``, ``_lastUpdated``, and those of ``meta``."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Q

from liane.core.models import Entry
from liane.fhir import resources
from liane.fhir.models import Received
from liane.fhir.search import values
from liane.fhir.search.indexing import Indexed, searched_type
from liane.fhir.search.params import NOTHING, Date, Leaf, Param, Test


@dataclass(frozen=True, eq=False)
class Id(Param):
    """The identifier of the resource."""

    modifiers: ClassVar[frozenset[str]] = frozenset({"missing", "not"})

    def test(self, raw: str, modifier: str) -> Test:
        """One identifier; nobody has what is not one of ours."""
        found = values.uuid(values.plain(raw).strip())
        return Test(NOTHING) if found is None else Test(("is",), (found,))

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """It is this one."""
        return Q(pk__in=[]) if key == NOTHING else Q(pk=leafs[0])

    def present(self) -> Q:
        """Always."""
        return ~Q(pk__in=[])


@dataclass(frozen=True, eq=False)
class LastUpdated(Date):
    """When the resource last changed: made, received, or told by the journal."""

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """In terms of « touched since »."""
        low, high = leafs
        prefix = str(key[0])
        if prefix in {"ge"}:
            return _since(low)
        if prefix in {"gt", "sa"}:
            return _since(high)
        if prefix in {"lt", "eb"}:
            return ~_since(low)
        if prefix == "le":
            return ~_since(high)
        within = _since(low) & ~_since(high)
        return ~within if prefix == "ne" else within

    def present(self) -> Q:
        """Always."""
        return ~Q(pk__in=[])


def _since(moment: Leaf) -> Q:
    resource = resources.get(searched_type())
    assert resource is not None  # noqa: S101
    received = Received.objects.filter(type=resource.type, at__gte=moment)
    found = Q(**{f"{resource.touched}__gte": moment}) | Q(pk__in=received.values("object_id"))
    if resource.journal:
        told = Entry.objects.filter(kind__in=list(resource.journal), recorded_at__gte=moment)
        told = told.filter(**{f"{resource.journal_key}__isnull": False})
        found |= Q(pk__in=told.values(resource.journal_key))
    return found


COMMON: Mapping[str, Param] = {
    one.code: one
    for one in (
        Id("_id", sort="pk"),
        LastUpdated("_lastUpdated"),
        Indexed("_profile", of="uri", path="Resource.meta.profile"),
        Indexed("_tag", path="Resource.meta.tag"),
        Indexed("_security", path="Resource.meta.security"),
        Indexed("_source", of="uri", path="Resource.meta.source"),
    )
}
"""Parameters of every type, by code."""
