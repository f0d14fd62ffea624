"""What a search asks for, as clauses: each has a shape, values to bind, and gives a condition."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from django.db.models import Q

from liane.circle.reach import Reach
from liane.fhir.resources.base import Resource
from liane.fhir.search.indexing import searching
from liane.fhir.search.params import Leaf, Param, Test, never
from liane.fhir.search.references import Reference


class Values:
    """The values of a query, taken one after the other as the conditions need them."""

    def __init__(self, leafs: Sequence[Leaf]) -> None:
        self.leafs, self.place = leafs, 0

    def take(self, count: int) -> Sequence[Leaf]:
        """The next ``count`` values."""
        found = self.leafs[self.place : self.place + count]
        self.place += count
        return found


class Clause:
    """One condition of a search. Two of the same ``key`` have the same SQL."""

    key: Hashable
    leafs: tuple[Leaf, ...] = ()
    live: bool = False
    short: bool = False
    """True when it keeps the list short by itself (`params.Test`)."""

    def condition(self, reach: Reach, values: Values) -> Q:
        """The condition, over the next values."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Simple(Clause):
    """One of several values of one parameter (none of them, when ``negated``)."""

    resource: Resource
    param: Param
    tests: tuple[Test, ...]
    negated: bool = False

    @cached_property
    def key(self) -> Hashable:  # type: ignore[override]
        """The parameter and the shapes of its values."""
        tests = tuple((one.key, len(one.leafs)) for one in self.tests)
        return (self.resource.type, self.param.code, self.negated, tests)

    @cached_property
    def leafs(self) -> tuple[Leaf, ...]:  # type: ignore[override]
        """The values of its tests, in order."""
        return tuple(leaf for one in self.tests for leaf in one.leafs)

    @property
    def live(self) -> bool:  # type: ignore[override]
        """True when one of its tests is."""
        return any(one.live for one in self.tests)

    @property
    def short(self) -> bool:  # type: ignore[override]
        """True when each of its tests is; what is negated leaves many."""
        return not self.negated and all(one.short for one in self.tests)

    def condition(self, reach: Reach, values: Values) -> Q:
        """One of the tests passes."""
        found = never()
        with searching(self.resource.type):
            for one in self.tests:
                found |= self.param.condition(one.key, values.take(len(one.leafs)))
        found = _once(self.resource, self.param, found)
        return ~found if self.negated else found


def _once(resource: Resource, param: Param, found: Q) -> Q:
    """A condition over several related rows: it neither repeats a row nor splits a « not »."""
    if not param.many:
        return found
    return Q(pk__in=resource.model._default_manager.filter(found).order_by().values("pk"))


@dataclass(frozen=True, eq=False)
class Missing(Clause):
    """``:missing``."""

    resource: Resource
    param: Param
    absent: bool

    @property
    def key(self) -> Hashable:  # type: ignore[override]
        """The parameter, and which way."""
        return ("missing", self.resource.type, self.param.code, self.absent)

    def condition(self, reach: Reach, values: Values) -> Q:
        """The element is there, or is not."""
        with searching(self.resource.type):
            present = _once(self.resource, self.param, self.param.present())
        return ~present if self.absent else present


@dataclass(frozen=True, eq=False)
class Group(Clause):
    """Several clauses, all of them or (``either``) one of them."""

    clauses: tuple[Clause, ...]
    either: bool = False

    @cached_property
    def key(self) -> Hashable:  # type: ignore[override]
        """Those of its clauses."""
        return ("group", self.either, tuple(one.key for one in self.clauses))

    @cached_property
    def leafs(self) -> tuple[Leaf, ...]:  # type: ignore[override]
        """Those of its clauses."""
        return tuple(leaf for one in self.clauses for leaf in one.leafs)

    @property
    def live(self) -> bool:  # type: ignore[override]
        """True when one of its clauses is."""
        return any(one.live for one in self.clauses)

    @property
    def short(self) -> bool:  # type: ignore[override]
        """True when one of its clauses is; each of them, where one is enough."""
        return (all if self.either else any)(one.short for one in self.clauses)

    def condition(self, reach: Reach, values: Values) -> Q:
        """Joined."""
        found: Q | None = None
        for one in self.clauses:
            q = one.condition(reach, values)
            found = q if found is None else (found | q if self.either else found & q)
        return Q() if found is None else found


@dataclass(frozen=True, eq=False)
class Fixed(Clause):
    """A condition of the server's own: a name, its values, and what they give."""

    name: Hashable
    leafs: tuple[Leaf, ...] = ()
    build: Callable[[Sequence[Leaf]], Q] = field(default=lambda leafs: Q())

    @property
    def key(self) -> Hashable:  # type: ignore[override]
        """Its name."""
        return ("fixed", self.name, len(self.leafs))

    def condition(self, reach: Reach, values: Values) -> Q:
        """What was declared."""
        return self.build(values.take(len(self.leafs)))


def same_person(resource: Resource, person_id: UUID) -> Clause:
    """Rows of this person alone (the patient in the context of a token)."""
    path = resource.person_path
    if path is None:
        return Fixed(("everybody", resource.type))
    return Fixed(("person", resource.type), (person_id,), lambda leafs: Q(**{path: leafs[0]}))


@dataclass(frozen=True, eq=False)
class Chain(Clause):
    """A reference names a resource of ``target`` that passes ``inner``."""

    resource: Resource
    param: Reference
    target: Resource
    inner: Clause

    @cached_property
    def key(self) -> Hashable:  # type: ignore[override]
        """The reference and what is asked of its target."""
        return ("chain", self.resource.type, self.param.code, self.target.type, self.inner.key)

    @property
    def leafs(self) -> tuple[Leaf, ...]:  # type: ignore[override]
        """Those asked of the target."""
        return self.inner.leafs

    @property
    def live(self) -> bool:  # type: ignore[override]
        """As what is asked of the target."""
        return self.inner.live

    def condition(self, reach: Reach, values: Values) -> Q:
        """Its target is within reach and passes."""
        rows = self.target.rows(reach).filter(self.inner.condition(reach, values)).order_by()
        found = self.param.among(self.target.type, rows.values("pk"))
        return _once(self.resource, self.param, found)


@dataclass(frozen=True, eq=False)
class Has(Clause):
    """``_has``: a resource of ``source`` that passes ``inner`` names this one."""

    kind: str
    source: Resource
    param: Reference
    inner: Clause

    @cached_property
    def key(self) -> Hashable:  # type: ignore[override]
        """The source, its reference, and what is asked of it."""
        return ("has", self.kind, self.source.type, self.param.code, self.inner.key)

    @property
    def leafs(self) -> tuple[Leaf, ...]:  # type: ignore[override]
        """Those asked of the source."""
        return self.inner.leafs

    @property
    def live(self) -> bool:  # type: ignore[override]
        """As what is asked of the source."""
        return self.inner.live

    def condition(self, reach: Reach, values: Values) -> Q:
        """A source within reach names it."""
        column = self.param.to[self.kind]
        rows = self.source.rows(reach).filter(self.inner.condition(reach, values)).order_by()
        return Q(pk__in=rows.filter(self.param.of_kind(self.kind)).values(column))
