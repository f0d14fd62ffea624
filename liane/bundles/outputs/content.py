"""An invoice as plain data: what every output is made from. Money in cents, days as dates."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from liane.bundles.models import Invoice, InvoiceLine
from liane.bundles.models.invoices import Kind
from liane.pathways import catalogue
from liane.pathways.protocols.format import Protocol

SCHEMA = "https://liane.example/schemas/facture-forfait-1.json"


@dataclass(frozen=True)
class Content:
    """One invoice and its lines."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]
    corrects: str = ""
    """The number of the piece that it corrects."""
    replaced: str = ""
    """« number/rank » of the line that it presents again."""
    definition: Protocol | None = None
    """What governed it."""

    @property
    def insured(self) -> dict[str, Any]:
        """The sealed copy of whom it is about."""
        found: dict[str, Any] = json.loads(self.invoice.insured)
        return found

    @property
    def structure(self) -> dict[str, str]:
        """The structure as it was that day."""
        found: dict[str, str] = json.loads(self.invoice.structure)
        return found

    @property
    def share_article(self) -> str:
        """By which nothing more may be asked of the person, where the text says so."""
        return catalogue.cited(self.definition, "share")

    @property
    def kind(self) -> str:
        """The kind in words."""
        return str(Kind(self.invoice.kind).label)


def of(invoice: Invoice) -> Content:
    """The content of an issued invoice. Three queries at most."""
    lines = tuple(invoice.lines.select_related("replaces__invoice").order_by("rank"))
    corrects = invoice.corrects.number if invoice.corrects_id and invoice.corrects else ""
    again = next((line.replaces for line in lines if line.replaces_id), None)
    replaced = f"{again.invoice.number}/{again.rank}" if again else ""
    return Content(invoice, lines, corrects, replaced, definition_of(invoice))


def definition_of(invoice: Invoice) -> Protocol | None:
    """The definition under which it was made. One query at most."""
    place = (invoice.protocol, invoice.version, invoice.organisation_id)
    return catalogue.versions([place]).get(place)


def article_of(invoice: Invoice, name: str) -> str:
    """An article of that definition."""
    return catalogue.cited(definition_of(invoice), name)


def euros(cents: int) -> str:
    """« 1126.00 »: euros with two decimals, as files hold them."""
    sign, value = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}{value // 100}.{value % 100:02d}"


def plain(value: Any) -> Any:
    """Dates and identifiers as text."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
