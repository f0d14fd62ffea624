"""The ledger's chains: whole when nobody touched them, and every tampering is named."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from liane.core import ids, sealing, triggers
from liane.core.acting import owner
from liane.core.ids import first_at, uuid7
from liane.core.models import AccessRow, Seal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def anchors(settings: Any, tmp_path: Path) -> None:
    settings.LIANE_ANCHORS_FILE = tmp_path / "anchors.jsonl"


def record(count: int = 1, **more: Any) -> list[AccessRow]:
    values = {
        "actor_label": "Claire “Aubert” 1:é",
        "role": "care",
        "resource": "record",
        "action": "read",
        "channel": "page",
        "person_id": uuid7(),
        **more,
    }
    return AccessRow.objects.bulk_create([AccessRow(**values) for _ in range(count)])


@pytest.fixture
def tampering() -> Any:
    """Raw SQL, the triggers dropped as an intruder would."""

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            for table in ("core_accessrow", "core_seal"):
                for verb in ("update", "delete"):
                    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_no_{verb}"{on}')
            cursor.execute(sql)
        with owner():
            triggers.install(connection)

    return execute


def raw(value: Any) -> str:
    return str(value) if connection.vendor == "postgresql" else value.hex


def test_rows_are_sealed_once_in_chains_of_their_own_and_found_whole() -> None:
    record(3)
    record(2, organisation_id=uuid7())
    record(1, retention="half-year")
    assert sealing.seal_recent() == 6
    assert sealing.seal_recent() == 0
    record(1)
    assert sealing.seal_recent() == 1
    report = sealing.verify()
    assert (report.rows, report.chains, report.faults) == (7, 3, [])
    assert report.intact


def test_a_row_without_seconds_in_its_instant_is_sealed_the_same() -> None:
    record(1, at=dt.datetime(2026, 11, 1, 12, 0, 0, tzinfo=dt.UTC))
    sealing.seal_all()
    assert sealing.verify().intact


def test_an_old_row_that_waits_is_reported_then_sealed(monkeypatch: Any) -> None:
    old = first_at(timezone.now() - dt.timedelta(days=2))
    AccessRow.objects.create(
        id=old, actor_label="x", resource="record", action="read", channel="page"
    )
    assert sealing.seal_recent() == 0
    assert sealing.verify().unsealed == 1
    assert sealing.seal_all() == 1
    assert sealing.verify().intact
    assert ids.first_at(timezone.now()) > old


@pytest.mark.parametrize(
    "change",
    [
        "actor_label = 'Paul'",
        "ground = 'x'",
        "person_id = NULL",
        "at = '2020-01-01 00:00:00'",
        "outcome = 'refused'",
        "retention = 'short'",
    ],
)
def test_an_altered_row_is_named(tampering: Any, change: str) -> None:
    rows = record(4)
    sealing.seal_all()
    tampering(f"UPDATE core_accessrow SET {change} WHERE id = '{raw(rows[1].pk)}'")
    faults = sealing.verify().faults
    assert len(faults) == 1
    assert "link 2 " in faults[0]
    assert "altered" in faults[0]


def test_a_removed_row_is_named(tampering: Any) -> None:
    rows = record(3)
    sealing.seal_all()
    tampering(f"DELETE FROM core_accessrow WHERE id = '{raw(rows[0].pk)}'")
    assert "link 1 " in sealing.verify().faults[0]
    assert "removed" in sealing.verify().faults[0]


def test_a_removed_link_is_named(tampering: Any) -> None:
    rows = record(3)
    sealing.seal_all()
    tampering(f"DELETE FROM core_seal WHERE row_id = '{raw(rows[1].pk)}'")
    assert "link 2 is missing" in sealing.verify().faults[0]


def test_an_altered_seal_is_named(tampering: Any) -> None:
    rows = record(3)
    sealing.seal_all()
    tampering(f"UPDATE core_seal SET digest = 'f' WHERE row_id = '{raw(rows[2].pk)}'")
    assert "link 3 " in sealing.verify().faults[0]


def test_an_end_cut_off_contradicts_the_anchors(tampering: Any) -> None:
    rows = record(3)
    sealing.seal_all()
    assert sealing.anchor() == 1
    assert sealing.anchor() == 0
    last = raw(rows[2].pk)
    tampering(f"DELETE FROM core_seal WHERE row_id = '{last}'")
    tampering(f"DELETE FROM core_accessrow WHERE id = '{last}'")
    assert "link 3: anchored, and no longer there" in sealing.verify().faults[0]


def test_a_chain_rewritten_whole_contradicts_its_anchor(tampering: Any) -> None:
    rows = record(3)
    sealing.seal_all()
    sealing.anchor()
    tampering(f"UPDATE core_accessrow SET ground = 'x' WHERE id = '{raw(rows[0].pk)}'")
    tampering("DELETE FROM core_seal")
    sealing.seal_all()
    assert Seal.objects.count() == 3
    assert "rewritten" in sealing.verify().faults[0]


def test_an_anchor_that_we_did_not_sign_counts_for_nothing() -> None:
    record(1)
    sealing.seal_all()
    sealing.anchor()
    path = sealing.anchors_file()
    forged = path.read_text().replace('"number": 1', '"number": 9')
    path.write_text(path.read_text() + forged + "not json\n")
    report = sealing.verify()
    assert (report.anchors, report.faults) == (1, [])


def test_a_lost_trigger_is_told() -> None:
    with connection.cursor() as cursor:
        on = ' ON "core_seal"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "core_seal_no_update"{on}')
    assert any("core_seal_no_update" in fault for fault in sealing.verify().faults)
    with owner():
        triggers.install(connection)


def test_the_command_seals_verifies_and_fails_on_a_broken_chain(
    tampering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = record(2)
    call_command("audit_verify", seal=True)
    assert "intact: 2 rows in 1 chains, 1 anchors" in capsys.readouterr().out
    tampering(f"UPDATE core_accessrow SET ground = 'x' WHERE id = '{raw(rows[0].pk)}'")
    with pytest.raises(SystemExit) as end:
        call_command("audit_verify")
    assert end.value.code == 1
    assert "BROKEN" in capsys.readouterr().out
