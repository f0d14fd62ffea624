"""Seats: the capacities in which one account can act, and the actor that each one makes."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.accounts.models import User
from liane.circle import rules
from liane.core import acting
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.directory.models import Duty, Locum, Practice
from liane.patients.models import Contact, Patient


@dataclass(frozen=True)
class Seat:
    """One capacity of an account: in an organisation, as the person, or as a carer."""

    key: str
    label: str
    role: str
    holder_id: UUID
    organisation_id: UUID | None = None
    professional_id: UUID | None = None


def seats_of(user: User, chosen: str = "") -> list[Seat]:
    """The seats offered to an account, professional ones first.

    The places one holds as a person or a carer are read only for who has no professional seat or
    has chosen such a place (``chosen``): a nurse who is also her mother's carer changes hats on
    the page that lists every seat. One query for professionals, three at most for others.
    """
    professional = _professional_seats(user)
    if professional and not chosen.startswith(("person:", "contact:")):
        return professional
    return professional + _portal_seats(user)


def every_seat(user: User) -> list[Seat]:
    """All the capacities of an account."""
    return _professional_seats(user) + _portal_seats(user)


def _professional_seats(user: User) -> list[Seat]:
    return [
        Seat(
            key=f"practice:{practice.pk}",
            label=practice.organisation.name,
            role=practice.role,
            holder_id=practice.pk,
            organisation_id=practice.organisation_id,
            professional_id=practice.professional_id,
        )
        for practice in _practices(user.pk, timezone.localdate())
    ]


@prepared
def _practices(user_id: UUID, day: dt.date) -> QuerySet[Practice]:
    return (
        Practice.objects.filter(
            Q(started_on=None) | Q(started_on__lte=day),
            Q(ended_on=None) | Q(ended_on__gte=day),
            professional__user=user_id,
            professional__active=True,
            organisation__active=True,
        )
        .select_related("organisation")
        .order_by("created_at")
    )


def _portal_seats(user: User) -> list[Seat]:
    with acting.acting(acting.system("seats")):
        return _seats_as_person(user) + _seats_as_contact(user)


def _seats_as_person(user: User) -> list[Seat]:
    return [
        Seat(f"person:{person.pk}", "Mon dossier", "person", person.pk)
        for person in Patient.objects.filter(user=user)
    ]


def _seats_as_contact(user: User) -> list[Seat]:
    now = timezone.now()
    contacts = (
        Contact.objects.filter(
            Q(access_until=None) | Q(access_until__gt=now), user=user, ended_at=None
        )
        .exclude(access="")
        .select_related("person")
    )
    return [
        Seat(
            f"contact:{contact.pk}",
            f"Proche de {contact.person.initials}",
            contact.access,
            contact.pk,
        )
        for contact in contacts
    ]


@lru_cache(maxsize=64)
def _rights(role: str, letter: str) -> Mapping[Area, frozenset[str]]:
    return {area: found for area in Area if (found := rules.scopes(role, area, letter))}


def actor_for(user: User, seat: Seat, seats: list[Seat]) -> Actor:
    """The actor that ``user`` is in ``seat``: its holders are those of all seats of that role."""
    kin = [other for other in seats if other.role == seat.role] or [seat]
    holders: list[UUID] = [other.holder_id for other in kin]
    holders += [other.organisation_id for other in kin if other.organisation_id is not None]
    lent_now: list[UUID] = []
    if seat.professional_id is not None:
        holders.append(seat.professional_id)
        lent_now = _borrowed([other.holder_id for other in kin], timezone.now())
    return Actor(
        kind="user",
        label=user.name,
        user_id=user.pk,
        holder_id=seat.holder_id,
        professional_id=seat.professional_id,
        organisation_id=seat.organisation_id,
        role=seat.role,
        holders=tuple(dict.fromkeys(holders + lent_now)),
        lent=tuple(one for one in lent_now if one not in holders),
        read=_rights(seat.role, "r"),
        write=_rights(seat.role, "w"),
    )


def client_actor(organisation_id: UUID, label: str) -> Actor:
    """A machine that calls for an organisation: it reaches what the organisation itself reaches.

    Not what its professionals hold in their own name: a person who chose one of them did not
    choose the software of the house.
    """
    return Actor(
        kind="client",
        label=label,
        holder_id=organisation_id,
        organisation_id=organisation_id,
        role=rules.API_CLIENT,
        holders=(organisation_id,),
        read=_rights(rules.API_CLIENT, "r"),
        write=_rights(rules.API_CLIENT, "w"),
        channel="api",
    )


def _borrowed(practices: list[UUID], now: dt.datetime) -> list[UUID]:
    """Posts on duty and colleagues replaced now."""
    return [holder for _, holder in lent(practices, now, timezone.localdate(now))]


@prepared
def lent(
    practices: list[UUID], now: dt.datetime, day: dt.date
) -> QuerySet[Duty, tuple[UUID, UUID]]:
    """(practice, post on duty or colleague replaced) for each of these practices."""
    duties = Duty.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now, practice_id__in=practices
    )
    locums = Locum.objects.filter(starts_on__lte=day, ends_on__gte=day, locum_id__in=practices)
    return duties.values_list("practice_id", "post_id").union(
        locums.values_list("locum_id", "replaced_id"), all=True
    )
