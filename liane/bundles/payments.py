"""Verbs of reconciliation: a payee's word, a difference explained, a share collected."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.http import Http404
from django.utils import timezone

from liane.bundles import rules, standing
from liane.bundles.models import Invoice, InvoiceLine, LineStep, PayeeWord, ShareReceipt
from liane.bundles.outputs.content import article_of
from liane.bundles.returns.importing import asked
from liane.bundles.states import LINE, LineState
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of

QUIET = Audience(team=False)
Answer = PayeeWord.Answer


def say(
    line_id: UUID, answer: str, *, cents: int | None = None, text: str = "", via: str = "account"
) -> PayeeWord:
    """The payee of a line says what they received. Where no file of the payer said it, the line
    follows their word (CSS, R.162-140: the fund pays each of them, the structure is not told)."""
    actor = acting.current()
    line = _line(line_id)
    if not is_payee(line, actor):
        raise NotAllowed
    if answer not in Answer.values:
        raise Refused("Dites si vous avez reçu ce montant.", field="answer")
    amount = {Answer.RECEIVED: asked(line), Answer.NOTHING: 0}.get(Answer(answer), cents)
    if amount is None or amount < 0:
        raise Refused("Écrivez le montant reçu.", field="amount")
    who = author_of(actor)
    with transaction.atomic():
        made: PayeeWord = PayeeWord.objects.create(
            line=line, person_id=line.person_id, organisation_id=line.organisation_id,
            payee_holder_id=line.payee_holder_id, payee_label=line.payee_label, cents=amount,
            answer=answer, text=text.strip()[:300], via=via, **who,
        )  # fmt: skip
        with acting.acting(acting.system("dire du bénéficiaire")):
            if answer != Answer.NOTHING and not line.returns.exists():
                after = LineState.PAID if amount >= asked(line) else LineState.PARTLY
                _move(line, after, f"reçu selon {who['author_label']}", who)
            standing.refresh([line.invoice.enrolment_id])
        journal.append(
            "bundle.received", person_id=line.person_id, object_id=line.pk, to=QUIET, announce=False
        )
        ledger.wrote(line.person_id, "money", object_id=line.pk, purpose="versement confirmé")
    return made


def is_payee(line: InvoiceLine, actor: acting.Actor) -> bool:
    """The professional whom the line pays, or who keeps the accounts of the employer it pays."""
    if line.payee_holder_id == actor.holder_id:
        return True
    house = line.payee_holder_id == actor.organisation_id
    return house and (rules.keeps_accounts(actor) or rules.reads_figures(actor))


def explain(line_id: UUID, text: str) -> LineStep:
    """Close a line that was not paid whole, with the reason: nothing more is waited for."""
    line = _line(line_id)
    if not rules.keeps(acting.current(), line.organisation_id):
        raise NotAllowed
    if not text.strip():
        raise Refused("Expliquez l’écart : l’explication reste avec la ligne.", field="text")
    with transaction.atomic():
        made = _move(line, LineState.SETTLED, text.strip(), author_of(acting.current()))
        if made is None:
            raise Refused("Cette ligne n’a pas d’écart à expliquer.", code="no-difference")
        ledger.wrote(line.person_id, "money", object_id=line.pk, purpose="écart expliqué")
        standing.refresh([line.invoice.enrolment_id])
    return made


def owed_share(invoice: Invoice) -> int:
    """What the person still owes for the pieces of this sequence, in cents. Two queries."""
    pieces = Invoice.objects.filter(sequence_id=invoice.sequence_id)
    lines = InvoiceLine.objects.filter(invoice__in=pieces, replaced_by=None)
    owed = lines.aggregate(cents=Sum("patient_cents"))["cents"] or 0
    paid = ShareReceipt.objects.filter(invoice__in=pieces).aggregate(cents=Sum("cents"))["cents"]
    return int(owed - (paid or 0))


def collect(invoice_id: UUID, cents: int, means: str, on: dt.date) -> ShareReceipt:
    """The person paid all or part of their share (never more than it)."""
    actor = acting.current()
    found = Invoice.objects.within(Reach.of(actor)).filter(pk=invoice_id).first()
    if found is None:
        raise Http404
    if not rules.keeps(actor, found.organisation_id):
        raise NotAllowed
    if means not in ShareReceipt.Means.values:
        raise Refused("Choisissez le moyen de paiement.", field="means")
    if on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="on")
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update().get(pk=found.pk)
        left = owed_share(invoice)
        if not 0 < cents <= left:
            article = article_of(invoice, "share")
            raise Refused(
                f"Le reste dû est de {left / 100:.2f} €".replace(".", ",")
                + " : aucun dépassement ne peut être demandé"
                + (f" ({article})." if article else "."), field="amount",
            )  # fmt: skip
        made: ShareReceipt = ShareReceipt.objects.create(
            invoice=invoice, person_id=invoice.person_id, organisation_id=invoice.organisation_id,
            cents=cents, means=means, on=on, **author_of(actor),
        )  # fmt: skip
        journal.append(
            "bundle.share", person_id=invoice.person_id, object_id=made.pk, to=QUIET, announce=False
        )
        ledger.wrote(invoice.person_id, "money", object_id=made.pk, purpose="participation reçue")
    return made


def _line(line_id: UUID) -> InvoiceLine:
    """A line within reach, with its invoice: a payee reaches the one and not the other."""
    reached = InvoiceLine.objects.within(Reach.of(acting.current())).filter(pk=line_id).exists()
    if not reached:
        raise Http404
    with acting.acting(acting.system("ligne de facture")):
        found: InvoiceLine = InvoiceLine.objects.select_related("invoice").get(pk=line_id)
    return found


def _move(
    line: InvoiceLine, after: LineState, reason: str, who: dict[str, object]
) -> LineStep | None:
    before = standing.states_of([line.pk])[line.pk]
    if not LINE.allows(before, after):
        return None
    made: LineStep = LineStep.objects.create(
        line=line, before=before, after=after, reason=reason[:500], **who
    )
    return made
