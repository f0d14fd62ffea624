"""An organisation that follows Odette, and its application."""

import pytest

from liane.clients.tests.conftest import House, registered
from tests import factories as make


@pytest.fixture
def house(db: None) -> House:
    place = make.organisation("MSP de l’Adour", "msp")
    odette = make.patient()
    make.member(odette, place)
    make.member(odette, make.practice("claire", of=place))
    return House(place, odette, registered(place, scopes="system/*.cruds"))
