"""Transactions and batches: entries that call one another, all of them or each for itself.

Entries run in the order of the standard (delete, create, update, read); creations in the order that
their references ask. A reference to another entry (its ``fullUrl``, or ``Type/id`` where an entry
brings that id, as the French guides write it) or a conditional one (``Patient?identifier=…``)
becomes that of the resource that it leads to, before the body is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.db import DatabaseError, transaction
from django.http import Http404

from liane.core.errors import Refused
from liane.fhir import interactions, resources
from liane.fhir.addresses import base
from liane.fhir.answers import Answer
from liane.fhir.calls import Call, Preferences
from liane.fhir.outcomes import Issue, Problem, from_refusal, not_found, outcome, problem
from liane.fhir.search import values
from liane.fhir.writing import Writer

Json = dict[str, Any]
MOST = 1_000
"""Entries of one bundle."""
ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}


@dataclass
class Entry:
    """One entry, and what became of it."""

    number: int
    method: str
    url: str
    resource: Json
    names: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    answer: Answer | None = None

    @cached_property
    def links(self) -> list[tuple[Json, str, str]]:
        """Its references and addresses, as they came."""
        return list(links(self.resource))

    @property
    def where(self) -> str:
        """Its place in the bundle."""
        return f"Bundle.entry[{self.number}]"


def run(bundle: Json, on: Writer, returns: str = "") -> Answer:
    """Run a bundle. Raises Problem: for a transaction, that of the entry that fails."""
    kind = bundle.get("type")
    if kind not in {"transaction", "batch"}:
        raise problem(400, "A transaction or a batch is expected.", where="Bundle.type")
    entries = [_entry(number, one) for number, one in enumerate(_entries(bundle))]
    if kind == "transaction":
        _alone(entries)
        for group in _grouped(_ordered(entries)):
            if not _together(group, on):
                for one in group:
                    one.answer = _all_or_nothing(one, on)
    else:
        for one in entries:
            one.answer = _for_itself(one, Writer(on.access))
    made = [_told(one, returns) for one in entries]
    body: Json = {"resourceType": "Bundle", "type": f"{kind}-response"}
    return Answer(200, body | ({"entry": made} if made else {}))


def _entries(bundle: Json) -> list[Any]:
    found = bundle.get("entry", [])
    if not isinstance(found, list):
        raise problem(400, "A list is expected.", code="structure", where="Bundle.entry")
    if len(found) > MOST:
        raise problem(400, f"More than {MOST} entries.", code="too-long", where="Bundle.entry")
    return found


def _entry(number: int, one: Any) -> Entry:
    where = f"Bundle.entry[{number}]"
    request = one.get("request") if isinstance(one, dict) else None
    if not isinstance(request, dict):
        raise problem(400, "An entry has a request.", code="required", where=f"{where}.request")
    method, address = request.get("method"), request.get("url")
    if not isinstance(method, str) or method not in ORDER or not isinstance(address, str):
        raise problem(400, "This request is not understood.", where=f"{where}.request")
    resource = one.get("resource")
    if method in {"POST", "PUT", "PATCH"} and not isinstance(resource, dict):
        raise problem(400, "A resource is expected.", code="required", where=f"{where}.resource")
    headers = {
        header: request[name]
        for name, header in (
            ("ifMatch", "if-match"), ("ifNoneExist", "if-none-exist"),
            ("ifNoneMatch", "if-none-match"), ("ifModifiedSince", "if-modified-since"),
        )
        if isinstance(request.get(name), str)
    }  # fmt: skip
    body = resource if isinstance(resource, dict) else {}
    return Entry(number, method, address, body, _names(one, body), headers)


def _names(one: Json, body: Json) -> tuple[str, ...]:
    """What other entries may call this one."""
    full, found = one.get("fullUrl"), []
    if isinstance(full, str):
        found.append(full)
    kind, key = body.get("resourceType"), body.get("id")
    if isinstance(kind, str) and isinstance(key, str):
        found.append(f"{kind}/{key}")
    return tuple(found)


def _alone(entries: list[Entry]) -> None:
    """The same resource is not written twice in a transaction (R4)."""
    seen: set[str] = set()
    for one in entries:
        if one.method in {"PUT", "PATCH", "DELETE"} and one.url in seen:
            raise problem(400, "This resource is written twice.", where=f"{one.where}.request.url")
        seen.add(one.url)


def _ordered(entries: list[Entry]) -> Iterator[Entry]:
    creations = [one for one in entries if one.method == "POST"]
    yield from (one for one in entries if ORDER[one.method] == 0)
    yield from by_need(creations)
    rest = [one for one in entries if ORDER[one.method] > 1]
    yield from sorted(rest, key=lambda one: (ORDER[one.method], one.number))


def by_need(entries: list[Entry]) -> Iterator[Entry]:
    """Creations, those that others refer to first. Raises Problem 422 for a circle."""
    named = {name: one.number for one in entries for name in one.names}
    needs = {
        one.number: {named[text] for _, _, text in one.links if text in named} - {one.number}
        for one in entries
    }
    waiting = {one.number: one for one in entries}
    while waiting:
        ready = [number for number in waiting if not needs[number] & set(waiting)]
        if not ready:
            where = waiting[min(waiting)].where
            raise problem(422, "These entries refer to one another in a circle.", where=where)
        for number in ready:
            yield waiting.pop(number)


def links(value: Any) -> Iterator[tuple[Json, str, str]]:
    """Every Reference inside, and every address of an Attachment: (holder, name in it, text)."""
    if isinstance(value, dict):
        for name in ("reference", "url"):
            if isinstance(text := value.get(name), str):
                yield value, name, text
        for inner in value.values():
            yield from links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from links(inner)


# ------------------------------------------------------------------ several entries
def _grouped(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries, in their order; creations of one type that know nothing of one another together."""
    group: list[Entry] = []
    for one in entries:
        if group and not (_plain(one) and _plain(group[0]) and one.url == group[0].url
                          and _apart(one, group)):  # fmt: skip
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _plain(one: Entry) -> bool:
    """A creation without any condition."""
    return one.method == "POST" and not one.headers and resources.get(one.url) is not None


def _apart(one: Entry, group: list[Entry]) -> bool:
    """It refers to nothing that another of the group becomes, nor to what a search would find."""
    named = {name for other in group for name in other.names}
    return not any(text in named or "?" in text for _, _, text in one.links)


def _together(group: list[Entry], on: Writer) -> bool:
    """Create these entries in bulk; False, and nothing written, where each goes by itself.

    What fails fails again by itself, which says where.
    """
    if len(group) < 2:
        return False
    resource = resources.get(group[0].url)
    assert resource is not None  # noqa: S101
    try:
        with transaction.atomic():
            for one in group:
                linked(one, on, alone=False)
            shown = on.create_each(resource, [one.resource for one in group])
    except (Problem, Refused, Http404, DatabaseError):
        return False
    for one, made in zip(group, shown or (), strict=bool(shown)):
        one.answer = interactions.written(made, 201, Preferences())
        remember(on, one, resource.type, made.key)
    return shown is not None


# ------------------------------------------------------------------ one entry
def _all_or_nothing(one: Entry, on: Writer) -> Answer:
    try:
        return _run(one, on)
    except Problem as reason:
        issues = [_placed(issue, one) for issue in reason.issues]
        raise Problem(reason.status, *issues) from None
    except Refused as reason:
        raise from_refusal(reason, f"{one.where}.resource") from None
    except Http404:
        raise problem(
            404, "Out of reach, or not there.", code="not-found", where=one.where
        ) from None


def _placed(issue: Issue, one: Entry) -> Issue:
    where = issue.where
    kind = str(one.resource.get("resourceType", ""))
    if kind and (where == kind or where.startswith((f"{kind}.", f"{kind}["))):
        where = f"{one.where}.resource{where[len(kind) :]}"
    elif not where.startswith("Bundle."):
        where = one.where
    return Issue(issue.text, issue.code, where, issue.severity)


def _for_itself(one: Entry, on: Writer) -> Answer:
    try:
        with transaction.atomic():
            return _run(one, on, alone=True)
    except Problem as reason:
        return Answer(reason.status, outcome(reason.issues))
    except Refused as reason:
        refused = from_refusal(reason)
        return Answer(refused.status, outcome(refused.issues))
    except Http404:
        return Answer(404, outcome(not_found().issues))
    except DatabaseError:
        return Answer(409, outcome([Issue("Somebody wrote this meanwhile.", "conflict")]))


def _run(one: Entry, on: Writer, *, alone: bool = False) -> Answer:
    linked(one, on, alone=alone)
    asked = interactions.read(_call(one))
    answer = asked.run(on)
    if answer.body is not None and one.method in {"POST", "PUT"}:
        key = values.uuid(str(answer.body.get("id", "")))
        if key is not None:
            remember(on, one, str(answer.body.get("resourceType")), key)
    return answer


def remember(on: Writer, one: Entry, kind: str, key: UUID) -> None:
    """Other entries may now refer to what this one became."""
    for name in one.names:
        on.made[name] = (kind, key)


def linked(one: Entry, on: Writer, *, alone: bool = True) -> None:
    """Put in the body what its references to other entries, and conditional ones, lead to."""
    for holder, name, text in one.links:
        if text in on.made:
            kind, key = on.made[text]
            holder[name] = f"{kind}/{key}"
        elif name == "url":
            continue
        elif text.startswith("urn:uuid:") and not alone:
            where = f"{one.where}.resource"
            raise problem(422, f"{text[:60]} is no entry of this bundle.", where=where)
        elif "?" in text and not text.startswith(("#", "urn:", "http")):
            holder["reference"] = on.conditional(text)


def _call(one: Entry) -> Call:
    address = one.url.removeprefix(base()).lstrip("/")
    parts = urlsplit(address)
    path = [unquote(part) for part in parts.path.split("/") if part]
    query = values.pairs(parts.query)
    if one.method == "POST" and len(path) == 2 and path[1][:1] not in "_$":
        path = path[:1]  # The French guides write the sender's own identifier there.
    return Call(one.method, path, query, one.headers, lambda: one.resource, lambda: [],
                lambda: one.resource)  # fmt: skip


def _told(one: Entry, returns: str) -> Json:
    answer = one.answer
    assert answer is not None  # noqa: S101
    response: Json = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    location = answer.headers.get("Location") or answer.headers.get("Content-Location")
    if location:
        response["location"] = location
    if "ETag" in answer.headers:
        response["etag"] = answer.headers["ETag"]
    body = answer.body
    is_outcome = body is not None and body.get("resourceType") == "OperationOutcome"
    if is_outcome and answer.status >= 400:
        response["outcome"] = body
    if "ETag" in answer.headers and body and "meta" in body:
        response["lastModified"] = body["meta"]["lastUpdated"]
    made: Json = {"response": response}
    shows = one.method in {"GET", "HEAD"} or returns == "representation"
    if shows and body is not None and not (is_outcome and answer.status >= 400):
        made["resource"] = body
    return made
