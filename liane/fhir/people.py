"""Who wrote or receives something, as references: opaque holders, resolved in bulk."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from liane.core.prepared import prepared
from liane.directory.models import Organisation, Post, Practice
from liane.fhir import building as fhir
from liane.patients.models import Contact, Patient

Json = dict[str, Any]
KINDS = {
    "PractitionerRole": "practice",
    "Organization": "organisation",
    "RelatedPerson": "contact",
    "Patient": "person",
}
"""FHIR type → kind of holder (`messaging.models.Participant.Kind`)."""


def references(holders: Iterable[UUID | None]) -> Mapping[UUID, Json]:
    """The reference of each holder that is a professional in a place, a structure or its post.

    At most three queries. Holders that are persons or relatives are left to :func:`named`: their
    names are the record's, and are told only where the record is.
    """
    wanted = {one for one in holders if one is not None}
    if not wanted:
        return {}
    found: dict[UUID, Json] = {}
    for place in _practices(sorted(wanted)):
        found[place.pk] = _made("PractitionerRole", place.pk, place.professional.name)
    left = wanted - found.keys()
    if left:
        for house in _houses(sorted(left)):
            found[house.pk] = _made("Organization", house.pk, house.name)
        left -= found.keys()
    if left:
        for post in Post.objects.filter(pk__in=left):
            found[post.pk] = _made("Organization", post.organisation_id, post.name)
    return found


def relatives(holders: Iterable[UUID | None]) -> Mapping[UUID, Json]:
    """The reference of each holder that is a person, or a relative of one. At most two queries."""
    wanted = {one for one in holders if one is not None}
    if not wanted:
        return {}
    known = _contacts(sorted(wanted))
    found = {one.pk: _made("RelatedPerson", one.pk, one.name) for one in known}
    left = wanted - found.keys()
    persons = _persons(sorted(left)) if left else []
    return found | {pk: _made("Patient", pk) for pk in persons}


def named(holders: Iterable[UUID | None]) -> Mapping[UUID, Json]:
    """The reference of each holder, whoever it is: professionals first, relatives if any is left.

    One query where all are professionals in a place, five at most.
    """
    wanted = {one for one in holders if one is not None}
    known = references(wanted)
    left = wanted - known.keys()
    return {**relatives(left), **known} if left else known


@prepared
def _practices(keys: list[UUID]) -> QuerySet[Practice]:
    return Practice.objects.filter(pk__in=keys).select_related("professional")


@prepared
def _houses(keys: list[UUID]) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=keys)


@prepared
def _contacts(keys: list[UUID]) -> QuerySet[Contact]:
    return Contact.objects.filter(pk__in=keys)


@prepared
def _persons(keys: list[UUID]) -> QuerySet[Patient, UUID]:
    return Patient.objects.filter(pk__in=keys).values_list("pk", flat=True)


def intervenant(row: Any) -> Json | None:
    """Who carries it out: the practice, the structure of the post, or the structure of a row."""
    if row.practice is not None:
        return _made("PractitionerRole", row.practice_id, row.practice.professional.name)
    if row.post is not None:
        return _made("Organization", row.post.organisation_id, row.post.name)
    if row.organisation is not None:
        return _made("Organization", row.organisation_id, row.organisation.name)
    return None


def author(row: Any, known: Mapping[UUID, Json]) -> Json | None:
    """The reference of who wrote a row; in words where they are no resource here."""
    made = known.get(row.author_holder_id)
    if made is not None:
        return made
    return {"display": row.author_label} if row.author_label else None


def _made(kind: str, key: UUID, display: str = "") -> Json:
    return fhir.reference(kind, key, display) or {}
