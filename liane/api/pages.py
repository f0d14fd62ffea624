"""The HTTP side of /api/v1: who calls, what is asked, one transaction, one answer in JSON."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from pydantic import BaseModel, ValidationError

from liane.api.document import document
from liane.api.operations import Asked
from liane.api.routing import Found, Operation, find
from liane.clients import calls
from liane.clients.access import Caller, Unauthorized, authenticate
from liane.core import ledger
from liane.core.acting import acting
from liane.core.errors import Refused
from liane.core.failures import where
from liane.core.ids import parse
from liane.core.routes import Policy, route

log = structlog.get_logger(__name__)
PREFIX = "/api/v1/"
LARGEST = 200_000
"""Bytes of one body."""
STATUS = {"not-allowed": 403, "conflict": 409, "replayed": 422}
PRIVATE = {"Cache-Control": "no-store"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


class Problem(Exception):
    """A refusal of the interface itself."""

    def __init__(self, status: int, title: str, field: str | None = None, **headers: str) -> None:
        super().__init__(title)
        self.status, self.title, self.field, self.headers = status, title, field, headers


class ApiMiddleware:
    """Answers /api/v1 at once: sessions, forms and templates are of no use there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The interface's own answer, or the site's."""
        if request.path_info.startswith(PREFIX):
            return api(request, path=request.path_info.removeprefix(PREFIX))
        return self.get_response(request)


@route(Policy.MACHINE, audit="api", methods=METHODS)
def api(request: HttpRequest, path: str) -> HttpResponseBase:
    """Authenticates by bearer token, acts as its caller, records what it shows."""
    if path == "openapi.json" and request.method in {"GET", "HEAD"}:
        return JsonResponse(document())
    try:
        return _answered(request, find(request.method or "", f"/{path}"))
    except Problem as reason:
        return _refused(reason)
    except Exception as error:
        log.error("api_failed", error=type(error).__name__, where=where(error))
        return _refused(Problem(500, "This failed on our side."))


def _answered(request: HttpRequest, found: Found) -> HttpResponse:
    try:
        caller = authenticate(request)
    except Unauthorized as reason:
        raise _unauthorized(reason) from None
    operation = found.operation
    if operation is None:
        if found.allowed:
            allowed = ", ".join(found.allowed)
            raise Problem(405, "This address does not take this method.", Allow=allowed)
        raise Problem(404, "Nothing here.")
    status = 500
    try:
        answer = _run(request, caller, operation, found)
        status = operation.status
        return JsonResponse(answer.model_dump(mode="json"), status=status, headers=PRIVATE)
    except Problem as reason:
        status = reason.status
        raise
    finally:
        calls.note(caller.client_id, operation.words, status)


def _run(request: HttpRequest, caller: Caller, one: Operation, found: Found) -> BaseModel:
    kind, letter = one.scope
    try:
        caller.require(kind, letter)
    except Unauthorized as reason:
        raise _unauthorized(reason) from None
    if caller.scopes.restrictions(kind, letter):
        raise Problem(403, f"A scope on {kind} limited by a search serves at /fhir alone.")
    only = caller.patient_id if caller.scopes.only_patient(kind, letter) else None
    if only is None and caller.scopes.only_patient(kind, letter):
        raise Problem(403, "This token has no person in its context.")
    asked = Asked(caller, request.GET.dict(), found.person_id, _key(request), only)
    arguments = [asked] if one.body is None else [asked, _body(request, one.body)]
    return _acted(caller, one, arguments)


def _acted(caller: Caller, one: Operation, arguments: list[Any]) -> BaseModel:
    """Run as the caller; a refusal undoes everything."""
    reads = one.method == "GET"
    try:
        with (
            ledger.recording(),
            acting(caller.actor, read_only=reads),
            nullcontext() if reads else transaction.atomic(),
        ):
            return one.run(*arguments)
    except Refused as reason:
        status = STATUS.get(reason.code, 400)
        raise Problem(status, reason.message, reason.field) from None
    except Http404:
        raise Problem(404, "Nothing here within reach.") from None
    except IntegrityError:
        raise Problem(409, "Somebody wrote this meanwhile.") from None
    except ledger.LedgerUnavailable:
        raise Problem(503, "Accesses cannot be recorded now.") from None


def _key(request: HttpRequest) -> Any:
    told = request.headers.get("Idempotency-Key", "")
    key = parse(told) if told else None
    if told and key is None:
        raise Problem(400, "Idempotency-Key is a UUID that you make.", "Idempotency-Key")
    return key


def _body(request: HttpRequest, shape: type[BaseModel]) -> BaseModel:
    if (request.content_type or "").lower() != "application/json":
        raise Problem(415, "Only application/json is read here.")
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not size.isdecimal() or int(size) > LARGEST:
        raise Problem(413, "This body is too long.")
    try:
        return shape.model_validate_json(request.read(LARGEST))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Problem(400, first["msg"], where or None) from None


def _unauthorized(reason: Unauthorized) -> Problem:
    headers = {"WWW-Authenticate": reason.challenge}
    return Problem(reason.status, str(reason), None, **headers)


def _refused(reason: Problem) -> HttpResponse:
    told = {"title": reason.title, "status": reason.status, "field": reason.field}
    answer = HttpResponse(
        json.dumps(told, ensure_ascii=False),
        status=reason.status,
        headers=PRIVATE | reason.headers,
    )
    answer.headers["Content-Type"] = "application/problem+json"
    return answer
