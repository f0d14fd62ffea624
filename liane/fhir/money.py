"""Resources of money: amounts, numbers, who reads them (the rights of the billing pages)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from liane.bundles import rules
from liane.bundles.models import InvoiceLine
from liane.circle.reach import Reach
from liane.fhir import building as fhir

Json = dict[str, Any]
NUMBER = "urn:liane:facture"
"""Numbers of invoices, as in the files that leave for the payer (`bundles.outputs.fhir`)."""
PART = "urn:liane:part"
AM = "urn:oid:1.2.250.1.215.300.2"
ADJUDICATION = "http://terminology.hl7.org/CodeSystem/adjudication"


def keeps(reach: Reach) -> bool:
    """Somebody who bills for the structure they act for, or its software."""
    return reach.everything or rules.keeps_accounts(reach.actor)


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
