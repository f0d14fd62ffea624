"""What a received body says that no table of ours holds, written beside it for search."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any
from uuid import UUID

from liane.core import keys
from liane.core.inserting import insert_values
from liane.core.text import normalise
from liane.fhir import fhirpath
from liane.fhir.models import Index
from liane.fhir.resources.base import Resource
from liane.fhir.search import values
from liane.fhir.search.common import COMMON
from liane.fhir.search.indexing import PURPOSE, Indexed
from liane.fhir.search.params import Param, Several, kind_of
from liane.fhir.search.references import Identifier, Reference
from liane.fhir.versions import Kept

Json = dict[str, Any]
Fields = dict[str, Any]
MOST = 60
"""Values kept of one parameter of one resource."""
_SIMPLE = re.compile(r"[A-Za-z]+(\.[a-z][A-Za-z]*)+")
_WHERE = re.compile(r"([A-Za-z]+(?:\.[a-z][A-Za-z]*)+)\.where\(([a-z]+)='([^'\\]*)'\)")


def write(resource: Resource, several: Sequence[Kept], *, area: str) -> None:
    """(Re)write the rows of resources of one type. One query, one more where there were some."""
    old = [one.key for one in several if one.number > 1]
    if old:
        Index.objects.filter(type=resource.type, object_id__in=old).delete()
    insert_values(
        Index,
        [
            (resource.type, one.key, one.person_id, area, code, *_columns(**found))
            for one in several
            for code, found in _rows(resource, one.body)
        ],
    )


def _columns(
    digest: str = "", text: str = "", starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None, low: Decimal | None = None, high: Decimal | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    """The values of a row of `Index`, in the order of its fields."""
    return digest, text, starts_at, ends_at, low, high


def forget(resource: Resource, key: UUID) -> None:
    """Remove the rows of a resource that was deleted."""
    Index.objects.filter(type=resource.type, object_id=key).delete()


def _rows(resource: Resource, body: Json) -> Iterator[tuple[str, Fields]]:
    for first, read in _readers(resource.params):
        if first in body or not first:
            yield from read(body)


Read = Callable[[Json], Iterator[tuple[str, Fields]]]


@cache
def _readers(params: tuple[Param, ...]) -> list[tuple[str, Read]]:
    """What reads each value of the index; before it, the element it begins with, where one does."""
    parts = [part for one in (*COMMON.values(), *params)
             for part in (one.params if isinstance(one, Several) else (one,))]  # fmt: skip
    found: list[tuple[str, Read]] = []
    for one in parts:
        if isinstance(one, Identifier):
            path = (one.path or "identifier").split(".")
            found.append((path[0], partial(_identifiers, one.code, path)))
        elif isinstance(one, Reference):
            code = f"{one.code}:identifier"
            paths = [path.split(".") for path in one.elements]
            found += [(path[0], partial(_named, code, path)) for path in paths]
        elif isinstance(one, Indexed):
            asked = _SIMPLE.fullmatch(one.path) or _WHERE.fullmatch(one.path)
            first = one.path.split(".")[1] if asked else ""
            found.append((first, partial(_evaluated, one)))
    return found


def _identifiers(code: str, path: list[str], body: Json) -> Iterator[tuple[str, Fields]]:
    for value in _walk(body, path):
        yield from ((code, one) for one in tokens(value))


def _named(code: str, path: list[str], body: Json) -> Iterator[tuple[str, Fields]]:
    for value in _walk(body, path):
        named = value.get("identifier") if isinstance(value, dict) else None
        if named:
            yield from ((code, one) for one in tokens(named))


def _evaluated(param: Indexed, body: Json) -> Iterator[tuple[str, Fields]]:
    for value in evaluate(param.path, body)[:MOST]:
        yield from ((param.code, one) for one in fields(kind_of(param), value))


# ------------------------------------------------------------------ finding values
def evaluate(path: str, body: Json) -> list[Any]:
    """What a FHIRPath gives over a resource; nothing where it cannot be evaluated."""
    if _SIMPLE.fullmatch(path):
        head, *rest = path.split(".")
        if head not in ("Resource", "DomainResource", body.get("resourceType")):
            return []
        return list(_walk(body, rest))
    asked = _WHERE.fullmatch(path)
    if asked is not None:
        inner, name, value = asked.groups()
        return [one for one in evaluate(inner, body)
                if isinstance(one, dict) and one.get(name) == value]  # fmt: skip
    try:
        return fhirpath.evaluate(path, body)
    except Exception:
        return []


def _walk(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _walk(value[path[0]], path[1:])


# ------------------------------------------------------------------ from values to columns
def fields(kind: str, value: Any) -> Iterator[Fields]:
    """The rows that one value makes, by search type."""
    if kind == "token":
        yield from tokens(value)
    elif kind == "string":
        yield from strings(value)
    elif kind == "date":
        yield from dates(value)
    elif kind == "uri":
        for text in sorted({str(value), str(value).split("|")[0]}):
            yield {"digest": mark(text)}
    elif kind == "reference":
        yield from references(value)
    else:
        yield from numbers(value)


def mark(text: str) -> str:
    """The digest of a value, as searches look for it."""
    return keys.digest(text, purpose=PURPOSE)


def tokens(value: Any) -> Iterator[Fields]:
    """Code, Coding, CodeableConcept, Identifier, ContactPoint, boolean, whole number."""
    if isinstance(value, bool):
        yield {"digest": mark("true" if value else "false")}
    elif isinstance(value, str | int):
        yield {"digest": mark(str(value))}
    elif isinstance(value, dict):
        for coding in value.get("coding") or ():
            yield from tokens(coding)
        code = value.get("code", value.get("value"))
        if isinstance(code, str):
            system = str(value.get("system", ""))
            yield {"digest": mark(code)}
            yield {"digest": mark(f"{system}|{code}")}
            if system:
                yield {"digest": mark(f"{system}|")}
        kind = value.get("type")
        if isinstance(kind, dict) and isinstance(value.get("value"), str):
            for coding in kind.get("coding") or ():
                said = f"{coding.get('system', '')}|{coding.get('code', '')}|{value['value']}"
                yield {"digest": mark(f"of-type {said}")}


def strings(value: Any) -> Iterator[Fields]:
    """A text, or each text of a HumanName or an Address."""
    if isinstance(value, str):
        yield {"text": normalise(value)[:200], "digest": mark(f"exact {value}")}
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in STRINGS:
                yield from strings(one)


STRINGS = frozenset(
    {"text", "family", "given", "prefix", "suffix", "line", "city", "district", "state",
     "country", "postalCode"}
)  # fmt: skip


def dates(value: Any) -> Iterator[Fields]:
    """A date, dateTime, instant, Period or Timing."""
    try:
        if isinstance(value, str):
            found = values.span(value)
            yield {"starts_at": found.start, "ends_at": found.end}
        elif isinstance(value, dict) and ("start" in value or "end" in value):
            yield {
                "starts_at": values.span(value["start"]).start if "start" in value else EARLIEST,
                "ends_at": values.span(value["end"]).end if "end" in value else None,
            }
        elif isinstance(value, dict):
            for one in value.get("event") or ():
                yield from dates(one)
            yield from dates((value.get("repeat") or {}).get("boundsPeriod"))
    except (ValueError, OverflowError):
        return


EARLIEST = dt.datetime(1, 1, 2, tzinfo=dt.UTC)


def references(value: Any) -> Iterator[Fields]:
    """Everything that a reference may be asked by."""
    text = value.get("reference") if isinstance(value, dict) else value
    if isinstance(text, str):
        asked = values.link(text)
        said = {text} | ({asked.id, f"{asked.type}/{asked.id}"} if asked and asked.id else set())
        yield from ({"digest": mark(one)} for one in sorted(said))


def numbers(value: Any) -> Iterator[Fields]:
    """A number, or a Quantity (its unit, or its code, is kept beside)."""
    unit = ""
    if isinstance(value, dict):
        unit = str(value.get("code") or value.get("unit") or "")[:200]
        value = value.get("value")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        held = Decimal(value)
        if abs(held.adjusted()) <= 18:
            yield {"low": held, "high": held, "text": unit}
