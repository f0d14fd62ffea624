"""Fixtures common to every room."""

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings

from liane.accounts import second_factor
from liane.accounts.models import User
from tests.once import common, made_once
from tests.scheduling import Scheduling, first_the_whole
from tests.system.installation import Installation, create, drop, named

_QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, **_QUIET)
settings.register_profile("random", **_QUIET)
settings.load_profile(os.environ.get("LIANE_EXAMPLES", "steady"))
"""`make test` draws the same examples on every machine; `make test-full` draws others each time."""

gc.set_threshold(50_000, 50, 50)
"""The collector of cycles looks less often: much is kept from the start, little is in cycles."""


def pytest_collection_finish() -> None:
    """And never again at what stays until the end: modules, tests, compiled code."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Modules that share something costly stay whole."""
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """And they begin."""
    first_the_whole(items)


@pytest.fixture(scope="session")
def migrated(
    tmp_path_factory: pytest.TempPathFactory, testrun_uid: str, worker_id: str
) -> Iterator[str]:
    """The name of a PostgreSQL database migrated from nothing, for several workers to copy.

    Nothing on SQLite, whose tables are made at once, and for a worker alone.
    """
    url = os.environ.get("LIANE_DATABASE_URL", "")
    if connection.vendor != "postgresql" or worker_id == "master":
        yield ""
        return
    name = f"liane_migrated_{testrun_uid[:12]}"
    made = Installation(common(tmp_path_factory, worker_id) / "migrated", named(url, name))

    def migrate() -> None:
        create(made)
        made.liane("migrate", "-v", "0")

    with made_once(made.folder, migrate, lambda: drop(made)):
        yield name


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, migrated: str
) -> None:
    """Each worker's test database is a copy of the one that was migrated."""
    if migrated:
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated


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
