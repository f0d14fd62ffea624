"""A backup restored elsewhere is the same installation; a spoilt one is refused whole."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import django; django.setup()
from liane.core.acting import owner
from liane.core import keys
from liane.core.files import vault
from liane.patients.models import Patient
import sys
if sys.argv[1] == "fill":
    with owner():
        Patient.objects.create(birth_name="LABORDE", given_names="Odette", sex="F",
            ins_sealed=keys.seal(b"2410340088012", context=b"probe"))
    path = vault.fresh_path()
    vault.write(path, vault.sealed(b"une ordonnance", key=b"k" * 32, context=b"probe"))
    print(path)
else:
    with owner():
        person = Patient.objects.get()
    print(person.birth_name, keys.open_(bytes(person.ins_sealed), context=b"probe").decode(),
        b"".join(vault.opened(sys.argv[2], key=b"k" * 32, context=b"probe")).decode())
"""


LEDGER = """
import django; django.setup()
from liane.core.models import AccessRow
AccessRow.objects.bulk_create([
    AccessRow(actor_label="Claire", resource="record", action="read", channel="page")
    for _ in range(3)
])
"""


def environment(folder: Path, database: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "LIANE_DATA_DIR": str(folder),
        "LIANE_DATABASE_URL": database,
        "LIANE_BACKUP_PASSPHRASE": "la petite maison",
    }


def run(words: list[str], place: dict[str, str], *, ok: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-c", *words], cwd=ROOT, env=place, capture_output=True, text=True
    )
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout + done.stderr


def liane(place: dict[str, str], *words: str, ok: bool = True) -> str:
    return run(["from liane.cli import main; main()", *words], place, ok=ok)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Two installations, on the kind of database under test."""
    if connection.vendor == "sqlite":
        yield environment(tmp_path / "here", ""), environment(tmp_path / "there", "")
        return
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    place = connection.settings_dict
    url = f"postgresql://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}"
    names = [f"liane_backup_{os.getpid()}_{end}" for end in ("here", "there")]
    with psycopg.connect(f"{url}/postgres", autocommit=True) as server:
        for name in names:
            server.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            here, there = (environment(tmp_path / name, f"{url}/{name}") for name in names)
            yield here, there
        finally:
            for name in names:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.mark.django_db
def test_a_restored_backup_is_the_same_installation(
    places: tuple[dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    here, there = places
    copy = tmp_path / "copy"
    liane(here, "migrate")
    file = run([PROBE, "fill"], here).strip()
    run([LEDGER], here)
    assert "intact" in liane(here, "audit", "verify", "--seal")
    liane(here, "backup", str(copy))

    wrong = there | {"LIANE_BACKUP_PASSPHRASE": "autre chose"}
    assert "passphrase does not open" in liane(wrong, "restore", str(copy), ok=False)
    liane(there, "restore", str(copy))
    assert run([PROBE, "look", file], there).split() == [
        "LABORDE",
        "2410340088012",
        "une",
        "ordonnance",
    ]
    assert "intact: 3 rows in 1 chains, 1 anchors" in liane(there, "audit", "verify")
    assert "restore into a new" in liane(there, "restore", str(copy), ok=False)

    (copy / "files" / file).write_bytes(b"altered")
    assert "missing or altered" in liane(here, "restore", str(copy), ok=False)
