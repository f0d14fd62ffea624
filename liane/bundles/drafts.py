"""A prepared invoice as its page shows it: the lines it would have now, and whether they moved."""

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from uuid import UUID

from liane.bundles import balance, invoicing, issuing, payees, queries
from liane.bundles.balance import Money
from liane.bundles.checks import Block
from liane.bundles.models import Draft
from liane.core import ledger


@dataclass(frozen=True)
class Planned:
    """One line to come."""

    label: str
    profession: str
    role: str
    money: Money


@dataclass(frozen=True)
class DraftView:
    """One open draft."""

    draft: Draft
    person: str
    pathway: str
    payer: str
    lines: Rows[Planned]
    total: Money
    moved: bool
    """The amounts are not those that were prepared any more."""
    blocks: Rows[Block]


def one(draft_id: UUID) -> DraftView | None:
    """An open draft of one's structure, recorded as read."""
    rows = Draft.objects.within(queries.reach()).filter(pk=draft_id, closed_at=None)
    found: Draft | None = rows.select_related("sequence").first()
    if found is None:
        return None
    ledger.read([found.person_id], "money", object_id=found.pk)
    lines = invoicing.planned(found.sequence, found.kind, found.corrects_id)
    holders = {holder for holder, _ in lines}
    names, trades = payees.names_of(holders), payees.professions_of(holders)
    planned = [
        Planned(names.get(holder, ""), trades.get(holder, ""), role, money)
        for (holder, role), money in lines.items()
    ]
    return DraftView(
        found,
        queries.names_of([found.sequence]).get(found.person_id, queries.OUTSIDE),
        queries.titles_of([found.sequence]).get(found.sequence.enrolment_id, ""),
        issuing.payer_label(found.sequence),
        sorted(planned, key=lambda one: (one.role == "structure", one.label)),
        balance.total(lines.values()),
        balance.digest(lines) != found.digest,
        queries.blocks_of([found.sequence]).get(found.sequence_id, []),
    )
