"""Reads: the places among which somebody who has just signed in chooses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from liane.circle.seats import Seat
from liane.directory.models import Organisation


@dataclass(frozen=True)
class Choice:
    """One seat, its place where it has one, and whether Pro Santé Connect declared it."""

    seat: Seat
    place: Organisation | None
    declared: bool


def choices(seats: Sequence[Seat], numbers: Collection[str]) -> list[Choice]:
    """The seats, those of the places that ``numbers`` (FINESS, SIRET) name first. One query."""
    places = Organisation.objects.filter(pk__in=[seat.organisation_id for seat in seats]).in_bulk()
    found = []
    for seat in seats:
        place = places.get(seat.organisation_id) if seat.organisation_id is not None else None
        declared = place is not None and bool({place.finess, place.siret} & set(numbers))
        found.append(Choice(seat, place, declared))
    return sorted(found, key=lambda one: not one.declared)
