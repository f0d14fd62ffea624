"""What the DAC did over two years around some of the persons whose circle it is in: calls, visits.

So that its activity report is alive. Written in bulk, once; nothing is told to anybody.
"""

from collections.abc import Collection
from uuid import UUID

from liane.circle.models import Membership
from liane.demo.chronicle import at, voice
from liane.demo.names import chance, ident
from liane.demo.territory import Territory
from liane.directory.models import Practice
from liane.interventions.models import ActKind, Intervention

STAFF = ("Isabelle Lafitte", "Margaux Dagès", "Inès Harispe")
MOST = 20_000
"""Persons: enough for a bench of 100,000, and loaded in a few seconds."""
ACTS = (
    (ActKind.CALL, "Appel de suivi", 15),
    (ActKind.VISIT, "Visite à domicile", 60),
    (ActKind.CALL, "Point avec l’entourage", 20),
    (ActKind.MEETING, "Réunion de coordination", 45),
)


def load(land: Territory) -> int:
    """The acts of the DAC, those that are not there yet. Returns how many were made now."""
    members = Membership.objects.filter(organisation=land.structures["dac"], status="active")
    people = list(members.order_by("person_id").values_list("person_id", flat=True)[:MOST])
    rows = [row for person_id in people for row in _around(land, person_id)]
    there = _known([row.pk for row in rows])
    new = [row for row in rows if row.pk not in there]
    Intervention.objects.bulk_create(new, batch_size=500)
    return len(new)


def _known(ids: Collection[UUID]) -> set[UUID]:
    wanted, found = sorted(ids), set[UUID]()
    for start in range(0, len(wanted), 500):
        rows = Intervention.objects.filter(pk__in=wanted[start : start + 500])
        found |= set(rows.values_list("pk", flat=True))
    return found


def _around(land: Territory, person_id: UUID) -> list[Intervention]:
    rng = chance(f"acts of the dac {person_id}")
    who = land.of(rng.choice(STAFF))
    return [
        _act(who, person_id, number, rng.randint(2, 700), rng.choice(ACTS), rng.randint(9, 16))
        for number in range(rng.randint(0, 3))
    ]


def _act(
    who: Practice,
    person_id: UUID,
    number: int,
    days: int,
    what: tuple[ActKind, str, int],
    hour: int,
) -> Intervention:
    kind, title, minutes = what
    when = at(days, hour)
    return Intervention(
        pk=ident("act of the dac", str(person_id), number), person_id=person_id, at=when,
        entered_at=when, created_at=when, minutes=minutes, performed_by=who,
        organisation_id=who.organisation_id, kind=kind, title=title, **voice(who).author,
    )  # fmt: skip
