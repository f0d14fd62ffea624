"""What is asked: from a method, a path and headers to the interaction that answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from liane.fhir import reading, resources, searching, writing
from liane.fhir.access import Access
from liane.fhir.addresses import url
from liane.fhir.answers import Answer
from liane.fhir.outcomes import outcome, problem
from liane.fhir.reading import Shown
from liane.fhir.resources.base import Resource
from liane.fhir.search import values

Pairs = list[tuple[str, str]]
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Asked:
    """An interaction: what it does in words (of no person), whether it only reads, how to run."""

    words: str
    reads: bool
    run: Callable[[Access], Answer]


def read(method: str, path: Sequence[str], query: Pairs, request: HttpRequest) -> Asked:
    """The interaction asked for. Raises Problem 400, 404 or 405."""
    if not path:
        raise _none(method)
    resource = resources.get(path[0])
    if resource is None:
        raise problem(404, f"{path[0][:60]} is not served here: see /fhir/metadata.",
                      code="not-supported")  # fmt: skip
    prefer = preferences(request.headers.get("Prefer", ""))
    if len(path) == 1 or path[1] == "_search":
        return _type(method, resource, path, query, request, prefer)
    key = values.uuid(path[1])
    if len(path) == 2:
        return _instance(method, resource, key, request, prefer)
    raise _none(method)


def _none(method: str) -> Exception:
    return problem(405, f"{method} means nothing here.", code="not-supported")


def _type(
    method: str, resource: Resource, path: Sequence[str], query: Pairs, request: HttpRequest,
    prefer: "Preferences",
) -> Asked:  # fmt: skip
    words = f"search {resource.type}"
    if method in READING and len(path) == 1:
        return Asked(
            words, True, lambda access: searching.answer(resource, query, access, prefer.strict)
        )
    if method == "POST" and len(path) == 2:
        form = query + _form(request)
        return Asked(
            words, True, lambda access: searching.answer(resource, form, access, prefer.strict)
        )
    if method == "POST":
        from liane.fhir.server import body

        received = body(request)
        return Asked(
            f"create {resource.type}",
            False,
            lambda access: written(writing.Writer(access).create(resource, received), 201, prefer),
        )
    raise _none(method)


def _instance(
    method: str, resource: Resource, key: UUID | None, request: HttpRequest, prefer: "Preferences"
) -> Asked:
    headers = request.headers
    if method in READING:
        known = headers.get("If-None-Match", "")
        return Asked(
            f"read {resource.type}", True,
            lambda access: shown(reading.one(resource, key, access), known),
        )  # fmt: skip
    match = headers.get("If-Match", "")
    if method == "PUT":
        from liane.fhir.server import body

        received = body(request)
        return Asked(
            f"update {resource.type}", False,
            lambda access: written(
                writing.Writer(access).update(resource, key, received, if_match=match), 200, prefer
            ),
        )  # fmt: skip
    if method == "DELETE":
        return Asked(
            f"delete {resource.type}", False,
            lambda access: _deleted(resource, key, access, match),
        )  # fmt: skip
    raise _none(method)


def _deleted(resource: Resource, key: UUID | None, access: Access, match: str) -> Answer:
    writing.Writer(access).delete(resource, key, if_match=match)
    return Answer(204)


def _form(request: HttpRequest) -> Pairs:
    from liane.fhir.server import pairs, raw

    if request.content_type not in {"application/x-www-form-urlencoded", ""}:
        raise problem(415, "_search takes a form.", code="not-supported", where="http.Content-Type")
    return pairs(raw(request).decode("utf-8", "replace"))


# ------------------------------------------------------------------ answers
@dataclass(frozen=True)
class Preferences:
    """The ``Prefer`` header: what comes back, and what becomes of unknown parameters."""

    returns: str = "representation"
    strict: bool = False
    later: bool = False


def preferences(text: str) -> Preferences:
    """Read ``Prefer``; what is not understood is ignored, as the header asks."""
    found = dict(
        part.strip().partition("=")[::2] for one in text.split(",") for part in one.split(";")
    )
    returns = found.get("return", "representation").strip('"')
    if returns not in {"minimal", "representation", "OperationOutcome"}:
        returns = "representation"
    return Preferences(returns, found.get("handling") == "strict", "respond-async" in found)


def shown(one: Shown, known: str = "") -> Answer:
    """A resource that is read; 304 when the caller has this version."""
    headers = dated(one)
    if known and one.version in {
        part.strip().removeprefix("W/").strip('"') for part in known.split(",")
    }:
        return Answer(304, None, headers)
    return Answer(200, one.body, headers)


def dated(one: Shown) -> dict[str, str]:
    """``ETag`` and ``Last-Modified``."""
    from django.utils.http import http_date

    return {"ETag": one.etag, "Last-Modified": http_date(one.at.timestamp())}


def written(one: Shown, status: int, prefer: Preferences) -> Answer:
    """A resource that was written, as much of it as is preferred."""
    headers = dated(one)
    address = f"{url(one.resource.type, one.key)}/_history/{one.version}"
    headers["Location" if status == 201 else "Content-Location"] = address
    if prefer.returns == "minimal":
        return Answer(status, None, headers)
    if prefer.returns == "OperationOutcome":
        return Answer(status, outcome([]), headers)
    return Answer(status, one.body, headers)
