"""A registered application, as the OAuth library asks about it."""

from uuid import UUID

from liane.clients import secrets
from liane.clients.models import Client
from liane.clients.scopes import Scopes
from liane.core import ids

Kind = Client.Kind
METHODS = {
    Kind.BACKEND: {"client_assertion_jwt"},
    Kind.CONFIDENTIAL: {"client_assertion_jwt", "client_secret_basic"},
    Kind.PUBLIC: {"none"},
}
GRANTS = {
    Kind.BACKEND: {"client_credentials"},
    Kind.CONFIDENTIAL: {"authorization_code", "refresh_token"},
    Kind.PUBLIC: {"authorization_code", "refresh_token"},
}
LEVELS = {
    Kind.BACKEND: ("system",),
    Kind.CONFIDENTIAL: ("user", "patient"),
    Kind.PUBLIC: ("user", "patient"),
}


class Registered:
    """What Authlib's ``ClientMixin`` answers, for one living application."""

    def __init__(self, row: Client) -> None:
        self.row = row
        self.kind = Kind(row.kind)

    def get_client_id(self) -> str:
        """Its public identifier."""
        return str(self.row.pk)

    def get_default_redirect_uri(self) -> str:
        """None is taken for granted: the address of return is always said."""
        return ""

    def given(self, text: str | None) -> Scopes:
        """What was asked for, within what it was granted and what its kind allows."""
        return Scopes.parse(text or "").within(self.row.granted).only(*LEVELS[self.kind])

    def get_allowed_scope(self, text: str | None) -> str | None:
        """The same as a text; None when nothing is left."""
        return str(self.given(text)) or None

    def check_redirect_uri(self, uri: str) -> bool:
        """Only an address of return that was registered, whole."""
        return uri in self.row.returns

    def check_client_secret(self, secret: str) -> bool:
        """Compared in constant time."""
        return secrets.same(secret, self.row.secret_digest)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """How an application of this kind proves who it is."""
        return method in METHODS[self.kind]

    def check_response_type(self, kind: str) -> bool:
        """A code, and nothing else."""
        return kind == "code" and "authorization_code" in GRANTS[self.kind]

    def check_grant_type(self, kind: str) -> bool:
        """What an application of this kind may exchange for tokens."""
        return kind in GRANTS[self.kind]


def living(client_id: object) -> Registered | None:
    """The application of this identifier that may call now, or None."""
    pk: UUID | None = ids.parse(client_id)
    rows = Client.objects.filter(
        pk__in=[pk], status=Client.Status.ACTIVE, organisation__active=True
    )
    row = rows.select_related("organisation").first()
    return Registered(row) if row is not None else None
