"""Access rows sealed into hash chains, and the proof that none was altered, removed or cut off.

One chain for each (organisation, retention class, month of UTC): purging a class drops whole
segments. A link's digest is ``sha256(previous digest + row)``, where the row is one text made by
the database itself, each column with its length, the same on SQLite and PostgreSQL. The heads are
written from time to time to a file outside the database (`LIANE_ANCHORS_FILE`), signed with the
installation's link key: whoever rewrites a whole chain, or cuts its end, contradicts it.
"""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from liane.core import keys, triggers
from liane.core.ids import first_at
from liane.core.models import Counter, Seal

COLUMNS = (
    "id", "at", "user_id", "holder_id", "actor_label", "role", "organisation_id", "ground",
    "person_id", "resource", "object_id", "action", "purpose", "channel", "request_id", "outcome",
    "retention",
)  # fmt: skip
IDS = frozenset(
    {"id", "user_id", "holder_id", "organisation_id", "person_id", "object_id", "request_id"}
)
RECENT = dt.timedelta(minutes=15)
"""How far back the frequent pass looks; :func:`seal_all` looks at everything."""
LATE = dt.timedelta(minutes=1)
"""A row older than this and not sealed is reported."""
BATCH = 5_000
PURPOSE = "ledger-anchor"


def _text(column: str) -> str:
    """SQL: one column as text, the same on both databases."""
    name = f'a."{column}"'
    if connection.vendor == "postgresql":
        if column in IDS:
            return f"replace({name}::text, '-', '')"
        if column == "at":
            return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        return name
    if column == "at":
        return f"CASE WHEN length({name}) = 19 THEN {name} || '.000000' ELSE {name} END"
    return name


def canonical() -> str:
    """SQL: an access row (alias ``a``) as one unambiguous text."""
    parts = [
        f"coalesce(CAST(length({_text(c)}) AS varchar(9)) || ':' || {_text(c)}, '-')"
        for c in COLUMNS
    ]
    return " || ".join(parts)


def _chain() -> str:
    """SQL: the chain of an access row."""
    month = (
        """to_char(a."at" AT TIME ZONE 'UTC', 'YYYY-MM')"""
        if connection.vendor == "postgresql"
        else """substr(a."at", 1, 7)"""
    )
    return f"coalesce({_text('organisation_id')}, 'none') || '/' || a.retention || '/' || {month}"


def _origin(chain: str) -> str:
    return hashlib.sha256(f"liane ledger 1 {chain}".encode()).hexdigest()


def _next(before: str, row: str) -> str:
    return hashlib.sha256(f"{before}{row}".encode()).hexdigest()


def seal_recent() -> int:
    """Seal what was recorded lately. Returns how many rows were sealed."""
    return _seal(since=first_at(timezone.now() - RECENT))


def seal_all() -> int:
    """Seal everything that waits, however old. Returns how many rows were sealed."""
    return _seal(since=None)


def _seal(since: UUID | None) -> int:
    sealed = 0
    while count := _seal_batch(since):
        sealed += count
        if count < BATCH:
            break
    return sealed


def _seal_batch(since: UUID | None) -> int:
    """Seal one batch. A locked counter keeps two sealers apart."""
    with transaction.atomic():
        Counter.objects.get_or_create(name="ledger.seal")
        Counter.objects.select_for_update().get(name="ledger.seal")
        rows = _unsealed(since)
        known = heads({row[1] for row in rows})
        made = []
        for row_id, chain, text in rows:
            number, digest = known.get(chain) or (0, _origin(chain))
            known[chain] = number, digest = number + 1, _next(digest, text)
            made.append(Seal(row_id=row_id, chain=chain, number=number, digest=digest))
        Seal.objects.bulk_create(made, batch_size=1_000)
    return len(made)


def _unsealed(since: UUID | None) -> list[tuple[Any, str, str]]:
    bound, values = ("", []) if since is None else ('a."id" >= %s AND', [_id(since)])
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT a."id", {_chain()}, {canonical()} FROM core_accessrow a '
            f'WHERE {bound} NOT EXISTS (SELECT 1 FROM core_seal s WHERE s.row_id = a."id") '
            f'ORDER BY a."id" LIMIT {BATCH}',
            values,
        )
        return list(cursor.fetchall())


def _id(value: UUID) -> Any:
    return value if connection.vendor == "postgresql" else value.hex


def heads(chains: set[str]) -> dict[str, tuple[int, str]]:
    """The last link of each chain."""
    if not chains:
        return {}
    marks = ", ".join(["%s"] * len(chains))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.chain, s.number, s.digest FROM core_seal s JOIN (SELECT chain, "
            f"max(number) AS last FROM core_seal WHERE chain IN ({marks}) GROUP BY chain) h "
            "ON h.chain = s.chain AND h.last = s.number",
            sorted(chains),
        )
        return {chain: (number, digest) for chain, number, digest in cursor.fetchall()}


# ------------------------------------------------------------------ anchors
def anchors_file() -> Path:
    """Where heads are kept, outside the database."""
    return Path(settings.LIANE_ANCHORS_FILE)


def anchor() -> int:
    """Write the heads that moved since they were last written. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT chain FROM core_seal")
        chains = {chain for (chain,) in cursor.fetchall()}
    known = {chain: number for chain, number, _ in _anchors()}
    moved = [
        (chain, number, digest)
        for chain, (number, digest) in sorted(heads(chains).items())
        if known.get(chain) != number
    ]
    if not moved:
        return 0
    _append(
        [
            {"chain": chain, "number": number, "digest": digest, "signature": _signed(content)}
            for chain, number, digest in moved
            for content in [f"{chain} {number} {digest}"]
        ]
    )
    return len(moved)


def write_purged(chain: str, number: int, digest: str) -> None:
    """Say, signed, that a whole chain was purged and what its last link was."""
    content = f"purged {chain} {number} {digest}"
    _append(
        [
            {
                "chain": chain,
                "number": number,
                "digest": digest,
                "purged": True,
                "signature": _signed(content),
            }
        ]
    )


def _signed(content: str) -> str:
    return keys.sign(content, purpose=PURPOSE)


def _append(rows: list[dict[str, Any]]) -> None:
    """Add lines to the anchors file, on disk when this returns."""
    now = timezone.now().isoformat(timespec="seconds")
    lines = "".join(json.dumps(row | {"at": now}) + "\n" for row in rows)
    handle = os.open(anchors_file(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _anchors() -> list[tuple[str, int, str]]:
    """The anchors whose signature holds, oldest first, less those of chains purged since."""
    if not anchors_file().exists():
        return []
    found: list[tuple[str, int, str]] = []
    for line in anchors_file().read_text().splitlines():
        try:
            row = json.loads(line)
            content = (str(row["chain"]), int(row["number"]), str(row["digest"]))
        except (ValueError, KeyError, TypeError):
            continue
        purged = row.get("purged") is True
        signed = f"{'purged ' if purged else ''}{content[0]} {content[1]} {content[2]}"
        if not keys.signature_holds(signed, str(row.get("signature", "")), purpose=PURPOSE):
            continue
        if purged:
            found = [one for one in found if one[0] != content[0]]
        else:
            found.append(content)
    return found


# ------------------------------------------------------------------ verification
@dataclass
class Report:
    """What a verification found. ``faults`` names, for each chain, its first broken link."""

    rows: int = 0
    chains: int = 0
    anchors: int = 0
    unsealed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """True when nothing is wrong and nothing waits too long."""
        return not self.faults and not self.unsealed


def verify() -> Report:
    """Recompute every chain, compare with the anchors, look for rows not sealed in time."""
    report = Report()
    for name in triggers.missing(connection):
        report.faults.append(f"the trigger {name} is missing: rows can be changed")
    anchors = {(chain, number): digest for chain, number, digest in _anchors()}
    report.anchors = len(anchors)
    chain, number, digest, broken = "", 0, "", False
    for name, place, told, row_id, text in _links():
        if name != chain:
            chain, number, digest, broken = name, 0, _origin(name), False
            report.chains += 1
        report.rows += 1
        anchored = anchors.pop((name, place), None)
        if broken:
            continue
        number += 1
        fault = _fault(place, number, text, told, digest, anchored)
        if fault:
            report.faults.append(f"chain {name}, link {place} (row {row_id}): {fault}")
            broken = True
        digest = told
    for name, place in sorted(anchors):
        report.faults.append(f"chain {name}, link {place}: anchored, and no longer there")
    report.unsealed = _waiting()
    return report


def _fault(
    place: int, expected: int, text: str | None, told: str, before: str, anchored: str | None
) -> str:
    if place != expected:
        return f"link {expected} is missing before it"
    if text is None:
        return "the row was removed"
    if _next(before, text) != told:
        return "the row or its seal was altered"
    if anchored is not None and anchored != told:
        return "the chain was rewritten: its anchor says otherwise"
    return ""


def _links() -> Iterator[tuple[str, int, str, Any, str | None]]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT s.chain, s.number, s.digest, s.row_id, "
            f'CASE WHEN a."id" IS NOT NULL THEN {canonical()} END FROM core_seal s '
            'LEFT JOIN core_accessrow a ON a."id" = s.row_id ORDER BY s.chain, s.number'
        )
        while rows := cursor.fetchmany(10_000):
            yield from rows


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT count(*) FROM core_accessrow a WHERE a."id" < %s AND NOT EXISTS '
            '(SELECT 1 FROM core_seal s WHERE s.row_id = a."id")',
            [_id(first_at(timezone.now() - LATE))],
        )
        return int(cursor.fetchone()[0])
