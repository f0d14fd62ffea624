"""Fixtures common to every room."""

from collections.abc import Callable

import pytest
from django.test import Client

from liane.accounts import second_factor
from liane.accounts.models import User


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """``sign_in("claire")`` gives a client signed in as Claire (in ``seat`` when given)."""

    def make(username: str, seat: str | None = None) -> Client:
        client = Client()
        client.force_login(
            User.objects.get(username=username),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        session = client.session
        second_factor.remember(session, client.session["_auth_user_id"], "totp")
        if seat is not None:
            session["seat"] = seat
        session.save()
        return client

    return make
