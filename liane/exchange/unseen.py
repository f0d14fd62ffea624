"""Identity cases that no identity officer reaches: who stands in, and who is told that they wait.

The rights table gives the identity (rw) to coordinators and case managers of the care team: they
settle what no officer would ever see, merges aside, which stay the officers' own. Managers, who
read figures without names, learn that messages wait and may appoint an officer; what nobody at all
can settle is the technical administrator's to see: a number, an age, the structures to call.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle import rules
from liane.circle.models import Grant
from liane.core import acting
from liane.core.areas import Area
from liane.directory.models import Organisation, Practice
from liane.exchange.models import IdentityCandidate, IdentityCase

Role, Reason = Practice.Role, IdentityCase.Reason
OFFICERS = frozenset({Role.IDENTITY})
STAND_INS = frozenset({Role.COORDINATOR, Role.CASE_MANAGER})
SETTLING = OFFICERS | STAND_INS
SMALL = 10
"""Below it a manager reads that some wait, not how many (rights: small figures suppressed)."""
_PURPOSE = "identités sans identitovigilance"


@dataclass(frozen=True)
class Unseen:
    """Messages that wait without an officer to see them. ``few``: too few to be counted."""

    count: int
    since: dt.datetime

    @property
    def few(self) -> bool:
        """True when the number itself is not shown to a manager."""
        return self.count < SMALL


@dataclass(frozen=True)
class Stuck(Unseen):
    """Messages that nobody can settle, and the structures that follow whom they may be about."""

    structures: tuple[Organisation, ...]


def without_officer(case_ids: Collection[UUID]) -> set[UUID]:
    """Those of these cases whose candidates no identity officer reaches. Three queries."""
    with acting.acting(acting.system(_PURPOSE)):
        persons = _persons(case_ids)
        seen = _reached(_all(persons), OFFICERS)
    return {case for case, found in persons.items() if not found & seen}


def for_manager(organisation_id: UUID) -> Unseen | None:
    """What waits about persons whom this structure follows, and no officer sees."""
    with acting.acting(acting.system(_PURPOSE)):
        mine = _in_force().filter(holder_id=organisation_id, scope=Grant.Scope.CARE, deny=False)
        practices = Practice.objects.filter(organisation_id=organisation_id).values("pk")
        theirs = _in_force().filter(holder_id__in=practices, scope=Grant.Scope.CARE, deny=False)
        about = IdentityCandidate.objects.filter(
            Q(person_id__in=mine.values("person_id")) | Q(person_id__in=theirs.values("person_id")),
            case__status=IdentityCase.Status.OPEN,
        )
        waiting = dict(about.values_list("case_id", "case__created_at"))
        left = without_officer(waiting)
    if not left:
        return None
    return Unseen(len(left), min(waiting[pk] for pk in left))


def stuck() -> Stuck | None:
    """What nobody can settle: no officer, nobody who stands in. A fixed number of queries."""
    with acting.acting(acting.system(_PURPOSE)):
        waiting = {
            pk: (reason, at)
            for pk, reason, at in IdentityCase.objects.filter(
                status=IdentityCase.Status.OPEN
            ).values_list("pk", "reason", "created_at")
        }
        persons = _persons(waiting)
        officers = _reached(_all(persons), OFFICERS)
        others = _reached(_all(persons), STAND_INS)
        left = [
            pk
            for pk, found in persons.items()
            if not found & officers and (waiting[pk][0] == Reason.MERGE or not found & others)
        ]
        if not left:
            return None
        structures = _structures(_all({pk: persons[pk] for pk in left}))
    return Stuck(len(left), min(waiting[pk][1] for pk in left), structures)


def _persons(case_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = IdentityCandidate.objects.filter(case_id__in=list(case_ids))
    for case, person in rows.values_list("case_id", "person_id"):
        found[case].add(person)
    return found


def _all(persons: dict[UUID, set[UUID]]) -> set[UUID]:
    return {one for found in persons.values() for one in found}


def _reached(persons: set[UUID], roles: Collection[str]) -> set[UUID]:
    """The persons whose identity somebody in one of these roles may write, and is not opposed."""
    scopes = {scope for role in roles for scope in rules.scopes(role, Area.IDENTITY, "w")}
    granted: dict[UUID, set[UUID]] = defaultdict(set)
    denied: dict[UUID, set[UUID]] = defaultdict(set)
    rows = _in_force().filter(Q(scope__in=scopes) | Q(deny=True), person_id__in=persons)
    for person, holder, deny in rows.values_list("person_id", "holder_id", "deny"):
        (denied if deny else granted)[holder].add(person)
    reached: set[UUID] = set()
    for holders in _holders(granted, roles):
        opposed = {person for one in holders for person in denied.get(one, ())}
        reached |= {person for one in holders for person in granted.get(one, ())} - opposed
    return reached


def _holders(granted: Collection[UUID], roles: Collection[str]) -> list[set[UUID]]:
    """What each of them at work today holds: the place, the structure, the professional."""
    today, some = timezone.localdate(), list(granted)
    rows = Practice.objects.filter(
        Q(pk__in=some) | Q(organisation_id__in=some) | Q(professional_id__in=some),
        Q(started_on=None) | Q(started_on__lte=today),
        Q(ended_on=None) | Q(ended_on__gte=today),
        role__in=sorted(roles),
        professional__active=True,
        professional__user__is_active=True,
        organisation__active=True,
    )
    return [set(ids) for ids in rows.values_list("pk", "organisation_id", "professional_id")]


def _structures(persons: set[UUID]) -> tuple[Organisation, ...]:
    holders = _in_force().filter(person_id__in=persons, scope=Grant.Scope.CARE, deny=False)
    some = list(holders.values_list("holder_id", flat=True))
    places = Practice.objects.filter(pk__in=some).values("organisation_id")
    rows = Organisation.objects.filter(Q(pk__in=some) | Q(pk__in=places), active=True)
    return tuple(rows.order_by("name")[:20])


def _in_force() -> QuerySet[Grant]:
    now = timezone.now()
    return Grant.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
