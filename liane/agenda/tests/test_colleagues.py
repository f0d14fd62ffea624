"""The agenda of a colleague: in one's structure, for the persons one follows, and no further."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.agenda.tests.support import planned, tomorrow
from liane.core.acting import owner
from liane.directory.models import Absence
from tests import factories as make

pytestmark = pytest.mark.django_db
PAGE = "/agenda/collegue/"


@pytest.fixture
def house():
    """A health house: a doctor, a nurse, a secretary."""
    msp = make.organisation("MSP de l’Adour", "msp")
    roussel = make.practice("roussel", name="Hélène Roussel", of=msp)
    make.practice("claire", name="Claire Aubert", of=msp)
    make.practice("sarah", role="secretary", name="Sarah Dumora", of=msp)
    return roussel


def test_the_secretary_finds_where_the_doctor_is_and_moves_through_weeks(house, sign_in) -> None:
    odette = make.patient()
    make.member(odette, house.organisation)
    planned(house, odette, tomorrow(), title="Contrôle")
    secretary = sign_in("sarah")
    mine = secretary.get("/agenda/").content.decode()
    assert f'<option value="{house.pk}">' in mine
    assert "Sarah Dumora" not in mine.partition("L’agenda d’un collègue")[2].partition("</form>")[0]
    week = f"semaine={timezone.localdate(tomorrow())}"
    shown = secretary.get(f"{PAGE}?de={house.pk}&{week}").content.decode()
    assert "Mme Dupont" in shown
    assert "Contrôle" in shown
    assert f"?de={house.pk}&amp;semaine=" in shown or f"?de={house.pk}&semaine=" in shown


def test_a_visit_to_somebody_one_does_not_follow_is_not_shown(house, sign_in) -> None:
    unknown = make.patient("SIMON", "Pierre", used_name="", sex="M")
    make.member(unknown, house)
    planned(house, unknown, tomorrow(), title="Diabète")
    week = f"semaine={timezone.localdate(tomorrow())}"
    shown = sign_in("sarah").get(f"{PAGE}?de={house.pk}&{week}").content.decode()
    assert "SIMON" not in shown.upper()
    assert "Diabète" not in shown


def test_an_absence_and_who_replaces_are_seen(house, sign_in) -> None:
    today = timezone.localdate()
    with owner():
        Absence.objects.create(
            practice=house, starts_on=today, ends_on=today + dt.timedelta(days=1)
        )
    assert "Absence" in sign_in("claire").get(f"{PAGE}?de={house.pk}").content.decode()


@pytest.mark.parametrize("asked", ["", "?de=x", "?de=00000000-0000-7000-8000-000000000000"])
def test_anybody_else_is_not_there(house, sign_in, asked) -> None:
    make.practice("bruno", of=make.organisation("Ailleurs", "saad"))
    assert sign_in("claire").get(PAGE + asked).status_code == 404
    assert sign_in("bruno").get(f"{PAGE}?de={house.pk}").status_code == 404
