"""Reads of money: the work list, one bundle explained, one invoice, one's own lines."""

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from liane.bundles import checks, payments, rules, standing
from liane.bundles.checks import Block
from liane.bundles.models import (
    Draft,
    Invoice,
    InvoiceFile,
    InvoiceLine,
    LineStep,
    PayeeWord,
    Return,
    ReturnLine,
    Sequence,
    ShareReceipt,
)
from liane.bundles.outputs.content import article_of
from liane.bundles.states import LineState, Stage
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.directory.models import Organisation
from liane.pathways import catalogue
from liane.pathways.models import Enrolment
from liane.pathways.protocols.format import Protocol as Definition

SHOWN = 50
VIEWS = {
    "": ("À traiter", (Stage.READY, Stage.CHECK, Stage.PREPARED, Stage.REJECTED, Stage.CHANGED)),
    "pretes": ("Prêtes", (Stage.READY,)),
    "verifier": ("Bloquées", (Stage.CHECK,)),
    "preparees": ("À émettre", (Stage.PREPARED,)),
    "rejets": ("Rejets", (Stage.REJECTED,)),
    "rectifier": ("À rectifier", (Stage.CHANGED,)),
    "facturees": ("Facturées", (Stage.ISSUED, Stage.PARTLY)),
    "payees": ("Payées", (Stage.PAID,)),
    "encours": ("En cours", (Stage.WAITING,)),
}
OUTSIDE = "Personne sortie du cercle"


def reach() -> Reach:
    """The reach of whoever acts."""
    return Reach.of(acting.current())


def house() -> Organisation | None:
    """The structure whose money the actor may read, or None."""
    actor = acting.current()
    if not rules.reads_figures(actor) and not rules.keeps_accounts(actor):
        return None
    rows = Organisation.objects.filter(pk__in=[actor.organisation_id])
    return rows.first()


# ------------------------------------------------------------------ the work list
@dataclass
class Row:
    """One sequence of the work list."""

    sequence: Sequence
    person: str
    pathway: str
    blocks: list[Block] = field(default_factory=list)
    draft: Draft | None = None

    @property
    def stops(self) -> list[Block]:
        """What blocks its invoice."""
        return [one for one in self.blocks if one.stops]

    @property
    def warnings(self) -> list[Block]:
        """What is only to be known."""
        return [one for one in self.blocks if not one.stops]


@dataclass(frozen=True)
class Page:
    """One page of the list; ``after`` is the number of the next one, or None."""

    rows: Rows[Row]
    after: int | None


def page(house_id: UUID, view: str, number: int = 1) -> Page:
    """The sequences of one view, those that wait longest first. A fixed number of queries."""
    rows = Sequence.objects.within(reach()).filter(
        organisation_id=house_id, status__in=VIEWS[view][1]
    )
    first = (number - 1) * SHOWN
    found = list(rows.order_by("closed_on", "id")[first : first + SHOWN + 1])
    shown = rows_of(found[:SHOWN])
    return Page(shown, number + 1 if len(found) > SHOWN else None)


def rows_of(sequences: Rows[Sequence]) -> list[Row]:
    """Each sequence with its person, its pathway, what blocks it, its open draft."""
    names, titles = names_of(sequences), titles_of(sequences)
    drafts = {
        one.sequence_id: one
        for one in Draft.objects.within(reach()).filter(
            sequence__in=[one.pk for one in sequences], closed_at=None
        )
    }
    blocks = blocks_of([one for one in sequences if one.status in {Stage.CHECK, Stage.READY}])
    ledger.read({one.person_id for one in sequences}, "money")
    return [
        Row(one, names.get(one.person_id, OUTSIDE), titles.get(one.enrolment_id, one.protocol),
            blocks.get(one.pk, []), drafts.get(one.pk))
        for one in sequences
    ]  # fmt: skip


def blocks_of(sequences: Collection[Sequence]) -> dict[UUID, list[Block]]:
    """What stands in the way of each of these. Read by a machine: facts of the pathway count,
    whoever asks; the texts name no act and no diagnosis."""
    if not sequences:
        return {}
    with acting.acting(acting.system("forfaits : contrôles")):
        seen = checks.ground(sequences)
        return {one.pk: checks.blocks(one, seen) for one in sequences}


def names_of(sequences: Collection[Sequence]) -> dict[UUID, str]:
    """The usual names of the persons that the actor reaches. One query."""
    people = reach().patients().filter(pk__in={one.person_id for one in sequences})
    return {person.pk: person.usual_name for person in people}


def titles_of(sequences: Collection[Sequence]) -> dict[UUID, str]:
    """The title of the pathway of each enrolment. Two queries at most."""
    return {pk: one.title for pk, one in definitions_of(sequences).items()}


def definitions_of(sequences: Collection[Sequence]) -> dict[UUID, Definition]:
    """The definition that governs each enrolment. Two queries at most."""
    with acting.acting(acting.system("forfaits : parcours")):
        rows = list(Enrolment.objects.filter(pk__in={one.enrolment_id for one in sequences}))
        return catalogue.of_enrolments(rows)


def counts(house_id: UUID) -> dict[str, int]:
    """How many sequences stand in each view. One query."""
    rows = Sequence.objects.within(reach()).filter(organisation_id=house_id)
    by = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    return {key: sum(by.get(one, 0) for one in stages) for key, (_, stages) in VIEWS.items()}


# ------------------------------------------------------------------ one invoice
@dataclass
class LineView:
    """One line of an invoice: what the payer said, what the payee said."""

    line: InvoiceLine
    state: str
    paid: int
    steps: Rows[LineStep]
    word: PayeeWord | None
    mine: bool

    @property
    def label(self) -> str:
        """Its state in words."""
        return str(LineState(self.state).label)

    @property
    def asked(self) -> int:
        """What the payer is asked."""
        return int(self.line.amo_cents + self.line.amc_cents)

    @property
    def missing(self) -> int:
        """What was asked and not paid."""
        return self.asked - self.paid

    @property
    def chip(self) -> str:
        """The kind of its chip."""
        kinds = {LineState.PAID: "done", LineState.REJECTED: "urgent", LineState.PARTLY: "late"}
        return kinds.get(LineState(self.state), "")


@dataclass
class InvoiceView:
    """One invoice with its lines and what followed."""

    invoice: Invoice
    lines: Rows[LineView]
    person: str
    pathway: str
    corrections: Rows[Invoice]
    receipts: Rows[ShareReceipt]
    owed_share: int
    files: dict[UUID | None, InvoiceFile]
    share_article: str = ""


def invoice(invoice_id: UUID) -> InvoiceView | None:
    """One invoice of one's structure, recorded as read. A fixed number of queries."""
    rows = Invoice.objects.within(reach()).select_related("sequence", "organisation", "corrects")
    found: Invoice | None = rows.filter(pk=invoice_id).first()
    if found is None or not rules.keeps_accounts(acting.current()):
        return None
    ledger.read([found.person_id], "money", object_id=found.pk)
    one = found.sequence
    files = {row.line_id: row for row in InvoiceFile.objects.within(reach()).filter(invoice=found)}
    return InvoiceView(
        found,
        line_views(found.lines.order_by("rank")),
        names_of([one]).get(one.person_id, OUTSIDE),
        titles_of([one]).get(one.enrolment_id, one.protocol),
        list(found.corrections.order_by("issued_at")),
        list(found.receipts.order_by("on", "at")),
        payments.owed_share(found) if found.patient_cents else 0,
        files,
        article_of(found, "share"),
    )


def line_views(rows: QuerySet[InvoiceLine], actor: acting.Actor | None = None) -> list[LineView]:
    """Lines with their state, what was paid, their history, the payee's last word."""
    lines = list(rows)
    pks = [line.pk for line in lines]
    states, paid = standing.states_of(pks), standing.paid_of(pks)
    steps: dict[UUID, list[LineStep]] = defaultdict(list)
    for step in LineStep.objects.filter(line_id__in=pks).order_by("at", "id"):
        steps[step.line_id].append(step)
    words = {one.line_id: one for one in PayeeWord.objects.filter(line_id__in=pks).order_by("at")}
    reader = actor or acting.current()
    return [
        LineView(line, states[line.pk], paid[line.pk], steps[line.pk], words.get(line.pk),
                 payments.is_payee(line, reader))
        for line in lines
    ]  # fmt: skip


def file(invoice_id: UUID, line_id: UUID | None) -> InvoiceFile | None:
    """The PDF of an invoice for its person, or for the payee of a line, within reach."""
    actor = acting.current()
    rows = InvoiceFile.objects.filter(invoice_id=invoice_id, line_id=line_id)
    if line_id is None:
        mine = Invoice.objects.within(reach()).filter(pk=invoice_id).exists()
    else:
        lines = InvoiceLine.objects.within(reach()).filter(pk=line_id, invoice_id=invoice_id)
        mine = lines.exists()
    found = rows.select_related("file").first() if mine and not actor.is_system else None
    if found is not None:
        ledger.read([found.person_id], "money", object_id=found.pk)
    return found


# ------------------------------------------------------------------ one's own lines
@dataclass
class Statement:
    """What one payee was billed for and paid, newest first."""

    lines: Rows[LineView]
    people: dict[UUID, str]
    owed: int
    paid: int


def statement(limit: int = 200) -> Statement:
    """The lines that pay the actor, whichever structure billed them. A fixed number of queries."""
    actor = acting.current()
    views = own_views(own_lines(limit), actor)
    ledger.read({one.line.person_id for one in views}, "money")
    people = reach().patients().filter(pk__in={one.line.person_id for one in views})
    live = [one for one in views if one.state not in {LineState.REISSUED, LineState.CANCELLED}]
    return Statement(
        views, {one.pk: one.short_name for one in people},
        sum(one.asked for one in live), sum(one.paid for one in live),
    )  # fmt: skip


def payee_holders(actor: acting.Actor) -> list[UUID]:
    """Under which names the actor is paid: their own, their structure's where they keep its
    accounts."""
    house = actor.organisation_id if rules.keeps_accounts(actor) else None
    return [one for one in (actor.holder_id, house) if one is not None]


def own_lines(limit: int) -> list[UUID]:
    """The lines that pay the actor, newest first. One query: the invoice is not theirs to join."""
    rows = InvoiceLine.objects.within(reach()).filter(
        payee_holder_id__in=payee_holders(acting.current())
    )
    return list(rows.order_by("-id").values_list("pk", flat=True)[:limit])


def own_views(pks: Collection[UUID], actor: acting.Actor) -> list[LineView]:
    """Lines that pay the reader, with their invoice and what followed: read by a machine, for the
    invoice itself is its structure's."""
    with acting.acting(acting.system("mes versements")):
        lines = InvoiceLine.objects.filter(pk__in=pks).order_by("-id")
        return line_views(lines.select_related("invoice__sequence", "organisation"), actor)


# ------------------------------------------------------------------ returns
def returns(house_id: UUID) -> list[Return]:
    """The files received, newest first. One query."""
    if house_id not in acting.current().holders:
        return []
    rows = Return.objects.filter(organisation_id=house_id).defer("content")
    return list(rows.order_by("-received_at")[:SHOWN])


def one_return(house_id: UUID, return_id: UUID) -> tuple[Return, list[ReturnLine]] | None:
    """One file and what it said. Two queries."""
    if house_id not in acting.current().holders:
        return None
    found = Return.objects.filter(pk=return_id, organisation_id=house_id).defer("content").first()
    if found is None:
        return None
    rows = ReturnLine.objects.within(reach()).filter(file=found)
    lines = list(rows.select_related("line__invoice").order_by("position", "id")[:500])
    ledger.read({row.person_id for row in lines}, "money")
    return found, lines


def paid_to_structure(house_id: UUID) -> int:
    """Cents that persons paid to the structure. One query."""
    rows = ShareReceipt.objects.within(reach()).filter(organisation_id=house_id)
    return int(rows.aggregate(cents=Sum("cents"))["cents"] or 0)


def invoice_of_line(line_id: UUID) -> InvoiceView | None:
    """The invoice that holds a line of one's structure."""
    found = InvoiceLine.objects.within(reach()).filter(pk=line_id)
    pk = found.values_list("invoice_id", flat=True).first()
    return invoice(pk) if pk is not None else None


def file_of_line(line_id: UUID) -> InvoiceFile | None:
    """The PDF of one line, for the payee or for the structure."""
    rows = InvoiceLine.objects.within(reach()).filter(pk=line_id)
    pk = rows.values_list("invoice_id", flat=True).first()
    return file(pk, line_id) if pk is not None else None


def person_of(enrolment_id: UUID) -> UUID | None:
    """The person of one of the structure's enrolments that has a sequence, or None."""
    rows = Sequence.objects.within(reach()).filter(enrolment_id=enrolment_id)
    found: UUID | None = rows.values_list("person_id", flat=True).first()
    return found


# ------------------------------------------------------------------ the person
@dataclass(frozen=True)
class Share:
    """One sequence as its person reads it: what it is worth, who paid, what is hers to pay."""

    sequence: Sequence
    pathway: str
    invoices: Rows[Invoice]
    papers: frozenset[UUID]
    """Invoices whose PDF is ready."""
    owed: int
    article: str = ""
    """By which nothing more may be asked, where the text says so."""

    @property
    def share(self) -> int:
        """Her share of what was billed, in cents."""
        return sum(one.patient_cents for one in self.invoices)


def shares(person_id: UUID) -> list[Share]:
    """The sequences of a person with her own share; other people's parts are not hers to read.

    What has not ended, and what is closed without an invoice, has no share to tell.
    """
    rows = Sequence.objects.within(reach()).filter(person_id=person_id)
    rows = rows.exclude(status=Stage.WAITING)
    sequences = list(rows.order_by("-opened_on", "position"))
    definitions = definitions_of(sequences)
    invoices: dict[UUID, list[Invoice]] = defaultdict(list)
    pieces = Invoice.objects.within(reach()).filter(sequence__in=sequences)
    for piece in pieces.order_by("issued_at"):
        invoices[piece.sequence_id].append(piece)
    papers = frozenset(
        InvoiceFile.objects.within(reach())
        .filter(invoice__sequence__in=sequences, line=None)
        .values_list("invoice_id", flat=True)
    )
    owed = _owed_shares(sequences)
    return [
        Share(one, said.title if said else one.protocol, invoices[one.pk], papers,
              owed.get(one.pk, 0), catalogue.cited(said, "share"))
        for one in sequences
        if invoices[one.pk] or one.status != Stage.CLOSED
        for said in [definitions.get(one.enrolment_id)]
    ]  # fmt: skip


def _owed_shares(sequences: Collection[Sequence]) -> dict[UUID, int]:
    """What each sequence's person still owes. The lines are read by a machine, for their sum."""
    with acting.acting(acting.system("participation due")):
        owed: dict[UUID, int] = defaultdict(int)
        lines = InvoiceLine.objects.filter(invoice__sequence__in=sequences, replaced_by=None)
        for pk, cents in lines.values_list("invoice__sequence_id", "patient_cents"):
            owed[pk] += cents
        paid = ShareReceipt.objects.filter(invoice__sequence__in=sequences)
        for pk, cents in paid.values_list("invoice__sequence_id", "cents"):
            owed[pk] -= cents
        return owed


def person_paper(invoice_id: UUID) -> InvoiceFile | None:
    """The PDF of a person's own invoice."""
    return file(invoice_id, None)
