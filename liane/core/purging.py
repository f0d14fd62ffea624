"""Purging the access ledger by whole segments, so that what stays can still be proved whole.

A segment is one chain of `core.sealing`: an organisation, a retention class, a month. It is checked
before it goes, and a signed line in the anchors file says which one went, with its last link: a
segment that is missing without that line is a fault. How long each class is kept is data
(``ledger_retention.json``, with its sources).
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from liane.core import acting, ledger, sealing, triggers
from liane.core.acting import owner, system
from liane.core.errors import Refused
from liane.core.models import AccessRow

FILE = Path(__file__).with_name("ledger_retention.json")
TABLES = ("core_accessrow", "core_seal")


@dataclass(frozen=True)
class Segment:
    """One chain to purge: how many rows it holds, and its last link."""

    chain: str
    rows: int
    digest: str


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """The retention classes in force."""
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found


def kept_from(retention: str, on: dt.date) -> str:
    """The first month (``YYYY-MM``) that a class still keeps on a day. Raises Refused."""
    known = rules()["classes"].get(retention)
    if known is None:
        names = ", ".join(sorted(rules()["classes"]))
        raise Refused(f"Unknown retention class {retention!r}: one of {names}.")
    months = on.year * 12 + on.month - 1 - int(known["months"])
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def purgeable(retention: str, *, before: str = "", on: dt.date | None = None) -> list[Segment]:
    """The segments of a class older than ``before`` (``YYYY-MM``), oldest first.

    Raises Refused for a month that the class still keeps.
    """
    limit = kept_from(retention, on or timezone.localdate())
    before = before or limit
    if before > limit:
        raise Refused(f"{retention!r} is kept from {limit} on: nothing later may be purged.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT chain, max(number) FROM core_seal WHERE chain LIKE %s GROUP BY chain",
            [f"%/{retention}/%"],
        )
        counts = {chain: int(number) for chain, number in cursor.fetchall()}
    old = [chain for chain in counts if chain.rsplit("/", 1)[1] < before]
    heads = sealing.heads(set(old))
    return sorted(
        (Segment(chain, counts[chain], heads[chain][1]) for chain in old),
        key=lambda one: (one.chain.rsplit("/", 1)[1], one.chain),
    )


def purge(retention: str, *, before: str = "", on: dt.date | None = None) -> list[Segment]:
    """Drop these segments, each whole, and leave the signed proof that they were there.

    Raises Refused when the ledger is not whole: what could prove a tampering is kept.
    """
    found = purgeable(retention, before=before, on=on)
    if not found:
        return []
    report = sealing.verify()
    if report.faults:
        raise Refused(f"The ledger is not whole, nothing was purged: {report.faults[0]}")
    with acting.acting(system("purge du registre", channel="command")):
        for segment in found:
            sealing.write_purged(segment.chain, segment.rows, segment.digest)
            with transaction.atomic(), owner(), _deleting():
                _drop(segment)
            ledger.wrote(
                None,
                "ledger",
                action=AccessRow.Action.WRITE,
                purpose=f"purge {segment.chain.partition('/')[2]} ({segment.rows})",
            )
    return found


def _drop(segment: Segment) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM core_accessrow WHERE id IN "
            "(SELECT row_id FROM core_seal WHERE chain = %s)",
            [segment.chain],
        )
        cursor.execute("DELETE FROM core_seal WHERE chain = %s", [segment.chain])


@contextmanager
def _deleting() -> Iterator[None]:
    """Without the triggers that forbid it, inside the transaction that puts them back."""
    with connection.cursor() as cursor:
        for table in TABLES:
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_delete"{on}')
    yield
    triggers.install(connection)
