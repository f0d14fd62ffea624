"""Everybody else of the territory: invented persons by the hundred or the hundred thousand."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.conf import settings
from django.db import transaction

from liane.agenda.models import Appointment, AppointmentEvent, Series
from liane.circle.compile import compile_many
from liane.demo.chronicle import Chronicle, Voice, at, voice
from liane.demo.names import GIVENS, SURNAMES, TOWNS, chance, ident, matricule, traits
from liane.demo.territory import Territory, known
from liane.directory.identifiers import luhn_key
from liane.directory.index import index_organisations, index_professionals
from liane.directory.models import Organisation, Practice, Professional
from liane.patients import ins, search
from liane.patients.models import Contact, Patient, PatientTrigram

CHUNK = 500
CLOSE = 300
"""Persons around the named cabinets; beyond, other cabinets of the territory take them."""
PER_CABINET = 150
HISTORY = 2_000
"""Beyond this many persons, each one's history is short."""

FOLLOW_UPS = (
    "Suivi régulier, état stable. Prochaine visite comme prévu.",
    "Douleur du genou soulagée par le repos. Marche tous les jours.",
    "Tension à 15/8, à revoir dans une semaine.",
    "Diabète équilibré, carnet bien tenu.",
    "Pansement refait, évolution favorable.",
    "Se plaint de mal dormir, pas de somnifère pour l’instant.",
    "Vaccin contre la grippe fait.",
    "Appétit revenu depuis le passage de son fils.",
)
VISITS = (
    ("Injection d’insuline", "Glycémie 1,25."),
    ("Pansement", "Plaie propre."),
    ("Surveillance", "Tension 13/8."),
    ("Prise de sang", ""),
    ("Préparation du pilulier", "Rien à signaler."),
    ("Bas de contention", ""),
)


@dataclass(frozen=True)
class Team:
    """Who follows a person of the crowd."""

    doctor: Practice
    nurse: Practice
    others: tuple[Practice, ...]
    house: Organisation


def load(land: Territory, persons: int, seed: int) -> int:
    """Make the persons of the crowd that are missing, up to ``persons``. Returns how many."""
    teams = list(_teams(land, persons))
    ids = [ident("person", seed, number) for number in range(persons)]
    there = known(ids)
    staff = land.personas()
    missing = [number for number in range(persons) if ids[number] not in there]
    for chunk in batched(missing, CHUNK):  # noqa: B911
        with transaction.atomic():
            book = Chronicle(staff=staff)
            _chunk(book, chunk, ids, teams, seed, light=persons > HISTORY)
    return len(missing)


def _teams(land: Territory, persons: int) -> Iterator[Team]:
    """The named team first, then as many generated cabinets as the persons need."""
    doctors = [land.of(name) for name in ("Hélène Roussel", "Nadia Bordenave", "Paul Hontang")]
    nurses = [land.of(name) for name in ("Claire Aubert", "Anne Duhart", "Zoé Garat")]
    others = [land.of(name) for name in ("Karim Lasserre", "Anne Capdeville", "Aurélie Camiade")]
    for number in range(6):
        yield Team(
            doctors[number % 3],
            nurses[number % 3],
            (others[number % 3],),
            land.structures["msp"] if number % 2 else land.structures["dac"],
        )
    for number in range(max(0, persons - CLOSE) // PER_CABINET + 1 if persons > CLOSE else 0):
        yield _cabinet(number, land)


def _cabinet(number: int, land: Territory) -> Team:
    """A group practice of the wider territory: a doctor and a nurse, without accounts."""
    rng = chance(f"cabinet {number}")
    town = rng.choice(TOWNS)
    place, made = Organisation.objects.get_or_create(
        pk=ident("cabinet", number),
        defaults={
            "name": f"Cabinet médical de {town[1]} {number + 1}", "kind": "practice",
            "postcode": town[0], "city": town[1], "insee": town[2],
            "external_id": f"demo:cabinet:{number}",
        },
    )  # fmt: skip
    practices = []
    for profession, title in (("10", "Dr"), ("60", "")):
        person, _ = Professional.objects.get_or_create(
            pk=ident("cabinet", number, profession),
            defaults={
                "given": rng.choice(GIVENS), "family": rng.choice(SURNAMES), "title": title,
                "profession": profession, "specialty": "SM54" if title else "",
                "rpps": _rpps(number * 2 + (profession == "60")),
            },
        )  # fmt: skip
        practice, _ = Practice.objects.get_or_create(
            pk=ident("cabinet practice", number, profession),
            defaults={"professional": person, "organisation": place, "city": town[1]},
        )
        practices.append(practice)
    if made:
        index_organisations([place.pk])
        index_professionals([item.professional_id for item in practices])
    return Team(practices[0], practices[1], (), land.structures["dac"])


def _rpps(number: int) -> str:
    digits = f"998{number:07d}"
    return digits + luhn_key(digits)


def _chunk(
    book: Chronicle,
    numbers: tuple[int, ...],
    ids: list[UUID],
    teams: list[Team],
    seed: int,
    *,
    light: bool,
) -> None:
    people = []
    for number in numbers:
        rng = chance(f"{seed}:{number}")
        one = _person(ids[number], number, rng)
        people.append(one)
        team = teams[number % 6 if number < CLOSE else 6 + (number - CLOSE) // PER_CABINET]
        _history(book, one, team, rng, number, light=light)
    Patient.objects.bulk_create(people, batch_size=CHUNK)
    PatientTrigram.objects.bulk_create(
        [row for one in people for row in search.rows(one)], batch_size=5_000
    )
    book.save()
    compile_many([one.pk for one in people])


def _person(pk: UUID, number: int, rng: random.Random) -> Patient:
    one = traits(rng, number)
    made = Patient(pk=pk, created_at=at(rng.randint(30, 200)), **vars(one))
    if rng.random() < 0.6:
        made.ins_status = Patient.InsStatus.QUALIFIED
        ins.put(made, matricule(made.sex, one.birth_date, one.birth_place, number))
    made.search = search.searchable(made)
    return made


def _history(
    book: Chronicle,
    one: Patient,
    team: Team,
    rng: random.Random,
    number: int,
    *,
    light: bool,
) -> None:
    since = rng.randint(30, 190)
    doctor, nurse = voice(team.doctor), voice(team.nurse)
    book.opened(one, doctor, at(since, 9, 0))
    book.member(one, team.doctor, doctor, at(since, 9, 1), ground="designated", told=False)
    book.member(one, team.nurse, doctor, at(since, 9, 2), told=False)
    book.member(one, team.house, doctor, at(since, 9, 3), ground="source", responsible=True,
                told=False)  # fmt: skip
    book.doctor(one, team.doctor, doctor, at(since, 9, 4))
    for other in team.others if rng.random() < 0.5 else ():
        book.member(one, other, doctor, at(since - 1, 12, 0), told=False)
    if rng.random() < 0.3:
        book.add(
            Contact(person=one, name=f"{rng.choice(GIVENS)} {one.birth_name.title()}",
                    relationship=rng.choice(("fille", "fils", "nièce", "voisin")),
                    is_emergency=True, phone=f"06399{rng.randint(10000, 99999)}",
                    **doctor.author)
        )  # fmt: skip
    for days in sorted(
        rng.sample(range(1, since), 1 if light else rng.randint(2, 4)), reverse=True
    ):
        by = rng.choice((doctor, nurse))
        book.note(one, by, at(days, rng.randint(8, 18), rng.randint(0, 59)), rng.choice(FOLLOW_UPS))
    for days in sorted(rng.sample(range(1, 29), 1 if light else rng.randint(2, 5)), reverse=True):
        title, said = rng.choice(VISITS)
        book.visit(one, team.nurse, at(days, rng.randint(7, 11), rng.randint(0, 59)), title, said)
    if not light and rng.random() < 0.25:
        book.thread(one, _talk(doctor, nurse, rng))
    if number % 5 == 0 and (not light or number < CLOSE):
        _series(book, one, team.nurse, nurse, rng)


def _talk(doctor: Voice, nurse: Voice, rng: random.Random) -> list[tuple[Voice, dt.datetime, str]]:
    days = rng.randint(2, 25)
    return [
        (nurse, at(days, 11, 0), "Bonjour Docteur, pouvez-vous renouveler l’ordonnance de soins ?"),
        (doctor, at(days, 13, 0), "C’est fait, elle est à l’accueil."),
    ]


def _series(
    book: Chronicle, one: Patient, practice: Practice, by: Voice, rng: random.Random
) -> None:
    """Visits of the coming fortnight; the worker makes the following ones."""
    step = rng.choice((2, 3, 7))
    title = rng.choice(VISITS)[0]
    start = at(0, rng.randint(7, 11), rng.choice((0, 15, 30, 45))) + dt.timedelta(
        days=rng.randint(0, step - 1)
    )
    common = {
        "person": one, "practice": practice, "title": title, "for_person": True,
        "for_carers": True, **by.author,
    }  # fmt: skip
    moments = [start + dt.timedelta(days=days) for days in range(0, 15, step)]
    series = Series(
        rule=f"FREQ=DAILY;INTERVAL={step}", zone=settings.TIME_ZONE, starts_at=start, minutes=20,
        made_until=start + dt.timedelta(days=15), **common,
    )  # fmt: skip
    book.add(series)
    for moment in moments:
        visit = Appointment(
            series=series, original_start=moment, starts_at=moment,
            ends_at=moment + dt.timedelta(minutes=20), **common,
        )  # fmt: skip
        book.add(visit, AppointmentEvent(appointment=visit, after="planned", **by.author))
