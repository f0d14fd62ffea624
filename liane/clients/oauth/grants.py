"""What is exchanged for tokens: a code, a refresh token, an application's own key."""

import datetime as dt
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from django.utils import timezone

from liane.clients import issuing, secrets
from liane.clients.access import Unauthorized, caller_of
from liane.clients.models import AuthorizationCode, Token
from liane.clients.oauth import answers, identity
from liane.clients.oauth.answers import Agreement
from liane.clients.oauth.registered import Registered
from liane.clients.scopes import Scopes

CODE_LIFE = dt.timedelta(minutes=1)
METHODS = ["client_assertion_jwt", "client_secret_basic", "none"]


class Proof(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256, from every application (SMART App Launch 2.2)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse a request without a challenge, or with a plain one."""
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with 'code_challenge_method=S256' is required.")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge(self, code: AuthorizationCode) -> str:
        """The challenge kept with the code."""
        return code.challenge

    def get_authorization_code_challenge_method(self, code: AuthorizationCode) -> str:
        """Always S256."""
        return "S256"


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """A code that a user's agreement gave: one minute, one use."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_authorization_request(self) -> str:
        """What the library checks, and ``aud``: the server for which the token will be good."""
        redirect_uri: str = super().validate_authorization_request()
        if self.request.client.given(self.request.payload.scope).resources:
            aud = str(self.request.payload.data.get("aud", "")).rstrip("/")
            if aud != identity.fhir_base():
                raise InvalidRequestError(
                    f"'aud' must be {identity.fhir_base()}.", redirect_uri=redirect_uri
                )
        return redirect_uri

    def generate_authorization_code(self) -> str:
        """256 random bits."""
        return secrets.make("code")

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep the digest of a code with what was agreed (``request.user``)."""
        said: Agreement = request.user
        AuthorizationCode.objects.create(
            client=request.client.row,
            digest=secrets.digest(code),
            family=said.family,
            redirect_uri=request.payload.redirect_uri,
            challenge=request.payload.data["code_challenge"],
            nonce=said.nonce[:200],
            scopes=str(said.scopes),
            authenticated_at=said.authenticated_at,
            expires_at=timezone.now() + CODE_LIFE,
            **said.context,
        )

    def query_authorization_code(self, code: str, client: Registered) -> AuthorizationCode | None:
        """The code, spent by being asked for; its second use takes back what the first gave."""
        rows = AuthorizationCode.objects.filter(client=client.row, digest__in=secrets.digests(code))
        found = rows.select_related("user").first()
        if found is None:
            return None
        now = timezone.now()
        if not rows.filter(used_at=None).update(used_at=now):
            issuing.revoke_family(found.family)
            return None
        return found if found.expires_at > now else None

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """Tokens for what was agreed."""
        code: AuthorizationCode = self.request.authorization_code
        said = Agreement(
            code.user, code.seat, Scopes.parse(code.scopes), code.family, code.patient_id,
            code.nonce, code.authenticated_at,
        )  # fmt: skip
        body = answers.for_user(self.request.client.row, said)
        return 200, body, self.TOKEN_RESPONSE_HEADER


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """A refresh token: changed at each use; used twice, everything it gave is taken back."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def _validate_request_token(self, client: Registered) -> Token:
        text = self.request.form.get("refresh_token", "")
        rows = Token.objects.filter(client=client.row, use=Token.Use.REFRESH)
        found = rows.select_related("client__organisation", "user").filter(
            digest__in=secrets.digests(text)
        )
        token = found.first()
        if token is None:
            raise InvalidGrantError("Unknown refresh token.")
        if token.revoked_at is not None:
            issuing.revoke_family(token.family)
            raise InvalidGrantError("This refresh token was used or revoked.")
        return self._still(token)

    def _still(self, token: Token) -> Token:
        try:
            caller_of(token)
        except Unauthorized as error:
            raise InvalidGrantError(error.description) from None
        if not token.is_live:
            raise InvalidGrantError("This refresh token has ended.")
        return token

    def _validate_token_scope(self, token: Token) -> None:
        asked = self.request.payload.scope
        if asked and not self._scopes(token):
            raise InvalidScopeError

    def _scopes(self, token: Token) -> Scopes:
        kept = self.request.client.given(token.scopes)
        asked = self.request.payload.scope
        return Scopes.parse(asked).within(kept) if asked else kept

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """New tokens in the place of the old ones."""
        token: Token = self.request.refresh_token
        rows = Token.objects.filter(pk=token.pk, revoked_at=None)
        if token.user is None or not rows.update(revoked_at=timezone.now()):
            issuing.revoke_family(token.family)
            raise InvalidGrantError("This refresh token was used or revoked.")
        said = Agreement(
            token.user, token.seat, self._scopes(token), token.family, token.patient_id
        )
        body = answers.for_user(self.request.client.row, said, refreshed=True)
        return 200, body, self.TOKEN_RESPONSE_HEADER


class MachineGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """SMART Backend Services: an application's own key, for its organisation."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_assertion_jwt"]  # noqa: RUF012

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """A token of five minutes for what was asked, within what was granted."""
        scopes = self.request.client.given(self.request.payload.scope)
        if not scopes.resources:
            raise InvalidScopeError("No scope asked for is granted.")
        body = answers.for_machine(self.request.client.row, scopes)
        return 200, body, self.TOKEN_RESPONSE_HEADER
