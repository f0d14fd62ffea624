"""``_include``, ``_revinclude``: what is linked comes along, each under its own reach."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from liane.fhir import reading, resources
from liane.fhir.access import Access
from liane.fhir.outcomes import Issue
from liane.fhir.reading import Shown
from liane.fhir.resources.base import Resource
from liane.fhir.search import values
from liane.fhir.search.asked import Asked, Include
from liane.fhir.search.clauses import Clause, Fixed
from liane.fhir.search.references import Reference
from liane.fhir.search.running import find

MOST = 1_000
"""Resources that come along at most; a warning says so beyond."""
ROUNDS = 5
Known = dict[tuple[str, UUID], Shown]


def included(
    asked: Asked, matches: Sequence[Shown], access: Access
) -> tuple[list[Shown], list[Issue]]:
    """What comes along with these matches, and what is to be said about it."""
    known: Known = {(one.resource.type, one.key): one for one in matches}
    extra: Known = {}
    front, first = list(matches), True
    for _ in range(ROUNDS):
        found = _round(asked, front, access, first)
        front = [one for key, one in found.items() if key not in known and key not in extra]
        extra |= {(one.resource.type, one.key): one for one in front}
        first = False
        if not front or len(extra) >= MOST:
            break
    shown = list(extra.values())
    if len(shown) >= MOST:
        said = Issue(f"More than {MOST} linked resources: the rest is left out.", "too-costly",
                     severity="warning")  # fmt: skip
        return shown[:MOST], [said]
    return shown, []


def _round(asked: Asked, front: Sequence[Shown], access: Access, first: bool) -> Known:
    found: Known = {}
    for one in asked.include:
        if first or one.iterate:
            found |= _forward(one, front, access)
    for one in asked.revinclude:
        if first or one.iterate:
            found |= _backward(one, front, access)
    return found


def _forward(asked: Include, front: Sequence[Shown], access: Access) -> Known:
    wanted: dict[str, dict[UUID, None]] = {}
    for shown in front:
        if asked.source not in ("*", shown.resource.type):
            continue
        for code, param in shown.resource.references().items():
            if asked.code in ("*", code):
                for kind, key in named(shown.body, param):
                    if asked.target in ("", kind):
                        wanted.setdefault(kind, {})[key] = None
    found: Known = {}
    for kind, keys in wanted.items():
        resource = resources.get(kind)
        if resource is not None:
            found |= _fetched(resource, access, [_keyed(resource, list(keys))])
    return found


def _backward(asked: Include, front: Sequence[Shown], access: Access) -> Known:
    sources = [one for name, one in resources.every().items() if asked.source in ("*", name)]
    found: Known = {}
    for source in sources:
        for code, param in source.references().items():
            if asked.code not in ("*", code):
                continue
            for kind in param.targets:
                keys = [one.key for one in front if one.resource.type == kind]
                if keys and asked.target in ("", kind):
                    found |= _fetched(source, access, [_naming(source, param, kind, keys)])
    return found


def _fetched(resource: Resource, access: Access, clauses: Iterable[Clause]) -> Known:
    """Rows that this caller may read, and nothing said of the others."""
    letter = next((one for one in "sr" if access.allows(resource.type, one)), "")
    if not letter:
        return {}
    clauses = [*access.limits(resource, letter), *clauses]
    rows = find(resource, clauses, access, size=MOST)
    return {(resource.type, one.key): one for one in reading.render(resource, rows, access)}


def _keyed(resource: Resource, keys: list[UUID]) -> Clause:
    return Fixed(("among", resource.type), padded(keys), lambda leafs: Q(pk__in=list(leafs)))


def _naming(source: Resource, param: Reference, kind: str, keys: list[UUID]) -> Clause:
    def build(leafs: Sequence[Any]) -> Q:
        found = param.among(kind, list(leafs))
        if not param.many:
            return found
        return Q(pk__in=source.model._default_manager.filter(found).order_by().values("pk"))

    return Fixed(("naming", source.type, param.code, kind), padded(keys), build)


def padded(keys: list[UUID]) -> tuple[UUID, ...]:
    """As many as the next power of two, so that few texts are compiled."""
    size = 1 << (len(keys) - 1).bit_length()
    return tuple(keys + keys[-1:] * (size - len(keys)))


def named(body: Any, param: Reference) -> Iterator[tuple[str, UUID]]:
    """What a resource names through a parameter: (type, identifier), ours alone."""
    for path in param.elements:
        for one in _at(body, path.split(".")):
            text = one.get("reference") if isinstance(one, dict) else None
            asked = values.link(text) if isinstance(text, str) else None
            key = values.uuid(asked.id) if asked is not None else None
            if asked is not None and key is not None and asked.type in param.targets:
                yield asked.type, key


def _at(body: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(body, list):
        for one in body:
            yield from _at(one, path)
    elif not path:
        yield body
    elif isinstance(body, dict) and path[0] in body:
        yield from _at(body[path[0]], path[1:])
