"""Bringing the national extraction in: by batches, resumable, the same file twice changes nothing.

Each batch commits its rows with how far the file was read: a killed import goes on from there. A
line read before is known by its digest and costs one look. What users corrected (telephone,
address…) stays: the national value does not overwrite it.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, file_digest
from io import BytesIO
from itertools import batched
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from liane.core import acting
from liane.core.errors import Refused
from liane.directory import bulk, departing
from liane.directory.extraction import Activity, Layout
from liane.directory.importing_rows import Rows
from liane.directory.index import Vocabulary
from liane.directory.models import DirectoryImport, NationalLine, RejectedLine
from liane.directory.runs import claim, close, start

BATCH = 2_000
LONGEST = 100_000
"""Bytes of one line; a longer one is several that are refused."""
TOLD = 1_000
"""Rejected lines listed in the report; `write_rejected` gives all of them."""
MAPPING = b"1"
"""Changed when lines are read differently, so that known ones are read again."""
Tell = Callable[[DirectoryImport], None]


@dataclass
class Report:
    """What became of each line of the file. ``left`` are professionals that it no longer names."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)
    rejected_in_all: int = 0
    left: departing.Left = field(default_factory=departing.Left)

    def as_dict(self) -> dict[str, object]:
        """The last line of output of every import of Liane."""
        report: dict[str, object] = {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }
        if self.left.ended:
            report["ended"] = self.left.ended
        if self.rejected_in_all > len(self.rejected):
            report["rejected_in_all"] = self.rejected_in_all
        return report


def load(lines: Iterable[str], where: str = "", *, complete: bool = False) -> Report:
    """Import lines that are no file. Raises BadFileError before writing."""
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return _load(BytesIO(text.encode()), where, "", complete, lambda run: None)


def load_file(path: Path, *, complete: bool = False, tell: Tell = lambda run: None) -> Report:
    """Import a file, or go on with it where an earlier run of the same file stopped.

    ``complete``: whoever is not in the file has left, however many they are (see `departing`).
    ``tell(run)`` is called after each batch. Raises BadFileError and OSError before writing.
    """
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return _load(file, path.name, digest, complete, tell)


def _load(file: BinaryIO, where: str, digest: str, complete: bool, tell: Tell) -> Report:
    header = file.readline(LONGEST)
    layout = Layout(header.decode(errors="replace"))
    actor = acting.system("import directory")
    with acting.acting(actor):
        run = start(where, digest, len(header))
    file.seek(run.offset)
    rows = Rows(Vocabulary(), run.pk)
    for batch in batched(_lines(file, run.line), BATCH):  # noqa: B911
        # On PostgreSQL whoever acts does so in one transaction: each batch has its own.
        with acting.acting(actor), transaction.atomic():
            claim(run)
            _take(batch, layout, rows, run)
        tell(run)
    with acting.acting(actor):
        left = departing.depart(run, complete=complete)
        close(run, left.ended)
        return _report(run, where, left)


def _lines(file: BinaryIO, number: int) -> Iterator[tuple[int, bytes]]:
    """Lines from here, numbered as an editor numbers them."""
    while line := file.readline(LONGEST):
        number += 1
        yield number, line


def _take(
    batch: tuple[tuple[int, bytes], ...], layout: Layout, rows: Rows, run: DirectoryImport
) -> None:
    """One batch, in the transaction that keeps how far the file was read."""
    run.offset += sum(len(line) for _, line in batch)
    run.line = batch[-1][0]
    fresh = _unknown(batch, run)
    good: list[tuple[int, Activity]] = []
    refused: list[tuple[int, int, str]] = []
    for number, digest, line in fresh:
        try:
            good.append((digest, layout.read(line.decode(errors="replace"))))
        except Refused as refusal:
            refused.append((run.pk, number, refusal.message[:200]))
    bulk.insert(RejectedLine, ("run_id", "line", "why"), refused)
    if good:
        made, changed = rows.write(good)
        run.created += made
        run.updated += changed
        run.unchanged += len(good) - made - changed
    run.save()


def _unknown(
    batch: tuple[tuple[int, bytes], ...], run: DirectoryImport
) -> list[tuple[int, int, bytes]]:
    """(number, digest, line) of those never read before; the others are only marked as there."""
    lines = {_digest(line): (number, line) for number, line in batch if line.strip()}
    known = set(
        NationalLine.objects.filter(digest__in=list(lines)).values_list("digest", flat=True)
    )
    NationalLine.objects.filter(digest__in=list(known)).exclude(run=run.pk).update(run=run.pk)
    twice = sum(1 for _, line in batch if line.strip()) - len(lines)
    run.unchanged += len(known) + twice
    return [
        (number, digest, line) for digest, (number, line) in lines.items() if digest not in known
    ]


def _digest(line: bytes) -> int:
    made = blake2b(line.rstrip(b"\r\n"), digest_size=8, key=MAPPING).digest()
    return int.from_bytes(made, signed=True)


def _report(run: DirectoryImport, where: str, left: departing.Left) -> Report:
    listed = run.rejects.order_by("line")
    return Report(
        run.created,
        run.updated,
        run.unchanged,
        [
            {"where": f"{where}:{one.line}" if where else str(one.line), "why": one.why}
            for one in listed[:TOLD]
        ],
        listed.count(),
        left,
    )


def write_rejected(path: Path) -> None:
    """Write every line that the last import refused, with its number and reason (CSV)."""
    last = DirectoryImport.objects.order_by("-pk").first()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("ligne", "motif"))
        if last is not None:
            rows = last.rejects.order_by("line").values_list("line", "why")
            writer.writerows(rows.iterator(chunk_size=2_000))
