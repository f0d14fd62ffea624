"""Rounds: who is visited when, so that nobody is in two places and no day is a heap.

A round is a list of places in the day, in order of time. Each place comes back every so many days
and holds as many persons: a place of every two days holds two, one on even days, one on odd ones.
So a person's place is a matter of rank, the same at each load, and two visits never meet.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from liane.agenda.models import Appointment, AppointmentEvent, Series
from liane.demo.chronicle import VISIT, Chronicle, at, voice
from liane.directory.models import Practice
from liane.interventions.models import ActKind
from liane.patients.models import Patient

AHEAD = 21
"""Days of visits to come that are rows; the worker makes the following ones."""
KEPT = 28
"""Days of visits gone by that the agenda still shows; older ones are interventions only."""
WEEKEND = frozenset({5, 6})
Skipped = Callable[[dt.datetime], bool]


@dataclass(frozen=True)
class Place:
    """A place of a round: an hour, a repetition in days, what is done there, how long (minutes)."""

    hour: int
    minute: int
    step: int
    title: str
    notes: tuple[str, ...] = ("",)
    minutes: int = 20
    kind: str = ActKind.VISIT
    weekdays: bool = False
    watch: str = "Fatigue inhabituelle, à revoir au prochain passage."
    """What is written when something is to be watched."""

    @property
    def phases(self) -> list[int]:
        """The days of its repetition on which it is held."""
        every = range(self.step)
        if not self.weekdays:
            return list(every)
        return [phase for phase in every if (phase - 1) % 7 not in WEEKEND]


@dataclass(frozen=True)
class Turn:
    """One person's place in a round: every ``place.step`` days, on the days of ``phase``."""

    place: Place
    phase: int

    def days_ago(self, since: int, until: int = 1) -> Iterator[int]:
        """Its days, from ``since`` days ago to ``until`` days ago, oldest first; below 0: ahead."""
        today = timezone.localdate().toordinal()
        for days in range(since, until - 1, -1):
            if (today - days) % self.place.step == self.phase:
                yield days


def turn(places: tuple[Place, ...], rank: int) -> Turn | None:
    """The turn of the ``rank``-th person of a round; None when the round is full."""
    for place in places:
        if rank < len(place.phases):
            return Turn(place, place.phases[rank])
        rank -= len(place.phases)
    return None


NURSE = (
    Place(7, 30, 1, "Injection d’insuline",
          ("Glycémie 1,25.", "Glycémie 1,42, a bien déjeuné.", "Glycémie 0,98.")),
    Place(7, 55, 1, "Injection d’insuline", ("Glycémie 1,61 à jeun.", "Glycémie 1,30.")),
    Place(8, 20, 7, "Prise de sang", weekdays=True),
    Place(8, 40, 2, "Pansement",
          ("Plaie propre.", "Bords nets, pansement sec.", "Un peu de fibrine, nettoyée.")),
    Place(9, 30, 3, "Bas de contention"),
    Place(10, 40, 7, "Préparation du pilulier",
          ("Rien à signaler.", "Deux comprimés oubliés, revu ensemble.")),
    Place(11, 40, 2, "Surveillance", ("Tension 13/8.", "Tension 14/8, pouls 72.")),
    Place(12, 10, 7, "Surveillance du poids", ("Poids stable.", "Un kilo de moins en un mois.")),
    Place(17, 0, 2, "Pansement", ("Évolution favorable.", "Plaie propre.")),
    Place(17, 30, 7, "Surveillance", ("Tension 13/7.",)),
)  # fmt: skip
"""A nurse's day. Nine, half past ten and eleven are the named stories'."""

DOCTOR = tuple(
    Place(hour, minute, 28, "Visite à domicile", ("État stable, même traitement.",
          "Ordonnance renouvelée pour trois mois.", "Tension à revoir dans un mois."),
          minutes=25, weekdays=True)
    for hour, minute in ((13, 30), (14, 5), (14, 40), (15, 15))
)  # fmt: skip
"""A doctor's home visits, on weekdays after lunch."""

PHYSIOTHERAPIST = tuple(
    Place(hour, minute, 7, "Rééducation à domicile", ("Marche dans le couloir, équilibre.",
          "Dix levers de chaise.", "Fatigue, séance douce."),
          minutes=30, kind=ActKind.SESSION, weekdays=True)
    for hour, minute in ((8, 30), (9, 10), (9, 50), (10, 30), (11, 10), (16, 0), (16, 40))
)  # fmt: skip
"""A physiotherapist's sessions; three in the afternoon is Mme Dupont's."""

HELP = tuple(
    Place(hour, minute, step, title, notes, minutes=45, kind=ActKind.HELP)
    for hour, minute, step, title, notes in (
        (9, 40, 1, "Toilette et petit déjeuner", ("A bien mangé.", "")),
        (10, 50, 2, "Ménage", ("",)),
        (16, 10, 2, "Courses", ("Sortie ensemble au marché.", "")),
        (17, 10, 1, "Aide au dîner", ("", "A mangé la moitié.")),
    )
)  # fmt: skip
MEALS = tuple(
    Place(hour, minute, 1, "Portage du repas", ("",), minutes=10, kind=ActKind.HELP)
    for hour, minute in ((11, 0), (11, 20), (11, 40), (12, 25), (12, 45), (13, 5))
)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """The repeated visits of one practice to one person, since so many days."""

    one: Patient
    practice: Practice
    place: Place
    since: int
    """How many days ago it began: also its first visit."""
    worrying: int = 0
    """One visit in so many is « à surveiller »; 0 for none."""
    problem: int = -1
    """The visit of this rank, counted back from yesterday, met a problem."""
    said: str = ""
    """What the problem was."""
    kept: int = KEPT
    ahead: int = AHEAD
    skipped: Skipped = lambda _: False
    """Moments at which the person was away: the visit was suspended."""


def walk(book: Chronicle, turned: Round) -> list[Appointment]:
    """Write a round: its series, what was done, what is to come. Returns the suspended visits."""
    place, practice = turned.place, turned.practice
    by = voice(practice)
    common = {
        "person": turned.one, "practice": practice, "title": place.title, "kind": place.kind,
        "for_person": True, "for_carers": True, **by.author,
    }  # fmt: skip
    start = at(turned.since, place.hour, place.minute)
    series = Series(
        rule="FREQ=DAILY" + (f";INTERVAL={place.step}" if place.step > 1 else ""),
        zone=settings.TIME_ZONE, starts_at=start, minutes=place.minutes,
        made_until=at(-turned.ahead, 0), created_at=start, **common,
    )  # fmt: skip
    book.add(series)
    book.tell("series.planned", turned.one, series.pk, by, start, VISIT)
    suspended = []
    past = list(range(turned.since, 0, -place.step))
    ahead = range(past[-1] - place.step if past else turned.since, -turned.ahead, -place.step)
    for rank, days in enumerate((*past, *ahead)):
        moment = at(days, place.hour, place.minute)
        visit = None
        if days <= turned.kept or turned.skipped(moment):
            visit = Appointment(
                series=series, original_start=moment, starts_at=moment, created_at=start,
                ends_at=moment + dt.timedelta(minutes=place.minutes), **common,
            )  # fmt: skip
            book.add(visit, _step(visit, "", "planned", start, by.author))
        if days <= 0:
            continue
        if visit is not None and turned.skipped(moment):
            visit.status = Appointment.Status.SUSPENDED
            suspended.append(visit)
            continue
        _done(book, turned, rank, len(past), moment, visit)
    return suspended


def _done(
    book: Chronicle,
    turned: Round,
    rank: int,
    number: int,
    moment: dt.datetime,
    visit: Appointment | None,
) -> None:
    place = turned.place
    outcome, note = "nothing", place.notes[rank % len(place.notes)]
    if number - 1 - rank == turned.problem:
        outcome, note = "problem", turned.said
    elif turned.worrying and rank % turned.worrying == turned.worrying - 1:
        outcome, note = "watch", place.watch
    end = moment + dt.timedelta(minutes=place.minutes)
    if visit is not None:
        visit.status = Appointment.Status.DONE
        book.add(_step(visit, "planned", "done", end, voice(turned.practice).author))
    book.visit(
        turned.one, turned.practice, moment, place.title, note, outcome=outcome,
        kind=place.kind, minutes=place.minutes, planned=visit,
    )  # fmt: skip


def _step(
    visit: Appointment, before: str, after: str, when: dt.datetime, author: dict[str, object]
) -> AppointmentEvent:
    return AppointmentEvent(
        appointment=visit, before=before, after=after, at=when, created_at=when, **author
    )
