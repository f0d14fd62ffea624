"""Addresses that applications call: discovery, keys, tokens. No session, no page."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from liane.clients import limits
from liane.clients.oauth import identity
from liane.clients.oauth.assertions import plain
from liane.clients.oauth.discovery import configuration
from liane.clients.oauth.endpoints import Introspection, Revocation
from liane.clients.oauth.server import server
from liane.core.routes import Policy, route

log = structlog.get_logger(__name__)
READ = ("GET", "HEAD")
POST = ("POST",)
FREE = {"state", "nonce", "q", "launch"}
"""Parameters that may hold any character."""


@route(Policy.PUBLIC, audit="none", methods=READ)
def discovery(request: HttpRequest) -> HttpResponse:
    """``smart-configuration`` and ``openid-configuration``."""
    return JsonResponse(configuration())


@route(Policy.PUBLIC, audit="none", methods=("GET", "HEAD"))
def jwks(request: HttpRequest) -> HttpResponse:
    """The public keys with which identities are signed."""
    return JsonResponse(identity.public_keys())


@csrf_exempt
@route(Policy.MACHINE, audit="none", methods=POST)
def token(request: HttpRequest) -> HttpResponse:
    """A code, a refresh token or an assertion, for tokens."""
    return _limited(request, lambda: server().create_token_response(request))


@csrf_exempt
@route(Policy.MACHINE, audit="none", methods=POST)
def introspect(request: HttpRequest) -> HttpResponse:
    """What a token stands for."""
    name = Introspection.ENDPOINT_NAME
    return _limited(request, lambda: server().create_endpoint_response(name, request))


@csrf_exempt
@route(Policy.MACHINE, audit="none", methods=POST)
def revoke(request: HttpRequest) -> HttpResponse:
    """Take a token back."""
    name = Revocation.ENDPOINT_NAME
    return _limited(request, lambda: server().create_endpoint_response(name, request))


def unreadable(request: HttpRequest) -> JsonResponse | None:
    """The answer to a word that OAuth never holds (RFC 6749, appendix A), or None.

    The library repeats some of them in its errors, and may not repeat those.
    """
    for values in (request.GET, request.POST):
        for name, value in values.items():
            if name not in FREE and plain(str(value)) != value:
                return _said("A parameter cannot be read.")
    return None


def _said(why: str) -> JsonResponse:
    return JsonResponse({"error": "invalid_request", "error_description": why}, status=400)


def _limited(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    refusal = limits.refused(request) or unreadable(request)
    if refusal is not None:
        return refusal
    response = _answered(answer)
    if response.status_code >= 400:
        limits.failed(request)
    return response


def _answered(answer: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return answer()
    except ValueError as error:
        # What the library does not decode itself: a header that is not Base64, not UTF-8…
        log.warning("oauth_unreadable", error=type(error).__name__)
        return _said("The request cannot be read.")
