"""Bundles that cannot run together for one person: told to both structures, and nothing more.

Which pathways exclude one another is protocol data. A row on each side says that there is another
one; its nature is told to nobody, for it says what somebody suffers from.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from liane.core import acting, journal
from liane.core.audience import Audience
from liane.core.models import author_of
from liane.pathways import catalogue
from liane.pathways.models import Clash, Enrolment
from liane.pathways.protocols import eligibility
from liane.pathways.protocols.format import Protocol
from liane.pathways.states import LIVING
from liane.patients.queries import cluster_ids

NAMED = Audience(team=False)


def look(row: Enrolment, protocol: Protocol) -> int:
    """Write a clash on both sides for each incompatible pathway of the person. Returns how many."""
    found = 0
    with acting.acting(acting.system("cumul des forfaits")), transaction.atomic():
        for other in _others(row):
            theirs = catalogue.of_enrolment(other)
            if not eligibility.conflicts(protocol, {theirs.key: theirs}):
                continue
            found += 1
            for one, against in ((row, other), (other, row)):
                _write(one, against)
    return found


def open_for(row: Enrolment) -> bool:
    """True while another pathway forbids this one."""
    with acting.acting(acting.system("cumul des forfaits")):
        return Clash.objects.filter(enrolment_id=row.pk, settled_at=None).exists()


def settle_for(row: Enrolment) -> None:
    """This enrolment is over: what it stood against is free, on both sides."""
    who = acting.current().label[:200]
    with acting.acting(acting.system("cumul des forfaits")):
        for lines in (
            Clash.objects.filter(enrolment_id=row.pk), Clash.objects.filter(other_id=row.pk),
        ):  # fmt: skip
            lines.filter(settled_at=None).update(
                settled_at=timezone.now(), settled_by=who,
                reason="l’une des deux prises en charge est terminée",
            )  # fmt: skip


def told_of(enrolment_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Whom a clash is told: whoever follows the enrolment, else its structure. One query."""
    rows = Enrolment.objects.filter(pk__in=enrolment_ids)
    return {row.pk: [row.coordinator_id or row.organisation_id] for row in rows}


def _others(row: Enrolment) -> list[Enrolment]:
    rows = Enrolment.objects.filter(
        person_id__in=cluster_ids(row.person_id), status__in=LIVING
    ).exclude(pk=row.pk)
    return list(rows.exclude(protocol_key=row.protocol_key))


def _write(one: Enrolment, against: Enrolment) -> None:
    made, new = Clash.objects.get_or_create(
        enrolment=one, other_id=against.pk, settled_at=None,
        defaults={"person_id": one.person_id, **author_of(acting.current())},
    )  # fmt: skip
    if new:
        journal.append("pathway.clash", person_id=one.person_id, object_id=made.pk, to=NAMED)
