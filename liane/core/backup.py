"""The whole installation in one folder, and back: database, files, keys, the ledger's anchors.

The database is copied first and the files after it: a file is written before the row that names it
commits, so the copy of the files holds at least what the database names. The anchors are copied
before the database: each of them is about a link that it holds. The key file is sealed
with a passphrase (scrypt, AES-256-GCM): whoever finds the folder without it reads nothing sealed.
``manifest.json`` names every file with its SHA-256; a restore checks them all before it begins.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from liane.core import signs

MANIFEST = "manifest.json"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
KEYS, FILES, ANCHORS = "keys.sealed", "files", "anchors.jsonl"
FORMAT = 1
SALT_BYTES, NONCE_BYTES = 16, 12


class BackupError(RuntimeError):
    """A backup or a restore stops; the message says why and what was left untouched."""


def backup(folder: Path, passphrase: str) -> dict[str, Any]:
    """Copy the installation into the new ``folder``. Returns the manifest.

    Raises :class:`BackupError` when the folder is not empty or a tool is missing.
    """
    if not passphrase:
        raise BackupError("A passphrase is needed: set LIANE_BACKUP_PASSPHRASE.")
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: give a new folder.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if Path(settings.LIANE_ANCHORS_FILE).is_file():
        shutil.copyfile(settings.LIANE_ANCHORS_FILE, folder / ANCHORS)
    _dump(folder / DATABASE[connection.vendor])
    if settings.LIANE_STORAGE_DIR.is_dir():
        shutil.copytree(settings.LIANE_STORAGE_DIR, folder / FILES)
    if settings.LIANE_KEYS_FILE.is_file():
        sealed = _seal(settings.LIANE_KEYS_FILE.read_bytes(), passphrase)
        (folder / KEYS).write_bytes(sealed)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made_at": timezone.now().isoformat(),
        "database": connection.vendor,
        "files": {str(path.relative_to(folder)): _sha256(path) for path in _inside(folder)},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    signs.leave("backup", len(manifest["files"]))
    return manifest


def restore(folder: Path, passphrase: str) -> dict[str, Any]:
    """Put a backup into this installation, which must be empty. Returns the manifest.

    Everything is checked before anything is written: the manifest, every digest, the passphrase,
    the kind of database, and that nothing is here yet.
    """
    manifest = _checked(folder)
    keys = _open((folder / KEYS).read_bytes(), passphrase) if (folder / KEYS).exists() else None
    if manifest["database"] != connection.vendor:
        raise BackupError(
            f"This backup holds a {manifest['database']} database; this installation uses "
            f"{connection.vendor}. Nothing was changed."
        )
    _refuse_if_lived_in()
    _load(folder / DATABASE[connection.vendor])
    if (folder / FILES).is_dir():
        shutil.copytree(folder / FILES, settings.LIANE_STORAGE_DIR, dirs_exist_ok=True)
    if (folder / ANCHORS).is_file() and not Path(settings.LIANE_ANCHORS_FILE).exists():
        shutil.copyfile(folder / ANCHORS, settings.LIANE_ANCHORS_FILE)
    if keys is not None:
        _write_keys(keys)
    return manifest


def _refuse_if_lived_in() -> None:
    if settings.LIANE_KEYS_FILE.exists():
        raise BackupError(f"{settings.LIANE_KEYS_FILE} exists: restore into a new installation.")
    if "core_entry" in connection.introspection.table_names():
        raise BackupError("The database is not empty: restore into a new one. Nothing was changed.")


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise BackupError(f"{folder} holds no readable {MANIFEST}: not a backup.") from None
    if manifest.get("format") != FORMAT:
        raise BackupError(f"This backup's format {manifest.get('format')!r} is not known here.")
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise BackupError(f"{name} is missing or altered: this backup cannot be trusted.")
    return dict(manifest)


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with sqlite3.connect(target) as copy:
            connection.connection.backup(copy)
        copy.close()
        return
    _run(["pg_dump", "--format=custom", "--no-owner", f"--file={target}", _database_name()])


def _load(source: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with sqlite3.connect(source) as copy:
            copy.backup(connection.connection)
        copy.close()
    else:
        from liane.core.acting import owner
        from liane.core.database import APPLICATION_ROLE

        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
            if cursor.fetchone() is None:
                with owner():
                    cursor.execute(f"CREATE ROLE {APPLICATION_ROLE} NOLOGIN")
        connection.close()
        words = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner"]
        _run([*words, f"--dbname={_database_name()}", str(source)])
    connections.close_all()


def _database_name() -> str:
    return str(connection.settings_dict["NAME"])


def _run(words: list[str]) -> None:
    place = connection.settings_dict
    environment = os.environ | {
        name: str(place[key])
        for name, key in {
            "PGHOST": "HOST",
            "PGPORT": "PORT",
            "PGUSER": "USER",
            "PGPASSWORD": "PASSWORD",
        }.items()
        if place[key]
    }
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError(f"{words[0]} is not installed (PostgreSQL's client tools).") from None
    if done.returncode:
        raise BackupError(f"{words[0]} failed: {done.stderr.strip()[-500:]}")


def _inside(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())


def _seal(content: bytes, passphrase: str) -> bytes:
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    return salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, b"liane keys")


def _open(sealed: bytes, passphrase: str) -> bytes:
    salt, nonce = sealed[:SALT_BYTES], sealed[SALT_BYTES : SALT_BYTES + NONCE_BYTES]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(
            nonce, sealed[SALT_BYTES + NONCE_BYTES :], b"liane keys"
        )
    except InvalidTag:
        raise BackupError("The passphrase does not open the keys. Nothing was changed.") from None


def _write_keys(content: bytes) -> None:
    settings.LIANE_KEYS_FILE.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.LIANE_KEYS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
