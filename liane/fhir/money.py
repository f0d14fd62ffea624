"""Resources of money: amounts, numbers, who reads them (the rights of the billing pages).

Of an invoice, its structure's accounts read everything; whom a line pays, that line alone, and
whose it is while they reach the person (« Mes versements »).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    UUIDField,
    Value,
    When,
)

from liane.bundles import rules
from liane.bundles.models import Invoice, InvoiceLine
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.routes import PORTAL_ROLES
from liane.fhir import building as fhir
from liane.fhir.search.params import NOTHING, never
from liane.fhir.search.references import Reference

Json = dict[str, Any]
NUMBER = "urn:liane:facture"
"""Numbers of invoices, as in the files that leave for the payer (`bundles.outputs.fhir`)."""
PART = "urn:liane:part"
AM = "urn:oid:1.2.250.1.215.300.2"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"


def keeps(reach: Reach) -> bool:
    """Somebody who bills for the structure they act for, or its software."""
    return reach.everything or rules.keeps_accounts(reach.actor)


def readable(reach: Reach) -> QuerySet[Any]:
    """Invoices that the actor reads, whole or in part, with what parameters ask of them:
    ``shown_whole``, ``shown_payee``, ``shown_person``, ``shown_cents``.
    """
    actor = reach.actor
    whole = keeps(reach)
    if whole or actor.role in PORTAL_ROLES:
        rows = Invoice.objects.within(reach).annotate(
            shown_whole=Value(whole), shown_payee=_nobody(), shown_person=F("person_id"),
            shown_cents=F("cents" if whole else "patient_cents"),
        )  # fmt: skip
    else:
        own = InvoiceLine.objects.within(reach).filter(payee_holder_id=actor.holder_id)
        sums = own.filter(invoice=OuterRef("pk")).order_by().values("invoice")
        known = When(person_id__in=reach.patients().values("pk"), then=F("person_id"))
        rows = Invoice.objects.filter(pk__in=own.values("invoice_id")).annotate(
            shown_whole=Value(False), shown_payee=Value(actor.holder_id, output_field=UUIDField()),
            shown_person=Case(known, default=_nobody()),
            shown_cents=Subquery(sums.annotate(cents_=Sum("cents")).values("cents_")),
        )  # fmt: skip
    found: QuerySet[Any] = rows.select_related("corrects")
    return found


def _nobody() -> Value:
    return Value(None, output_field=UUIDField())


def parts(rows: Sequence[Any], actor: Actor) -> Mapping[UUID, list[InvoiceLine]]:
    """The lines that pay the actor, of invoices that they do not read whole."""
    some = [row.pk for row in rows if row.shown_payee is not None]
    found = lines_of(some) if some else {}
    return {
        pk: [one for one in several if one.payee_holder_id == actor.holder_id]
        for pk, several in found.items()
    }


class Payee(Reference):
    """Whom a line of an invoice pays, among those that the reader is shown."""

    def condition(self, key: Any, leafs: Sequence[Any]) -> Q:
        """A line pays it."""
        return never() if key == NOTHING else self.among("Organization", [leafs[0]])

    def among(self, kind: str, ids: Any) -> Q:
        """A line pays one of them."""
        lines = InvoiceLine.objects.filter(payee_holder_id__in=ids)
        shown = Q(shown_whole=True) | Q(shown_payee__in=ids)
        return Q(pk__in=lines.values("invoice_id")) & shown

    def of_kind(self, kind: str) -> Q:
        """It pays somebody."""
        return self.present()

    def present(self) -> Q:
        """There is a line that the reader is shown."""
        return Q(shown_whole=True) | Q(shown_payee__isnull=False)


def euros(cents: int) -> Json:
    """An amount."""
    return {"value": Decimal(cents).scaleb(-2), "currency": "EUR"}


def numbered(number: str) -> list[Json | None]:
    """The number of an invoice, as identifiers."""
    return [fhir.identifier(NUMBER, number)]


def held(value: str) -> tuple[str, Sequence[str]] | None:
    """Where an invoice holds its number."""
    return "number", [value]


def lines_of(invoices: Sequence[UUID]) -> Mapping[UUID, list[InvoiceLine]]:
    """The lines of these invoices, in order. One query."""
    found: dict[UUID, list[InvoiceLine]] = {}
    for one in InvoiceLine.objects.filter(invoice__in=invoices).order_by("rank"):
        found.setdefault(one.invoice_id, []).append(one)
    return found
