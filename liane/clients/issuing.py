"""Making tokens and taking them back."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.clients import secrets
from liane.clients.models import (
    AuthorizationCode,
    Client,
    LaunchContext,
    SpentAssertion,
    Token,
)
from liane.clients.scopes import Scopes
from liane.core.ids import uuid7

MACHINE_LIFE = dt.timedelta(minutes=5)
"""SMART Backend Services: five minutes at most."""
USER_LIFE = dt.timedelta(hours=1)
REFRESH_LIFE = dt.timedelta(days=30)
FORGET = dt.timedelta(days=30)


def issue(
    client: Client,
    scopes: Scopes,
    life: dt.timedelta,
    *,
    use: str = Token.Use.ACCESS,
    family: UUID | None = None,
    context: Mapping[str, Any] | None = None,
) -> str:
    """A new token of ``client``, never wider than what it was granted. Returns its text.

    ``context``: ``user``, ``seat`` and ``patient_id`` of a token that acts for somebody.
    """
    text = secrets.make("refresh" if use == Token.Use.REFRESH else "token")
    Token.objects.create(
        client=client,
        use=use,
        digest=secrets.digest(text),
        family=family or uuid7(),
        scopes=str(scopes.within(client.granted)),
        expires_at=timezone.now() + life,
        **(context or {}),
    )
    return text


def revoke_family(family: UUID) -> int:
    """Take back every token that came from one authorization. Returns their number."""
    return Token.objects.filter(family=family, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all(client: Client) -> int:
    """Take back every token of an application."""
    return client.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())


def forget() -> int:
    """Periodic: tokens, codes and launches that ended a month ago are removed."""
    old = Q(expires_at__lt=timezone.now() - FORGET)
    spent = SpentAssertion.objects.filter(expires_at__lt=timezone.now()).delete()[0]
    return spent + sum(
        model.objects.filter(old).delete()[0] for model in (Token, AuthorizationCode, LaunchContext)
    )
