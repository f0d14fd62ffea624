"""``$everything``: the record of one person, as far as the caller reaches, and whom it names."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from liane.fhir import reading, resources
from liane.fhir.access import Access
from liane.fhir.addresses import base, url
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters, text, whole
from liane.fhir.outcomes import Issue, not_found, outcome, problem
from liane.fhir.reading import Shown
from liane.fhir.resources.base import Resource
from liane.fhir.search import asked as asking
from liane.fhir.search import includes, running, values
from liane.fhir.search.clauses import Clause, same_person
from liane.fhir.writing import Writer

Json = dict[str, Any]
MOST = 1_000
"""Resources of one page, besides those that they name."""
ABOUT = frozenset({"AuditEvent", "Provenance"})
"""What is about the record rather than in it: given where ``_type`` names it."""
KNOWN = frozenset({"_type", "_since", "_count", "_cursor", "_format", "_pretty"})


@dataclass
class Asked:
    """What of the record is wanted; ``first`` and ``after``: where the page before ended."""

    person: UUID
    types: list[str]
    since: str
    count: int
    first: str = ""
    after: UUID | None = None

    @property
    def named(self) -> str:
        """What its pages are of, in their links."""
        return f"Patient/{self.person}/$everything"


def everything(call: Call, target: Target, on: Writer) -> Answer:
    """The bundle, by pages of ``_count``. Parameters: ``_type``, ``_since``, ``_count``."""
    if target.resource is None or target.key is None:
        raise not_found()
    given, access = parameters(call), on.access
    said = _unknown(given, call.prefer.strict)
    person = reading.one(target.resource, target.key, access)
    asked = _asked(given, target.key, access)
    kinds = _kinds(asked)
    shown: list[Shown] = []
    cursor = ""
    for kind in kinds[kinds.index(asked.first) if asked.first in kinds else 0 :]:
        after = asked.after if kind == asked.first else None
        found = _of(resources.every()[kind], person, asked, access, after,
                    asked.count + 1 - len(shown))  # fmt: skip
        shown += found
        if len(shown) > asked.count:
            del shown[asked.count :]
            cursor = _next(asked, shown[-1], access)
            break
    along = [] if asked.types else _named(shown, access)
    return Answer(200, _bundle(asked, shown, along, said, cursor))


def _unknown(given: dict[str, list[Any]], strict: bool) -> list[Issue]:
    """What is said of parameters that are not served. Raises Problem 400 when ``strict``."""
    said = []
    for name in given:
        if name not in KNOWN:
            words, where = f"Parameter '{name[:60]}' is not known here.", f"http.{name[:60]}"
            if strict:
                raise problem(400, words, code="not-supported", where=where)
            said.append(Issue(f"{words} It was ignored.", "not-supported", where, "warning"))
    return said


def _asked(given: dict[str, list[Any]], person: UUID, access: Access) -> Asked:
    """What was asked, or goes on. Raises Problem 400."""
    cursor = text(given, "_cursor")
    place: list[Any] = []
    if cursor:
        named, query, place = running.unseal(cursor, access)
        if named != f"Patient/{person}/$everything":
            raise problem(400, "This link is of another record.", where="http._cursor")
        given = {name: [value] for name, value in query}
    wanted = {one for part in given.get("_type", []) for one in str(part).split(",") if one}
    unknown = wanted - resources.names()
    if unknown:
        raise problem(400, f"{min(unknown)[:60]} is not served here.", where="http._type")
    count = whole(given, "_count", MOST, MOST)
    if not count:
        raise values.bad("_count", "write a number from 1 on")
    return Asked(person, sorted(wanted), text(given, "_since"), count, *place)


def _kinds(asked: Asked) -> list[str]:
    """The types to give, in the order of the pages: the person first."""
    found = [
        kind for kind, resource in resources.every().items()
        if resource.person_path is not None and kind != "Patient"
        and (kind in asked.types if asked.types else kind not in ABOUT)
    ]  # fmt: skip
    return ["Patient", *found] if not asked.types or "Patient" in asked.types else found


def _of(
    resource: Resource, person: Shown, asked: Asked, access: Access, after: UUID | None, size: int
) -> list[Shown]:
    if resource.type == "Patient":
        return [person] if after is None else []
    letter = next((one for one in "rs" if access.allows(resource.type, one)), "")
    if not letter:
        return []
    clauses: list[Clause] = [*access.limits(resource, letter), same_person(resource, person.key)]
    if asked.since:
        clauses += asking.read_clauses(resource, [("_lastUpdated", f"ge{asked.since}")], access)
    rows = running.found_after(resource, clauses, access, after, size)
    return reading.render(resource, rows, access)


def _next(asked: Asked, last: Shown, access: Access) -> str:
    """The place of the next page: after the last row shown, whatever is written meanwhile."""
    query = [("_count", str(asked.count))]
    query += [("_type", ",".join(asked.types))] if asked.types else []
    query += [("_since", asked.since)] if asked.since else []
    place = [last.resource.type, last.row.pk]
    return running.seal_place(asked.named, query, access, place)


def _named(shown: list[Shown], access: Access) -> list[Shown]:
    """Professionals and structures that these resources name."""
    known = {(one.resource.type, one.key) for one in shown}
    wanted = asking.Include("*", "*", iterate=True)
    asked = asking.Asked(shown[0].resource, include=[wanted]) if shown else None
    if asked is None:
        return []
    found, _ = includes.included(asked, shown, access)
    return [
        one for one in found
        if (one.resource.type, one.key) not in known and one.resource.person_path is None
    ]  # fmt: skip


def _bundle(
    asked: Asked, shown: list[Shown], along: list[Shown], said: list[Issue], cursor: str
) -> Json:
    entries = [_entry(one, "match") for one in shown] + [_entry(one, "include") for one in along]
    if said:
        entries.append({"resource": outcome(said), "search": {"mode": "outcome"}})
    path = f"{base()}/{asked.named}"
    made: Json = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "self", "url": path}],
    }
    if cursor:
        made["link"].append({"relation": "next", "url": f"{path}?_cursor={cursor}"})
    elif not asked.first:
        made["total"] = len(shown)
    return made | ({"entry": entries} if entries else {})


def _entry(one: Shown, mode: str) -> Json:
    return {
        "fullUrl": url(one.resource.type, one.key),
        "resource": one.body,
        "search": {"mode": mode},
    }


EVERYTHING = Operation(
    "everything",
    "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    frozenset({"instance"}),
    everything,
    frozenset({"Patient"}),
)
