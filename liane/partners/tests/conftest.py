"""A DAC with its case manager and its manager, and a partner."""

import pytest

from liane.directory import communes
from tests import factories as make


@pytest.fixture
def dac():
    return make.organisation("DAC des Landes", "dac", city="Dax", insee="40088")


@pytest.fixture
def isabelle(dac):
    return make.practice("isabelle", role="case_manager", of=dac, name="Isabelle Lafitte")


@pytest.fixture
def florence(dac):
    return make.practice("florence", role="manager", of=dac, name="Florence Dubroca")


@pytest.fixture
def ssiad():
    return make.organisation("SSIAD de l’Adour", "ssiad", city="Dax", insee="40088")


@pytest.fixture
def landes():
    communes.load(communes.SHIPPED)
