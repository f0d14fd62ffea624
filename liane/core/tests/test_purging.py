"""Purging by whole segments: what is too recent stays, what stays is proved, tampering is found."""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from liane.core import purging, sealing, triggers
from liane.core.acting import owner
from liane.core.errors import Refused
from liane.core.ids import uuid7
from liane.core.models import AccessRow

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)
PLACES = (uuid7(), uuid7())
SAMPLE = 12
"""Tamperings tried; the whole thousand are a drill."""


@pytest.fixture(autouse=True)
def anchors(settings: Any, tmp_path: Path) -> None:
    settings.LIANE_ANCHORS_FILE = tmp_path / "anchors.jsonl"


def record(at: dt.date, retention: str = "access", count: int = 3) -> None:
    moment = dt.datetime.combine(at, dt.time(9), tzinfo=dt.UTC)
    AccessRow.objects.bulk_create(
        AccessRow(
            at=moment, actor_label=f"Claire {number}", resource="record", action="read",
            channel="page", organisation_id=PLACES[number % 2], retention=retention,
        )
        for number in range(count)
    )  # fmt: skip


@pytest.fixture
def ledger() -> None:
    """Two old months and a recent one of a class kept three years, one old month kept twenty."""
    for at in (dt.date(2022, 3, 4), dt.date(2022, 4, 5), dt.date(2026, 10, 6)):
        record(at)
    record(dt.date(2022, 3, 4), "record")
    sealing.seal_all()
    sealing.anchor()


def raw(value: Any) -> str:
    return str(value) if connection.vendor == "postgresql" else value.hex


@pytest.mark.parametrize("example", purging.rules()["examples"])
def test_the_rules_hold_their_own_examples(example: dict[str, str]) -> None:
    on = dt.date.fromisoformat(example["on"])
    assert purging.kept_from(example["class"], on) == example["kept_from"]


def test_old_segments_of_the_class_go_whole_and_the_rest_is_still_whole(ledger: None) -> None:
    purged = purging.purge("access", on=TODAY)
    assert [one.chain.split("/")[1:] for one in purged] == [
        ["access", "2022-03"], ["access", "2022-03"], ["access", "2022-04"], ["access", "2022-04"],
    ]  # fmt: skip
    left = {(row.retention, f"{row.at:%Y-%m}") for row in AccessRow.objects.all()}
    assert left >= {("access", "2026-10"), ("record", "2022-03")}
    assert ("access", "2022-03") not in left
    sealing.seal_all()
    assert sealing.verify().faults == []
    assert AccessRow.objects.filter(resource="ledger").count() == 4
    assert purging.purge("access", on=TODAY) == []


def test_what_is_still_kept_or_unknown_is_not_purged(ledger: None) -> None:
    for retention, before in (("access", "2026-11"), ("record", "2022-04"), ("rumours", "")):
        with pytest.raises(Refused):
            purging.purge(retention, before=before, on=TODAY)
    assert purging.purge("record", on=TODAY) == []


def by_hand(*statements: str) -> None:
    """Raw SQL, the triggers dropped as an intruder would."""
    with connection.cursor() as cursor:
        for name in purging.TABLES:
            for verb in ("update", "delete"):
                on = f' ON "{name}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}_no_{verb}"{on}')
        for statement in statements:
            cursor.execute(statement)
    with owner():
        triggers.install(connection)


def test_rows_can_no_more_be_deleted_by_hand_afterwards(ledger: None) -> None:
    purging.purge("access", on=TODAY)
    assert triggers.missing(connection) == []
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessRow.objects.all()._raw_delete(AccessRow.objects.db)


def test_a_segment_that_went_without_the_signed_line_is_a_fault(ledger: None) -> None:
    purging.purge("access", on=TODAY)
    path = sealing.anchors_file()
    kept = [line for line in path.read_text().splitlines() if "purged" not in line]
    path.write_text("\n".join(kept))
    assert "no longer there" in sealing.verify().faults[0]


def test_a_forged_line_hides_no_removal(ledger: None) -> None:
    purging.purge("access", on=TODAY)
    path = sealing.anchors_file()
    signed = [line for line in path.read_text().splitlines() if "purged" in line]
    forged = [line.replace("2022-03", "2026-10").replace("2022-04", "2026-10") for line in signed]
    path.write_text("\n".join([*path.read_text().splitlines(), *forged]))
    by_hand(
        "DELETE FROM core_accessrow WHERE id IN "
        "(SELECT row_id FROM core_seal WHERE chain LIKE '%/access/2026-10')",
        "DELETE FROM core_seal WHERE chain LIKE '%/access/2026-10'",
    )
    assert "no longer there" in sealing.verify().faults[0]


@pytest.mark.parametrize("seed", range(SAMPLE))
def test_each_tampering_after_a_purge_is_found(ledger: None, seed: int) -> None:
    purging.purge("access", before="2022-04", on=TODAY)
    sealing.seal_all()
    sealing.anchor()
    chance = random.Random(seed)
    row = chance.choice(list(AccessRow.objects.order_by("id")))
    table, key = chance.choice([("core_accessrow", "id"), ("core_seal", "row_id")])
    here = f"WHERE {key} = '{raw(row.pk)}'"
    value = f"'{chance.randrange(10**9)}'"
    change = {
        "core_accessrow": f"UPDATE core_accessrow SET {chance.choice(['actor_label', 'role'])} = ",
        "core_seal": "UPDATE core_seal SET digest = ",
    }[table] + f"{value} {here}"
    tampering = chance.choice([change, f"DELETE FROM {table} {here}"])
    by_hand(tampering)
    assert sealing.verify().faults


def test_a_ledger_that_is_not_whole_is_not_purged(ledger: None) -> None:
    path = sealing.anchors_file()
    lines = path.read_text().splitlines()
    sealing._append([{"chain": "x/access/2022-03", "number": 1, "digest": "0", "signature": ""}])
    assert purging.purgeable("access", on=TODAY)
    with connection.cursor() as cursor:
        on = ' ON "core_seal"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER IF EXISTS "core_seal_no_delete"{on}')
    with pytest.raises(Refused, match="not whole"):
        purging.purge("access", on=TODAY)
    assert len(lines) == 8


def test_the_command_lists_then_purges_and_refuses_clearly(ledger: None, capsys: Any) -> None:
    call_command("audit_purge", "access", "--before=2022-04", "--dry-run")
    assert "2 segments would be purged" in capsys.readouterr().out
    call_command("audit_purge", "access", "--before=2022-04")
    assert "2 segments purged" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Unknown retention class"):
        call_command("audit_purge", "rumours")
