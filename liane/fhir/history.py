"""Versions read again: ``vread`` and ``_history``, within the reach that the resource has now."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.utils.http import http_date

from liane.fhir import reading, wire
from liane.fhir.access import Access
from liane.fhir.addresses import base, url
from liane.fhir.answers import Answer
from liane.fhir.calls import Pairs
from liane.fhir.models import Received
from liane.fhir.outcomes import not_found, problem
from liane.fhir.reading import Shown
from liane.fhir.resources.base import Resource
from liane.fhir.search import running, values
from liane.fhir.search.clauses import Group, Values
from liane.fhir.versions import Method

Json = dict[str, Any]
PAGE, MOST = 50, 200
VERBS = {
    Method.CREATE: "POST",
    Method.UPDATE: "PUT",
    Method.PATCH: "PUT",
    Method.DELETE: "DELETE",
    Method.SEEN: "PUT",
}


def version(resource: Resource, key: UUID | None, name: str, access: Access) -> Answer:
    """One version. Raises Problem 404, or 410 for the version that says it was deleted."""
    shown = _present(resource, key, access)
    if name == shown.version and not shown.state.is_deleted:
        return Answer(200, shown.body, dated(shown.version, shown.at))
    if not name.isdecimal() or len(name) > 9:
        raise not_found()
    rows = Received.objects.filter(type=resource.type, object_id=shown.key, number=int(name))
    kept = rows.first()
    if kept is None:
        raise not_found()
    if kept.method == Method.DELETE:
        raise problem(410, "This version says that it was deleted.", code="deleted")
    (body,) = _narrowed(resource, shown, [kept], access)
    return Answer(200, body, dated(kept.number, kept.at))


def dated(version: object, at: dt.datetime) -> dict[str, str]:
    """``ETag`` and ``Last-Modified``."""
    return {"ETag": f'W/"{version}"', "Last-Modified": http_date(at.timestamp())}


def of_one(resource: Resource, key: UUID | None, query: Pairs, access: Access) -> Answer:
    """The versions of one resource, newest first."""
    shown = _present(resource, key, access)
    asked = _asked(query)
    kept = Received.objects.filter(type=resource.type, object_id=shown.key, **asked.since_only())
    here = kept.filter(number__lt=asked.before) if asked.before else kept
    rows = list(here.order_by("-number")[: asked.count + 1])
    now = _now(shown)
    entries = [] if asked.before else [*now]
    bodies = _narrowed(resource, shown, rows[: asked.count], access)
    entries += [_entry(resource, one, body) for one, body in zip(rows, bodies, strict=False)]
    more = {"_before": rows[asked.count - 1].number} if len(rows) > asked.count else {}
    path = f"{resource.type}/{key}/_history"
    return Answer(200, _bundle(path, entries, more, asked, total=kept.count() + len(now)))


def of_type(resource: Resource, query: Pairs, access: Access) -> Answer:
    """The last versions kept of every resource of a type within reach, newest first."""
    access.require(resource.type, "r")
    path = f"{resource.type}/_history"
    place: list[Any] = []
    if cursor := dict(query).get("_cursor"):
        of, query, place = running.unseal(cursor, access)
        if of != path:
            raise problem(400, "This link is of another type.", where="http._cursor")
    asked = _asked(query)
    group = Group(tuple(access.limits(resource, "r")))
    reached = resource.rows(access.reach).filter(group.condition(access.reach, Values(group.leafs)))
    kept = Received.objects.filter(
        type=resource.type, object_id__in=reached.order_by().values("pk"), **asked.since_only()
    )
    if place:
        at, last = place
        kept = kept.filter(Q(at__lt=at) | Q(at=at, id__lt=last))
    rows = list(kept.order_by("-at", "-id")[: asked.count + 1])
    more = {}
    if len(rows) > asked.count:
        rows = rows[: asked.count]
        place = [rows[-1].at, rows[-1].pk]
        more["_cursor"] = running.seal_place(path, asked.pairs(), access, place)
    present = {one.pk: one for one in reached.filter(pk__in=[one.object_id for one in rows])}
    entries = []
    for one in rows:
        (body,) = _bodies(resource, [one])
        (body,) = resource.narrow([body], [present[one.object_id]], access.actor)
        entries.append(_entry(resource, one, body))
    reading.note(resource, present.values())
    return Answer(200, _bundle(path, entries, more, asked))


def _present(resource: Resource, key: UUID | None, access: Access) -> Shown:
    """The resource as it is now, deleted or not, within reach."""
    row = reading.one_row(resource, key, access, "r")
    (shown,) = reading.render(resource, [row], access)
    return shown


class _Asked:
    """``_count``, ``_since``, and where the page before ended."""

    def __init__(self, count: int, since: dt.datetime | None, before: int | None) -> None:
        self.count, self.since, self.before = count, since, before

    def since_only(self) -> dict[str, Any]:
        return {"at__gte": self.since} if self.since else {}

    def pairs(self) -> Pairs:
        """As they are asked again for the next page."""
        since = [("_since", reading.instant(self.since))] if self.since else []
        return [("_count", str(self.count)), *since]


def _asked(query: Pairs) -> _Asked:
    asked = dict(query)
    count = asked.get("_count", str(PAGE))
    before = asked.get("_before", "")
    if not count.isdecimal() or len(count) > 9 or (before and not before.isdecimal()):
        raise values.bad("_count", "write a number")
    since = None
    if asked.get("_since"):
        try:
            since = values.span(asked["_since"]).start
        except (ValueError, OverflowError) as error:
            raise values.bad("_since", str(error)) from None
    return _Asked(max(1, min(int(count), MOST)), since, int(before[:9]) if before else None)


def _bodies(resource: Resource, rows: Sequence[Received]) -> list[Json]:
    return [
        {"resourceType": resource.type, **(wire.stored(bytes(one.body)) if one.body else {})}
        for one in rows
    ]


def _narrowed(
    resource: Resource, shown: Shown, rows: Sequence[Received], access: Access
) -> list[Json]:
    bodies = _bodies(resource, rows)
    narrowed = resource.narrow(bodies, [shown.row] * len(rows), access.actor)
    return [_dated(resource, one, body) for one, body in zip(rows, narrowed, strict=True)]


def _dated(resource: Resource, one: Received, body: Json) -> Json:
    at = reading.instant(one.at)
    meta = {**body.get("meta", {}), "versionId": str(one.number), "lastUpdated": at}
    return {**body, "resourceType": resource.type, "id": str(one.object_id), "meta": meta}


def _now(shown: Shown) -> list[Json]:
    """What the pages changed since the last version kept."""
    if shown.state.is_as_received or shown.state.is_deleted:
        return []
    return [
        {
            "fullUrl": url(shown.resource.type, shown.key),
            "resource": shown.body,
            "request": {"method": "PUT", "url": f"{shown.resource.type}/{shown.key}"},
            "response": {
                "status": "200",
                "etag": shown.etag,
                "lastModified": reading.instant(shown.at),
            },
        }
    ]


def _entry(resource: Resource, one: Received, body: Json) -> Json:
    method = VERBS[Method(one.method)]
    path = resource.type if method == "POST" else f"{resource.type}/{one.object_id}"
    status = {"POST": "201", "DELETE": "204"}.get(method, "200")
    made: Json = {
        "fullUrl": url(resource.type, one.object_id),
        "request": {"method": method, "url": path},
        "response": {
            "status": status,
            "etag": f'W/"{one.number}"',
            "lastModified": reading.instant(one.at),
        },
    }
    return made if method == "DELETE" else made | {"resource": _dated(resource, one, body)}


def _bundle(
    path: str, entries: list[Json], more: Mapping[str, Any], asked: _Asked,
    *, total: int | None = None,
) -> Json:  # fmt: skip
    links = [{"relation": "self", "url": f"{base()}/{path}"}]
    if more:
        query = [*more.items()] if "_cursor" in more else [*asked.pairs(), *more.items()]
        links.append({"relation": "next", "url": f"{base()}/{path}?{urlencode(query)}"})
    made: Json = {"resourceType": "Bundle", "type": "history", "link": links}
    if total is not None:
        made["total"] = total
    return made | ({"entry": entries} if entries else {})
