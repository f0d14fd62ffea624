"""What is asked: from a method and a path to the interaction that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.http import parse_http_date_safe

from liane.fhir import answers, history, operations, patching, reading, resources, searching
from liane.fhir.addresses import url
from liane.fhir.answers import Answer
from liane.fhir.calls import Call, Preferences
from liane.fhir.outcomes import Problem, outcome, problem
from liane.fhir.reading import Shown
from liane.fhir.resources.base import Resource
from liane.fhir.search import values
from liane.fhir.writing import Writer, tags

Run = Callable[[Writer], Answer]


@dataclass(frozen=True)
class Asked:
    """An interaction: what it does in words (of no person), whether it only reads, how to run."""

    words: str
    reads: bool
    run: Run


def read(call: Call) -> Asked:
    """The interaction asked for. Raises Problem 400, 404 or 405."""
    path = call.path
    if any(one.startswith("$") for one in path):
        words, reads, run = operations.read(call)
        return Asked(words, reads, run)
    if not path:
        raise _none(call)
    resource = resources.get(path[0])
    if resource is None:
        text = f"{path[0][:60]} is not served here: see /fhir/metadata."
        raise problem(404, text, code="not-supported")
    if path[-1] == "_history" or (len(path) == 4 and path[2] == "_history"):
        return _history(call, resource)
    if len(path) == 1 or path[1] == "_search":
        return _type(call, resource)
    if len(path) == 2:
        return _instance(call, resource, values.uuid(path[1]))
    raise _none(call)


def _none(call: Call) -> Problem:
    return problem(405, f"{call.method} means nothing here.", code="not-supported")


def _history(call: Call, resource: Resource) -> Asked:
    if not call.reads:
        raise _none(call)
    path = call.path
    key = values.uuid(path[1]) if len(path) > 2 else None
    words = f"history {resource.type}"
    if len(path) == 4:
        return Asked(
            f"vread {resource.type}", True,
            lambda on: history.version(resource, key, path[3], on.access),
        )  # fmt: skip
    if len(path) == 3:
        return Asked(words, True, lambda on: history.of_one(resource, key, call.query, on.access))
    if len(path) == 2:
        return Asked(words, True, lambda on: history.of_type(resource, call.query, on.access))
    raise _none(call)


def _type(call: Call, resource: Resource) -> Asked:
    strict, kind = call.prefer.strict, resource.type
    if call.method == "POST" and len(call.path) == 2:
        form = call.query + call.form()
        return Asked(
            f"search {kind}", True, lambda on: searching.answer(resource, form, on.access, strict)
        )
    if len(call.path) == 2:
        raise _none(call)
    if call.reads:
        return Asked(
            f"search {kind}", True,
            lambda on: searching.answer(resource, call.query, on.access, strict),
        )  # fmt: skip
    runs: dict[str, Run] = {
        "POST": lambda on: _create(call, resource, on),
        "PUT": lambda on: _update_where(call, resource, on),
        "PATCH": lambda on: _patch_where(call, resource, on),
        "DELETE": lambda on: _delete_where(call, resource, on),
    }
    if call.method not in runs:
        raise _none(call)
    words = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    return Asked(f"{words[call.method]} {kind}", False, runs[call.method])


def _instance(call: Call, resource: Resource, key: UUID | None) -> Asked:
    kind = resource.type
    if call.reads:
        return Asked(f"read {kind}", True, lambda on: _read(call, resource, key, on))
    match, prefer = call.header("if-match"), call.prefer
    if call.method == "PUT":
        return Asked(
            f"update {kind}", False,
            lambda on: written(on.update(resource, key, call.body(), if_match=match), 200, prefer),
        )  # fmt: skip
    if call.method == "PATCH":
        return Asked(f"patch {kind}", False, lambda on: _patch(call, resource, key, on))
    if call.method == "DELETE":
        return Asked(f"delete {kind}", False, lambda on: _delete(call, resource, key, on))
    raise _none(call)


# ------------------------------------------------------------------ conditional interactions
def _create(call: Call, resource: Resource, on: Writer) -> Answer:
    asked = call.header("if-none-exist")
    if asked:
        known = on.matching(resource, values.pairs(asked.removeprefix("?")))
        if known is not None:
            return written(reading.one(resource, known, on.access), 200, call.prefer)
    return written(on.create(resource, call.body()), 201, call.prefer)


def _update_where(call: Call, resource: Resource, on: Writer) -> Answer:
    known, body = on.matching(resource, call.query), call.body()
    if known is None:
        return written(on.create(resource, body), 201, call.prefer)
    if values.uuid(str(body.get("id", known))) != known:
        raise problem(400, "Another resource matches than the body's id.", where="http.id")
    match, body = call.header("if-match"), {**body, "id": str(known)}
    return written(on.update(resource, known, body, if_match=match), 200, call.prefer)


def _patch_where(call: Call, resource: Resource, on: Writer) -> Answer:
    known = on.matching(resource, call.query)
    if known is None:
        raise problem(404, "Nothing matches.", code="not-found")
    return _patch(call, resource, known, on)


def _delete_where(call: Call, resource: Resource, on: Writer) -> Answer:
    known = on.matching(resource, call.query)
    return Answer(204) if known is None else _delete(call, resource, known, on)


def _patch(call: Call, resource: Resource, key: UUID | None, on: Writer) -> Answer:
    change = patching.change(call.patch())
    return written(on.patch(resource, key, change, call.header("if-match")), 200, call.prefer)


def _delete(call: Call, resource: Resource, key: UUID | None, on: Writer) -> Answer:
    on.delete(resource, key, if_match=call.header("if-match"))
    return Answer(204)


# ------------------------------------------------------------------ answers
def _read(call: Call, resource: Resource, key: UUID | None, on: Writer) -> Answer:
    one = reading.one(resource, key, on.access)
    headers = dated(one)
    known, since = call.header("if-none-match"), call.header("if-modified-since")
    if known and one.version in tags(known):
        return Answer(304, None, headers)
    if not known and since and (parse_http_date_safe(since) or 0) >= int(one.at.timestamp()):
        return Answer(304, None, headers)
    native = resource.native(one.body) if answers.native(call.header("accept")) else None
    summary, elements = searching.asked_of_one(resource, call.query, call.prefer.strict)
    if native is not None and "_format" not in dict(call.query):
        headers["Content-Disposition"] = "attachment"
        return Answer(200, None, headers, *native)
    body = searching.trimmed(one.body, summary, elements)
    return Answer(200, body, headers)


def dated(one: Shown) -> dict[str, str]:
    """``ETag`` and ``Last-Modified``."""
    return history.dated(one.version, one.at)


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
