"""A search answered: its bundle, links, what comes along, and only the elements asked for."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from liane.fhir import reading, spec
from liane.fhir.access import Access
from liane.fhir.addresses import base, url
from liane.fhir.answers import Answer
from liane.fhir.outcomes import Issue, outcome, problem
from liane.fhir.reading import Shown
from liane.fhir.resources.base import Resource
from liane.fhir.search import asked as asking
from liane.fhir.search import includes, running, values
from liane.fhir.search.asked import Asked

Json = dict[str, Any]
Pairs = list[tuple[str, str]]
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules"})


def answer(resource: Resource, query: Pairs, access: Access, strict: bool = False) -> Answer:
    """The searchset. Raises Problem 400 or 403."""
    if "search" not in resource.interactions:
        raise problem(405, f"{resource.type} is not searched.", code="not-supported")
    access.require(resource.type, "s")
    place = None
    cursor = dict(query).get("_cursor")
    if cursor is not None:
        kind, query, place = running.unseal(cursor, access)
        if kind != resource.type:
            raise problem(400, "This link is of another type.", where="http._cursor")
    asked = asking.read(resource, query, access, strict=strict)
    if asked.summary == "count":
        return Answer(200, _bundle(asked, [], running.total(asked, access)))
    page = running.page(asked, access, place)
    matches = reading.render(resource, page.rows, access)
    extra, said = (
        includes.included(asked, matches, access) if asked.include or asked.revinclude else ([], [])
    )
    entries = [_entry(asked, one, "match") for one in matches]
    entries += [_entry(asked, one, "include") for one in extra]
    if asked.warnings or said:
        entries.append(_told([*asked.warnings, *said]))
    total = None
    if asked.total != "none":
        total = running.total(asked, access)
    elif place is None and not page.cursor:
        total = len(matches)
    return Answer(200, _bundle(asked, entries, total, page.cursor))


def asked_of_one(resource: Resource, query: Pairs, strict: bool) -> tuple[str, tuple[str, ...]]:
    """(``_summary``, ``_elements``) of a read. Raises Problem 400; ``strict``: for any other
    parameter as well, or an element that there is not."""
    summary: str = "false"
    elements: tuple[str, ...] = ()
    for name, raw in query:
        unknown = ""
        if name in {"_summary", "_elements"}:
            unknown = asking.unserved(resource, name, raw)
        elif name not in {"_format", "_pretty"}:
            unknown = f"Parameter '{name[:60]}' is not known for a read."
        if unknown and strict:
            raise problem(400, unknown, code="not-supported", where=f"http.{name[:60]}")
        if name == "_summary" and raw:
            if raw not in asking.SUMMARIES - {"count"}:
                raise values.bad("_summary", "write true, text, data or false on a read")
            summary = raw
        elif name == "_elements":
            elements = asking.listed(raw)
    return summary, elements


def _bundle(asked: Asked, entries: list[Json], total: int | None, cursor: str = "") -> Json:
    path = f"{base()}/{asked.resource.type}"
    links = [{"relation": "self", "url": f"{path}?{urlencode(asked.understood)}".rstrip("?")}]
    if cursor:
        links.append({"relation": "next", "url": f"{path}?_cursor={cursor}"})
    made: Json = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if total is not None:
        made["total"] = total
    if entries:
        made["entry"] = entries
    return made


def _entry(asked: Asked, one: Shown, mode: str) -> Json:
    return {
        "fullUrl": url(one.resource.type, one.key),
        "resource": trimmed(one.body, asked.summary, asked.elements),
        "search": {"mode": mode},
    }


def _told(issues: Sequence[Issue]) -> Json:
    return {"resource": outcome(issues), "search": {"mode": "outcome"}}


def trimmed(body: Json, summary: str, elements: Sequence[str]) -> Json:
    """Only what ``_summary`` and ``_elements`` ask for, marked as such."""
    kind = str(body["resourceType"])
    if elements:
        named = [one.rsplit(".", 1)[-1] for one in elements if _of(kind, one)]
        known = asking.elements(kind)
        wanted = {name for one in named for name in known.get(one, ())} | _required(kind)
        return _marked(body, wanted) if named else body
    if summary == "true":
        return _marked(body, _summary(kind))
    if summary == "text":
        return _marked(body, _required(kind) | {"text"})
    return _marked(body, set(body) - {"text"}) if summary == "data" else body


def _of(kind: str, element: str) -> bool:
    return "." not in element or element.startswith(f"{kind}.")


def _marked(body: Json, wanted: set[str]) -> Json:
    made = {name: value for name, value in body.items() if name in ALWAYS or _base(name) in wanted}
    meta = made.get("meta", {})
    return made | {"meta": {**meta, "tag": [*meta.get("tag", []), SUBSETTED]}}


def _base(name: str) -> str:
    return name.removeprefix("_")


def _names(kind: str, name: str) -> list[str]:
    described = spec.types()[kind]["el"][name]
    if not name.endswith("[x]"):
        return [name]
    return [f"{name[:-3]}{code[0].upper()}{code[1:]}" for code in described["types"]]


def _summary(kind: str) -> set[str]:
    return {
        full for name, one in spec.types()[kind]["el"].items() if one.get("sum") or one["min"]
        for full in _names(kind, name)
    }  # fmt: skip


def _required(kind: str) -> set[str]:
    return {
        full for name, one in spec.types()[kind]["el"].items() if one["min"]
        for full in _names(kind, name)
    }  # fmt: skip
