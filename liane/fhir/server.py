"""The HTTP side of /fhir: who calls, what is asked, one transaction, one answer."""

import base64
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse

from liane.clients import calls as called
from liane.clients.access import Caller, Unauthorized, authenticate
from liane.core import ledger
from liane.core.acting import acting
from liane.core.errors import Refused
from liane.core.failures import where
from liane.fhir import answers, bulk, bundles, capability, interactions, wire, xml
from liane.fhir.access import Access
from liane.fhir.answers import Answer, Format
from liane.fhir.calls import READING, Call, Json, Pairs
from liane.fhir.interactions import Asked
from liane.fhir.outcomes import Issue, Problem, from_refusal, not_found, problem
from liane.fhir.search import values
from liane.fhir.writing import Writer
from liane.interventions import services as interventions

log = structlog.get_logger(__name__)
LARGEST = 20_000_000
"""Bytes of one body."""
JSON = frozenset({"application/fhir+json", "application/json", "text/json", ""})
XML = frozenset({"application/fhir+xml", "application/xml", "text/xml"})
CARRYING = (["Binary"], [bulk.PATH])
"""Where an answer may be what a resource carries, and no resource."""
FORM = "application/x-www-form-urlencoded"


def handle(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one request. Whatever goes wrong is an OperationOutcome."""
    wanted = Format()
    try:
        query = values.pairs(request.META.get("QUERY_STRING", ""))
        wanted = answers.wanted(query, request.headers.get("Accept", ""))
        parts = [one for one in path.split("/") if one]
        if not wanted.accepted and parts[:1] not in CARRYING:
            text = "Resources are given as application/fhir+json or application/fhir+xml, in R4."
            raise problem(406, text, code="not-supported", where="http.Accept")
        answer = _answered(request, parts, query)
    except Problem as reason:
        answer = answers.of_problem(reason)
    except ledger.LedgerUnavailable:
        log.error("ledger_unavailable")
        unavailable = problem(503, "Accesses cannot be recorded.", code="transient")
        answer = answers.of_problem(unavailable)
    except Exception as error:
        log.error("fhir_failed", error=type(error).__name__, where=where(error))
        answer = answers.of_problem(problem(500, "This failed on our side.", code="exception"))
    return answers.send(answer, wanted)


def _answered(request: HttpRequest, path: list[str], query: Pairs) -> Answer:
    if path == ["metadata"] and request.method in READING:
        return Answer(200, capability.statement())
    try:
        caller = authenticate(request)
    except Unauthorized as reason:
        raise Problem(
            reason.status, Issue(str(reason), "login"),
            headers={"WWW-Authenticate": reason.challenge},
        ) from None  # fmt: skip
    words, status = "call", 500
    try:
        asked = _asked(request, path, query)
        words = asked.words
        answer = _acted(caller, asked)
        status = answer.status
    except Problem as reason:
        status = reason.status
        raise
    finally:
        called.note(caller.client_id, words, status)
    return answer


def _asked(request: HttpRequest, path: list[str], query: Pairs) -> Asked:
    call = _call(request, path, query)
    if path and path[0] == bulk.PATH:
        return bulk.read(call)
    if path:
        return interactions.read(call)
    if call.method != "POST":
        raise problem(405, "Post a transaction or a batch here.", code="not-supported")
    bundle = call.body()
    if bundle.get("resourceType") != "Bundle":
        raise problem(400, "A Bundle is expected.", code="structure", where="resourceType")
    words = str(bundle.get("type", "bundle"))[:20]
    return Asked(words, False, lambda on: bundles.run(bundle, on, call.prefer.returns))


def _acted(caller: Caller, asked: Asked) -> Answer:
    """Run as the caller's actor; a refusal undoes everything."""
    with ledger.recording():
        try:
            with acting(caller.actor, read_only=asked.reads), _transaction(asked.reads):
                answer = asked.run(Writer(Access(caller)))
                if not asked.reads:
                    ledger.written()
                return answer
        except Refused as reason:
            with acting(caller.actor):
                interventions.keep_refusal(reason)
            raise from_refusal(reason) from None
        except Http404:
            raise not_found() from None
        except IntegrityError:
            raise problem(409, "Somebody wrote this meanwhile.", code="conflict") from None
        except DatabaseError as error:
            if "serializ" in str(error) or "locked" in str(error) or "deadlock" in str(error):
                raise problem(409, "Somebody is writing this now.", code="lock-error") from None
            raise


def _transaction(reads: bool) -> AbstractContextManager[Any]:
    """On PostgreSQL whoever acts is in a transaction already: no savepoint in it."""
    acts = reads or connection.vendor == "postgresql"
    return nullcontext() if acts else transaction.atomic()


# ------------------------------------------------------------------ what was sent
def _call(request: HttpRequest, path: list[str], query: Pairs) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    kept: list[Json] = []

    def body() -> Json:
        if not kept:
            native = path == ["Binary"] and _kind(request) not in JSON | XML
            kept.append(_carried(request) if native else _resource(request))
        return kept[0]

    return Call(
        request.method or "GET", path, query, headers, body, lambda: _form(request),
        lambda: _patch(request),
    )  # fmt: skip


def _kind(request: HttpRequest) -> str:
    return (request.content_type or "").lower()


def _carried(request: HttpRequest) -> Json:
    """A Binary sent as what it carries."""
    data = base64.b64encode(_raw(request)).decode()
    return {"resourceType": "Binary", "contentType": _kind(request), "data": data}


def _resource(request: HttpRequest) -> Json:
    kind = _kind(request)
    version = str((request.content_params or {}).get("fhirversion", "4.0"))
    if version not in answers.VERSIONS:
        raise _unread(f"{kind}; fhirVersion={version}")
    if kind in XML:
        return xml.parse(_raw(request))
    if kind not in JSON:
        raise _unread(kind)
    return wire.parse(_raw(request))


def _patch(request: HttpRequest) -> Any:
    if _kind(request) == "application/json-patch+json":
        return wire.parse_any(_raw(request))
    return _resource(request)


def _form(request: HttpRequest) -> Pairs:
    if request.content_type not in {FORM, ""}:
        raise _unread(str(request.content_type))
    return values.pairs(_raw(request).decode("utf-8", "replace"))


def _unread(kind: str) -> Problem:
    text, where = f"{kind[:80]} is not read here.", "http.Content-Type"
    return problem(415, text, code="not-supported", where=where)


def _raw(request: HttpRequest) -> bytes:
    size = request.META.get("CONTENT_LENGTH") or "0"
    found: bytes = b""
    if size.isdecimal() and int(size) <= LARGEST:
        found = request.read(LARGEST + 1)
    if not size.isdecimal() or int(size) > LARGEST or len(found) > LARGEST:
        raise problem(413, f"A body is at most {LARGEST // 1_000_000} MB.", code="too-long")
    return found
