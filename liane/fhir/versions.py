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
from liane.core.inserting import insert
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


def states(kind: str, ids: Sequence[UUID], projections: Sequence[Json]) -> list[State]:
    """The state of each resource. One query."""
    known = latest(kind, ids)
    return [State(made, known.get(key)) for key, made in zip(ids, projections, strict=True)]


def keep(
    kind: str,
    key: UUID,
    *,
    method: str,
    body: Json,
    projection: Json,
    number: int,
    person_id: UUID | None,
    area: str,
    client_id: object = "",
) -> Received:
    """Keep a version, in the caller's transaction. IntegrityError when another came first."""
    row = Received(
        type=kind,
        object_id=key,
        person_id=person_id,
        area=area,
        number=number,
        method=method,
        digest=digest(projection),
        client_id=str(client_id)[:100],
        **author_of(acting.current()),
    )
    row.body, row.projection = wire.dump(body), wire.dump(projection)
    return insert(row)


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


__all__ = ["Method", "State", "digest", "keep", "latest", "states", "without_server_parts"]
