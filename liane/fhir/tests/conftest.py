"""A house, its application, and Odette whom it follows."""

import pytest

from liane.core.acting import owner
from liane.fhir.tests.api import Api
from liane.patients import search
from tests import factories as make


def named(person):
    """The person, found by name."""
    with owner():
        search.reindex(person)
        person.save()
    return person


@pytest.fixture
def house(db):
    return make.organisation("DAC des Landes", "dac")


@pytest.fixture
def api(house):
    return Api(house)


@pytest.fixture
def odette(house):
    person = make.patient(phone="0558000001", city="Dax", postcode="40100")
    make.member(person, house, responsible=True)
    return named(person)


@pytest.fixture
def claire(odette):
    """Her nurse, in a practice of her own."""
    place = make.practice("claire", name="Claire Aubert", of=make.organisation("Cabinet"))
    make.member(odette, place)
    return place
