"""The one view of /fhir, and the middleware that reaches it first."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from liane.core.routes import Policy, route
from liane.fhir import server
from liane.fhir.addresses import PATH

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@route(Policy.MACHINE, audit="fhir", methods=METHODS)
def fhir(request: HttpRequest, path: str) -> HttpResponseBase:
    """FHIR R4: authenticates by bearer token, acts as its caller, records what it shows."""
    return server.handle(request, path)


class FhirMiddleware:
    """Answers /fhir at once: sessions, forms, messages and templates are of no use there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The interface's own answer, or the site's."""
        path = request.path_info
        ours = path == PATH or path.startswith(f"{PATH}/")
        if ours and not path.startswith(f"{PATH}/.well-known/"):
            return fhir(request, path=path.removeprefix(PATH).lstrip("/"))
        return self.get_response(request)
