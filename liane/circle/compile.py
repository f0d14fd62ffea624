"""Grants compiled from what people decided: the only writer of `Grant`.

Called in the transaction of every change of a membership, an opposition, a link between records,
a carer's right, a death or a break-glass; effective on the next request, on every channel.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle.models import BreakGlass, Grant, Membership, Opposition
from liane.core import acting, journal
from liane.core.clock import day_bounds
from liane.core.inserting import insert_all
from liane.core.prepared import prepared
from liane.directory.models import Practice
from liane.patients.models import Contact, Patient, PersonLink
from liane.patients.queries import cluster_ids

Scope = Grant.Scope
Status = Membership.Status
HAVE_BEEN = (Status.ACTIVE, Status.LEFT, Status.REMOVED)
"""States of whoever is in the circle, or was."""


def compile_grants(person_id: UUID) -> int:
    """Rewrite the grants of a person and of the records linked to it. Returns their number."""
    with transaction.atomic(), acting.acting(acting.system("grants")):
        cluster = cluster_ids(person_id)
        rows = list(_rows(cluster))
        Grant.objects.filter(person_id__in=cluster).delete()
        made = [Grant(person_id=member, **row) for member in cluster for row in rows]
        Grant.objects.bulk_create(made)
        return len(made)


def compile_first(memberships: Sequence[Membership]) -> None:
    """Write the grants of circles just opened around new persons, of which these are all there is.

    Nothing is read: no link, no carer, no opposition is older than the person.
    """
    insert_all([Grant(person_id=pk, **row) for one in memberships for pk, row in _member(one)])


def compile_many(person_ids: Collection[UUID]) -> int:
    """Rewrite the grants of many persons at once: for bulk loads. Returns their number.

    Persons whose record is linked to another, who are opposed to somebody or dead, or whose record
    was opened in an emergency, are compiled one by one.
    """
    wanted = list(person_ids)
    with transaction.atomic(), acting.acting(acting.system("grants")):
        apart = _compiled_apart(wanted)
        plain = [person_id for person_id in wanted if person_id not in apart]
        made = []
        for patient in Patient.objects.filter(pk__in=plain).exclude(user=None):
            row = _row(patient.pk, Scope.PERSON, "la personne elle-même", patient.created_at)
            made.append(Grant(person_id=patient.pk, **row))
        made += [Grant(person_id=pk, **row) for pk, row in _members_of(plain)]
        made += [Grant(person_id=pk, **row) for pk, row in _contacts_of(plain)]
        Grant.objects.filter(person_id__in=plain).delete()
        Grant.objects.bulk_create(made, batch_size=2_000)
        return len(made) + sum(compile_grants(person_id) for person_id in apart)


def _compiled_apart(person_ids: list[UUID]) -> set[UUID]:
    within = Q(survivor_id__in=person_ids) | Q(duplicate_id__in=person_ids)
    links = PersonLink.objects.filter(within, ended_at=None)
    linked = {pk for pair in links.values_list("survivor_id", "duplicate_id") for pk in pair}
    found = linked & set(person_ids)
    for model in (Opposition, BreakGlass):
        rows = model.objects.filter(person_id__in=person_ids, ended_at=None)
        found |= set(rows.values_list("person_id", flat=True))
    dead = Patient.objects.filter(pk__in=person_ids).exclude(died_on=None)
    return found | set(dead.values_list("pk", flat=True))


def follow(person_id: UUID) -> None:
    """Rights of a person's record changed: rewrite the grants, and let open streams know."""
    compile_grants(person_id)
    journal.signal("rights", person_id=person_id)


def _rows(cluster: list[UUID]) -> Iterator[dict[str, object]]:
    patients = _patients(cluster)
    dead = any(patient.died_on for patient in patients)
    for patient in patients:
        if patient.user_id and not dead:
            yield _row(patient.pk, Scope.PERSON, "la personne elle-même", patient.created_at)
    yield from _memberships(cluster)
    if not dead:
        yield from _contacts(cluster)
    for urgent in _opened_urgently(cluster):
        yield _row(
            urgent.practice_id, Scope.BREAK_GLASS, "accès d’urgence", urgent.created_at,
            urgent.ends_at,
        )  # fmt: skip
    yield from _denials(cluster)


@prepared
def _patients(cluster: list[UUID]) -> QuerySet[Patient]:
    return Patient.objects.filter(pk__in=cluster)


@prepared
def _have_been(cluster: list[UUID]) -> QuerySet[Membership]:
    return Membership.objects.filter(person_id__in=cluster, status__in=HAVE_BEEN, contact=None)


@prepared
def _carers(cluster: list[UUID]) -> QuerySet[Contact]:
    return Contact.objects.filter(person_id__in=cluster, ended_at=None).exclude(access="")


@prepared
def _opened_urgently(cluster: list[UUID]) -> QuerySet[BreakGlass]:
    return BreakGlass.objects.filter(person_id__in=cluster, ended_at=None)


@prepared
def _oppositions(cluster: list[UUID]) -> QuerySet[Opposition]:
    return Opposition.objects.filter(person_id__in=cluster, ended_at=None)


def _row(
    holder_id: object, scope: str, ground: str, starts: object, ends: object = None
) -> dict[str, object]:
    return {
        "holder_id": holder_id,
        "scope": scope,
        "ground": ground,
        "starts_at": starts,
        "ends_at": ends,
    }


def _memberships(cluster: list[UUID]) -> Iterator[dict[str, object]]:
    return (row for _, row in _members_of(cluster))


def _members_of(cluster: list[UUID]) -> Iterator[tuple[UUID, dict[str, object]]]:
    for membership in _have_been(cluster):
        yield from _member(membership)


def _member(membership: Membership) -> Iterator[tuple[UUID, dict[str, object]]]:
    if membership.status == Status.ACTIVE:
        yield (
            membership.person_id,
            _row(
                membership.holder_id,
                Scope.OUTSIDE if membership.outside_team else Scope.CARE,
                membership.get_ground_display(),
                membership.starts_at,
                membership.ends_at,
            ),
        )
    if membership.ends_at is not None:
        past = _past(membership.holder_id, membership.starts_at, membership.ends_at)
        yield membership.person_id, past


def _past(holder_id: UUID, starts: dt.datetime, ends: dt.datetime) -> dict[str, object]:
    """Somebody was there; the first day counts whole: what it held may be noted later that day."""
    starts = min(day_bounds(timezone.localdate(starts))[0], ends)
    return _row(holder_id, Scope.PAST, "ancien membre du cercle", starts, ends)


def _contacts(cluster: list[UUID]) -> Iterator[dict[str, object]]:
    return (row for _, row in _contacts_of(cluster))


def _contacts_of(cluster: list[UUID]) -> Iterator[tuple[UUID, dict[str, object]]]:
    for contact in _carers(cluster):
        ground = (
            "représentant légal" if contact.access == Contact.Access.LEGAL
            else "aidant, par choix de la personne"
        )  # fmt: skip
        starts = contact.access_from or contact.created_at
        yield (
            contact.person_id,
            _row(contact.pk, contact.access, ground, starts, contact.access_until),
        )


def _denials(cluster: list[UUID]) -> Iterator[dict[str, object]]:
    opposed = _oppositions(cluster)
    if not opposed:
        return
    now = timezone.now()
    starts = [one.starts_at for one in _have_been(cluster) if one.starts_at is not None]
    since = min(starts, default=None)
    for opposition in opposed:
        for holder in _opposed(opposition):
            yield {**_row(holder, Scope.CARE, "opposition de la personne", now), "deny": True}
            if since is not None and since <= opposition.created_at:
                yield _past(holder, since, opposition.created_at)


def _opposed(opposition: Opposition) -> set[UUID]:
    """The structure opposed, or the professional in all their places."""
    if opposition.practice_id is None:
        return {opposition.organisation_id} if opposition.organisation_id is not None else set()
    practice = Practice.objects.get(pk=opposition.practice_id)
    places = Practice.objects.filter(professional_id=practice.professional_id)
    return {practice.professional_id, *places.values_list("pk", flat=True)}
