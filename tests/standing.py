"""Rows that stand for many tests, each of which undoes what it did to them."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db import transaction
from pytest_django import DjangoDbBlocker

Made = TypeVar("Made")


@contextlib.contextmanager
def standing(blocker: DjangoDbBlocker, make: Callable[[], Made]) -> Iterator[Made]:
    """What ``make`` returns, its rows within a transaction around those of the tests.

    Nothing of it is ever committed. For a fixture that asks for ``django_db_setup``.
    """
    with blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
    try:
        with blocker.unblock():
            made = make()
        yield made
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
