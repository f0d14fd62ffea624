"""Orders of payment: only for money that came to the structure, and only once for each line.

Two sources: the shares that persons paid to the structure (CSS, R.162-141), and the bundles whose
payer pays the structure. In a PCR the fund pays everybody itself and nothing stands here for it.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.bundles import approval, payments, rules, standing
from liane.bundles.models import Invoice, InvoiceLine, Payout, PayoutItem
from liane.bundles.returns.importing import asked
from liane.bundles.states import LineState
from liane.core import acting, journal, ledger
from liane.core.audience import only_organisation
from liane.core.errors import Refused
from liane.core.models import Counter, author_of
from liane.pathways.models import Account, Project

Source = PayoutItem.Source
DEAD = frozenset({LineState.REISSUED, LineState.CANCELLED})


@dataclass(frozen=True)
class Due:
    """Money to pay out to one payee for one line."""

    line: InvoiceLine
    source: Source
    cents: int


def due(organisation_id: UUID, project_id: UUID | None = None) -> list[Due]:
    """What the structure holds for others and has not paid out yet. Bounded queries."""
    rows = InvoiceLine.objects.filter(
        organisation_id=organisation_id, role="professional", cents__gt=0
    ).select_related("invoice__sequence", "invoice__enrolment")
    if project_id is not None:
        rows = rows.filter(invoice__enrolment__project_id=project_id)
    lines = list(rows.order_by("invoice__issued_at", "rank"))
    states = standing.states_of([line.pk for line in lines])
    gone = set(
        PayoutItem.objects.filter(line__in=lines)
        .exclude(payout__status=Payout.Status.WITHDRAWN)
        .values_list("line_id", "source")
    )
    covered = _covered({line.invoice for line in lines})
    found = []
    for line in lines:
        if states[line.pk] in DEAD:
            continue
        if line.patient_cents > 0 and line.invoice_id in covered:
            found.append(Due(line, Source.SHARE, line.patient_cents))
        to_structure = line.invoice.sequence.paid_to == "structure"
        if to_structure and states[line.pk] == LineState.PAID and asked(line) > 0:
            found.append(Due(line, Source.BUNDLE, asked(line)))
    return [one for one in found if (one.line.pk, one.source) not in gone]


def _covered(invoices: Collection[Invoice]) -> set[UUID]:
    """Invoices whose person owes nothing more."""
    return {one.pk for one in invoices if one.patient_cents and payments.owed_share(one) <= 0}


def prepare(project_id: UUID, *, on: dt.date | None = None) -> Payout:
    """Prepare the order for everything due under one project. Raises Refused with what lacks."""
    actor = acting.current()
    project = Project.objects.filter(pk=project_id).select_related("organisation").first()
    if project is None or not rules.keeps(actor, project.organisation_id):
        raise Http404
    day, who = on or timezone.localdate() + dt.timedelta(days=1), author_of(actor)
    if day < timezone.localdate():
        raise Refused("La date d’exécution est passée.", field="on")
    with transaction.atomic(), acting.acting(acting.system("ordre de paiement")):
        number = _number(project.organisation_id)
        waiting = due(project.organisation_id, project.pk)
        if not waiting:
            raise Refused("Rien n’est à reverser pour ce projet.", code="nothing")
        own, theirs = _accounts(project.pk)
        if own is None:
            raise Refused("Saisissez d’abord le compte bancaire de la structure.", code="account")
        without = sorted({one.line.payee_label for one in waiting
                          if one.line.payee_holder_id not in theirs})  # fmt: skip
        if without:
            raise Refused(f"Sans compte bancaire : {', '.join(without)}.", code="account")
        made = Payout(
            organisation_id=project.organisation_id, project=project, number=number,
            execute_on=day, cents=sum(one.cents for one in waiting), debtor_name=own.holder, **who,
        )  # fmt: skip
        made.debtor_iban = own.iban
        made.save(force_insert=True)
        for one in waiting:
            _item(made, one, theirs[one.line.payee_holder_id].iban)
        journal.append("bundle.payout", object_id=made.pk,
                       to=only_organisation(project.organisation_id), announce=False)  # fmt: skip
    return made


def release(payout_id: UUID, *, alone: str = "") -> Payout:
    """Release an order that somebody else prepared: its file may then go to the bank."""
    with transaction.atomic():
        row = _open(payout_id)
        reason = approval.second_look(row.author_user_id, row.organisation_id, alone)
        row.status, row.released_at = Payout.Status.RELEASED, timezone.now()
        row.released_by_label, row.alone = acting.current().label[:200], reason
        row.save(update_fields=["status", "released_at", "released_by_label", "alone"])
        _recorded(row, "ordre émis" + (" (seul)" if reason else ""))
    return row


def withdraw(payout_id: UUID) -> Payout:
    """Give up an order that was not released: its lines are due again."""
    with transaction.atomic():
        row = _open(payout_id)
        row.status = Payout.Status.WITHDRAWN
        row.save(update_fields=["status"])
        _recorded(row, "ordre abandonné")
    return row


def _open(payout_id: UUID) -> Payout:
    actor = acting.current()
    row = Payout.objects.select_for_update(of=("self",)).filter(pk=payout_id).first()
    if row is None or not rules.keeps(actor, row.organisation_id):
        raise Http404
    if row.status != Payout.Status.PREPARED:
        raise Refused(f"Cet ordre est « {row.get_status_display()} ».", code="closed")
    return row


def _recorded(row: Payout, purpose: str) -> None:
    for person in set(row.items.values_list("person_id", flat=True)):
        ledger.wrote(person, "money", object_id=row.pk, purpose=purpose)


def _number(organisation_id: UUID) -> str:
    """The next number of the structure's orders, under a lock that keeps two orders apart."""
    name = f"payout:{organisation_id}"
    Counter.objects.get_or_create(name=name)
    counter = Counter.objects.select_for_update().get(pk=name)
    counter.value += 1
    counter.save(update_fields=["value"])
    return f"LIANE-{organisation_id.hex[:8]}-{counter.value:06d}"


def _accounts(project_id: UUID) -> tuple[Account | None, dict[UUID, Account]]:
    """The structure's account and each payee's, as they are today. Two queries."""
    today = timezone.localdate()
    rows = Account.objects.filter(project_id=project_id, starts_on__lte=today)
    rows = rows.select_related("signatory").order_by("starts_on", "created_at")
    own: Account | None = None
    theirs: dict[UUID, Account] = {}
    for one in rows:
        if one.signatory is None:
            own = one
        else:
            theirs[one.signatory.payee_id] = one
    return own, theirs


def _item(made: Payout, one: Due, iban: str) -> None:
    line = one.line
    row = PayoutItem(
        payout=made, line=line, source=one.source, person_id=line.person_id,
        organisation_id=line.organisation_id, payee_holder_id=line.payee_holder_id,
        payee_label=line.payee_label, cents=one.cents,
    )  # fmt: skip
    row.iban = iban
    row.save(force_insert=True)
