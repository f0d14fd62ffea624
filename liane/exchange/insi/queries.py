"""Reads of the answers of INSi, under reach."""

from uuid import UUID

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.exchange.models import InsiAnswer

MOST = 200


def of_person(person_id: UUID) -> list[InsiAnswer]:
    """The latest answers about a person, newest first. One query."""
    rows = InsiAnswer.objects.within(Reach.of(acting.current())).filter(person_id=person_id)
    return list(rows.order_by("-created_at")[:20])


def waiting(person_id: UUID) -> InsiAnswer | None:
    """The latest answer about a person that nobody has settled."""
    return next((row for row in of_person(person_id) if row.settled_at is None), None)


def unsettled() -> list[InsiAnswer]:
    """What identity vigilance has to look at: identities that wait, and what gave none. The reads
    are recorded."""
    rows = list(
        InsiAnswer.objects.within(Reach.of(acting.current()))
        .exclude(outcome=InsiAnswer.Outcome.ONE, settled_at__isnull=False)
        .select_related("person")
        .defer("identity")
        .order_by("-created_at")[:MOST]
    )
    ledger.read([row.person_id for row in rows], "insi")
    return rows
