"""Versions of resources: append-only rows of what was received, and the mark of what it is now.

``versionId`` is the number of the last version kept, while our rows still say what they said then.
Once they were changed through the pages, a mark of the content is added (``3-1f2e…``): two
contents never share a version, so ``If-Match`` protects what somebody did on a page as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from liane.core import acting, keys
from liane.core.inserting import insert_all
from liane.core.models import author_of
from liane.core.prepared import prepared
from liane.fhir import wire
from liane.fhir.merging import merge
from liane.fhir.models import Received

Json = dict[str, Any]
Method = Received.Method


@prepared
def _latest(kind: str, ids: list[UUID]) -> QuerySet[Received]:
    later = Received.objects.filter(
        type=OuterRef("type"), object_id=OuterRef("object_id"), number__gt=OuterRef("number")
    )
    return Received.objects.filter(~Exists(later), type=kind, object_id__in=ids)


def latest(kind: str, ids: Sequence[UUID]) -> dict[UUID, Received]:
    """The last version kept of each. One query."""
    return {one.object_id: one for one in _latest(kind, list(ids))} if ids else {}


def digest(projection: Json) -> str:
    """A mark of a content, keyed: it tells nothing of what it is the mark of."""
    return keys.digest(wire.canonical(projection).decode(), purpose="fhir-version")[-16:]


@dataclass(frozen=True)
class State:
    """A resource as it is: what our rows say, over what was last received of it."""

    projection: Json
    last: Received | None

    @cached_property
    def mark(self) -> str:
        """The mark of what our rows say."""
        return digest(self.projection)

    @property
    def is_as_received(self) -> bool:
        """True while our rows say what they said at the last version."""
        return self.last is not None and self.last.digest == self.mark

    @property
    def version(self) -> str:
        """The ``versionId``."""
        if self.last is None:
            return f"0-{self.mark}"
        return str(self.last.number) if self.is_as_received else f"{self.last.number}-{self.mark}"

    @property
    def is_deleted(self) -> bool:
        """True when it was deleted through this interface."""
        return self.last is not None and self.last.method == Method.DELETE

    def content(self) -> Json:
        """The resource, without id, version and date."""
        if self.last is None or self.is_deleted:
            return dict(self.projection)
        body = wire.stored(bytes(self.last.body))
        if self.is_as_received:
            return body
        return merge(body, wire.stored(bytes(self.last.projection)), self.projection)


def states(
    kind: str, ids: Sequence[UUID], projections: Sequence[Json], received: Sequence[UUID]
) -> list[State]:
    """The state of each resource. One query, for those that may have been ``received``."""
    known = latest(kind, received)
    return [State(made, known.get(key)) for key, made in zip(ids, projections, strict=True)]


@dataclass(frozen=True)
class Kept:
    """What a new version holds; ``number`` is its own."""

    key: UUID
    body: Json
    projection: Json
    number: int
    person_id: UUID | None


def keep(kind: str, one: Kept, *, method: str, area: str, client_id: object = "") -> Received:
    """Keep a version, in the caller's transaction. IntegrityError when another came first."""
    (made,) = keep_each(kind, [one], method=method, area=area, client_id=client_id)
    return made


def keep_each(
    kind: str, several: Sequence[Kept], *, method: str, area: str, client_id: object = ""
) -> list[Received]:
    """The same for several resources of one type, in one statement."""
    author = author_of(acting.current())
    rows = []
    for one in several:
        row = Received(
            type=kind,
            object_id=one.key,
            person_id=one.person_id,
            area=area,
            number=one.number,
            method=method,
            digest=digest(one.projection),
            client_id=str(client_id)[:100],
            **author,
        )
        row.body, row.projection = wire.dump(one.body), wire.dump(one.projection)
        rows.append(row)
    insert_all(rows)
    return rows


def without_server_parts(body: Mapping[str, Any]) -> Json:
    """A received resource without what the server gives: id, version, date."""
    made = {name: value for name, value in body.items() if name != "id"}
    meta = made.get("meta")
    if isinstance(meta, dict):
        kept = {
            name: value
            for name, value in meta.items()
            if name not in {"versionId", "lastUpdated", "_versionId", "_lastUpdated"}
        }
        made["meta"] = kept
        if not kept:
            del made["meta"]
    return made


__all__ = [
    "Kept",
    "Method",
    "State",
    "digest",
    "keep",
    "keep_each",
    "latest",
    "states",
    "without_server_parts",
]
