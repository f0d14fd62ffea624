"""A small territory, loaded once for the tests of a module: each undoes what it did there."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from liane.demo import loading
from tests.standing import standing

SEED = 1


@pytest.fixture(scope="module")
def _loaded(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[loading.Loaded]:
    persons: int = request.module.PERSONS
    with (
        override_settings(LIANE_DEMO=True),
        standing(django_db_blocker, lambda: loading.load(persons, SEED)) as loaded,
    ):
        yield loaded


@pytest.fixture
def land(_loaded: loading.Loaded, db: None) -> loading.Loaded:
    """The demo territory, of as many persons as the module's ``PERSONS``."""
    return _loaded
