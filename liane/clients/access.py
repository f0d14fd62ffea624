"""Who calls: a bearer token, and the actor, scopes and person that it stands for.

Paths of the programming interface authenticate by themselves: a session means nothing there.
Everything is asked again at each call, so that a revoked application, a token that ended, a seat
that was left or a person's opposition takes effect on the next one.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse

from liane.circle.seats import actor_for, client_actor, seats_of
from liane.clients import secrets
from liane.clients.models import Client, Token
from liane.clients.scopes import Scopes
from liane.core.acting import Actor
from liane.core.ids import uuid7
from liane.core.prepared import prepared

__all__ = ["Caller", "Forbidden", "Scopes", "Unauthorized", "authenticate", "refusal"]


class Unauthorized(Exception):
    """No token, or one that is good no more: HTTP 401 with :attr:`challenge`."""

    status = 401

    def __init__(self, error: str = "", description: str = "") -> None:
        super().__init__(description or "A bearer token is needed.")
        self.error = error
        self.description = description

    @property
    def challenge(self) -> str:
        """The value of ``WWW-Authenticate`` (RFC 6750)."""
        parts = ['Bearer realm="Liane"']
        if self.error:
            parts += [f'error="{self.error}"', f'error_description="{self.description}"']
        return ", ".join(parts)


class Forbidden(Unauthorized):
    """The token is good, and does not give this: HTTP 403, ``insufficient_scope``."""

    status = 403

    def __init__(self, description: str = "The token does not give this.") -> None:
        super().__init__("insufficient_scope", description)


@dataclass(frozen=True)
class Caller:
    """Who calls, as what, and about whom.

    ``actor`` gives the reach: of the organisation for a machine, of the user in the seat they chose
    otherwise. ``patient_id``: the person of ``patient/`` scopes. ``label``: the application's name.
    """

    actor: Actor
    client_id: UUID
    scopes: Scopes
    patient_id: UUID | None = None
    label: str = ""

    def require(self, resource_type: str, letter: str) -> None:
        """Raise :class:`Forbidden` unless the scopes give this interaction."""
        if not self.scopes.allows(resource_type, letter):
            raise Forbidden(f"No scope gives '{letter}' on {resource_type}.")


def authenticate(request: HttpRequest) -> Caller:
    """The caller of a request, from its bearer token alone. Raises :class:`Unauthorized`."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise Unauthorized
    return caller_of(_token(text.strip()))


def _token(text: str) -> Token:
    found = _tokens.first(secrets.digests(text))
    if found is None or not found.is_live:
        raise Unauthorized("invalid_token", "The token is unknown, ended or revoked.")
    return found


@prepared
def _tokens(digests: list[str]) -> QuerySet[Token]:
    rows = Token.objects.filter(digest__in=digests, use="access")
    return rows.select_related("client__organisation", "user")


def caller_of(token: Token) -> Caller:
    """The caller for whom a living token stands, now. Raises :class:`Unauthorized`."""
    client = token.client
    if client.status != Client.Status.ACTIVE or not client.organisation.active:
        raise Unauthorized("invalid_token", "The application is not allowed any more.")
    actor = _machine(client) if token.user is None else _user(token)
    # What was granted may have been limited since the token was made.
    levels = ("system",) if token.user is None else ("user", "patient")
    scopes = Scopes.parse(token.scopes).within(client.granted).only(*levels)
    return Caller(
        replace(actor, request_id=uuid7()), client.pk, scopes, token.patient_id, client.name
    )


def _machine(client: Client) -> Actor:
    return client_actor(client.organisation_id, client.name)


def _user(token: Token) -> Actor:
    user = token.user
    seats = seats_of(user, token.seat) if user is not None and user.is_active else []
    seat = next((seat for seat in seats if seat.key == token.seat), None)
    if user is None or seat is None:
        raise Unauthorized("invalid_token", "The user does not hold this place any more.")
    label = f"{user.name} · {token.client.name}"
    return replace(actor_for(user, seat, seats), channel="api", label=label[:200])


def refusal(error: Unauthorized) -> JsonResponse:
    """The OAuth 2 answer to a refusal."""
    body = {"error": error.error or "invalid_request", "error_description": str(error)}
    return JsonResponse(body, status=error.status, headers={"WWW-Authenticate": error.challenge})
