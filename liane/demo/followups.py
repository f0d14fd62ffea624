"""The DAC's file active: who is followed, at what level, what was said, what is left to do."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.utils import timezone

from liane.core.clock import day_bounds
from liane.demo.chronicle import Chronicle, Voice, at, voice
from liane.demo.crowd import CHUNK, CLOSE
from liane.demo.names import chance, ident
from liane.demo.territory import Territory
from liane.directory.models import Organisation, Practice
from liane.followups import steps
from liane.followups.models import (
    Accompaniment,
    AccompanimentStep,
    CaseManager,
    Contact,
    LevelChange,
    Reminder,
)
from liane.followups.states import NOTHING, ExitReason, Level, Stage
from liane.patients.models import Patient

MANAGERS = ("Isabelle Lafitte", "Inès Harispe", "Margaux Dagès")
PARTNERS = ("hospital", "ssiad", "saad", "meals", "msp")
SAID = (
    ("call", "La fille rappelle jeudi après la visite du médecin."),
    ("call", "Répondeur. Message laissé."),
    ("call", "Accepte le passage de l’aide à domicile deux fois par semaine."),
    ("mail", "Dossier APA envoyé complet, accusé reçu."),
    ("mail", "Le service demande une ordonnance de kinésithérapie."),
    ("visit", "Logement encombré, tapis retirés avec son accord. Dort mieux."),
    ("visit", "Repas peu entamés, réfrigérateur à revoir avec le portage."),
    ("meeting", "Point avec l’infirmière et le médecin : on garde le rythme."),
)
TO_DO = (
    "Rappeler la famille", "Vérifier la réponse à la demande d’APA", "Visite à domicile à caler",
    "Faire le point avec l’infirmière", "Relancer l’ergothérapeute", "Préparer la réunion",
)  # fmt: skip
BETWEEN = (
    ("hospital", "meeting", 60, "Sorties du vendredi : on nous appelle dès le mercredi."),
    ("ssiad", "call", 10, "Trois places libres à partir du 1er du mois."),
    ("saad", "mail", None, "Deux aides à domicile recrutées pour le secteur de Tartas."),
    ("meals", "call", 5, "Pas de livraison le lundi de Pentecôte."),
)
"""Contacts with partners about nobody: with whom, how, minutes, what was said."""
WAY = (Stage.QUALIFICATION, Stage.EVALUATION, Stage.PLAN, Stage.FOLLOW_UP)


@dataclass(frozen=True)
class Life:
    """One accompaniment to write: since when, until when, by whom."""

    pk: UUID
    person_id: UUID
    manager: Practice | None
    level: str
    opened: int
    closed: int | None = None
    reason: str = ""
    earlier: UUID | None = None
    request_id: UUID | None = None


def load(land: Territory, story: UUID) -> None:
    """M. Simon, from his request; contacts with partners. Once."""
    pk = ident("accompaniment", "simon")
    if Accompaniment.objects.filter(pk=pk).exists():
        return
    book, house = Chronicle(), land.structures["dac"]
    manager = land.of("Isabelle Lafitte")
    life = Life(pk, story, manager, Level.INTENSIVE, 40, request_id=ident("request", "simon"))
    rng = chance("accompaniment simon")
    _write(book, land, life, rng, stage=3, due=2)
    for number, (key, channel, minutes, note) in enumerate(BETWEEN):
        _contact(
            book, ident("partner contact", number), house, voice(manager), at(5 + 9 * number, 11),
            channel, note, partner=land.structures[key], minutes=minutes,
        )  # fmt: skip
    book.save()
    steps.refresh([story])


def crowd(land: Territory, persons: int, seed: int) -> int:
    """The persons of the crowd whom the DAC follows or followed. Returns how many were made now."""
    numbers = [number for number in range(persons) if _followed(number)]
    made = 0
    for chunk in batched(numbers, CHUNK):  # noqa: B911
        ids = {ident("accompaniment", seed, number): number for number in chunk}
        there = set(Accompaniment.objects.filter(pk__in=ids).values_list("pk", flat=True))
        missing = [number for pk, number in ids.items() if pk not in there]
        wanted = {ident("person", seed, number): number for number in missing}
        known = Patient.objects.filter(pk__in=wanted, died_on=None).values_list("pk", flat=True)
        book = Chronicle()
        for person_id in known:
            number = wanted[person_id]
            rng = chance(f"accompaniment {seed}:{number}")
            for life in _lives(land, person_id, number, seed, rng):
                _write(book, land, life, rng)
            made += 1
        book.save()
    return made


def _followed(number: int) -> bool:
    """Two in ten of those near, one in twenty beyond: all of them are in the DAC's reach."""
    return number % 10 in {2, 4} if number < CLOSE else number % 20 == 2


def _lives(
    land: Territory, person_id: UUID, number: int, seed: int, rng: random.Random
) -> Iterator[Life]:
    """One accompaniment, over for a fifth of them; sometimes an earlier one before it."""
    manager = land.of(rng.choices(MANAGERS, (5, 4, 3))[0]) if rng.random() < 0.93 else None
    level = rng.choices(list(Level), (2, 4, 4))[0]
    pk = ident("accompaniment", seed, number)
    opened = rng.randint(5, 170)
    before = None
    if rng.random() < 0.1:
        before = ident("accompaniment", seed, number, "earlier")
        start = opened + rng.randint(150, 300)
        yield Life(before, person_id, manager, Level.SUSTAINED, start, opened + 60,
                   ExitReason.OBJECTIVES)  # fmt: skip
    if rng.random() < 0.2 and opened > 20:
        reason = rng.choice([one for one in ExitReason if one != ExitReason.DEATH])
        yield Life(pk, person_id, manager, level, opened, rng.randint(1, opened - 15), reason,
                   before)  # fmt: skip
    else:
        yield Life(pk, person_id, manager, level, opened, earlier=before)


def _write(
    book: Chronicle,
    land: Territory,
    life: Life,
    rng: random.Random,
    *,
    stage: int | None = None,
    due: int | None = None,
) -> None:
    """One accompaniment with its stages, its contacts and what comes next."""
    house = land.structures["dac"]
    who = voice(life.manager or land.of(MANAGERS[0]))
    start, over = at(life.opened, 10), life.closed is not None
    last = rng.randint(0, 3) if stage is None else stage
    if life.opened > 60:
        last = max(last, 2)
    due_in = rng.choice((-4, -1, 0, 1, 2, 3, 5, 8, 12, 20, None)) if due is None else due
    due_on = None if over or due_in is None else timezone.localdate() + dt.timedelta(days=due_in)
    row = Accompaniment(
        pk=life.pk, person_id=life.person_id, organisation=house, level=life.level,
        status=Stage.EXIT if over else WAY[last], case_manager=life.manager, opened_at=start,
        created_at=start, closed_at=at(life.closed, 16) if life.closed is not None else None,
        exit_reason=life.reason, earlier_id=life.earlier, request_id=life.request_id,
        next_at=day_bounds(due_on)[0] if due_on else NOTHING,
        next_kind="reminder" if due_on else "", **who.author,
    )  # fmt: skip
    book.add(row)
    _history(book, row, life, last, who, rng)
    spread = range(life.closed or 0, life.opened)
    for number, days in enumerate(rng.sample(spread, min(len(spread), rng.randint(1, 4)))):
        channel, note = rng.choice(SAID)
        with_partner = rng.random() < 0.4
        _contact(
            book, ident("contact", row.pk, number), house, who, at(days, rng.randint(9, 17)),
            channel, note, person_id=life.person_id, minutes=rng.choice((5, 10, 15, 45)),
            partner=land.structures[rng.choice(PARTNERS)] if with_partner else None,
            direction=rng.choice(("out", "out", "in")),
        )  # fmt: skip
    if due_on is not None:
        reminder = Reminder(
            pk=ident("reminder", row.pk), accompaniment=row, organisation=house,
            person_id=life.person_id, due_on=due_on, told_on=timezone.localdate(), **who.author,
        )  # fmt: skip
        reminder.text = rng.choice(TO_DO)
        book.add(reminder)


def _history(
    book: Chronicle, row: Accompaniment, life: Life, last: int, who: Voice, rng: random.Random
) -> None:
    """Stages, levels and case manager, each at its day."""
    start, before = row.opened_at, ""
    until = (life.opened - (life.closed or 0)) / (last + 2)
    for number, stage in enumerate(WAY[: last + 1]):
        when = start + dt.timedelta(days=int(until * number))
        book.add(AccompanimentStep(
            accompaniment=row, before=before, after=stage, at=when, created_at=when, **who.author
        ))  # fmt: skip
        before = stage
    if row.closed_at is not None:
        book.add(AccompanimentStep(
            accompaniment=row, before=before, after=Stage.EXIT, at=row.closed_at,
            created_at=row.closed_at, reason=ExitReason(life.reason).label, **who.author,
        ))  # fmt: skip
    first = Level.ONE_OFF if rng.random() < 0.15 and life.level != Level.ONE_OFF else life.level
    book.add(LevelChange(
        accompaniment=row, after=first, at=start, created_at=start, **who.author
    ))  # fmt: skip
    if first != life.level:
        when = start + dt.timedelta(days=min(4, life.opened - (life.closed or 0)))
        book.add(LevelChange(
            accompaniment=row, before=first, after=life.level, at=when, created_at=when,
            reason="Situation plus complexe que prévu", **who.author,
        ))  # fmt: skip
    if life.manager is not None:
        book.add(CaseManager(
            accompaniment=row, practice=life.manager, at=start, created_at=start, **who.author
        ))  # fmt: skip


def _contact(
    book: Chronicle,
    pk: UUID,
    house: Organisation,
    who: Voice,
    when: dt.datetime,
    channel: str,
    note: str,
    *,
    person_id: UUID | None = None,
    partner: Organisation | None = None,
    minutes: int | None = None,
    direction: str = "out",
) -> None:
    row = Contact(
        pk=pk, organisation=house, person_id=person_id, partner=partner, channel=channel,
        direction=direction, at=min(when, timezone.now()), minutes=minutes, created_at=when,
        **who.author,
    )  # fmt: skip
    row.note = note
    book.add(row)
