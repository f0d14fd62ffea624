"""One world for all the tests of the table of rights: each undoes what it did there."""

import copy
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.access.world import World, build
from tests.standing import standing


@pytest.fixture(scope="package")
def _made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with standing(django_db_blocker, build) as world:
        yield world


@pytest.fixture
def world(_made: World, db: None) -> World:
    """Two persons and every kind of actor: a copy for this test alone."""
    return copy.deepcopy(_made)
