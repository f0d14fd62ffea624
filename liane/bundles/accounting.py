"""The entries of a year for the accountant, as CSV. Accounts are data (`data/accounts.yaml`).

In a PCR the fund pays each professional itself: only the structure's own part is its income. What
it holds for others (shares collected, bundles paid to it) goes through a third-party account.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.utils import timezone

from liane.bundles.models import InvoiceLine, Payout, ReturnLine, ShareReceipt
from liane.bundles.outputs.content import euros
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.clock import day_bounds
from liane.core.text import inert

HEADS = ("journal", "date", "piece", "compte", "libelle_compte", "libelle", "debit", "credit")
ACCOUNTS = Path(__file__).with_name("data") / "accounts.yaml"


@dataclass(frozen=True)
class Entry:
    """One line of the books; ``cents`` positive is a debit, negative a credit."""

    journal: str
    on: dt.date
    piece: str
    account: str
    account_label: str
    label: str
    cents: int


@lru_cache(maxsize=1)
def accounts() -> dict[str, Any]:
    """The accounts in use."""
    said: dict[str, Any] = yaml.safe_load(ACCOUNTS.read_text(encoding="utf-8"))
    return said


def entries(house_id: UUID, first: dt.date, last: dt.date) -> list[Entry]:
    """The entries of a structure between two days, both included. Each piece balances."""
    if house_id not in acting.current().holders:
        return []
    start, end = day_bounds(first)[0], day_bounds(last)[1]
    found = [*_sales(house_id, start, end), *_receipts(house_id, first, last),
             *_returns(house_id, first, last), *_payouts(house_id, start, end)]  # fmt: skip
    return sorted(found, key=lambda one: (one.on, one.journal, one.piece))


def _entry(journal: str, on: dt.date, piece: str, account: str, label: str, cents: int) -> Entry:
    said = accounts()
    row = said[account]
    return Entry(said[journal], on, piece, row["account"], row["label"], label, cents)


def _pair(
    journal: str, on: dt.date, piece: str, debit: str, credit: str, label: str, cents: int
) -> Iterator[Entry]:
    if cents:
        yield _entry(journal, on, piece, debit, label, cents)
        yield _entry(journal, on, piece, credit, label, -cents)


def _lines(house_id: UUID) -> Any:
    reach = Reach.of(acting.current())
    return InvoiceLine.objects.within(reach).filter(organisation_id=house_id)


def _sales(house_id: UUID, start: dt.datetime, end: dt.datetime) -> Iterator[Entry]:
    """The structure's own part is income; a share to collect, and a bundle paid to the structure,
    are held for whoever they go to."""
    rows = _lines(house_id).filter(invoice__issued_at__gte=start, invoice__issued_at__lt=end)
    for line in rows.select_related("invoice__sequence").order_by("invoice__ordinal", "rank"):
        one = line.invoice
        day, label = timezone.localdate(one.issued_at), f"{one.number} part {line.rank}"
        own = line.role == "structure"
        credit = "structure_income" if own else "held_for_others"
        if own or one.sequence.paid_to == "structure":
            asked = line.amo_cents + line.amc_cents
            yield from _pair("journal_sales", day, one.number, "payer", credit, label, asked)
        yield from _pair(
            "journal_sales", day, one.number, "person", credit, label, line.patient_cents
        )


def _receipts(house_id: UUID, first: dt.date, last: dt.date) -> Iterator[Entry]:
    rows = ShareReceipt.objects.within(Reach.of(acting.current())).filter(
        organisation_id=house_id, on__gte=first, on__lte=last
    )
    for one in rows.select_related("invoice"):
        yield from _pair("journal_bank", one.on, one.invoice.number, "bank", "person",
                         f"Participation {one.invoice.number}", one.cents)  # fmt: skip


def _returns(house_id: UUID, first: dt.date, last: dt.date) -> Iterator[Entry]:
    rows = ReturnLine.objects.within(Reach.of(acting.current())).filter(
        organisation_id=house_id, on__gte=first, on__lte=last
    )
    for one in rows.select_related("line__invoice__sequence"):
        invoice = one.line.invoice
        if one.line.role == "structure" or invoice.sequence.paid_to == "structure":
            yield from _pair("journal_bank", one.on, invoice.number, "bank", "payer",
                             f"Règlement {invoice.number} {one.reference}".strip(),
                             one.cents)  # fmt: skip


def _payouts(house_id: UUID, start: dt.datetime, end: dt.datetime) -> Iterator[Entry]:
    rows = Payout.objects.filter(
        organisation_id=house_id, status=Payout.Status.RELEASED, released_at__gte=start,
        released_at__lt=end,
    )  # fmt: skip
    for one in rows:
        yield from _pair("journal_bank", one.execute_on, one.number, "held_for_others", "bank",
                         f"Reversement {one.number}", one.cents)  # fmt: skip


def as_csv(found: Iterable[Entry]) -> bytes:
    """UTF-8 with its mark and semicolons; debit and credit in euros."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    for one in found:
        writer.writerow([
            one.journal, one.on.isoformat(), one.piece, one.account, inert(one.account_label),
            inert(one.label), euros(one.cents) if one.cents > 0 else "",
            euros(-one.cents) if one.cents < 0 else "",
        ])  # fmt: skip
    return out.getvalue().encode("utf-8-sig")
