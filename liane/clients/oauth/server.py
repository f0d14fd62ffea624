"""The authorization server, assembled from Authlib's parts."""

from functools import lru_cache
from typing import Any

from authlib.common.encoding import json_dumps
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload, DjangoOAuth2Request
from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import OAuth2Request
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from liane.clients.oauth import endpoints, grants
from liane.clients.oauth.assertions import Assertion
from liane.clients.oauth.registered import Registered, living


class Asked(DjangoOAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it.

    Its own check of HTTPS would refuse one's own laptop: the production settings hold that line,
    for every page.
    """

    def __init__(self, request: HttpRequest) -> None:
        address = f"{settings.LIANE_PUBLIC_URL}{request.get_full_path()}".split("://", 1)[1]
        OAuth2Request.__init__(
            self, method=request.method, uri=f"https://{address}", headers=request.headers
        )
        self.payload = DjangoOAuth2Payload(request)
        self._request = request


class Server(AuthorizationServer):  # type: ignore[misc]
    """Reads Django's requests, answers with Django's responses; keeps nothing of its own."""

    def query_client(self, client_id: str) -> Registered | None:
        """The application that may call now."""
        return living(client_id)

    def create_oauth2_request(self, request: HttpRequest) -> Any:
        """A request as Authlib reads it."""
        return Asked(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> HttpResponse:
        """An answer of Authlib as one of Django."""
        text = json_dumps(body) if isinstance(body, dict) else body
        return HttpResponse(text, status=status, headers=dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


@lru_cache(maxsize=1)
def server() -> Server:
    """The server of this process: it holds no state."""
    made = Server()
    made.register_client_auth_method("client_assertion_jwt", Assertion())
    made.register_grant(grants.CodeGrant, [grants.Proof(required=True)])
    made.register_grant(grants.RefreshGrant)
    made.register_grant(grants.MachineGrant)
    made.register_endpoint(endpoints.Introspection)
    made.register_endpoint(endpoints.Revocation)
    return made
