"""Settings read from the environment, each refusal in one clear line.

The names are the project's contract (`docs/operations.md`); nothing else reads `os.environ`.
"""

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """Value of ``name``, without surrounding blanks."""
    return os.environ.get(name, default).strip()


def flag(name: str) -> bool:
    """True for ``1``, false for ``0`` or nothing; anything else stops the start."""
    value = text(name, "0") or "0"
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name}={value!r}: write 1 or 0.")
    return value == "1"


def number(name: str, default: int) -> int:
    """A whole number, at least 1; anything else stops the start."""
    value = text(name) or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name}={value!r}: write a whole number, 1 or more.")
    return int(value)


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of ``allowed``; anything else stops the start."""
    value = text(name) or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: write one of {', '.join(allowed)}.")
    return value


def data_dir() -> Path:
    """Folder of the database, files and keys of an installation without other settings."""
    folder = Path(text("LIANE_DATA_DIR") or ROOT / "var").expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"LIANE_DATA_DIR={folder}: this folder cannot be made ({error.strerror})."
        ) from None
    return folder


def database(url: str, folder: Path) -> dict[str, object]:
    """Django's description of the database at ``url`` (SQLite in ``folder`` when empty)."""
    if not url:
        return _sqlite(folder / "liane.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme in {"postgres", "postgresql"}:
        try:
            port = str(parts.port or "")
        except ValueError:
            raise ImproperlyConfigured("LIANE_DATABASE_URL: the port is not a number.") from None
        name = unquote(parts.path.lstrip("/"))
        if not name:
            raise ImproperlyConfigured("LIANE_DATABASE_URL: the database name is missing.")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": port,
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            # Planning a query under row-level security costs more than running it: PostgreSQL
            # keeps the plan of a text that comes back (behind pgbouncer: 1.21 or later).
            "OPTIONS": {"server_side_binding": True, "prepare_threshold": 3},
        }
    raise ImproperlyConfigured(
        f"LIANE_DATABASE_URL: {parts.scheme or 'no scheme'!r} is not known; "
        "write postgresql://user@host/name or sqlite:///path."
    )


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # Renewed, a connection plans by what the hourly look at the tables saw.
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                "PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536; PRAGMA mmap_size=2147418112;"
            ),
        },
    }


def secret_key(folder: Path) -> str:
    """``LIANE_SECRET_KEY``, or one made once and kept (mode 0600) in the data folder."""
    value = text("LIANE_SECRET_KEY")
    if value:
        return value
    path = folder / "secret_key"
    if not path.exists():
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
