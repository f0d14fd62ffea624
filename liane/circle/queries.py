"""Reads about circles: who is around a person, who may read, who opened the record."""

import datetime as dt
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle.models import Membership
from liane.circle.reach import Reach
from liane.circle.recipients import (
    Recipient,
    of_holders,
    of_person,
    question,
    reached_by,
    recipients,
)
from liane.core import acting
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.directory.models import Organisation, Practice
from liane.directory.search import search, with_places
from liane.patients.queries import cluster_ids

__all__ = [
    "Recipient",
    "members",
    "of_holders",
    "of_person",
    "question",
    "reached_by",
    "recipients",
]


def members(person_id: UUID, *, waiting: bool = False) -> list[Membership]:
    """The members of a person's circle whom the current actor may see; one query, no N+1.

    ``waiting`` adds the invitations and requests that nobody has answered yet.
    """
    actor = acting.current()
    return acting.remember(
        ("members", person_id, waiting),
        lambda: _members(actor, timezone.now(), cluster_ids(person_id), waiting),
    )


@prepared
def _members(
    actor: Actor, now: dt.datetime, cluster: list[UUID], waiting: bool
) -> QuerySet[Membership]:
    states = [Membership.Status.ACTIVE]
    if waiting:
        states += [Membership.Status.INVITED, Membership.Status.REQUESTED]
    found = Membership.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), person_id__in=cluster, status__in=states
    )
    reach = Reach(actor, now)
    if not reach.everything:
        found = found.filter(reach.condition(Area.CIRCLE, "person_id", frozenset()))
    return found.select_related(
        "practice__professional", "practice__organisation", "organisation", "contact",
        "post__organisation",
    ).order_by("outside_team", "starts_at")  # fmt: skip


def doctors(text: str, most: int = 20) -> list[Practice]:
    """Places where doctors of this name work, from the directory."""
    return [one for one in places(text, most * 2) if one.professional.profession == "10"][:most]


def places(text: str, most: int = 20) -> list[Practice]:
    """Places of work of the professionals whom ``text`` names, best first."""
    people = with_places(search(text, limit=most).professionals)
    found = []
    for one in people:
        for place in one.places:  # type: ignore[attr-defined]
            place.professional = one
            found.append(place)
    return found[:most]


def organisations(text: str, most: int = 10) -> list[Organisation]:
    """Organisations that ``text`` names."""
    return search(text, limit=most).organisations[:most]
