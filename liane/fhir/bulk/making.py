"""The worker's part: pages of each type, under the reach that the application has now, in files.

An export that was cut in the middle begins again: what it had written is removed first.
"""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.tasks import task
from django.utils import timezone

from liane.circle.seats import client_actor
from liane.clients.access import Caller
from liane.clients.models import Client
from liane.clients.scopes import Scopes
from liane.core import ledger
from liane.core.acting import acting, system
from liane.core.areas import Area
from liane.core.files import store
from liane.core.models import AccessRow
from liane.fhir import reading, resources, searching, wire
from liane.fhir.access import Access
from liane.fhir.bulk import kept
from liane.fhir.bulk.wanted import Wanted, given
from liane.fhir.models import Export, ExportFile
from liane.fhir.outcomes import not_found
from liane.fhir.resources.base import Resource
from liane.fhir.search import asked as asking
from liane.fhir.search import values
from liane.fhir.search.asked import Asked
from liane.fhir.search.clauses import Clause, Fixed, Group
from liane.fhir.search.includes import padded
from liane.fhir.search.running import page
from liane.followups.queries import accompanied
from liane.pathways.models import Enrolment

log = structlog.get_logger(__name__)
PAGE = 200
"""Resources read at once."""
LARGEST = 10_000_000
"""Bytes after which a file is closed."""
PEOPLE = 128
"""Persons of a group asked about at once."""
S = Export.State


@task
def make(export_id: str) -> None:
    """Write the files of an export. Again: it begins anew; of one that is over, nothing."""
    with acting(system("fhir export")):
        found = Export.objects.filter(pk=export_id, state__in=[S.WAITING, S.RUNNING]).first()
        if found is None:
            return
        kept.remove_files(found)
        Export.objects.filter(pk=found.pk).update(state=S.RUNNING, done=0, at=timezone.now())
    try:
        _written(found)
    except Exception as error:
        with acting(system("fhir export")):
            kept.end(found, S.FAILED)
        log.error("export_failed", error=type(error).__name__)
        raise
    with acting(system("fhir export")):
        Export.objects.filter(pk=found.pk, state=S.RUNNING).update(state=S.DONE)


def access_of(export: Export) -> Access | None:
    """What the application may read now, of what it could when it asked. None: nothing at all."""
    client = Client.objects.filter(pk=export.client_id).select_related("organisation").first()
    if client is None or client.status != Client.Status.ACTIVE or not client.organisation.active:
        return None
    scopes = Scopes.parse(export.scopes).within(client.granted).only("system")
    actor = client_actor(client.organisation_id, client.name)
    return Access(Caller(actor, client.pk, scopes, None, client.name))


def people(asked: Wanted, access: Access) -> list[UUID] | None:
    """The persons of a group: of one circle, of one pathway, of the file active of the caller's own
    organisation. None: all those within reach, which is also the group of an organisation that
    keeps no file active.

    Raises Problem 404 for a group that the caller does not reach.
    """
    if asked.level != "Group":
        return None
    reach, group = access.reach, asked.group_id
    if group is None:
        raise not_found()
    if group == access.actor.organisation_id:
        followed = accompanied(group)
        if followed is None:
            return None
        found: list[UUID] = []
        for some in batched(followed, PEOPLE):
            found += reach.patients().filter(pk__in=some).values_list("pk", flat=True)
        return found
    if reach.patients(Area.CIRCLE).filter(pk=group).exists():
        return [group]
    rows = Enrolment.objects.within(reach).filter(
        project=group, status__in=["proposed", "included", "suspended"]
    )
    followers = list(rows.order_by("person_id").values_list("person_id", flat=True).distinct())
    if not followers:
        raise not_found()
    return followers


def _written(export: Export) -> None:
    asked = Wanted.read(export.asked)
    with acting(system("fhir export")):
        access = access_of(export)
    if access is None:
        raise PermissionError("The application is not allowed any more.")
    with acting(access.actor, read_only=True):
        about = people(asked, access)
    for kind in asked.types:
        resource = resources.get(kind)
        if resource is None or not given(kind, access):
            continue
        lines: list[bytes] = []
        size = 0
        for page_lines in _pages(export, resource, asked, access, about):
            lines += page_lines
            size += sum(map(len, page_lines))
            if size >= LARGEST:
                _file(export, kind, lines)
                lines, size = [], 0
        if lines:
            _file(export, kind, lines)


def _pages(
    export: Export, resource: Resource, asked: Wanted, access: Access, about: Sequence[UUID] | None
) -> Iterator[list[bytes]]:
    several: Iterator[tuple[UUID, ...] | None] = (
        iter([None]) if about is None else batched(about, PEOPLE)
    )
    for some in several:
        place: list[Any] | None = None
        while True:
            with ledger.recording(), acting(access.actor, read_only=True):
                clauses = [*_clauses(resource, asked, access), *_of(resource, some)]
                found = page(Asked(resource, clauses, count=PAGE), access, place)
                shown = reading.render(resource, found.rows, access)
                who = {resource.person_of(row) for row in found.rows} - {None}
                ledger.read(who, f"fhir.{resource.type}", action=AccessRow.Action.EXPORT)
                lines = [
                    wire.dump(searching.trimmed(one.body, "false", asked.elements)) + b"\n"
                    for one in shown if not one.state.is_deleted
                ]  # fmt: skip
            with acting(system("fhir export")):
                running = Export.objects.filter(pk=export.pk, state=S.RUNNING)
                export.done += len(lines)
                if not running.update(done=export.done):
                    return
            yield lines
            if not found.cursor:
                break
            place = [found.rows[-1].pk]


def _clauses(resource: Resource, asked: Wanted, access: Access) -> list[Clause]:
    # A page asks what a search may see: what a read may see comes on top.
    found = access.limits(resource, "r", alive=False)
    if asked.since:
        found += asking.read_clauses(resource, [("_lastUpdated", f"ge{asked.since}")], access)
    filters = [query for kind, query in asked.filters if kind == resource.type]
    if filters:
        either = tuple(
            Group(tuple(asking.read_clauses(resource, values.pairs(one), access)))
            for one in filters
        )
        found.append(Group(either, either=True))
    return found


def _of(resource: Resource, some: Sequence[UUID] | None) -> list[Clause]:
    path = resource.person_path
    if some is None or path is None:
        return []
    return [
        Fixed(("persons", resource.type), padded(list(some)),
              lambda leafs: Q(**{f"{path}__in": list(leafs)}))
    ]  # fmt: skip


def _file(export: Export, kind: str, lines: list[bytes]) -> None:
    with acting(system("fhir export")), transaction.atomic():
        made = store.made(
            b"".join(lines), name=f"{kind}.ndjson", content_type="application/fhir+ndjson",
            organisation_id=export.organisation_id,
        )  # fmt: skip
        ExportFile.objects.create(export=export, type=kind, count=len(lines), file=store.keep(made))
