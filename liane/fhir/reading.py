"""From rows to what is shown: projected in bulk, overlaid on what was received, narrowed, recorded.

Whatever shows a resource goes through :func:`render`: the ledger notes each person shown, and what
a role may not see is taken out after the merge: the received body does not show it either.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from liane.core import ledger
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.fhir import versions
from liane.fhir.access import Access
from liane.fhir.outcomes import not_found, problem
from liane.fhir.resources.base import Resource
from liane.fhir.search.clauses import Fixed
from liane.fhir.search.running import find
from liane.fhir.versions import State

Json = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """A resource about to be shown, with its version and date."""

    resource: Resource
    row: Any
    key: UUID
    body: Json
    version: str
    at: dt.datetime
    state: State

    @property
    def etag(self) -> str:
        """Its weak entity tag."""
        return f'W/"{self.version}"'


def render(resource: Resource, rows: Sequence[Any], access: Access) -> list[Shown]:
    """The resources of these rows, noted in the ledger.

    Two queries at most, besides the mapper's: none where a search said that there is no more.
    """
    if not rows:
        return []
    keys = [resource.key_of(row) for row in rows]
    made = [{"resourceType": resource.type, **one} for one in resource.project(rows)]
    received = [resource.key_of(row) for row in rows if getattr(row, "_received", True)]
    found = versions.states(resource.type, keys, made, received)
    told = _told(resource, rows)
    bodies = resource.narrow([one.content() for one in found], rows, access.actor)
    note(resource, rows)
    return [
        _shown(resource, row, key, body, state, told.get(key))
        for row, key, body, state in zip(rows, keys, bodies, found, strict=True)
    ]


def _shown(
    resource: Resource, row: Any, key: UUID, body: Json, state: State, told: dt.datetime | None
) -> Shown:
    at = resource.since(row)
    if told is not None and told > at:
        at = told
    if state.last is not None and state.last.at > at:
        at = state.last.at
    version = state.version
    meta = {**body.get("meta", {}), "versionId": version, "lastUpdated": instant(at)}
    first = {"resourceType": resource.type, "id": str(key), "meta": meta}
    return Shown(resource, row, key, {**first, **body, **first}, version, at, state)


def shown_each(
    resource: Resource, rows: Sequence[Any], states: Sequence[State], access: Access
) -> list[Shown]:
    """Resources just written."""
    bodies = resource.narrow([one.content() for one in states], rows, access.actor)
    note(resource, rows)
    return [
        _shown(resource, row, resource.key_of(row), body, state, None)
        for row, body, state in zip(rows, bodies, states, strict=True)
    ]


def instant(at: dt.datetime) -> str:
    """A FHIR instant, in UTC."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def note(resource: Resource, rows: Iterable[Any]) -> None:
    """Record in the ledger whose resources of this type are shown."""
    people = dict.fromkeys(resource.person_of(row) for row in rows)
    ledger.read([one for one in people if one is not None], f"fhir.{resource.type}")


def _told(resource: Resource, rows: Sequence[Any]) -> dict[UUID, dt.datetime]:
    """When the journal last told of each; asked for those rows that a search did not bring."""
    if not resource.journal or resource.told_by_rows:
        return {}
    found = {resource.key_of(row): row._told for row in rows if hasattr(row, "_told")}
    left = [resource.key_of(row) for row in rows if not hasattr(row, "_told")]
    if left:
        by_person = resource.journal_key == "person_id"
        found |= dict(_last_told(by_person, list(resource.journal), left))
    return found


@prepared
def _last_told(
    by_person: bool, kinds: list[str], keys: list[UUID]
) -> QuerySet[Entry, tuple[UUID, dt.datetime]]:
    column = "person_id" if by_person else "object_id"
    rows = Entry.objects.filter(kind__in=kinds, **{f"{column}__in": keys}).order_by()
    told = rows.values(column).annotate(at=Max("recorded_at"))
    return cast("QuerySet[Entry, tuple[UUID, dt.datetime]]", told.values_list(column, "at"))


def one_row(resource: Resource, key: UUID | None, access: Access, letter: str) -> Any:
    """The row of this identifier, within reach and scopes. Raises Problem 404."""
    if key is None:
        raise not_found()
    access.require(resource.type, letter)
    named = Fixed(("is", resource.type), (key,), is_named)
    limits = access.limits(resource, letter, alive=False)
    rows = find(resource, [*limits, named], access, size=1)
    if not rows:
        raise not_found()
    return rows[0]


def is_named(leafs: Sequence[Any]) -> Q:
    """It is the one of this identifier, or of one of these."""
    return Q(pk=leafs[0]) if len(leafs) == 1 else Q(pk__in=list(leafs))


def one(resource: Resource, key: UUID | None, access: Access) -> Shown:
    """One resource. Raises Problem 404, or 410 when it was deleted here."""
    row = one_row(resource, key, access, "r")
    (shown,) = render(resource, [row], access)
    if shown.state.is_deleted:
        raise problem(410, "This resource was deleted.", code="deleted")
    return shown
