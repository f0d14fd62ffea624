"""A failure leaves a line that says where, and nothing of what somebody typed."""

import json

import pytest
import structlog
from django.test import Client
from django.urls import path

from liane.core.routes import Policy, route

CANARY = "CANARI-57KG"
urlpatterns = []


@route(Policy.PUBLIC, audit="nothing")
def broken(request, name):
    raise RuntimeError(f"{name} {request.GET['q']}")


urlpatterns = [path("casse/<str:name>/", broken)]


@pytest.mark.django_db
def test_the_log_names_the_place_and_never_the_data(settings) -> None:
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    with structlog.testing.capture_logs() as logs:
        answer = client.get(f"/casse/{CANARY}/?q={CANARY}")
    assert answer.status_code == 500
    (line,) = [one for one in logs if one["event"] == "request_failed"]
    assert line["error"] == "RuntimeError"
    assert line["route"] == "casse/<str:name>/"
    assert any("test_failures.py" in place and "broken" in place for place in line["where"])
    assert CANARY not in json.dumps(logs, default=str)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answering", "address", "event"),
    [
        ("liane.fhir.server._answered", "/fhir/Patient", "fhir_failed"),
        ("liane.api.pages._answered", "/api/v1/personnes", "api_failed"),
    ],
)
def test_an_interface_that_fails_says_as_little(
    monkeypatch, answering: str, address: str, event: str
) -> None:
    def fails(*_):
        raise RuntimeError(CANARY)

    monkeypatch.setattr(answering, fails)
    monkeypatch.setattr("liane.api.pages.find", lambda *_: None)
    with structlog.testing.capture_logs() as logs:
        answer = Client().get(f"{address}?q={CANARY}")
    assert answer.status_code == 500
    (line,) = [one for one in logs if one["event"] == event]
    assert line["error"] == "RuntimeError"
    assert any("test_failures.py" in place and "fails" in place for place in line["where"])
    assert "exc_info" not in line
    assert CANARY not in json.dumps(logs, default=str)
