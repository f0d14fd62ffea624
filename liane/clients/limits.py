"""How often somebody may be wrong: counted by address, in the cache that processes share."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse

FAILURES, SECONDS = 30, 60


def _name(request: HttpRequest) -> str:
    return f"oauth:failures:{get_adapter().get_client_ip(request)}"


def refused(request: HttpRequest) -> JsonResponse | None:
    """The answer to who was wrong too often in the last minute, or None."""
    if cache.get(_name(request), 0) < FAILURES:
        return None
    body = {"error": "temporarily_unavailable", "error_description": "Too many failures."}
    return JsonResponse(body, status=429, headers={"Retry-After": str(SECONDS)})


def failed(request: HttpRequest) -> None:
    """Count one more."""
    name = _name(request)
    if not cache.add(name, 1, SECONDS):
        try:
            cache.incr(name)
        except ValueError:
            cache.set(name, 1, SECONDS)
