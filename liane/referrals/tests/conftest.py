"""A small territory: M. Simon at Narrosse, his doctor and nurse, a DAC with three people."""

import datetime as dt

import pytest

from liane.core import acting
from liane.directory import communes, territories
from liane.directory.communes import Lists, Town
from liane.directory.models import Organisation, Practice
from liane.patients.models import AttendingDoctor, Patient
from liane.referrals import sending
from liane.referrals.models import Referral
from liane.referrals.sending import Wanted
from tests import factories as make


def as_(who):
    return acting.acting(make.actor(who))


@pytest.fixture
def landes() -> None:
    towns = {
        "40202": ("Narrosse", "40180"),
        "40088": ("Dax", "40100"),
        "40313": ("Tartas", "40400"),
    }
    epci = {"40202": "244000675", "40088": "244000675"}
    communes.write(
        Lists(
            {
                code: Town(code, name, {postcode}, "40", epci.get(code, ""))
                for code, (name, postcode) in towns.items()
            },
            {"244000675": "CA du Grand Dax"},
            {"40": "Landes"},
        )
    )


@pytest.fixture
def simon(landes) -> Patient:
    return make.patient(
        "SIMON", "Pierre", used_name="", sex="M", birth_date=dt.date(1938, 1, 22),
        address_line="27 chemin de Lestrilles", postcode="40180", city="Narrosse", insee="40202",
        phone="0558740203",
    )  # fmt: skip


@pytest.fixture
def roussel(simon) -> Practice:
    doctor = make.practice("roussel", profession="10", name="Hélène Roussel")
    make.member(simon, doctor)
    with acting.owner():
        AttendingDoctor.objects.create(
            person=simon, practice=doctor, started_on=dt.date(2024, 1, 1)
        )
    return doctor


@pytest.fixture
def claire(simon) -> Practice:
    nurse = make.practice("claire", name="Claire Aubert")
    make.member(simon, nurse)
    return nurse


@pytest.fixture
def dac(landes) -> Organisation:
    house = make.organisation("DAC des Landes", "dac", city="Dax")
    with acting.acting(acting.system("test")):
        territories.cover(house, ["department:40"])
    return house


@pytest.fixture
def isabelle(dac) -> Practice:
    return make.practice("isabelle", role="case_manager", of=dac, name="Isabelle Lafitte")


@pytest.fixture
def lise(dac) -> Practice:
    return make.practice("lise", role="coordinator", of=dac, name="Lise Ducos")


@pytest.fixture
def asked(simon, roussel, claire, isabelle):
    """``asked(by=…, **more)``: Claire asks the DAC for support around M. Simon."""

    def ask(by: Practice = claire, **more) -> Referral:
        values = {"motive": "staying_home", "consent": "agrees", "person_id": simon.pk, **more}
        with as_(by):
            return sending.send(Wanted(**values))

    return ask
