"""The HTTP side of /fhir: who calls, what is asked, one transaction, one answer."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

import structlog
from django.db import DatabaseError, IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse

from liane.clients import calls
from liane.clients.access import Unauthorized, authenticate
from liane.core import ledger
from liane.core.acting import acting
from liane.core.errors import Refused
from liane.fhir import answers, capability, interactions, wire
from liane.fhir.access import Access
from liane.fhir.answers import Answer
from liane.fhir.outcomes import Issue, Problem, from_refusal, not_found, problem

log = structlog.get_logger(__name__)
LARGEST = 20_000_000
"""Bytes of one body."""
READING = frozenset({"GET", "HEAD"})


def handle(request: HttpRequest, path: str) -> HttpResponse:
    """Answer one request. Whatever goes wrong is an OperationOutcome."""
    pretty = False
    try:
        query = pairs(request.META.get("QUERY_STRING", ""))
        pretty = dict(query).get("_pretty") == "true"
        answer = _answered(request, [one for one in path.split("/") if one], query)
    except Problem as reason:
        answer = answers.of_problem(reason)
    except ledger.LedgerUnavailable:
        log.error("ledger_unavailable")
        answer = answers.of_problem(
            problem(503, "Accesses cannot be recorded now.", code="transient")
        )
    except Exception as error:
        log.exception("fhir_failed", error=type(error).__name__)
        answer = answers.of_problem(problem(500, "This failed on our side.", code="exception"))
    return answers.send(answer, pretty=pretty)


def pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query string or of a form, in order. Raises Problem 400."""
    if len(query) > 32_000:
        raise problem(400, "The query is too long: use POST _search.", code="too-long")
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise problem(400, "The query cannot be read.", code="structure") from None


def _answered(request: HttpRequest, path: Sequence[str], query: list[tuple[str, str]]) -> Answer:
    if list(path) == ["metadata"] and request.method in READING:
        return Answer(200, capability.statement())
    try:
        caller = authenticate(request)
    except Unauthorized as reason:
        raise Problem(
            reason.status, Issue(str(reason), "login"),
            headers={"WWW-Authenticate": reason.challenge},
        ) from None  # fmt: skip
    asked = interactions.read(request.method or "GET", path, query, request)
    answer: Answer | None = None
    try:
        answer = _acted(caller, asked)
    except Problem as reason:
        answer = answers.of_problem(reason)
    finally:
        calls.note(caller.client_id, asked.words, answer.status if answer else 500)
    return answer


def _acted(caller: Any, asked: "interactions.Asked") -> Answer:
    """Run inside the caller's actor; a refusal undoes everything."""
    with ledger.recording():
        try:
            with acting(caller.actor, read_only=asked.reads), _transaction(asked.reads):
                return asked.run(Access(caller))
        except Refused as reason:
            raise from_refusal(reason) from None
        except Http404:
            raise not_found() from None
        except IntegrityError:
            raise problem(409, "Somebody wrote this meanwhile.", code="conflict") from None
        except DatabaseError as error:
            if "serializ" in str(error) or "locked" in str(error):
                raise problem(
                    409, "Somebody is writing this now: try again.", code="lock-error"
                ) from None
            raise


def _transaction(reads: bool) -> Any:
    from contextlib import nullcontext

    return nullcontext() if reads else transaction.atomic()


def body(request: HttpRequest) -> wire.Json:
    """The resource of a request. Raises Problem 400, 413 or 415."""
    kind = (request.content_type or "").lower()
    if kind not in {"application/fhir+json", "application/json", "text/json", ""}:
        raise problem(
            415, f"{kind[:80]} is not read here.", code="not-supported", where="http.Content-Type"
        )
    return wire.parse(raw(request))


def raw(request: HttpRequest) -> bytes:
    """The bytes of a request. Raises Problem 413."""
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not size.isdecimal() or int(size) > LARGEST:
        raise problem(413, f"A body is at most {LARGEST // 1_000_000} MB.", code="too-long")
    found: bytes = request.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise problem(413, f"A body is at most {LARGEST // 1_000_000} MB.", code="too-long")
    return found


Run = Callable[[Access], Answer]
