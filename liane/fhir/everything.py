"""``$everything``: the record of one person, as far as the caller reaches, and whom it names."""

from typing import Any

from liane.fhir import reading, resources
from liane.fhir.access import Access
from liane.fhir.addresses import base, url
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters, text
from liane.fhir.outcomes import Issue, not_found, outcome, problem
from liane.fhir.reading import Shown
from liane.fhir.resources.base import Resource
from liane.fhir.search import asked as asking
from liane.fhir.search import includes
from liane.fhir.search.clauses import Clause, same_person
from liane.fhir.search.running import find
from liane.fhir.writing import Writer

Json = dict[str, Any]
MOST = 1_000
"""Resources of one type."""
ABOUT = frozenset({"AuditEvent", "Provenance"})
"""What is about the record rather than in it: given where ``_type`` names it."""


def everything(call: Call, target: Target, on: Writer) -> Answer:
    """The bundle. Parameters: ``_type``, ``_since``."""
    if target.resource is None or target.key is None:
        raise not_found()
    given, access = parameters(call), on.access
    person = reading.one(target.resource, target.key, access)
    wanted = {one for part in given.get("_type", []) for one in str(part).split(",") if one}
    unknown = wanted - resources.names()
    if unknown:
        raise problem(400, f"{min(unknown)[:60]} is not served here.", where="http._type")
    since = text(given, "_since")
    shown = [person] if not wanted or "Patient" in wanted else []
    said: list[Issue] = []
    for resource in resources.every().values():
        if resource.person_path is None or resource.type == "Patient":
            continue
        if resource.type in ABOUT and resource.type not in wanted:
            continue
        if not wanted or resource.type in wanted:
            found = _of(resource, target, access, since)
            shown += found
            if len(found) >= MOST:
                words = f"More than {MOST} {resource.type}: search them."
                said.append(Issue(words, "too-costly", severity="warning"))
    along = [] if wanted else _named(shown, access)
    return Answer(200, _bundle(target, shown, along, said))


def _of(resource: Resource, target: Target, access: Access, since: str) -> list[Shown]:
    letter = next((one for one in "rs" if access.allows(resource.type, one)), "")
    if not letter or target.key is None:
        return []
    clauses: list[Clause] = [*access.limits(resource, letter), same_person(resource, target.key)]
    if since:
        clauses += asking.read_clauses(resource, [("_lastUpdated", f"ge{since}")], access)
    rows = find(resource, clauses, access, size=MOST)
    return reading.render(resource, rows, access)


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


def _bundle(target: Target, shown: list[Shown], along: list[Shown], said: list[Issue]) -> Json:
    entries = [_entry(one, "match") for one in shown] + [_entry(one, "include") for one in along]
    if said:
        entries.append({"resource": outcome(said), "search": {"mode": "outcome"}})
    path = f"{base()}/Patient/{target.key}/$everything"
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(shown),
        "link": [{"relation": "self", "url": path}],
        "entry": entries,
    }


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
