"""Reach: the persons an actor may see, area by area. Nobody queries persons any other way."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from liane.circle import rules
from liane.circle.expressions import Been, Groups, Reached
from liane.circle.models import Grant
from liane.core import acting
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.patients.models import Patient


@dataclass(frozen=True)
class Reach:
    """What an actor reaches now. Cheap to make; holds no rows, so it is never stale."""

    actor: Actor
    at: dt.datetime | None = None
    """The moment asked about, for prepared queries; this very one otherwise."""
    probing: bool = False
    """True for lists that something else keeps short: see `Reached`."""

    @classmethod
    def of(cls, actor: Actor) -> "Reach":
        """The reach of ``actor``."""
        return cls(actor)

    @property
    def now(self) -> dt.datetime:
        """The moment at which grants must be in force."""
        return self.at or timezone.now()

    def probed(self) -> "Reach":
        """The same reach, for a list that another condition keeps short."""
        return replace(self, probing=True)

    def by_own_right(self, area: Area) -> "Reach":
        """This reach without what is lent to the actor, for the areas that nobody lends."""
        actor = self.actor
        if area not in rules.NEVER_LENT or not actor.lent:
            return self
        own = tuple(holder for holder in actor.holders if holder not in actor.lent)
        return replace(self, actor=replace(actor, holders=own, lent=()))

    @property
    def everything(self) -> bool:
        """True for machines, which act by rule."""
        return self.actor.is_system

    def grants(self, scopes: frozenset[str]) -> QuerySet[Grant]:
        """Grants in force that reach this actor through ``scopes``."""
        return Grant.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=self.now),
            holder_id__in=self.actor.holders,
            scope__in=sorted(scopes),
            deny=False,
            starts_at__lte=self.now,
        )

    def _denied(self, person: Any) -> Exists:
        denials = Grant.objects.filter(holder_id__in=self.actor.holders, deny=True)
        return Exists(denials.filter(person_id=person))

    def condition(self, area: Area, person: str, flagged: frozenset[str], *, beside: str = "") -> Q:
        """The SQL condition: a grant reaches ``person`` (a column), none denies it.

        ``flagged`` are the audience flags that the table has; the others do not narrow. ``beside``
        leads to that table, where it is another one than the query's.
        """
        groups = rules.flags(self.actor.role, area)
        own = self.by_own_right(area)
        if not groups or not own.actor.holders:
            return Q(pk__in=[])
        needed: dict[str | None, frozenset[str]] = {}
        for flag, scopes in groups.items():
            asked = f"{beside}{flag}" if flag in flagged else None
            needed[asked] = needed.get(asked, frozenset()) | scopes
        return Q(own.granted(person, needed))

    def reached(self, person: str, scopes: frozenset[str]) -> Reached:
        """The person of a column is reached through one of ``scopes``, and not denied."""
        return self.granted(person, {None: scopes})

    def granted(self, person: str, groups: Groups) -> Reached:
        """The same, each flag (a column) opening the scopes that need it."""
        return Reached(person, self.actor.holders, groups, self.now, probing=self.probing)

    def been(self, area: Area, at: str, *, house: str | None = None) -> Q:
        """The actor was in the person's circle at the moment of column ``at``, and has left it.

        ``house``: a column; only where the organisation it names was the member. Nothing for a role
        that never reads ``area``.
        """
        if not self.actor.holders or not rules.scopes(self.actor.role, area, "r"):
            return Q(pk__in=[])
        return Q(Been("person_id", at, self.actor.holders, self.now, house))

    def denied(self, person: str) -> Q:
        """The person of a column opposes the actor."""
        return Q(self._denied(OuterRef(person)))

    def persons(self, area: Area = Area.IDENTITY) -> QuerySet[Grant, UUID]:
        """Identifiers of the persons reached, as a subquery that drives a list's plan."""
        scopes = rules.scopes(self.actor.role, area, "r")
        grants = self.by_own_right(area).grants(scopes)
        return grants.values_list("person_id", flat=True)

    def patients(self, area: Area = Area.IDENTITY) -> QuerySet[Patient]:
        """The persons within reach for ``area``: for one record or a filtered set."""
        if self.everything:
            return Patient.objects.all()
        return Patient.objects.filter(self.condition(area, "pk", frozenset()))

    def listing(self, area: Area = Area.IDENTITY) -> QuerySet[Patient]:
        """The same persons, with a plan made for lists: the grants are read first."""
        if self.everything:
            return Patient.objects.all()
        if not self.actor.holders:
            return Patient.objects.none()
        return Patient.objects.filter(pk__in=self.persons(area)).filter(
            ~Q(self._denied(OuterRef("pk")))
        )

    def with_ground(self, patients: QuerySet[Patient], area: Area) -> QuerySet[Patient]:
        """Add ``ground``: why this actor may see each person (kept by the ledger)."""
        scopes = rules.scopes(self.actor.role, area, "r")
        grant = self.grants(scopes).filter(person_id=OuterRef("pk")).order_by("id")
        return patients.annotate(ground=Subquery(grant.values("ground")[:1]))

    def may_read(self, area: Area, person_id: UUID) -> bool:
        """True when the actor may read ``area`` of this person's record."""
        scopes = rules.scopes(self.actor.role, area, "r")
        return self.by_own_right(area).holds(scopes, person_id)

    def may_write(self, area: Area, person_id: UUID) -> bool:
        """True when the actor may write ``area`` of this person's record."""
        scopes = rules.scopes(self.actor.role, area, "w")
        return self.by_own_right(area).holds(scopes, person_id)

    def may_write_each(self, area: Area, person_ids: Sequence[UUID]) -> bool:
        """True when the actor may write ``area`` of every one of these records. One query."""
        if self.everything:
            return True
        scopes, own = rules.scopes(self.actor.role, area, "w"), self.by_own_right(area).actor
        if not scopes or not own.holders:
            return False
        found: dict[UUID, set[str]] = {}
        denied = set()
        for person_id, scope, deny in _grants_on_each(own, self.now, list(person_ids)):
            found.setdefault(person_id, set()).add(scope)
            denied |= {person_id} if deny else set()
        return all(
            one not in denied and not scopes.isdisjoint(found.get(one, ())) for one in person_ids
        )

    def holds(self, scopes: frozenset[str], person_id: UUID) -> bool:
        """True when the actor reaches this person through one of ``scopes``.

        A page asks it of one person many times: a request that only reads asks the database once.
        """
        if self.everything:
            return True
        if not scopes or not self.actor.holders:
            return False
        key = ("scopes", self.actor.holders, person_id)
        return not scopes.isdisjoint(acting.remember(key, lambda: self._held(person_id)))

    def _held(self, person_id: UUID) -> frozenset[str]:
        """Scopes of the grants in force on this person; none where one denies. One query."""
        found = _grants_on(self.actor, self.now, person_id)
        if any(deny for _, deny in found):
            return frozenset()
        return frozenset(scope for scope, _ in found)


@prepared
def _grants_on(
    actor: Actor, now: dt.datetime, person_id: UUID
) -> QuerySet[Grant, tuple[str, bool]]:
    """Grants in force, and denials whenever they were made, as `Reach.condition` reads them."""
    rows = _in_force(actor, now).filter(person_id=person_id)
    return rows.order_by().values_list("scope", "deny")


@prepared
def _grants_on_each(
    actor: Actor, now: dt.datetime, person_ids: list[UUID]
) -> QuerySet[Grant, tuple[UUID, str, bool]]:
    rows = _in_force(actor, now).filter(person_id__in=person_ids)
    return rows.order_by().values_list("person_id", "scope", "deny")


def _in_force(actor: Actor, now: dt.datetime) -> QuerySet[Grant]:
    in_force = Q(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    return Grant.objects.filter(in_force | Q(deny=True), holder_id__in=actor.holders)
