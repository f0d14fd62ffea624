"""Fixtures common to every room."""

import os
from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import HealthCheck, settings

from liane.accounts import second_factor
from liane.accounts.models import User

_QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, **_QUIET)
settings.register_profile("random", **_QUIET)
settings.load_profile(os.environ.get("LIANE_EXAMPLES", "steady"))
"""`make test` draws the same examples on every machine; `make test-full` draws others each time."""


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """``sign_in("claire")`` gives a client signed in as Claire (in ``seat`` when given)."""

    def make(username: str, seat: str | None = None) -> Client:
        client = Client()
        client.force_login(
            User.objects.get(username=username),
            backend="liane.accounts.backend.AccountBackend",
        )
        session = client.session
        second_factor.remember(session, client.session["_auth_user_id"], "totp")
        if seat is not None:
            session["seat"] = seat
        session.save()
        return client

    return make
