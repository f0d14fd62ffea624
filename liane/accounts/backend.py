"""Who signs in, as allauth checks it; who a session belongs to, asked at every request."""

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet

from liane.accounts.models import User
from liane.core.ids import parse
from liane.core.prepared import prepared


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend; the account of a session is read by a prepared query."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, or None when it is gone or closed."""
        pk = parse(str(user_id))
        user = _account.first(pk) if pk is not None else None
        return user if user is not None and self.user_can_authenticate(user) else None


@prepared
def _account(pk: UUID) -> QuerySet[User]:
    return User.objects.filter(pk=pk)
