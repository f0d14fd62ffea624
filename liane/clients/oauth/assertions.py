"""``private_key_jwt``: an application proves who it is with its key (RFC 7523, SMART 2.2)."""

import datetime as dt
import time
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from django.conf import settings
from django.db import IntegrityError, transaction
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from liane.clients import secrets
from liane.clients.models import SpentAssertion
from liane.clients.oauth.jwks import KeysUnavailable, keys_of
from liane.clients.oauth.registered import Registered

ALGORITHMS = ["RS384", "ES384"]
LIFE, SKEW = 300, 60
"""Seconds: an assertion ends five minutes from now at most; clocks may differ by one minute."""


def token_url() -> str:
    """Where tokens are asked for: the audience of assertions."""
    return f"{settings.LIANE_PUBLIC_URL}/oauth/token"


class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """Checked against the application's own keys; each serves once."""

    def __init__(self) -> None:
        super().__init__(leeway=SKEW)

    def get_audiences(self) -> list[str]:
        """The token endpoint, or the server itself."""
        return [token_url(), settings.LIANE_PUBLIC_URL]

    def resolve_client_public_key(self, client: Registered) -> Any:
        """Its keys; those of an address are fetched again for a key that is not among them."""
        try:
            keys = keys_of(client.row)
        except KeysUnavailable as error:
            raise InvalidClientError(description=plain(str(error))) from None
        return lambda again: keys_of(client.row, again=True) if again else keys

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        """The claims, once signature, audience, life and single use are right."""
        try:
            token = _decoded(assertion, resolve_key)
        except (JoseError, KeysUnavailable, ValueError) as error:
            raise InvalidClientError(description=plain(f"Bad assertion: {error}")) from None
        self.verify_claims(token.claims)
        return token.claims

    def verify_claims(self, claims: dict[str, Any]) -> None:
        """What the library checks, and a life of five minutes at most."""
        ends = claims.get("exp")
        if not isinstance(ends, int | float) or ends > time.time() + LIFE + SKEW:
            raise InvalidClientError(description="'exp' must be within five minutes.")
        super().verify_claims(claims)

    def validate_jti(self, claims: dict[str, Any], jti: object) -> bool:
        """True the first time that this application uses this identifier."""
        if not isinstance(jti, str) or not 1 <= len(jti) <= 300:
            return False
        ends = dt.datetime.fromtimestamp(claims["exp"], dt.UTC) + dt.timedelta(seconds=SKEW)
        try:
            with transaction.atomic():
                SpentAssertion.objects.create(
                    digest=secrets.digest(f"{claims['sub']} {jti}"), expires_at=ends
                )
        except IntegrityError:
            return False
        return True


def plain(text: str) -> str:
    """A description as RFC 6749 allows it: printable ASCII, without quotes nor backslashes."""
    return "".join(char for char in text if " " <= char <= "~" and char not in '"\\')


def _decoded(assertion: str, keys: Any) -> jwt.Token:
    known: KeySet = keys(False)
    try:
        return jwt.decode(assertion, known, algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        newer: KeySet = keys(True)
        return jwt.decode(assertion, newer, algorithms=ALGORITHMS)
