"""Whose message is it? By INS, then by the hospital's own number; traits alone never decide.

A number that fits while the traits contradict it, or that several persons hold, waits for identity
vigilance, like a likeness of traits. Everything here acts as the system.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet

from liane.core import keys
from liane.core.errors import Refused
from liane.core.inserting import insert
from liane.core.prepared import prepared
from liane.exchange.hl7v2.messages import AdtMessage, Identifier
from liane.exchange.hospitals import Speaker, number_digest, number_digests
from liane.exchange.models import IdentityCandidate, IdentityCase
from liane.patients import ins
from liane.patients.duplicates import Traits, compare
from liane.patients.models import ExternalIdentifier, Patient
from liane.patients.queries import by_ins, cluster_ids, lookalikes, traits_of

Reason = IdentityCase.Reason
#: Below this likeness of traits, a number that fits is not believed.
CONTRADICTS = 60
_SEX = {"F": "F", "M": "M"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody the message may be about."""

    person_id: UUID
    score: int
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """One person for certain (``person_id``), or a ``reason`` to ask, or nobody."""

    person_id: UUID | None = None
    reason: str = ""
    candidates: tuple[Candidate, ...] = ()
    by_number: bool = False
    """The hospital's own number told: it is known already."""


def match(adt: AdtMessage, speaker: Speaker) -> Match:
    """The person of a message."""
    asked = traits(adt)
    by_ins = _by_ins(adt)
    if by_ins:
        return _certain_or_asked(by_ins, asked)
    by_number = _by_ipp(adt.ipp, speaker)
    if by_number:
        return replace(_certain_or_asked(by_number, asked), by_number=True)
    near = lookalikes(asked)
    refused = _refused(adt.ipp, speaker) if near else set()
    candidates = tuple(
        Candidate(one.person.pk, one.likeness.score, ", ".join(one.likeness.reasons)[:300])
        for one in near[:5]
        if one.person.pk not in refused
    )
    return Match(reason=Reason.LOOKALIKE, candidates=candidates) if candidates else Match()


def traits(adt: AdtMessage) -> Traits:
    """The identity of the message, as duplicate detection compares it."""
    said = adt.traits
    matricule = _matricule(adt)
    return Traits(
        birth_name=said.family,
        given_names=f"{said.given} {said.given_names}".strip(),
        used_name=said.used_name,
        sex=_SEX.get(said.sex, ""),
        birth_date=said.birth_date,
        birth_place=said.birth_place,
        ins_digest=ins.digest(matricule) if matricule else "",
    )


def holders(identifier: Identifier, speaker: Speaker) -> list[UUID]:
    """The persons known under a number of this hospital."""
    if not identifier:
        return []
    found = _holders(speaker.systems(identifier), number_digests(identifier))
    return list(dict.fromkeys(found))


@prepared
def _holders(systems: list[str], digests: list[str]) -> QuerySet[ExternalIdentifier, UUID]:
    rows = ExternalIdentifier.objects.filter(system__in=systems, digest__in=digests)
    return rows.values_list("person_id", flat=True)


def remember(person_id: UUID, identifier: Identifier, speaker: Speaker) -> bool:
    """Keep the hospital's number of a person, for messages without INS. False when known."""
    if not identifier or holders(identifier, speaker):
        return False
    row = ExternalIdentifier(
        person_id=person_id,
        system=speaker.systems(identifier)[0],
        digest=number_digest(identifier),
        organisation=speaker.organisation,
    )
    context = f"patients.externalidentifier\0{row.pk}".encode()
    row.sealed = keys.seal(identifier.value.encode(), context=context)
    insert(row)
    return True


def _matricule(adt: AdtMessage) -> ins.Matricule | None:
    """The INS of the message when its key fits and the hospital vouches for it."""
    if not adt.ins or adt.ins.status not in ("VALI", ""):
        return None
    try:
        return ins.parse(adt.ins.matricule, adt.ins.oid or ins.NIR)
    except Refused:
        return None


def _by_ins(adt: AdtMessage) -> list[Patient]:
    matricule = _matricule(adt)
    return _apart(by_ins(matricule)) if matricule else []


def _by_ipp(identifier: Identifier, speaker: Speaker) -> list[Patient]:
    if not identifier:
        return []
    found = _numbered(speaker.systems(identifier), number_digests(identifier))
    return _apart({person.pk: person for person in found}.values())


@prepared
def _numbered(systems: list[str], digests: list[str]) -> QuerySet[Patient]:
    return Patient.objects.filter(identifiers__system__in=systems, identifiers__digest__in=digests)


def _apart(persons: Iterable[Patient]) -> list[Patient]:
    """Persons, linked records of one person counted once."""
    found: list[Patient] = []
    seen: set[UUID] = set()
    several = list(persons)
    if len(several) < 2:
        return several
    for person in several:
        if person.pk not in seen:
            found.append(person)
            seen |= set(cluster_ids(person.pk))
    return found


def _certain_or_asked(persons: list[Patient], asked: Traits) -> Match:
    likenesses = [(person, compare(_without_number(asked), _without_number(traits_of(person))))
                  for person in persons]  # fmt: skip
    candidates = tuple(
        Candidate(person.pk, one.score, ", ".join(one.reasons)[:300]) for person, one in likenesses
    )
    if len(persons) > 1:
        return Match(reason=Reason.SEVERAL, candidates=candidates)
    if candidates[0].score < CONTRADICTS:
        return Match(reason=Reason.CONTRADICTION, candidates=candidates)
    return Match(person_id=persons[0].pk)


def _without_number(one: Traits) -> Traits:
    return Traits(one.birth_name, one.given_names, one.used_name, one.sex, one.birth_date)


def _refused(identifier: Identifier, speaker: Speaker) -> set[UUID]:
    """Persons whom identity vigilance already said this number is not."""
    if not identifier:
        return set()
    return set(_not_this(speaker.systems(identifier), number_digests(identifier)))


@prepared
def _not_this(systems: list[str], digests: list[str]) -> QuerySet[IdentityCandidate, UUID]:
    return IdentityCandidate.objects.filter(
        case__ipp_system__in=systems,
        case__ipp_digest__in=digests,
        case__reason__in=[Reason.LOOKALIKE, Reason.CONTRADICTION],
        refused=True,
    ).values_list("person_id", flat=True)
