"""Where each sequence stands on its way to the money: a projection, computed again at will.

Settlements, invoices, returns and what blocks are the truth; `Sequence` repeats what follows from
them, so that the work list costs a page.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.bundles import balance, checks
from liane.bundles.balance import Parts
from liane.bundles.models import (
    Draft,
    InvoiceLine,
    LineStep,
    PayeeWord,
    ReturnLine,
    Sequence,
    SequenceStep,
)
from liane.bundles.states import LineState, Stage
from liane.core import acting
from liane.core.models import author_of

L = LineState
OVER = frozenset({"abandoned", "expired", "never"})
BILLED = frozenset({"complete", "partial"})
FIELDS = ("status", "blocks", "billed_cents", "paid_cents", "since")


TAKEN = ["position", "label", "protocol", "version", "payer", "paid_to", "state", "opened_on",
          "closed_on", "amount_cents", "billable"]  # fmt: skip


def take(row: Sequence, position: int, state: Any, protocol: Any) -> None:
    """Set on a row what the engine answered."""
    row.position = position
    row.label = label_of(state.id, state.phase, protocol)
    row.protocol, row.version = protocol.key, protocol.version
    row.payer, row.paid_to = protocol.payer, protocol.paid_to
    row.state, row.opened_on, row.closed_on = state.state, state.opened_on, state.closed_on
    row.amount_cents, row.billable = state.amount_cents, state.billable


def label_of(key: str, phase: str, protocol: Any) -> str:
    """The sequence in words; a repetition says its number."""
    found = next((one.label for one in protocol.phases if one.id == phase), phase)
    number = key.partition(":")[2]
    return f"{found} ({number})" if number else found


def refresh(enrolments: Collection[UUID]) -> None:
    """Compute again where the sequences of these enrolments stand."""
    with acting.acting(acting.system("forfaits : état")):
        _refresh(list(Sequence.objects.filter(enrolment_id__in=list(enrolments))))


def refresh_person(person_id: UUID) -> None:
    """The same for every enrolment of a person."""
    with acting.acting(acting.system("forfaits : état")):
        _refresh(list(Sequence.objects.filter(person_id=person_id)))


def _refresh(rows: list[Sequence]) -> None:
    changed, steps = compute(rows)
    store(changed, FIELDS, steps)


def store(rows: list[Sequence], fields: Collection[str], steps: list[SequenceStep]) -> None:
    """Write these rows in one statement a batch, then their dated steps."""
    Sequence.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=fields
    )
    SequenceStep.objects.bulk_create(steps, batch_size=500)


def compute(rows: list[Sequence]) -> tuple[list[Sequence], list[SequenceStep]]:
    """Where each row stands, set on it; those that moved, and their steps. Nothing is written."""
    if not rows:
        return [], []
    who = author_of(acting.current())
    parts = balance.of_sequences([(one.enrolment_id, one.key) for one in rows])
    lines = lines_of([one.enrolment_id for one in rows])
    states = states_of([line.pk for found in lines.values() for line in found])
    paid = paid_of(list(states))
    drafted = set(
        Draft.objects.filter(sequence__in=[one.pk for one in rows], closed_at=None).values_list(
            "sequence_id", flat=True
        )
    )
    closed = [one for one in rows if one.state in BILLED or one.state == "to_complete"]
    seen, judged = checks.ground(closed) if closed else None, {one.pk for one in closed}
    changed, steps = [], []
    for one in rows:
        mine = lines[one.pk]
        blocks = checks.codes(one, seen) if seen and one.pk in judged else ""
        status = stage(
            one, parts[one.enrolment_id, one.key], [states[line.pk] for line in mine], blocks,
            drafted=one.pk in drafted,
        )  # fmt: skip
        billed = sum(line.cents for line in mine if states[line.pk] != L.REISSUED)
        received = sum(paid[line.pk] for line in mine)
        after = (status, blocks, billed, received)
        if after == (one.status, one.blocks, one.billed_cents, one.paid_cents):
            continue
        if status != one.status:
            steps.append(SequenceStep(sequence=one, before=one.status, after=status, **who))
            one.since = timezone.now()
        one.status, one.blocks, one.billed_cents, one.paid_cents = after
        changed.append(one)
    return changed, steps


def stage(
    one: Sequence, parts: Parts, states: Collection[str], blocks: str, *, drafted: bool
) -> str:
    """Where a sequence stands, from what is owed and billed of it and what the payer said."""
    if drafted:
        return Stage.PREPARED
    left = balance.total(part.left for part in parts.values())
    uneven = bool(left) or any(part.left for part in parts.values())
    live = [state for state in states if state not in {L.REISSUED, L.CANCELLED}]
    if live:
        return _billed(live, uneven=uneven)
    if states and not uneven:
        return Stage.CLOSED
    return unbilled(one, blocks)


def unbilled(one: Any, blocks: str) -> str:
    """Where a sequence stands of which nothing was billed.

    One that is closed, that nothing blocks and that is not billable owes nothing itself: it came to
    nothing, or its parts are billed.
    """
    if one.state in OVER:
        return Stage.CLOSED
    if one.state == "to_complete":
        return Stage.CHECK
    if one.state not in BILLED:
        return Stage.WAITING
    if one.billable:
        return Stage.CHECK if blocks else Stage.READY
    return Stage.CHECK if blocks else Stage.CLOSED


def _billed(states: Collection[str], *, uneven: bool) -> str:
    if L.REJECTED in states:
        return Stage.REJECTED
    if uneven:
        return Stage.CHANGED
    if set(states) <= balance.SETTLED_STATES:
        return Stage.PAID
    if set(states) & {L.PAID, L.PARTLY, L.SETTLED}:
        return Stage.PARTLY
    return Stage.ISSUED


def lines_of(enrolments: Collection[UUID]) -> dict[UUID, list[InvoiceLine]]:
    """Invoice lines by sequence, credit notes left out: they settle what they cancel."""
    found: dict[UUID, list[InvoiceLine]] = defaultdict(list)
    rows = InvoiceLine.objects.filter(invoice__enrolment_id__in=list(enrolments))
    for line in rows.select_related("invoice").order_by("id"):
        found[line.invoice.sequence_id].append(line)
    return found


def states_of(lines: Iterable[UUID]) -> dict[UUID, str]:
    """The state of each line: that of its last step. One query."""
    found: dict[UUID, str] = dict.fromkeys(lines, L.SENT)
    steps = LineStep.objects.filter(line_id__in=list(found)).order_by("at", "id")
    found.update(steps.values_list("line_id", "after"))
    return found


def paid_of(lines: Collection[UUID]) -> dict[UUID, int]:
    """What was paid for each line, in cents: the payer's word, else the payee's. Two queries."""
    found: dict[UUID, int] = dict.fromkeys(lines, 0)
    told = set()
    for pk, cents in ReturnLine.objects.filter(line_id__in=list(lines)).values_list(
        "line_id", "cents"
    ):
        found[pk] += cents
        told.add(pk)
    words = PayeeWord.objects.filter(line_id__in=list(lines)).order_by("at", "id")
    said = dict(words.values_list("line_id", "cents"))
    return found | {pk: cents for pk, cents in said.items() if pk not in told}
