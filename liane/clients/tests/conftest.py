"""An organisation that follows Odette, its application, and another house."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import RequestFactory

from liane.clients import issuing, services
from liane.clients.access import Caller, authenticate
from liane.clients.models import Client
from liane.clients.scopes import Scopes
from liane.core import acting
from liane.directory.models import Organisation
from liane.patients.models import Patient
from tests import factories as make


@dataclass
class House:
    """An MSP that follows Odette, and its application."""

    place: Organisation
    odette: Patient
    client: Client


@pytest.fixture
def house(db: None) -> House:
    place = make.organisation("MSP de l’Adour", "msp")
    odette = make.patient()
    make.member(odette, place)
    return House(place, odette, registered(place))


def registered(
    place: Organisation, name: str = "Logiciel", scopes: str = "system/*.rs", **more: str
) -> Client:
    with acting.acting(acting.system("test")):
        return services.register(place, name, more.pop("kind", "backend"), scopes, **more)


def token(client: Client, scopes: str = "system/*.rs", **context: object) -> str:
    return issuing.issue(
        client, Scopes.parse(scopes), issuing.MACHINE_LIFE, context=context or None
    )


@pytest.fixture
def call() -> Callable[[str], Caller]:
    """Who a bearer token makes of its bearer."""

    def ask(text: str) -> Caller:
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        return authenticate(RequestFactory().get("/fhir/Patient", headers=headers))

    return ask
