"""What an application may ask about a token, and taking one back."""

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from django.conf import settings

from liane.clients import issuing, secrets
from liane.clients.access import Unauthorized, caller_of
from liane.clients.models import Token
from liane.clients.oauth import answers
from liane.clients.oauth.registered import Registered


class _Held:
    """A token as Authlib's endpoints ask about it."""

    def __init__(self, row: Token) -> None:
        self.row = row

    def check_client(self, client: Registered) -> bool:
        """True for the application that it was given to."""
        return self.row.client_id == client.row.pk

    def is_expired(self) -> bool:
        """True when it is good no more, for whatever reason."""
        try:
            caller_of(self.row)
        except Unauthorized:
            return True
        return not self.row.is_live

    def is_revoked(self) -> bool:
        """True once taken back."""
        return self.row.revoked_at is not None


def _held(text: str) -> _Held | None:
    rows = Token.objects.filter(digest__in=secrets.digests(text))
    row = rows.select_related("client__organisation", "user").first()
    return _Held(row) if row is not None else None


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662, for the applications of the organisation that let the token's one in."""

    CLIENT_AUTH_METHODS = ["client_assertion_jwt", "client_secret_basic"]  # noqa: RUF012

    def query_token(self, token: str, hint: str | None) -> _Held | None:
        """The token, whatever its kind."""
        return _held(token)

    def check_permission(self, token: _Held, client: Registered, request: Any) -> bool:
        """Applications of the same organisation."""
        return token.row.client.organisation_id == client.row.organisation_id

    def introspect_token(self, token: _Held) -> dict[str, Any]:
        """What a living token stands for now."""
        row = token.row
        body: dict[str, Any] = {
            "active": True,
            "client_id": str(row.client_id),
            "scope": str(caller_of(row).scopes),
            "iss": settings.LIANE_PUBLIC_URL,
            "iat": int(row.created_at.timestamp()),
            "exp": int(row.expires_at.timestamp()),
            "token_type": "Bearer",
        }
        if row.patient_id is not None:
            body["patient"] = str(row.patient_id)
        if row.user is not None:
            body |= {"sub": str(row.user.pk), "fhirUser": answers.who(row.user, row.seat)}
        return body


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009: a refresh token takes with it what it gave."""

    CLIENT_AUTH_METHODS = ["client_assertion_jwt", "client_secret_basic", "none"]  # noqa: RUF012

    def query_token(self, token: str, hint: str | None) -> _Held | None:
        """The token, whatever its kind."""
        return _held(token)

    def revoke_token(self, token: _Held, request: Any) -> None:
        """Take it back, with the others of its authorization."""
        issuing.revoke_family(token.row.family)
