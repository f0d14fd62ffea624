"""Verbs of an invoice: prepare, withdraw, issue; correct by a credit note or a new presentation.

What is billed is what is owed less what was billed, by payee (`balance`): the first invoice of a
sequence, and every difference after it, are the same computation. An issued piece never changes.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.bundles import approval, balance, checks, issuing, papers, rules, standing
from liane.bundles.balance import Money, Payee
from liane.bundles.models import Draft, Invoice, InvoiceLine, Sequence
from liane.bundles.models.invoices import Kind
from liane.bundles.states import LineState, Stage
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import author_of

QUIET = Audience(team=False)
READY = frozenset({Stage.READY, Stage.CHANGED})


def prepare(sequence_id: UUID) -> Draft:
    """Prepare the invoice of a sequence, or of what changed since. Raises Refused when blocked."""
    with transaction.atomic():
        one = _sequence(sequence_id)
        if one.status not in READY:
            raise Refused(_why_not(one), code="not-ready")
        lines = planned(one, "", None)
        cents = balance.total(lines.values()).cents
        first = not one.invoices.exists()
        kind = Kind.INVOICE if first else Kind.CREDIT if cents < 0 else Kind.DIFFERENCE
        return _drafted(one, kind, lines)


def cancel(invoice_id: UUID, reason: str) -> Draft:
    """Prepare a credit note that cancels every living line of an invoice."""
    invoice = _invoice(invoice_id)
    with transaction.atomic():
        one = _sequence(invoice.sequence_id)
        lines = planned(one, Kind.CREDIT, invoice.pk)
        if not lines:
            raise Refused("Cette facture est déjà annulée.", code="nothing")
        return _drafted(one, Kind.CREDIT, lines, invoice.pk, _reason(reason))


def present_again(line_id: UUID, reason: str) -> Draft:
    """Prepare one rejected line again, alone, with what is owed to its payee today."""
    rows = InvoiceLine.objects.within(Reach.of(acting.current())).select_related("invoice")
    line = rows.filter(pk=line_id).first()
    if line is None or not rules.keeps_accounts(acting.current()):
        raise Http404
    with transaction.atomic():
        one = _sequence(line.invoice.sequence_id)
        if standing.states_of([line.pk])[line.pk] != LineState.REJECTED:
            raise Refused("Seule une ligne rejetée se présente à nouveau.", code="not-rejected")
        lines = planned(one, Kind.REISSUE, line.pk)
        if not lines:
            raise Refused(
                "Plus rien n’est dû à ce bénéficiaire pour cette séquence : annulez la ligne par "
                "un avoir.", code="nothing",
            )  # fmt: skip
        return _drafted(one, Kind.REISSUE, lines, line.pk, _reason(reason))


def withdraw(draft_id: UUID) -> None:
    """Give up a prepared invoice: nothing left, no number was taken."""
    with transaction.atomic():
        draft = _draft(draft_id)
        _closed(draft, "withdrawn")
        standing.refresh([draft.sequence.enrolment_id])


def issue(draft_id: UUID, *, alone: str = "") -> Invoice:
    """Issue a prepared invoice under the next number. Issued once, it never changes.

    Raises Refused when the same person prepared it and a colleague could issue it; Conflict when
    the amounts, or what blocks, changed since it was prepared.
    """
    with transaction.atomic():
        draft = _draft(draft_id)
        one = draft.sequence
        reason = approval.second_look(draft.author_user_id, one.organisation_id, alone)
        lines = planned(one, draft.kind, draft.corrects_id)
        if balance.digest(lines) != draft.digest:
            raise Conflict(
                "Les montants ont changé depuis la préparation : relisez, puis préparez à nouveau."
            )
        if draft.kind in {Kind.INVOICE, Kind.REISSUE}:
            _still_clear(one)
        who = author_of(acting.current())
        with acting.acting(acting.system("facture")):
            invoice = issuing.write(draft, lines, reason, who)
        papers.make_later(invoice)
        _closed(draft, "issued")
        journal.append(
            "bundle.issued", person_id=one.person_id, object_id=invoice.pk, to=QUIET, announce=False
        )
        purpose = f"facture {invoice.number}" + (" (seul)" if reason else "")
        ledger.wrote(one.person_id, "money", object_id=invoice.pk, purpose=purpose)
        standing.refresh([one.enrolment_id])
    return invoice


def planned(one: Sequence, kind: str, corrects_id: UUID | None) -> dict[Payee, Money]:
    """The lines that an invoice of this kind would have now, by payee, none of nothing."""
    parts = balance.of_sequences([(one.enrolment_id, one.key)])[one.enrolment_id, one.key]
    if kind == Kind.CREDIT and corrects_id is not None:
        lines = issuing.living_lines(corrects_id)
        return {(one.payee_holder_id, one.role): -balance.of_line(one) for one in lines}
    if kind == Kind.REISSUE and corrects_id is not None:
        line = InvoiceLine.objects.get(pk=corrects_id)
        key = (line.payee_holder_id, line.role)
        again = parts[key].left + balance.of_line(line)
        return {key: again} if again else {}
    return {key: part.left for key, part in parts.items() if part.left}


def _drafted(
    one: Sequence,
    kind: str,
    lines: Mapping[Payee, Money],
    corrects_id: UUID | None = None,
    reason: str = "",
) -> Draft:
    if Draft.objects.filter(sequence=one, closed_at=None).exists():
        raise Refused("Une facture est déjà préparée pour cette séquence.", code="prepared")
    made: Draft = Draft.objects.create(
        sequence=one, person_id=one.person_id, organisation_id=one.organisation_id, kind=kind,
        corrects_id=corrects_id, reason=reason, digest=balance.digest(lines),
        cents=balance.total(lines.values()).cents, **author_of(acting.current()),
    )  # fmt: skip
    journal.append(
        "bundle.prepared", person_id=one.person_id, object_id=made.pk, to=QUIET, announce=False
    )
    ledger.wrote(one.person_id, "money", object_id=made.pk, purpose="facture préparée")
    standing.refresh([one.enrolment_id])
    return made


def _closed(draft: Draft, outcome: str) -> None:
    draft.closed_at, draft.outcome = timezone.now(), outcome
    draft.save(update_fields=["closed_at", "outcome"])


def _sequence(sequence_id: UUID) -> Sequence:
    """The sequence, locked, whose money the actor keeps. Raises Http404, NotAllowed."""
    actor = acting.current()
    rows = Sequence.objects.within(Reach.of(actor)).filter(pk=sequence_id)
    one: Sequence | None = rows.select_for_update(of=("self",)).first()
    if one is None:
        raise Http404
    if not rules.keeps(actor, one.organisation_id):
        raise NotAllowed
    return one


def _invoice(invoice_id: UUID) -> Invoice:
    rows = Invoice.objects.within(Reach.of(acting.current()))
    found: Invoice | None = rows.filter(pk=invoice_id).first()
    if found is None:
        raise Http404
    return found


def _draft(draft_id: UUID) -> Draft:
    """The open draft, its sequence locked. Raises Http404, Refused when it is closed."""
    rows = Draft.objects.within(Reach.of(acting.current())).filter(pk=draft_id)
    found = rows.values_list("sequence_id", flat=True).first()
    if found is None:
        raise Http404
    one = _sequence(found)
    draft: Draft = Draft.objects.get(pk=draft_id)
    if draft.closed_at is not None:
        raise Refused("Cette préparation est close : rouvrez la séquence.", code="closed")
    draft.sequence = one
    return draft


def _still_clear(one: Sequence) -> None:
    with acting.acting(acting.system("facture : contrôles")):
        stops = [block for block in checks.blocks(one, checks.ground([one])) if block.stops]
    if stops:
        raise Conflict(f"Depuis la préparation, quelque chose bloque : {stops[0].text}")


def _reason(text: str) -> str:
    if not text.strip():
        raise Refused("Dites pourquoi : le motif figure sur la pièce.", field="reason")
    return text.strip()[:300]


def _why_not(one: Sequence) -> str:
    if one.status == Stage.CHECK:
        return "Cette séquence est bloquée : traitez d’abord ce qui est signalé."
    if one.status == Stage.PREPARED:
        return "Une facture est déjà préparée pour cette séquence."
    return f"Cette séquence est « {one.get_status_display()} » : rien n’est à facturer."
