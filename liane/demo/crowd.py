"""Everybody else of the territory: invented persons by the hundred or the hundred thousand."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.db import transaction

from liane.circle.compile import compile_many
from liane.demo import rounds
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

PHYSIOTHERAPIST, NURSE = "70", "60"
NAMED = 3
"""Named doctors, and named nurses: each has one in three of the close ones."""
BEGUN = 45
"""Visits of the crowd began at most so many days ago."""
SESSIONS_FROM = 40
"""Rank from which a physiotherapist comes: the nurse's round is full before."""
PROBLEM = "Chute dans la nuit, pas de plaie, consciente. Médecin prévenu, à surveiller."
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


@dataclass(frozen=True)
class Team:
    """Who follows a person of the crowd."""

    doctor: Practice
    nurse: Practice
    others: tuple[Practice, ...]
    house: Organisation
    outside: tuple[tuple[Practice, tuple[rounds.Place, ...], int], ...] = ()
    """Those from outside the care team: who, their round, the rank of its first person."""


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
            () if number % 3 else (
                (land.of("Maïté Darrigrand"), rounds.HELP, 80),
                (land.of("Bernard Destouesse"), rounds.MEALS, 90),
            ),
        )  # fmt: skip
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
    turns = list(_turns(team, number))
    coming = {practice.pk for practice, _ in turns}
    chosen = rng.random() < 0.5
    for other in team.others:
        if chosen or other.pk in coming:
            book.member(one, other, doctor, at(since - 1, 12, 0), told=False)
    for practice, _, _ in team.outside:
        if practice.pk in coming:
            book.member(one, practice, doctor, at(since - 1, 12, 5), ground="consent", outside=True,
                        proof="accord oral recueilli à domicile", told=False)  # fmt: skip
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
    if not light and rng.random() < 0.25:
        book.thread(one, _talk(doctor, nurse, rng))
    for practice, turn in turns:
        _visits(book, one, practice, turn, number, since, light=light)


def _talk(doctor: Voice, nurse: Voice, rng: random.Random) -> list[tuple[Voice, dt.datetime, str]]:
    days = rng.randint(2, 25)
    return [
        (nurse, at(days, 11, 0), "Bonjour Docteur, pouvez-vous renouveler l’ordonnance de soins ?"),
        (doctor, at(days, 13, 0), "C’est fait, elle est à l’accueil."),
    ]


def _rank(number: int) -> int:
    """The place of a person among those of the same team's doctor and nurse."""
    return number // NAMED if number < CLOSE else (number - CLOSE) % PER_CABINET


def _turns(team: Team, number: int) -> Iterator[tuple[Practice, rounds.Turn]]:
    """The nurse comes to the first ones, the doctor to the last, the physiotherapist between."""
    rank = _rank(number)
    size = CLOSE // NAMED if number < CLOSE else PER_CABINET
    sessions = [
        (other, rounds.PHYSIOTHERAPIST, SESSIONS_FROM)
        for other in team.others
        if other.professional.profession == PHYSIOTHERAPIST
    ]
    held = [(team.nurse, rounds.turn(rounds.NURSE, rank))]
    held.append((team.doctor, rounds.turn(rounds.DOCTOR, size - 1 - rank)))
    for practice, places, first in (*sessions, *team.outside):
        if rank >= first:
            held.append((practice, rounds.turn(places, rank - first)))
    for practice, turn in held:
        if turn is not None:
            yield practice, turn


def _visits(
    book: Chronicle,
    one: Patient,
    practice: Practice,
    turn: rounds.Turn,
    number: int,
    since: int,
    *,
    light: bool,
) -> None:
    days = list(turn.days_ago(min(since - 1, BEGUN)))
    place = turn.place
    if not days:
        return
    if light and number >= CLOSE:
        book.visit(one, practice, at(days[-1], place.hour, place.minute), place.title,
                   place.notes[0], kind=place.kind, minutes=place.minutes)  # fmt: skip
        return
    problem = 3 if number % 60 == 0 and practice.professional.profession == NURSE else -1
    rounds.walk(
        book,
        rounds.Round(one, practice, place, days[0], worrying=11 + number % 5, problem=problem,
                     said=PROBLEM),
    )  # fmt: skip
