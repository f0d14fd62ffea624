"""Who must know that somebody is away: the members of the circle, and how to reach each."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from liane.circle.models import Grant, Membership
from liane.circle.queries import members, of_person
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.directory.models import Organisation, Post, Practice
from liane.patients.queries import cluster_ids


@dataclass(frozen=True, slots=True)
class Member:
    """A member to tell. ``has_account``: somebody can read it in Liane; ``user_id``: who, where
    the member is one person."""

    holder_id: UUID
    label: str
    function: str
    phone: str
    outside_team: bool
    has_account: bool
    user_id: UUID | None = None


def to_tell(person_id: UUID) -> list[Member]:
    """The professional members of the circle whom nothing denies, in a known number of queries."""
    denied = set(_denied(cluster_ids(person_id)))
    readers = of_person(person_id, Area.AGENDA)
    reachable = {one.organisation_id: one.user_id for one in readers if one.organisation_id}
    reachable |= {one.holder_id: one.user_id for one in readers}
    found: dict[UUID, Member] = {}
    for membership in members(person_id):
        if membership.contact_id or _holders(membership) & denied:
            continue
        member = _member(membership, reachable)
        found.setdefault(member.holder_id, member)
    return list(found.values())


@prepared
def _denied(cluster: list[UUID]) -> QuerySet[Grant, UUID]:
    rows = Grant.objects.filter(person_id__in=cluster, deny=True)
    return rows.values_list("holder_id", flat=True)


def _holders(membership: Membership) -> set[UUID]:
    practice = membership.practice
    if practice is None:
        return {membership.holder_id}
    return {practice.pk, practice.professional_id, practice.organisation_id}


def _member(membership: Membership, reachable: dict[UUID, UUID]) -> Member:
    holder = membership.holder
    organisation_id = holder.organisation_id if isinstance(holder, Post) else None
    return Member(
        holder_id=membership.holder_id,
        label=_label(holder),
        function=_function(holder),
        phone=_phone(holder),
        outside_team=membership.outside_team,
        has_account=membership.holder_id in reachable or organisation_id in reachable,
        user_id=reachable.get(membership.holder_id) if membership.practice_id else None,
    )


def _label(holder: object) -> str:
    if isinstance(holder, Practice):
        return holder.professional.name
    return holder.name if isinstance(holder, Organisation | Post) else ""


def _function(holder: object) -> str:
    if isinstance(holder, Practice):
        return holder.function or holder.professional.profession_label
    if isinstance(holder, Organisation):
        return holder.get_kind_display()
    return holder.organisation.name if isinstance(holder, Post) else ""


def _phone(holder: object) -> str:
    if isinstance(holder, Practice | Post):
        return holder.phone or holder.organisation.phone
    return holder.phone if isinstance(holder, Organisation) else ""
