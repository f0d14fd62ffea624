"""Reads of the orders of payment."""

from collections import defaultdict
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from uuid import UUID

from liane.bundles import paying, queries
from liane.bundles.models import Payout, PayoutItem
from liane.bundles.paying import Due
from liane.core import acting, ledger
from liane.pathways.models import Project


@dataclass
class Waiting:
    """What one project holds for others."""

    project: Project
    dues: list[Due] = field(default_factory=list)

    @property
    def cents(self) -> int:
        """Their sum."""
        return sum(one.cents for one in self.dues)


def waiting(house_id: UUID) -> list[Waiting]:
    """Money to pay out, by project. Bounded queries."""
    with acting.acting(acting.system("reversements")):
        dues: dict[UUID, list[Due]] = defaultdict(list)
        for one in paying.due(house_id):
            dues[one.line.invoice.enrolment.project_id].append(one)
        projects = {one.pk: one for one in Project.objects.filter(pk__in=list(dues))}
    ledger.read({one.line.person_id for found in dues.values() for one in found}, "money")
    return [Waiting(projects[pk], found) for pk, found in dues.items()]


def of(house_id: UUID) -> list[Payout]:
    """The orders of a structure, newest first. One query."""
    if house_id not in acting.current().holders:
        return []
    rows = Payout.objects.filter(organisation_id=house_id).select_related("project")
    return list(rows.order_by("-created_at")[: queries.SHOWN])


def one(house_id: UUID, payout_id: UUID) -> Payout | None:
    """One order of a structure."""
    rows = Payout.objects.filter(pk=payout_id, organisation_id=house_id)
    return rows.select_related("project").first() if house_id in acting.current().holders else None


def items(order: Payout) -> Rows[PayoutItem]:
    """What an order pays, recorded as read. One query."""
    rows = PayoutItem.objects.within(queries.reach()).filter(payout=order)
    found = list(rows.select_related("line__invoice").order_by("payee_label", "id"))
    ledger.read({row.person_id for row in found}, "money")
    return found
