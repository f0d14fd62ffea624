"""Schemathesis on what Liane describes: nothing fails, no authorization is ignored."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks

from liane.api.document import document
from liane.fhir.tests.api import Api
from tests import factories as make
from tests.conformance.described import description

pytestmark = pytest.mark.django_db
Json = dict[str, Any]
CHECKS = [schemathesis.checks.not_a_server_error, checks.ignored_auth]


def tiers(short: int, long: int) -> Any:
    """As many examples of each operation, and more in the long tier."""
    return pytest.mark.parametrize(
        "examples", [short, pytest.param(long, marks=pytest.mark.full)], ids=["short", "long"]
    )


def operations(described: Json) -> list[Any]:
    """(method, path) of each operation."""
    return [
        pytest.param(method, path, id=f"{method} {path}")
        for path, calls in described["paths"].items()
        for method in calls
    ]


@pytest.fixture(autouse=True)
def connection_of_the_test() -> Iterator[None]:
    """The application keeps the transaction of the test, as Django's own test client lets it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token() -> str:
    """A machine of a house that follows somebody."""
    house = make.organisation("MSP", "msp")
    person = make.patient(city="Dax")
    make.member(person, house, responsible=True)
    make.member(person, make.practice("claire", of=house))
    return Api(house).token


def walk(described: Json, method: str, path: str, token: str, examples: int) -> None:
    """Call one operation with whatever its description allows."""
    loaded = schemathesis.openapi.from_dict(described)
    loaded.app = get_wsgi_application()
    operation = loaded[path][method]
    headers = {"Authorization": f"Bearer {token}"}

    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck),
        derandomize=examples < 50,
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    one()


API = {**document(), "servers": [{"url": "http://testserver/api/v1"}]}
FHIR = description()


@tiers(6, 200)
@pytest.mark.parametrize(("method", "path"), operations(API))
def test_the_interface_for_scripts(token: str, method: str, path: str, examples: int) -> None:
    walk(API, method, path, token, examples)


@tiers(2, 100)
@pytest.mark.parametrize(("method", "path"), operations(FHIR))
def test_the_fhir_interface(token: str, method: str, path: str, examples: int) -> None:
    walk(FHIR, method, path, token, examples)
