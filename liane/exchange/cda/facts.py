"""What a document says of whom, before it is XML. Pure values, gathered elsewhere."""

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from liane.exchange.cda.names import AMBULATORY, NETWORK, Code, Kind


@dataclass(frozen=True)
class Place:
    """A postal address and a telephone; what is empty is not known."""

    line: str = ""
    postcode: str = ""
    city: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Number:
    """An identifier: the authority (OID) and the number under it, empty when the OID is all."""

    root: str
    extension: str = ""


@dataclass(frozen=True)
class Subject:
    """The person. ``matricule`` only where the identity is qualified (RNIV)."""

    local: Number
    birth_name: str
    given_names: str
    sex: str
    birth_date: dt.date | None
    birth_place: str = ""
    birth_place_name: str = ""
    used_name: str = ""
    place: Place = Place()
    matricule: Number | None = None

    @property
    def number(self) -> Number:
        """The number by which others know the person: the matricule, else ours."""
        return self.matricule or self.local


@dataclass(frozen=True)
class House:
    """A structure."""

    number: Number
    name: str
    place: Place = Place()
    sector: Code = NETWORK
    setting: Code = AMBULATORY


@dataclass(frozen=True)
class Author:
    """Who wrote the document, for which structure."""

    number: Number
    family: str
    given: str
    house: House
    title: str = ""
    profession: Code | None = None
    place: Place = Place()


@dataclass(frozen=True)
class Head:
    """The head of a document. ``series`` is common to its versions."""

    id: UUID
    series: UUID
    version: int
    kind: Kind
    title: str
    at: dt.datetime
    event_at: dt.datetime
    subject: Subject
    author: Author
    custodian: House
    format: Code
    templates: tuple[Number, ...] = ()
    consent: bool = False
    """True when the person agreed to share what the document says."""


@dataclass(frozen=True)
class Deed:
    """An action of a plan: what, by whom, with which result."""

    text: str
    who: str = ""
    when: str = ""
    result: str = ""


@dataclass(frozen=True)
class Goal:
    """One objective, the problem it answers, its actions."""

    problem: str
    text: str
    indicator: str = ""
    outcome: str = ""
    deeds: list[Deed] = field(default_factory=list)


@dataclass(frozen=True)
class CarePlan:
    """What a version of a coordinated care plan says."""

    goals: list[Goal]
    situation: list[tuple[str, str]]
    """(label, text) of the frame: medical, social…"""
    wishes: list[tuple[str, str]]
    validated_on: dt.date | None
