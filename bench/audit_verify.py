"""Verifying the access ledger: seconds for a million sealed rows, beside merely reading them."""

import os
import random
import time
from collections.abc import Iterator
from typing import Any

from bench.harness import Figure, Options, main, scratch

ROWS = 1_000_000
SIZE = f"{ROWS:,} rows, 60 chains"


def run(options: Options) -> list[Figure]:
    """Record, seal, anchor, verify."""
    with scratch("audit", options.postgres) as installation:
        os.environ.update(installation.environment)
        import django

        django.setup()
        from liane.core import sealing

        _record(random.Random(5))
        sealed, sealing_time = _timed(sealing.seal_all)
        sealing.anchor()
        _, reading = _timed(_read)
        report, verifying = _timed(sealing.verify)
        assert report.intact, report.faults
        assert report.rows == sealed == ROWS
        return [
            Figure("seal, rows per second", ROWS / sealing_time, "rows/s", SIZE),
            Figure("verify", verifying, "s", SIZE, reading, "reading the rows", goal="seconds"),
        ]


def _timed(do: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    result = do()
    return result, time.perf_counter() - start


def _record(rng: random.Random) -> None:
    from liane.core.models import AccessRow

    for rows in _batches(rng):
        AccessRow.objects.bulk_create(rows, batch_size=5_000)


def _batches(rng: random.Random) -> Iterator[list[Any]]:
    from liane.core.ids import uuid7
    from liane.core.models import AccessRow

    organisations = [uuid7() for _ in range(60)]
    persons = [uuid7() for _ in range(5_000)]
    for _ in range(ROWS // 20_000):
        yield [
            AccessRow(
                user_id=rng.choice(persons),
                holder_id=rng.choice(persons),
                actor_label="Claire Aubert",
                role="care",
                organisation_id=rng.choice(organisations),
                ground="même équipe de soins",
                person_id=rng.choice(persons),
                resource="record",
                action="read",
                channel="page",
                request_id=rng.choice(persons),
            )
            for _ in range(20_000)
        ]


def _read() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM core_accessrow")
        return sum(1 for _ in iter(lambda: cursor.fetchmany(10_000) or None, None))


if __name__ == "__main__":
    main(run)
