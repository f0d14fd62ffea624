"""Is a received document about this person? A help to who files it; it never decides alone."""

from liane.exchange.cda.reading import Person
from liane.exchange.models import ReceivedDocument
from liane.exchange.traits import SEXES, Line
from liane.patients import ins
from liane.patients.models import Patient

Match = ReceivedDocument.Match


def lines(said: Person, person: Patient) -> list[Line]:
    """The traits side by side."""
    born = f"{said.birth_date:%d/%m/%Y}" if said.birth_date else ""
    known = f"{person.birth_date:%d/%m/%Y}" if person.birth_date else ""
    return [
        Line("Nom de naissance", said.birth_name, person.birth_name),
        Line("Premier prénom", said.given_names.split(" ")[0], person.first_given),
        Line("Sexe", SEXES.get(said.sex, ""), SEXES.get(person.sex, "")),
        Line("Date de naissance", born, known),
        Line("Lieu de naissance", said.birth_place, person.birth_place),
    ]


def match(said: Person, person: Patient) -> str:
    """Whether it is the same person, another one, or a matter for somebody to look at.

    The same matricule with another name is a doubt, two different matricules are two persons.
    """
    differing = {one.label for one in lines(said, person) if one.differs}
    known = ins.of(person)
    if said.matricule is not None and known is not None and said.matricule.value != known.value:
        return Match.OTHER
    if {"Nom de naissance", "Date de naissance"} <= differing:
        return Match.OTHER
    whole = said.birth_name and said.given_names and said.birth_date and person.birth_date
    return Match.DOUBT if differing or not whole else Match.SAME
