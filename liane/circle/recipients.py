"""Who may read a thing now, the other way round from Reach: from a record to the accounts.

The dispatcher, live streams and notifications ask it once for each journal entry. The answer is
read from the same grants as Reach, in a known number of queries (:data:`QUERIES`) whatever the
size of the circle: opposition, dates, posts on duty and locums are those of this very moment.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.utils import timezone

from liane.circle import rules
from liane.circle.models import Grant, Mask
from liane.circle.seats import lent
from liane.core import acting, registry
from liane.core.areas import Area
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.directory.models import Duty, Locum, Practice
from liane.patients.models import Contact, Patient

QUERIES = 6
"""Most queries that one call makes."""
Allowed = list[tuple[str, frozenset[str]]]
"""The scopes through which a role reads an area, by audience flag."""


@dataclass(frozen=True)
class Recipient:
    """An account allowed to read, in one capacity.

    ``holder_id`` is its own seat (practice, person or contact); ``flag`` is the audience flag
    through which it reads (``for_team``, ``for_outside``, ``for_person``, ``for_carers``), empty
    for a thread between professionals or an organisation's own entry.
    """

    user_id: UUID
    holder_id: UUID
    role: str
    flag: str = ""
    organisation_id: UUID | None = None


@dataclass
class Candidate:
    """One account in one role, with everything through which a grant can reach it."""

    user_id: UUID
    role: str
    seats: list[tuple[UUID, UUID | None]] = field(default_factory=list)
    holders: set[UUID] = field(default_factory=set)

    def seat(self, near: Collection[UUID]) -> tuple[UUID, UUID | None]:
        """The seat that holds one of ``near`` by itself or its organisation, or the first one."""
        return next((s for s in self.seats if s[0] in near or s[1] in near), self.seats[0])


def recipients(entry: Entry) -> list[Recipient]:
    """The accounts that may read ``entry`` now, its author included."""
    with acting.acting(acting.system("recipients")):
        if entry.thread_id is not None:
            return _of_thread(entry)
        kind = registry.entry_kinds.get(entry.kind)
        roles = kind.roles if kind is not None else frozenset()
        if entry.only_organisation_id is not None:
            found = _of_organisation(entry, roles)
        elif entry.person_id is None:
            found = []
        else:
            flags = {flag for flag in set(rules.FLAGS.values()) if getattr(entry, flag)}
            found = of_person(entry.person_id, Area.TIMELINE, flags=flags, unmasked=entry.object_id)
        if kind is not None and kind.told is not None:
            known = {one.user_id for one in found}
            found += [one for one in of_holders(kind.told(entry)) if one.user_id not in known]
        return [one for one in found if not roles or one.role in roles]


def question(entry: Entry) -> tuple[object, ...] | None:
    """What :func:`recipients` asks about this entry, the same for several of one conversation;
    None for one that asks by itself."""
    kind = registry.entry_kinds.get(entry.kind)
    if entry.thread_id is None or (kind is not None and kind.told is not None):
        return None
    return entry.thread_id, entry.person_id, kind.roles if kind is not None else frozenset()


def reached_by(entry: Entry, holders: Collection[UUID]) -> set[UUID]:
    """The accounts behind these holders now: staff, those on duty, locums. For a thread's entry;
    only about a person are they those who may read conversations."""
    with acting.acting(acting.system("recipients")):
        if entry.person_id is None:
            found = of_holders(holders)
        else:
            found = of_person(entry.person_id, Area.THREAD, among=holders)
        return {one.user_id for one in found}


def _of_thread(entry: Entry) -> list[Recipient]:
    """Those whom the thread's flags or its participants name; about a person, within reach."""
    assert entry.thread_id is not None  # noqa: S101  (the caller's condition)
    holders: set[UUID] = set()
    flags: set[str] = set()
    for hook in registry.thread_recipients:
        holders |= set(hook([entry.thread_id]).get(entry.thread_id, ()))
    for opened in registry.thread_flags:
        flags |= set(opened([entry.thread_id]).get(entry.thread_id, ()))
    if entry.person_id is None:
        named = of_holders(holders)
        return [one for one in named if rules.scopes(one.role, Area.THREAD, "r")]
    found = of_person(entry.person_id, Area.THREAD, flags=flags) if flags else []
    found = [one for one in found if not rules.reads_when_named(one.role)]
    if holders:
        found += of_person(entry.person_id, Area.THREAD, among=holders)
    return list({(one.user_id, one.role): one for one in reversed(found)}.values())


def of_person(
    person_id: UUID,
    area: Area,
    *,
    flags: Collection[str] | None = None,
    among: Collection[UUID] | None = None,
    unmasked: UUID | None = None,
) -> list[Recipient]:
    """The accounts that may read ``area`` of this person's record.

    ``flags`` keeps those whom an audience flag names; ``among`` those reached through one of
    these holders (a thread's participants); ``unmasked`` leaves out those from whom that object
    is masked.
    """
    now = timezone.now()
    with acting.acting(acting.system("recipients")):
        grants, denied = _grants(person_id, now)
        hidden = _masks(unmasked)
        found = []
        allowed: dict[str, Allowed] = {}
        for one in _candidates(set(grants), now):
            if one.holders & denied or one.holders & hidden or None in hidden:
                continue
            if one.role not in allowed:
                allowed[one.role] = sorted(rules.flags(one.role, area).items(), reverse=True)
            flag, through = _through(one, grants, allowed[one.role])
            if flag is None or (flags is not None and flag not in flags):
                continue
            if among is not None and not one.holders & set(among):
                continue
            holder, organisation = one.seat(through)
            found.append(Recipient(one.user_id, holder, one.role, flag, organisation))
        return found


def of_holders(holders: Iterable[UUID]) -> list[Recipient]:
    """The accounts behind these practices, organisations, posts, persons and contacts."""
    wanted = set(holders)
    with acting.acting(acting.system("recipients")):
        found = []
        for one in _candidates(wanted, timezone.now()):
            if one.holders & wanted:
                holder, organisation = one.seat(wanted)
                found.append(Recipient(one.user_id, holder, one.role, "", organisation))
        return found


def _of_organisation(entry: Entry, roles: Collection[str]) -> list[Recipient]:
    """Staff of the one organisation; about a person, those who reach its working file.

    An entry meant for given roles (a review by the data protection officer) asks no reach.
    """
    organisation = entry.only_organisation_id
    assert organisation is not None  # noqa: S101  (the caller's condition)
    if entry.person_id is None or roles:
        return of_holders([organisation])
    return of_person(
        entry.person_id, Area.WORKING_FILE, among=[organisation], unmasked=entry.object_id
    )


def _grants(person_id: UUID, now: dt.datetime) -> tuple[dict[UUID, set[str]], set[UUID]]:
    """Scopes by holder of the grants in force, and the holders denied."""
    scopes: dict[UUID, set[str]] = defaultdict(set)
    denied: set[UUID] = set()
    for holder, scope, deny, starts_at, ends_at in _of_record(person_id):
        if deny:
            denied.add(holder)
        elif starts_at <= now and (ends_at is None or ends_at > now):
            scopes[holder].add(scope)
    return scopes, denied


@prepared
def _of_record(
    person_id: UUID,
) -> QuerySet[Grant, tuple[UUID, str, bool, dt.datetime, dt.datetime | None]]:
    rows = Grant.objects.filter(person_id=person_id).exclude(scope=Grant.Scope.PAST)
    return rows.values_list("holder_id", "scope", "deny", "starts_at", "ends_at")


def _masks(object_id: UUID | None) -> set[UUID | None]:
    return set(_masked(object_id)) if object_id is not None else set()


@prepared
def _masked(object_id: UUID) -> QuerySet[Mask, UUID | None]:
    masks = Mask.objects.filter(object_id=object_id, ended_at=None)
    return masks.values_list("holder_id", flat=True)


def _through(
    one: Candidate, grants: dict[UUID, set[str]], allowed: Allowed
) -> tuple[str | None, set[UUID]]:
    """The audience flag through which ``one`` reads, and the holders that give it."""
    for flag, scopes in allowed:
        through = {holder for holder in one.holders if grants.get(holder, set()) & scopes}
        if through:
            return flag, through
    return None, set()


def _candidates(holders: set[UUID], now: dt.datetime) -> Iterator[Candidate]:
    """Every account that one of ``holders`` may stand for, with all its own holders."""
    wanted = list(holders)
    yield from _professionals(wanted, now)
    for pk, user, role in _at_home(wanted, now):
        yield Candidate(user, role, [(pk, None)], {pk})


@prepared
def _at_home(holders: list[UUID], now: dt.datetime) -> QuerySet[Patient, tuple[UUID, UUID, str]]:
    """Persons and their own people: who signs in as which of the holders, in which role."""
    persons = Patient.objects.filter(pk__in=holders, user__is_active=True)
    contacts = Contact.objects.filter(
        Q(access_until=None) | Q(access_until__gt=now),
        pk__in=holders,
        ended_at=None,
        user__is_active=True,
    ).exclude(access="")
    rows: QuerySet[Patient, tuple[UUID, UUID, str]] = persons.values_list(
        "pk", "user_id", Value("person")
    ).union(contacts.values_list("pk", "user_id", "access"), all=True)
    return rows


def _working(day: dt.date) -> QuerySet[Practice]:
    return Practice.objects.filter(
        Q(started_on=None) | Q(started_on__lte=day),
        Q(ended_on=None) | Q(ended_on__gte=day),
        professional__active=True,
        professional__user__is_active=True,
        organisation__active=True,
    )


@prepared
def _behind(holders: list[UUID], now: dt.datetime, day: dt.date) -> QuerySet[Practice, tuple[UUID]]:
    """Professionals at these places, on duty at these posts, in the place of these colleagues."""
    at_work = _working(day).filter(Q(pk__in=holders) | Q(organisation_id__in=holders))
    duties = Duty.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now, post_id__in=holders
    )
    locums = Locum.objects.filter(starts_on__lte=day, ends_on__gte=day, replaced_id__in=holders)
    return at_work.values_list("professional_id").union(
        duties.values_list("practice__professional_id"),
        locums.values_list("locum__professional_id"),
    )


@prepared
def _seats(
    professionals: list[UUID], day: dt.date
) -> QuerySet[Practice, tuple[UUID, UUID, UUID, UUID, str]]:
    return (
        _working(day)
        .filter(professional_id__in=professionals)
        .values_list("pk", "organisation_id", "professional_id", "professional__user_id", "role")
    )


def _professionals(holders: list[UUID], now: dt.datetime) -> Iterator[Candidate]:
    day = timezone.localdate(now)
    people = [pk for (pk,) in _behind(holders, now, day)]
    practices = _seats(people, day)
    borrowed: dict[UUID, set[UUID]] = defaultdict(set)
    for practice, holder in lent([row[0] for row in practices], now, day):
        borrowed[practice].add(holder)
    found: dict[tuple[UUID, str], Candidate] = {}
    for practice, organisation, professional, user, role in practices:
        one = found.setdefault((user, role), Candidate(user, role))
        one.seats.append((practice, organisation))
        one.holders |= {practice, organisation, professional} | borrowed[practice]
    yield from found.values()
