"""What every answer must respect: privacy headers, and the ledger committed before it leaves."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from liane.core import ledger
from liane.core.errors import Refused

log = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponseBase]


class PrivacyMiddleware:
    """No page of ours is stored by a browser or a proxy; static files keep their own rules."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the headers that keep health data out of caches."""
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("Permissions-Policy", "geolocation=(), payment=()")
        return response


class LedgerMiddleware:
    """Commit the reads of a request before its answer leaves; otherwise show nothing (503)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Record, or refuse to show."""
        try:
            with ledger.recording():
                response = self.get_response(request)
            return response
        except ledger.LedgerUnavailable:
            log.error("ledger_unavailable")
            return render(request, "503.html", status=503)


class RefusalMiddleware:
    """A verb's refusal that no page caught is told in its own words, never as a failure."""

    STATUS = {"not-allowed": 403, "conflict": 409, "replayed": 422}

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing to do before or after."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A page with the refusal's sentence and the way back."""
        if not isinstance(error, Refused):
            return None
        status = self.STATUS.get(error.code, 400)
        return render(request, "refused.html", {"message": error.message}, status=status)
