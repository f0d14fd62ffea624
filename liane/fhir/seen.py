"""A reader of the journal: what the pages changed of a resource known to applications is a version.

A resource that no application ever wrote has no version kept: its present form is all there is. The
version of one that was is kept as soon as the journal tells of a change, so that ``_history`` shows
what the pages did, and when.
"""

from collections.abc import Collection
from uuid import UUID

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.models import Entry
from liane.fhir import resources, versions
from liane.fhir.models import Received
from liane.fhir.resources.base import Resource
from liane.fhir.versions import Kept, Method, State


def read(entries: Collection[Entry]) -> None:
    """Keep the versions that these entries tell of. Reading them again changes nothing."""
    for resource in resources.every().values():
        keys = resource.changed_by(entries)
        if keys:
            _note(resource, keys)


def _note(resource: Resource, keys: set[UUID]) -> None:
    known = versions.latest(resource.type, sorted(keys))
    alive = {key: one for key, one in known.items() if one.method != Method.DELETE}
    if not alive:
        return
    rows = list(resource.rows(Reach.of(acting.current()), many=False).filter(pk__in=list(alive)))
    for row, made in zip(rows, resource.project(rows), strict=True):
        last = alive[resource.key_of(row)]
        state = State({"resourceType": resource.type, **made}, last)
        if not state.is_as_received:
            _keep(resource, state, last)


def _keep(resource: Resource, state: State, last: Received) -> None:
    body = {name: one for name, one in state.content().items() if name != "id"}
    kept = Kept(last.object_id, body, state.projection, last.number + 1, last.person_id)
    versions.keep(resource.type, kept, method=Method.SEEN, area=last.area)
