"""Mme Dupont, no ruptured pathway: her hospital speaks, and everyone who was to visit her knows.

The messages are real HL7 v2, over the network; two or three browsers stay open all along.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.system.hospital import Hospital, listening
from tests.system.people import DESK, PHONE

PLACE = re.compile("Centre hospitalier|[Cc]ardiologie|[Hh]ospitalis")


@pytest.fixture(scope="module")
def hospital(site) -> Iterator[Hospital]:
    with listening(site) as hospital:
        yield hospital


@pytest.fixture
def nurse(visitor):
    return visitor("claire.aubert", PHONE)


@pytest.fixture
def coordinator(visitor):
    return visitor("nathalie.cazenave", DESK)


@pytest.fixture
def meals(visitor):
    return visitor("bernard.destouesse", PHONE)


def opens_mme_dupont(someone) -> None:
    """Through the list of persons."""
    someone.opens("/personnes/").follows("Dupont").sees("Dupont")


def is_at_home(someone) -> None:
    """No absence on top of the record; the timeline keeps what was."""
    expect(someone.main.get_by_role("region", name="Absence du domicile")).to_have_count(0)


def test_from_admission_to_return(hospital, nurse, coordinator, meals):
    # Given three screens open: the nurse's round, the coordinator's record, the meal driver's day
    opens_mme_dupont(coordinator)
    nurse.opens("/").sees("Ma tournée")
    meals.opens("/").does_not_see("Ne passez pas")

    # When the hospital admits Mme Dupont
    assert hospital.says("admission", "S1") == "AA"

    # Then the record says where and since when, and that visits are suspended, without reload
    coordinator.sees("Hospitalisée depuis").sees("Centre hospitalier de Dax")
    coordinator.sees(re.compile(r"\d+\svisites suspendues")).finds_it_accessible()

    # And the nurse's phone tells her
    nurse.sees("Hospitalisée depuis").sees("J’ai vu").finds_it_accessible()

    # And the driver reads only not to come: neither place nor reason
    meals.sees("Ne passez pas avant nouvel avis").finds_it_accessible()
    meals.does_not_see(PLACE)

    # When the nurse says that she has seen it, the coordinator knows
    nurse.presses("J’ai vu")
    nurse.page.wait_for_load_state()
    opens_mme_dupont(coordinator)
    coordinator.sees(re.compile("1 l’a vu"))

    # When the hospital lets her go home while the nurse's day is open
    nurse.opens("/").does_not_see(re.compile("peuvent reprendre|peut reprendre"))
    assert hospital.says("discharge", "S1") == "AA"

    # Then the nurse is asked, without reload, whether her visits go on; they do when she says so
    nurse.sees(re.compile("peuvent reprendre|peut reprendre")).finds_it_accessible()
    nurse.presses("Reprendre")
    nurse.does_not_see(re.compile("peuvent reprendre|peut reprendre"))

    # And those of the others, which wait for theirs, go on where she says it for the whole agenda
    opens_mme_dupont(nurse)
    nurse.follows("Agenda").sees(re.compile("peuvent reprendre|peut reprendre"))
    nurse.presses("Reprendre")
    opens_mme_dupont(nurse)
    nurse.does_not_see(re.compile(r"\d+\svisites? suspendues?"))


def test_a_declared_absence_suspends_too_and_a_mistake_is_undone(nurse, meals):
    opens_mme_dupont(nurse)
    nurse.follows("Déclarer une absence").sees("n’est pas à domicile").finds_it_accessible()
    nurse.presses("En vacances, en famille")

    meals.opens("/").sees("Ne passez pas avant nouvel avis")
    opens_mme_dupont(nurse)
    nurse.sees("En vacances depuis").follows("Ouvrir").finds_it_accessible()
    nurse.presses("C’était une erreur")
    opens_mme_dupont(nurse)
    is_at_home(nurse)


def test_a_consultation_suspends_nothing(hospital, nurse):
    assert hospital.says("consultation", "S9") == "AA"
    opens_mme_dupont(nurse)
    is_at_home(nurse)
