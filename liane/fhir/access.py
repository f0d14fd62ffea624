"""What a caller's token gives, as conditions of a search: scopes narrow reach, never widen it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from urllib.parse import parse_qsl
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.fhir.models import Received
from liane.fhir.outcomes import forbidden
from liane.fhir.resources.base import Resource
from liane.fhir.search.asked import read_clauses
from liane.fhir.search.clauses import Clause, Fixed, Group, same_person


class Scopes(Protocol):
    """What `liane.clients.scopes` says of a token."""

    def allows(self, resource_type: str, letter: str) -> bool:
        """True when the interaction is given."""

    def restrictions(self, resource_type: str, letter: str = "") -> list[str]:
        """Searches of which a resource must answer at least one."""

    def only_patient(self, resource_type: str, letter: str = "") -> bool:
        """True when the kind is given for the patient in context alone."""


class Caller(Protocol):
    """Who calls (`liane.clients.access.Caller`)."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    @property
    def client_id(self) -> UUID:
        """The application."""

    @property
    def scopes(self) -> Scopes:
        """What its token gives."""

    @property
    def patient_id(self) -> UUID | None:
        """The person in the context of the token."""


@dataclass(frozen=True)
class Access:
    """A caller within its reach."""

    caller: Caller

    @cached_property
    def reach(self) -> Reach:
        """The reach of whoever acts."""
        return Reach.of(self.caller.actor)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.caller.actor

    def allows(self, kind: str, letter: str) -> bool:
        """True when the scopes give this interaction."""
        return self.caller.scopes.allows(kind, letter)

    def require(self, kind: str, letter: str) -> None:
        """Raise Problem 403 unless they do."""
        if not self.allows(kind, letter):
            raise forbidden(f"No scope of this token gives '{letter}' on {kind}.")

    def limits(self, resource: Resource, letter: str, *, alive: bool = True) -> list[Clause]:
        """What rows of this type must answer to besides the actor's reach.

        ``alive``: without those that were deleted through this interface.
        """
        found = resource.limits(self)
        if alive and "delete" in resource.interactions:
            found.append(Fixed(("alive", resource.type), (), lambda _: _alive(resource.type)))
        scopes = self.caller.scopes
        if scopes.only_patient(resource.type, letter):
            if self.caller.patient_id is None:
                raise forbidden("This token has no patient in its context.")
            found.append(same_person(resource, self.caller.patient_id))
        granted = scopes.restrictions(resource.type, letter)
        if granted:
            either = tuple(
                Group(tuple(read_clauses(resource, parse_qsl(one, keep_blank_values=True), self)))
                for one in granted
            )
            found.append(Group(either, either=True))
        return found


def _alive(kind: str) -> Q:
    later = Received.objects.filter(
        type=kind, object_id=OuterRef("object_id"), number__gt=OuterRef("number")
    )
    deleted = Received.objects.filter(~Exists(later), type=kind, method=Received.Method.DELETE)
    return ~Q(pk__in=deleted.values("object_id"))
