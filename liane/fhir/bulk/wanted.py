"""What an export asks for: read from its request, kept as JSON, read again by the worker."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID

from liane.core.ids import parse
from liane.fhir import resources
from liane.fhir.access import Access
from liane.fhir.calls import Pairs
from liane.fhir.outcomes import not_found, problem
from liane.fhir.resources.base import Resource
from liane.fhir.search import asked as asking
from liane.fhir.search import values

FORMATS = frozenset({"application/fhir+ndjson", "application/ndjson", "ndjson"})
KNOWN = frozenset({"_outputFormat", "_since", "_type", "_typeFilter", "_elements"})
ABOUT = frozenset({"AuditEvent", "Provenance"})
"""About the records rather than in them: exported where ``_type`` names them."""


@dataclass(frozen=True)
class Wanted:
    """An export. ``level``: ``""`` (system), ``Patient`` or ``Group``, whose identifier is
    ``group``. ``filters``: searches by type, one of which a resource must answer."""

    level: str
    types: tuple[str, ...]
    group: str = ""
    since: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    elements: tuple[str, ...] = ()

    def written(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Wanted":
        """What :meth:`written` wrote."""
        held = json.loads(text)
        filters = tuple((kind, query) for kind, query in held["filters"])
        return cls(held["level"], tuple(held["types"]), held["group"], held["since"], filters,
                   tuple(held["elements"]))  # fmt: skip

    @property
    def group_id(self) -> UUID | None:
        """The identifier of the group."""
        return parse(self.group)


def of(level: str, key: UUID | None, query: Pairs, access: Access) -> Wanted:
    """Read the parameters of a request. Raises Problem 400, 403 and 404."""
    if (level == "Group") != (key is not None):
        raise not_found()
    for name, text in query:
        if name not in KNOWN:
            raise problem(400, f"Parameter '{name[:60]}' is not supported here.",
                          code="not-supported", where=f"http.{name[:60]}")  # fmt: skip
        if name == "_outputFormat" and text.replace(" ", "+") not in FORMATS:
            raise problem(400, "Exports are NDJSON.", code="not-supported", where=f"http.{name}")
    since = next((text for name, text in query if name == "_since"), "")
    if since:
        try:
            values.span(since)
        except (ValueError, OverflowError) as error:
            raise values.bad("_since", str(error)) from None
    named = [one for name, text in query if name == "_type" for one in text.split(",") if one]
    types = _types(level, named, access)
    filters = tuple(
        _filter(one, types, access)
        for name, text in query if name == "_typeFilter" for one in values.split(text) if one
    )  # fmt: skip
    elements = [one for name, text in query if name == "_elements" for one in text.split(",")]
    return Wanted(level, types, str(key or ""), since, filters, tuple(filter(None, elements)))


def _types(level: str, named: list[str], access: Access) -> tuple[str, ...]:
    for kind in named:
        resource = resources.get(kind)
        if resource is None or not exported(resource, level):
            raise problem(400, f"{kind[:60]} is not exported here.", code="not-supported",
                          where="http._type")  # fmt: skip
        for letter in "rs":
            access.require(kind, letter)
    if named:
        return tuple(dict.fromkeys(named))
    found = [
        kind for kind, one in resources.every().items()
        if exported(one, level) and kind not in ABOUT and one.person_path is not None
        and given(kind, access)
    ]  # fmt: skip
    if not found:
        raise problem(403, "No scope of this token gives anything to export.", code="forbidden")
    return tuple(found)


def given(kind: str, access: Access) -> bool:
    """True when the scopes give it to be read and searched: an export is both."""
    return access.allows(kind, "r") and access.allows(kind, "s")


def exported(resource: Resource, level: str) -> bool:
    """True for a type that is exported at this level: what is searched, and is somebody's.

    The directory is everybody's: exported at the level of the system alone, where it is named.
    """
    if "search" not in resource.interactions:
        return False
    return level == "" or resource.person_path is not None


def _filter(text: str, types: tuple[str, ...], access: Access) -> tuple[str, str]:
    kind, _, query = values.plain(text).partition("?")
    resource = resources.get(kind)
    if resource is None or kind not in types or not query:
        raise values.bad("_typeFilter", "write Type?search, with a type of this export")
    for name, _ in values.pairs(query):
        if name in asking.RESULT:
            raise values.bad("_typeFilter", f"{name[:40]} orders or trims, it does not filter")
    list(asking.read_clauses(resource, values.pairs(query), access))
    return kind, query
