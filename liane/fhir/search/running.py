"""Running a search: one statement compiled once for each shape, pages that hold while data changes.

A page continues after the last row shown (its sort values and identifier), never from a number of
rows. The place is sealed in the link with the whole search, for the application and the actor that
made it: no name of anybody stands in an address.
"""

import base64
import datetime as dt
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import keys
from liane.core.acting import Actor
from liane.core.models import Entry
from liane.core.prepared import BakedValue, Prepared
from liane.fhir.access import Access
from liane.fhir.models import Received
from liane.fhir.outcomes import problem
from liane.fhir.resources.base import Resource
from liane.fhir.search.asked import Asked, sortable
from liane.fhir.search.clauses import Clause, Group, Values
from liane.fhir.search.params import Leaf

CONTEXT = b"fhir.cursor"


@dataclass(frozen=True)
class Order:
    """One column to sort by; ``floor`` stands for a null, which comes first."""

    column: str
    down: bool
    floor: Leaf | None = None


@dataclass(eq=False)
class Shape:
    """What the text of a search depends on. The clauses are dropped once it is compiled."""

    resource: Resource
    group: Group | None
    orders: tuple[Order, ...]
    size: int
    after: bool
    many: bool = True
    key: Hashable = field(init=False)

    def __post_init__(self) -> None:
        """Two shapes of the same key have the same SQL."""
        columns = tuple((one.column, one.down, one.floor is None) for one in self.orders)
        clauses = self.group.key if self.group is not None else None
        self.key = (self.resource.type, clauses, columns, self.size, self.after, self.many)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and self.key == other.key

    def build(self, reach: Reach, leafs: Sequence[Leaf]) -> QuerySet[Any]:
        """The query, over these values."""
        assert self.group is not None  # noqa: S101
        values = Values(leafs)
        short = self.group.short
        rows = self.resource.rows(reach.probed() if short else reach, many=self.many and not short)
        rows = rows.filter(self.group.condition(reach, values))
        columns = []
        for number, one in enumerate(self.orders):
            (floor,) = values.take(1) if one.floor is not None else (None,)
            column: Any = F(one.column)
            if floor is not None:
                column = Coalesce(column, Value(floor, output_field=_field(self.resource, one)))
            rows = rows.annotate(**{f"_sort{number}": column})
            columns.append((f"_sort{number}", one.down))
        if self.after:
            rows = rows.filter(_after(columns, values))
        names = [f"-{name}" if down else name for name, down in columns]
        rows = _beside(self.resource, self.resource.beside(rows, reach))
        return rows.order_by(*names, "pk")[: self.size]


def _beside(resource: Resource, rows: QuerySet[Any]) -> QuerySet[Any]:
    """What showing a row asks besides: was it received here, when was it last told of."""
    kept = Received.objects.filter(type=resource.type, object_id=OuterRef("pk"))
    rows = rows.annotate(_received=Exists(kept))
    if not resource.journal or resource.told_by_rows:
        return rows
    told = Entry.objects.filter(kind__in=resource.journal, **{resource.journal_key: OuterRef("pk")})
    last = told.order_by().values(resource.journal_key).annotate(at=Max("recorded_at"))
    found: QuerySet[Any] = rows.annotate(_told=Subquery(last.values("at")))
    return found


def _after(columns: list[tuple[str, bool]], values: Values) -> Q:
    found, equal = Q(), Q()
    for name, down in columns:
        (value,) = values.take(1)
        found |= equal & Q(**{f"{name}__{'lt' if down else 'gt'}": value})
        equal &= Q(**{name: value})
    (key,) = values.take(1)
    return found | (equal & Q(pk__gt=key))


def _field(resource: Resource, order: Order) -> "models.Field[Any, Any]":
    return _column(resource.model, order.column)


@cache
def _column(model: type[models.Model], path: str) -> "models.Field[Any, Any]":
    found: Any = None
    for part in path.split("__"):
        found = model._meta.pk if part == "pk" else model._meta.get_field(part)
        model = getattr(found, "related_model", None) or model
    return found  # type: ignore[no-any-return]


def _floor(found: "models.Field[Any, Any]") -> Leaf | None:
    if not found.null and not isinstance(found, models.ForeignKey):
        return None
    if isinstance(found, models.DateTimeField):
        return dt.datetime(1, 1, 2, tzinfo=dt.UTC)
    if isinstance(found, models.DateField):
        return dt.date(1, 1, 2)
    return "" if isinstance(found, models.CharField | models.TextField) else None


def orders(asked: Asked) -> tuple[Order, ...]:
    """The columns of a search's ``_sort``, without the identifier that always ends it."""
    found = []
    for param, down in asked.sort:
        column = sortable(asked.resource, param)
        if column != "pk":
            found.append(Order(column, down, _floor(_column(asked.resource.model, column))))
    return tuple(found)


@cache
def _prepared(kind: str) -> "Prepared[..., Any]":
    """The compiled searches of one type."""

    def build(actor: Actor, now: dt.datetime, shape: Any, *leafs: Leaf) -> QuerySet[Any]:
        (one,) = shape
        found: QuerySet[Any] = one.build(Reach(actor, now), leafs)
        return found

    return Prepared(build)


def run(shape: Shape, access: Access, leafs: Sequence[Leaf], *, live: bool = False) -> list[Any]:
    """The rows of a search, under the actor's reach. ``live``: compiled for this time alone."""
    now = timezone.now()
    if not live:
        try:
            return list(
                _prepared(shape.resource.type)(access.actor, now, frozenset({shape}), *leafs)
            )
        except (BakedValue, TypeError):
            pass  # A condition that computes with its values: right, only slower.
        finally:
            group, shape.group = shape.group, None
        shape.group = group
    return list(shape.build(Reach(access.actor, now), leafs))


def find(
    resource: Resource, clauses: Sequence[Clause], access: Access, *, size: int = 2
) -> list[Any]:
    """At most ``size`` rows that answer to these clauses: reads, and what conditions name."""
    group = Group(tuple(clauses))
    shape = Shape(resource, group, (), size, after=False, many=False)
    return run(shape, access, group.leafs, live=group.live)


def found_after(
    resource: Resource, clauses: Sequence[Clause], access: Access, key: UUID | None, size: int
) -> list[Any]:
    """At most ``size`` rows that answer to these clauses, by identifier, those after ``key``."""
    group = Group(tuple(clauses))
    shape = Shape(resource, group, (), size, after=key is not None, many=False)
    return run(shape, access, [*group.leafs, *([key] if key else [])], live=group.live)


@dataclass
class Page:
    """Rows of one page, and the place of the next one."""

    rows: list[Any]
    cursor: str = ""


def page(asked: Asked, access: Access, place: Sequence[Leaf] | None = None) -> Page:
    """One page of a search; ``place`` is where the one before ended."""
    limits = access.limits(asked.resource, "s")
    group, columns = Group((*limits, *asked.clauses)), orders(asked)
    leafs = [*group.leafs, *(one.floor for one in columns if one.floor is not None)]
    shape = Shape(asked.resource, group, columns, asked.count + 1, place is not None)
    rows = run(shape, access, [*leafs, *(place or ())], live=group.live)
    if len(rows) <= asked.count:
        return Page(rows)
    last = rows[asked.count - 1]
    at = [getattr(last, f"_sort{number}") for number in range(len(columns))]
    return Page(rows[: asked.count], seal(asked, access, [*at, last.pk]))


def total(asked: Asked, access: Access) -> int:
    """How many rows answer, within reach."""
    limits = access.limits(asked.resource, "s")
    group = Group((*limits, *asked.clauses))
    rows = asked.resource.rows(access.reach)
    return int(rows.filter(group.condition(access.reach, Values(group.leafs))).order_by().count())


# ------------------------------------------------------------------ the place of the next page
def _bearer(access: Access) -> list[str]:
    actor = access.actor
    return [str(access.caller.client_id), str(actor.user_id), str(actor.holder_id)]


def seal(asked: Asked, access: Access, place: Sequence[Leaf]) -> str:
    """A link's place: the search and where it goes on, for this caller alone."""
    return seal_place(asked.resource.type, asked.understood, access, place)


def seal_place(
    of: str, query: Sequence[tuple[str, str]], access: Access, place: Sequence[Leaf]
) -> str:
    """The same, of whatever is given by pages: ``of`` says what."""
    content = {
        "t": of,
        "q": query,
        "b": _bearer(access),
        "p": [_written(one) for one in place],
    }
    sealed = keys.seal(json.dumps(content).encode(), context=CONTEXT)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(text: str, access: Access) -> tuple[str, list[tuple[str, str]], list[Leaf]]:
    """(type, parameters, place) of a link that this caller was given. Raises Problem 400."""
    refused = problem(400, "This link is not one of yours, or is too old.", where="http._cursor")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        content = json.loads(keys.open_(raw, context=CONTEXT))
    except (ValueError, keys.CannotOpenError):
        raise refused from None
    if content["b"] != _bearer(access):
        raise refused
    pairs = [(str(name), str(value)) for name, value in content["q"]]
    return str(content["t"]), pairs, [_read(one) for one in content["p"]]


def _written(value: Leaf) -> list[Any]:
    if isinstance(value, UUID):
        return ["u", str(value)]
    if isinstance(value, dt.datetime):
        return ["t", value.isoformat()]
    if isinstance(value, dt.date):
        return ["d", value.isoformat()]
    return ["v", value]


def _read(written: list[Any]) -> Leaf:
    kind, value = written
    if kind == "u":
        return UUID(value)
    if kind == "t":
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if kind == "d" else value
