"""Mme Dupont, her nurse Claire, her doctor Paul, and those around."""

from types import SimpleNamespace

import pytest

from liane.core.acting import acting
from tests import factories as make


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.LIANE_STORAGE_DIR = tmp_path / "files"


@pytest.fixture
def circle(db):
    """A circle with one actor of each kind, by name."""
    msp = make.organisation("MSP des Pins", "msp")
    saad = make.organisation("Aide Landes", "saad")
    person = make.patient(user=make.user("odette"))
    claire = make.practice("claire", name="Claire Aubert")
    paul = make.practice("paul", name="Paul Roussel", of=msp, profession="10")
    make.member(person, claire)
    make.member(person, msp)
    make.member(person, make.practice("karim", role="social", of=saad), outside_team=True)
    people = {
        "coline": "coordinator", "manon": "case_manager", "sylvie": "secretary",
        "bernard": "billing", "diane": "manager",
    }  # fmt: skip
    for name, role in people.items():
        make.practice(name, role=role, of=msp)
    make.practice("bruno", name="Bruno Dehors")
    make.contact(person, "julie", access="carer_read")
    return SimpleNamespace(person=person, msp=msp, saad=saad, claire=claire, paul=paul)


@pytest.fixture
def as_(circle):
    """``with as_("claire"):`` acts as Claire."""

    def make_actor(name):
        return acting(make.actor(name))

    return make_actor
