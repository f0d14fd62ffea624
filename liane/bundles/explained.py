"""Every cent of one enrolment: sequences, lines by payee, refused acts, in French sentences.

What is shown is what was kept, in the words of the engine. One's right decides how much: who keeps
the structure's accounts reads all, a professional the lines that pay them, the person the amounts
and their own share.
"""

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from uuid import UUID

from liane.bundles import payees, queries, rules, sentences, stored
from liane.bundles.checks import Block
from liane.bundles.engine.results import Settlement
from liane.bundles.models import Draft, Invoice, Sequence, Settled, SettledLine
from liane.bundles.sentences import Spoken
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.pathways import cases
from liane.pathways.models import Enrolment
from liane.pathways.protocols.format import Protocol


@dataclass(frozen=True)
class Part:
    """One settled line, with the sentence that explains it."""

    line: SettledLine
    why: str


@dataclass
class SequenceView:
    """One sequence: how it stands, its lines, what was refused, its invoices."""

    row: Sequence
    state: str
    parts: Rows[Part] = field(default_factory=list)
    refused: Rows[str] = field(default_factory=list)
    missing: Rows[str] = field(default_factory=list)
    blocks: Rows[Block] = field(default_factory=list)
    invoices: Rows[Invoice] = field(default_factory=list)
    draft: Draft | None = None

    @property
    def total(self) -> int:
        """The sum of the lines shown, in cents."""
        return sum(part.line.cents for part in self.parts)

    @property
    def exact(self) -> bool:
        """True when the lines make the amount of the sequence to the cent."""
        return self.row.amount_cents is not None and self.total == self.row.amount_cents


@dataclass
class View:
    """One enrolment, explained."""

    enrolment: Enrolment
    protocol: Protocol
    settled: Settled
    answer: Settlement
    spoken: Spoken
    sequences: Rows[SequenceView]
    refused: Rows[str] = field(default_factory=list)
    """Refused acts of no sequence in particular."""
    person: str = ""
    whole: bool = True
    """False for a professional, who reads the lines that pay them."""


def enrolment(enrolment_id: UUID) -> View | None:
    """Everything the actor may read of one enrolment's money, or None. Bounded queries."""
    actor = acting.current()
    reach, whole = Reach.of(actor), rules.keeps_accounts(actor) or actor.is_system
    lines = SettledLine.objects.within(reach).filter(enrolment_id=enrolment_id)
    pks = list(lines.values_list("pk", flat=True))
    rows = Sequence.objects.within(reach).filter(enrolment_id=enrolment_id)
    if not (rows.exists() if whole else pks):
        return None
    with acting.acting(acting.system("forfait expliqué")):
        view = _view(enrolment_id, pks, whole=whole)
    if view is None:
        return None
    if whole:
        _with_invoices(view, reach)
    names = queries.names_of([one.row for one in view.sequences])
    view.person = names.get(view.enrolment.person_id, queries.OUTSIDE)
    ledger.read([view.enrolment.person_id], "money", object_id=enrolment_id)
    return view


def _view(enrolment_id: UUID, pks: Rows[UUID], *, whole: bool) -> View | None:
    settled = Settled.objects.filter(enrolment_id=enrolment_id).order_by("-number").first()
    if settled is None:
        return None
    read = cases.case(enrolment_id, settled.until)
    if read is None:
        return None
    answer = stored.settlement(enrolment_id, settled.answer)
    names = payees.names_of({UUID(line.payee) for line in answer.lines})
    spoken = sentences.speak(
        read.protocol, read.case, answer, lambda holder: names.get(UUID(holder), holder)
    )
    by_key: dict[str, list[SettledLine]] = defaultdict(list)
    lines = SettledLine.objects.filter(pk__in=pks).select_related("settled")
    for line in lines.order_by("settled__number", "id"):
        by_key[line.sequence].append(line)
    rows = Sequence.objects.filter(enrolment_id=enrolment_id).order_by("position")
    views = [
        _sequence(one, answer, spoken, by_key[one.key], whole=whole)
        for one in rows
        if whole or by_key[one.key]
    ]
    keys = {one.row.key for one in views}
    loose = [
        said.text
        for row, said in zip(answer.refusals, spoken.refusals, strict=True)
        if row.sequence not in keys
    ]
    return View(
        read.enrolment, read.protocol, settled, answer, spoken, views,
        loose if whole else [], whole=whole,
    )  # fmt: skip


def _sequence(
    one: Sequence, answer: Settlement, spoken: Spoken, lines: Rows[SettledLine], *, whole: bool
) -> SequenceView:
    said = spoken.sequences.get(one.key)
    view = SequenceView(one, said.text if said and whole else "")
    view.parts = [Part(line, _why(line, spoken)) for line in lines]
    if whole:
        view.refused = [
            text.text
            for row, text in zip(answer.refusals, spoken.refusals, strict=True)
            if row.sequence == one.key
        ]
        view.missing = [
            text.text
            for row, text in zip(answer.missing, spoken.missing, strict=True)
            if row.sequence in {one.key, ""}
        ]
    return view


def _why(line: SettledLine, spoken: Spoken) -> str:
    """The sentence of the line as the engine says it; of a difference, where it comes from."""
    said = spoken.lines.get((line.sequence, str(line.payee_holder_id), line.role))
    if not line.difference:
        return said.text if said else "Cette part n’est plus due : voir la différence."
    moved = len(line.act_ids)
    count = f", {moved} intervention{'s' if moved > 1 else ''} en plus ou en moins" if moved else ""
    now = f" Aujourd’hui : {said.text}" if said else " Aujourd’hui : rien n’est dû."
    return f"Différence du calcul n° {line.settled.number}{count}.{now}"


def _with_invoices(view: View, reach: Reach) -> None:
    pks: Collection[UUID] = [one.row.pk for one in view.sequences]
    blocks = queries.blocks_of(
        [one.row for one in view.sequences if one.row.status in {"check", "ready"}]
    )
    drafts = {
        one.sequence_id: one
        for one in Draft.objects.within(reach).filter(sequence_id__in=pks, closed_at=None)
    }
    invoices: dict[UUID, list[Invoice]] = defaultdict(list)
    for piece in Invoice.objects.within(reach).filter(sequence_id__in=pks).order_by("issued_at"):
        invoices[piece.sequence_id].append(piece)
    for one in view.sequences:
        one.blocks = blocks.get(one.row.pk, [])
        one.draft, one.invoices = drafts.get(one.row.pk), invoices[one.row.pk]
