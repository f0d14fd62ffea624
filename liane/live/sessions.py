"""Who opens a stream: the session cookie, checked as a page request would be."""

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from liane.accounts import second_factor
from liane.accounts.models import User
from liane.circle.middleware import actor_of
from liane.core.acting import Actor
from liane.core.ids import uuid7
from liane.core.prepared import prepared


def session_key(cookie_header: str) -> str:
    """The session's key in a Cookie header, empty when there is none."""
    try:
        cookies = SimpleCookie(cookie_header)
    except CookieError:
        return ""
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""


def authenticate(key: str) -> Actor | None:
    """The actor that a session is now, in its chosen seat; None when it may not listen."""
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        return None
    if not second_factor.passed(request.session, user):
        return None
    request.user = user
    actor = actor_of(request)
    if not actor.holders:
        return None
    return replace(actor, channel="live", request_id=uuid7())


def living(keys: Collection[str]) -> set[str]:
    """Those of these session keys that are still open. One query."""
    return set(_open(list(keys), timezone.now())) if keys else set()


@prepared
def _open(keys: list[str], now: dt.datetime) -> QuerySet[Session, str]:
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=now)
    return rows.values_list("session_key", flat=True)


def request_of(actor: Actor) -> HttpRequest:
    """A request as badges read it: the actor, and its account."""
    request = HttpRequest()
    request.method = "GET"
    request.actor = actor  # type: ignore[attr-defined]
    request.user = cast(User, SimpleLazyObject(lambda: User(pk=actor.user_id, name=actor.label)))
    return request
