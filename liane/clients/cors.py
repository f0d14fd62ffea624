"""Applications in a browser may call the programming interface from anywhere.

No cookie means anything there (bearer tokens only, and never ``Allow-Credentials``), so that any
origin may be let in: what protects is the token.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

OPEN = ("/fhir/", "/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/jwks",
        "/.well-known/")  # fmt: skip
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Location, Content-Location, Last-Modified, "
    "WWW-Authenticate, Retry-After",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, Prefer, If-Match, "
    "If-None-Match, If-None-Exist, If-Modified-Since",
    "Access-Control-Max-Age": "3600",
}


class CorsMiddleware:
    """Adds the headers, and answers preflight questions, on those addresses alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or let the address answer."""
        if "Origin" not in request.headers or not request.path.startswith(OPEN):
            return self.get_response(request)
        asked = "Access-Control-Request-Method" in request.headers
        if request.method == "OPTIONS" and asked:
            return HttpResponse(status=204, headers=HEADERS | PREFLIGHT)
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response
