"""Numbers of invoices: one series a structure and a year, from 1, without a gap.

The counter's row is locked until the invoice commits: two issues at once wait for one another, and
one that fails gives its number back (CGI, annexe II, art. 242 nonies A, 7°).
"""

from uuid import UUID

from django.db import connection

from liane.core.models import Counter


def next_number(organisation_id: UUID, year: int) -> int:
    """The next number of the series, held until the caller's transaction ends."""
    if not connection.in_atomic_block:
        raise ValueError("a number is taken inside the transaction of its invoice")
    name = f"invoice:{organisation_id}:{year}"
    Counter.objects.get_or_create(name=name)
    counter = Counter.objects.select_for_update().get(pk=name)
    counter.value += 1
    counter.save(update_fields=["value"])
    return int(counter.value)


def written(year: int, ordinal: int) -> str:
    """As it stands on paper: « 2026-000042 »."""
    return f"{year}-{ordinal:06d}"
