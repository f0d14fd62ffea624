"""Reads about persons that need no reach: identifiers, and likeness for who decides.

Nothing here may be shown as it is: `liane.circle` decides what an actor may learn of it.
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from liane.core import acting
from liane.core.prepared import prepared
from liane.core.text import normalise
from liane.patients import ins
from liane.patients.duplicates import Likeness, Traits, compare, may_be
from liane.patients.models import AttendingDoctor, Contact, IdentityEvent, Patient, PersonLink, Wish

MOST_COMPARED = 300
"""How many persons of the same birth date or names are compared at most."""


@dataclass(frozen=True)
class Candidate:
    """A person already known who looks like the one asked about."""

    person: Patient
    likeness: Likeness


Known = tuple[UUID, Traits]
"""Somebody known, as they are compared."""


def cluster_ids(person_id: UUID) -> list[UUID]:
    """The records that are one person with this one (itself first), through living links."""
    held = _held.get()
    if person_id in held and acting.current().is_system:
        return [person_id, *(one for one in held if one != person_id)]
    return acting.remember(("cluster", person_id), lambda: _cluster(person_id))


_held: ContextVar[tuple[UUID, ...]] = ContextVar("liane_one_person", default=())


@contextmanager
def one_person(cluster: Sequence[UUID]) -> Iterator[None]:
    """These records are one person until the block ends, for a machine, which asks no more.

    For whoever locked them all: nobody links one of them to another meanwhile.
    """
    mark = _held.set(tuple(cluster))
    try:
        yield
    finally:
        _held.reset(mark)


def _cluster(person_id: UUID) -> list[UUID]:
    found = [person_id]
    waiting = [person_id]
    while waiting:
        linked = [pk for pair in _links(waiting) for pk in pair if pk not in found]
        waiting = list(dict.fromkeys(linked))
        found += waiting
    return found


@prepared
def _links(ids: Sequence[UUID]) -> QuerySet[PersonLink, tuple[UUID, UUID]]:
    return PersonLink.objects.filter(
        Q(survivor_id__in=ids) | Q(duplicate_id__in=ids), ended_at=None
    ).values_list("survivor_id", "duplicate_id")


def traits_of(person: Patient) -> Traits:
    """What duplicate detection compares."""
    return Traits(
        birth_name=person.birth_name,
        given_names=f"{person.given_names} {person.used_given}".strip(),
        used_name=person.used_name,
        sex=person.sex,
        birth_date=person.birth_date,
        birth_place=person.birth_place,
        ins_digest=person.ins_digest,
    )


def _near(day: dt.date) -> set[dt.date]:
    """The day itself, day and month swapped, and the days one digit away."""
    found = {day}
    if day.day <= 12:
        found.add(dt.date(day.year, day.day, day.month))
    tens, unit = divmod(day.day, 10)
    last = calendar.monthrange(day.year, day.month)[1]
    numbers = {*range(tens * 10, tens * 10 + 10), *range(unit, 40, 10)}
    found.update(day.replace(day=number) for number in numbers if 0 < number <= last)
    for shift in (-10, -1, 1, 10):
        try:
            found.add(day.replace(year=day.year + shift))
        except ValueError:
            continue
    return found


def lookalikes(traits: Traits, *, besides: UUID | None = None) -> list[Candidate]:
    """Persons who look like ``traits`` (likely ones only), best first. Acts as the system.

    One query, two where there are some: same matricule, a birth date equal or one slip away, or
    the same family name where no birth date is known.
    """
    found = [one for one in _compared(traits, _around([traits])) if one[0] != besides]
    if not found:
        return []
    keys = [key for key, _ in found[:MOST_COMPARED]]
    with acting.acting(acting.system("duplicate detection"), read_only=True):
        people = {one.pk: one for one in Patient.objects.filter(pk__in=keys)}
    return [Candidate(people[key], likeness) for key, likeness in found if key in people]


def any_alike(several: Sequence[Traits], among: Sequence[Traits]) -> bool:
    """True when one of ``several`` may look like somebody known, or like another of them.

    ``among``: the same persons, as they will be known. One query. False is sure, true is to be
    looked at one by one with :func:`lookalikes`.
    """
    found = _around(several)
    if len(found) == MOST_COMPARED * 20:
        return True
    by_day: dict[dt.date | None, list[Known]] = {}
    for each in found:
        by_day.setdefault(each[1].birth_date, []).append(each)
    pairs = combinations(range(len(several)), 2)
    return any(_compared(one, _worth(one, found, by_day)) for one in several) or any(
        may_be(several[b], among[a]) and compare(several[b], among[a]).likely for a, b in pairs
    )


def _worth(
    traits: Traits, found: Sequence[Known], by_day: Mapping[dt.date | None, list[Known]]
) -> Iterable[Known]:
    """Those of ``found`` that `lookalikes` would compare with ``traits``."""
    if traits.ins_digest or traits.birth_date is None:
        return found
    days = (None, *_near(traits.birth_date))
    return [one for day in days for one in by_day.get(day, ())]


def _compared(traits: Traits, known: Iterable[Known]) -> list[tuple[UUID, Likeness]]:
    """Those of these persons who look like ``traits``, best first."""
    found = []
    for key, theirs in known:
        if may_be(traits, theirs) and (likeness := compare(traits, theirs)).likely:
            found.append((key, likeness))
    return sorted(found, key=lambda one: -one[1].score)


def _around(several: Sequence[Traits]) -> list[Known]:
    """Persons among whom those that look like one of ``several`` are."""
    names = (name for one in several for name in (one.birth_name, one.used_name))
    families = list(dict.fromkeys(normalise(name) for name in names if name))
    born = (one.birth_date for one in several)
    days = sorted({day for one in born if one is not None for day in _near(one)})
    digests = [one.ins_digest for one in several if one.ins_digest]
    with acting.acting(acting.system("duplicate detection"), read_only=True):
        rows = _alike(digests, days, families, [f"{one}\uffff" for one in families])
    return [
        (key, Traits(birth, f"{given} {used_given}".strip(), used, sex, born_on, place, digest))
        for key, birth, given, used_given, used, sex, born_on, place, digest in rows
    ]


@prepared
def _alike(
    digests: list[str], days: list[dt.date], families: list[str], ends: list[str]
) -> QuerySet[Patient, Any]:
    """What is compared of those born on one of these days, or named between each of ``families``
    and its end."""
    wanted = Q(birth_date__in=days)
    if digests:
        wanted |= Q(ins_digest__in=digests)
    for family, end in zip(families, ends, strict=True):
        wanted |= Q(birth_date=None, search__gte=family, search__lt=end)
    rows = Patient.objects.filter(wanted).order_by("birth_date", "id")[: MOST_COMPARED * 20]
    return rows.values_list(
        "pk", "birth_name", "given_names", "used_given", "used_name", "sex", "birth_date",
        "birth_place", "ins_digest",
    )  # fmt: skip


def by_ins(matricule: ins.Matricule) -> list[Patient]:
    """Persons who hold this matricule: none, one, or several (never match then)."""
    return list(Patient.objects.filter(ins_digest__in=ins.digests(matricule)))


def last_wish(person_id: UUID, topic: str = "record") -> Wish | None:
    """The person's latest answer on ``topic``."""
    return Wish.objects.filter(person_id=person_id, topic=topic).order_by("-at", "-id").first()


def wishes(person_id: UUID) -> QuerySet[Wish]:
    """Every answer, newest first."""
    return Wish.objects.filter(person_id=person_id).order_by("-at", "-id")


def contacts(person_id: UUID) -> QuerySet[Contact]:
    """The people of the person's own life, those to call first."""
    return Contact.objects.filter(person_id=person_id, ended_at=None).order_by(
        "-is_emergency", "-is_trusted", "-is_carer", "name"
    )


def attending_doctor(person_id: UUID, on: dt.date) -> AttendingDoctor | None:
    """The attending doctor on a day."""
    return (
        AttendingDoctor.objects.filter(
            Q(ended_on=None) | Q(ended_on__gt=on), person_id=person_id, started_on__lte=on
        )
        .select_related("practice__professional", "practice__organisation")
        .order_by("-started_on")
        .first()
    )


def identity_history(person_id: UUID) -> QuerySet[IdentityEvent]:
    """Steps of the identity, newest first."""
    return IdentityEvent.objects.filter(person_id=person_id).order_by("-at", "-id")


def living_links(person_id: UUID) -> QuerySet[PersonLink]:
    """The links that make this record one with others."""
    return PersonLink.objects.filter(
        Q(survivor_id=person_id) | Q(duplicate_id=person_id), ended_at=None
    ).select_related("survivor", "duplicate")
