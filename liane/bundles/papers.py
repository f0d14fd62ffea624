"""The PDFs of an invoice, made by a task: the person's, and each payee's with their part alone."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.tasks import task

from liane.bundles import payees
from liane.bundles.models import Invoice, InvoiceFile, InvoiceLine
from liane.bundles.outputs import content
from liane.core import acting, pdf
from liane.core.files import store
from liane.interventions.models import Intervention
from liane.pathways import catalogue


def make_later(invoice: Invoice) -> None:
    """Have them made once the invoice is committed, where they can be."""
    if pdf.available():
        pk = str(invoice.pk)
        transaction.on_commit(lambda: make_papers.enqueue(pk))


@task
def make_papers(invoice_id: str) -> None:
    """Make what is not made yet of one invoice's files."""
    with acting.acting(acting.system("facture : documents")):
        invoice = Invoice.objects.select_related("person").get(pk=UUID(invoice_id))
        made = content.of(invoice)
        have = set(InvoiceFile.objects.filter(invoice=invoice).values_list("line_id", flat=True))
        trades = payees.professions_of({line.payee_holder_id for line in made.lines})
        done = acts_of(made)
        for line in (None, *made.lines):
            if (line.pk if line else None) not in have:
                _make(made, line, trades, done.get(line.pk, []) if line else [])


def acts_of(made: content.Content) -> dict[UUID, list[tuple[dt.date, str]]]:
    """The acts that each line pays: their day, their name. One query."""
    wanted = {act for line in made.lines for act in line.acts.split()}
    rows = {str(row.pk): row for row in Intervention.objects.filter(pk__in=wanted)}
    return {
        line.pk: sorted(
            (
                row.day,
                catalogue.label_of(made.definition, row.code) if made.definition else row.code,
            )
            for act in line.acts.split()
            if (row := rows.get(act)) is not None
        )
        for line in made.lines
    }


def _make(
    made: content.Content,
    line: InvoiceLine | None,
    trades: dict[UUID, str],
    done: list[tuple[dt.date, str]],
) -> None:
    invoice = made.invoice
    template = "bundles/pdf_part.html" if line else "bundles/pdf_person.html"
    body = pdf.render(
        template,
        {"made": made, "invoice": invoice, "line": line, "trades": trades, "acts": done},
    )
    name = f"Facture {invoice.number}" + (f" part {line.rank}" if line else "") + ".pdf"
    stored = store.receive_bytes(
        body, name=name, declared="application/pdf", person_id=invoice.person_id,
        organisation_id=invoice.organisation_id,
    )  # fmt: skip
    with transaction.atomic():
        Invoice.objects.select_for_update().get(pk=invoice.pk)
        if not InvoiceFile.objects.filter(invoice=invoice, line=line).exists():
            InvoiceFile.objects.create(
                invoice=invoice, line=line, person_id=invoice.person_id,
                organisation_id=invoice.organisation_id, file=store.keep(stored),
            )  # fmt: skip
