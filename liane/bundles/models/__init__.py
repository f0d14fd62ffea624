"""What bundled payment keeps: rights, settlements, invoices, returns, payouts."""

from liane.bundles.models.invoices import Draft, Invoice, InvoiceFile, InvoiceLine, LineStep
from liane.bundles.models.payouts import Payout, PayoutItem, ShareReceipt
from liane.bundles.models.returns import PayeeWord, Return, ReturnLine
from liane.bundles.models.rights import Coverage
from liane.bundles.models.settled import (
    Mark,
    Sequence,
    SequenceStep,
    Settled,
    SettledLine,
    SettlementRun,
)

__all__ = [
    "Coverage",
    "Draft",
    "Invoice",
    "InvoiceFile",
    "InvoiceLine",
    "LineStep",
    "Mark",
    "PayeeWord",
    "Payout",
    "PayoutItem",
    "Return",
    "ReturnLine",
    "Sequence",
    "SequenceStep",
    "Settled",
    "SettledLine",
    "SettlementRun",
    "ShareReceipt",
]
