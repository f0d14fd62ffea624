"""Mme Dupont, known here; the hospital of Dax, known by its FINESS; what it sends."""

import datetime as dt

from liane.core import acting
from liane.directory.models import Organisation
from liane.exchange import intake
from liane.exchange.intake import Receipt
from liane.exchange.tests.messages import adt
from liane.patients import ins
from liane.patients.models import Patient
from liane.stays.models import Stay
from tests import factories

INS = "241039940100127"


def matricule() -> ins.Matricule:
    number = INS[:13]
    return ins.Matricule(number, ins.key_of(number))


def hospital() -> Organisation:
    return factories.organisation(
        "CH de Dax", "hospital", finess="400011177", authority="CH DE DAX"
    )


def odette(**more) -> Patient:
    """Born LABORDE Odette on 7 March 1941; INS known."""
    person = factories.patient(**more)
    with acting.owner():
        ins.put(person, matricule())
        person.ins_status = Patient.InsStatus.QUALIFIED
        person.save()
    return person


def message(event: str = "A01", at: str = "20261102081200", **more) -> bytes:
    """A message about Odette, by INS and by IPP, unless told otherwise."""
    values = {
        "name": "LABORDE^ODETTE^ODETTE^^^^L~DUPONT^ODETTE^^^^^D",
        "birth": "19410307",
        "ins": matricule().value,
        **more,
    }
    return adt(event, at, **values)


def send(raw: bytes, **more) -> Receipt:
    return intake.receive(raw, channel="file", **more)


def the_stay(person: Patient) -> Stay:
    with acting.acting(acting.system("test")):
        return Stay.objects.get(person=person)


def born(person: Patient, day: str) -> Patient:
    with acting.owner():
        person.birth_date = dt.date.fromisoformat(day)
        person.save()
    return person
