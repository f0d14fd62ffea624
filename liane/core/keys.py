"""The installation's keys: encryption, exact-match digests, signed links, each with its own.

They live in ``LIANE_KEYS_FILE`` (JSON, mode 0600), apart from ``LIANE_SECRET_KEY``. The file is
made once, on first use. A use may hold several keys: the last one seals, every one still opens, so
a key is rotated by adding another (:func:`rotate`), never by replacing it.

A sealed value is: version (1 byte), key id (4 bytes), nonce (12 bytes), AES-256-GCM ciphertext and
tag; its associated data is the first five bytes and the caller's context.
"""

import base64
import binascii
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

VERSION = b"\x01"
KEY_BYTES = 32
HEADER_BYTES = 5
NONCE_BYTES = 12
INSTALLATION = UUID(int=0)
"""Stands for "no organisation": files of the installation itself."""


class CannotOpenError(RuntimeError):
    """A sealed value does not open: unknown key, other row or person, or altered bytes."""


class Use(StrEnum):
    """What a key is for. A key never serves two uses."""

    DATA = "data"
    HMAC = "hmac"
    LINK = "link"


@dataclass(frozen=True)
class Key:
    """One secret of 32 bytes and the four bytes that name it."""

    id: bytes
    use: Use
    secret: bytes

    def digest(self, message: bytes) -> str:
        """HMAC-SHA256 (hex) of ``message`` under this key, which is made ready once."""
        made = self._mac.copy()
        made.update(message)
        return made.hexdigest()

    @cached_property
    def _mac(self) -> hmac.HMAC:
        return hmac.new(self.secret, digestmod="sha256")


@dataclass(frozen=True)
class Ring:
    """Every key of the file, oldest first."""

    keys: tuple[Key, ...]

    @cached_property
    def _active(self) -> Mapping[Use, Key]:
        return {key.use: key for key in self.keys}

    def active(self, use: Use) -> Key:
        """The key that seals or signs from now on."""
        return self._active[use]

    def all(self, use: Use) -> list[Key]:
        """Every key of ``use``, the active one first."""
        return [key for key in reversed(self.keys) if key.use is use]

    def find(self, use: Use, key_id: bytes) -> Key | None:
        """The key of ``use`` named ``key_id``."""
        return next((key for key in self.keys if key.use is use and key.id == key_id), None)


def ring() -> Ring:
    """The keys of this installation; makes the file if there is none.

    Raises ImproperlyConfigured, in one line, when the file is unreadable, open to others than its
    owner, or not what it should be. Call it at start-up.
    """
    return _ring(str(settings.LIANE_KEYS_FILE))


def forget() -> None:
    """Read the file again at the next use (after a rotation, or in tests)."""
    _ring.cache_clear()
    _wrapping_key.cache_clear()


def seal(plaintext: bytes, *, context: bytes) -> bytes:
    """Encrypt ``plaintext``; it opens only with the same ``context`` (what it is, whose it is)."""
    key = ring().active(Use.DATA)
    return _encrypt(key.id, key.secret, plaintext, context)


def open_(sealed: bytes, *, context: bytes) -> bytes:
    """The plaintext of :func:`seal`. Raises :class:`CannotOpenError`."""
    return _decrypt(_key_of(sealed).secret, sealed, context)


def digests(value: str, *, purpose: str) -> list[str]:
    """Digests of ``value`` under every HMAC key, the active one first: what a search looks for."""
    message = f"{purpose}\0{value}".encode()
    return [key.digest(message) for key in ring().all(Use.HMAC)]


def digest(value: str, *, purpose: str) -> str:
    """HMAC-SHA256 (hex) of ``value``, to store beside its sealed form for exact match."""
    message = f"{purpose}\0{value}".encode()
    return ring().active(Use.HMAC).digest(message)


def sign(value: str, *, purpose: str) -> str:
    """A signature of ``value`` for a link: URL-safe, names its key, good for ``purpose`` alone."""
    key = ring().active(Use.LINK)
    return _b64url(key.id + _signature(key, value, purpose))


def signature_holds(value: str, signature: str, *, purpose: str) -> bool:
    """True when ``signature`` is ours for ``value`` and ``purpose``; expiry is the caller's."""
    try:
        raw = base64.b64decode(signature + "=" * (-len(signature) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    key = ring().find(Use.LINK, raw[:4])
    return key is not None and hmac.compare_digest(raw[4:], _signature(key, value, purpose))


def wrap(secret: bytes, *, organisation_id: UUID | None, context: bytes) -> bytes:
    """Encrypt a file's own key under the key derived for ``organisation_id``."""
    key = ring().active(Use.DATA)
    return _encrypt(key.id, _wrapping_key(key.secret, organisation_id), secret, context)


def unwrap(wrapped: bytes, *, organisation_id: UUID | None, context: bytes) -> bytes:
    """The key that :func:`wrap` sealed. Raises :class:`CannotOpenError`."""
    secret = _wrapping_key(_key_of(wrapped).secret, organisation_id)
    return _decrypt(secret, wrapped, context)


def rotate(use: Use) -> str:
    """Add a key to the file and make it the active one; returns its id.

    What older keys sealed still opens. Other processes see the new key when they first meet a value
    it sealed, or at their next start.
    """
    path = Path(settings.LIANE_KEYS_FILE)
    keys = (*ring().keys, _fresh(use))
    temporary = _written_beside(path, keys)
    temporary.replace(path)
    _sync_folder(path.parent)
    forget()
    return keys[-1].id.hex()


def _encrypt(key_id: bytes, secret: bytes, plaintext: bytes, context: bytes) -> bytes:
    header = VERSION + key_id
    nonce = secrets.token_bytes(NONCE_BYTES)
    return header + nonce + AESGCM(secret).encrypt(nonce, plaintext, header + context)


def _decrypt(secret: bytes, sealed: bytes, context: bytes) -> bytes:
    header = sealed[:HEADER_BYTES]
    nonce = sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
    try:
        return AESGCM(secret).decrypt(nonce, sealed[HEADER_BYTES + NONCE_BYTES :], header + context)
    except InvalidTag:
        raise CannotOpenError(
            "A sealed value does not open: it was sealed for another row, or was altered."
        ) from None


def _key_of(sealed: bytes) -> Key:
    if len(sealed) < HEADER_BYTES + NONCE_BYTES + 16 or sealed[:1] != VERSION:
        raise CannotOpenError("This is not a value sealed by Liane.")
    key_id = sealed[1:HEADER_BYTES]
    key = ring().find(Use.DATA, key_id)
    if key is None:
        forget()
        key = ring().find(Use.DATA, key_id)
    if key is None:
        raise CannotOpenError(
            f"A value was sealed with key {key_id.hex()}, which LIANE_KEYS_FILE does not hold."
        )
    return key


def _signature(key: Key, value: str, purpose: str) -> bytes:
    return hmac.new(key.secret, f"{purpose}\0{value}".encode(), "sha256").digest()


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=1024)
def _wrapping_key(master: bytes, organisation_id: UUID | None) -> bytes:
    info = b"liane file wrapping 1\0" + (organisation_id or INSTALLATION).bytes
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


@lru_cache(maxsize=4)
def _ring(named: str) -> Ring:
    path = Path(named)
    try:
        if not path.exists():
            _make(path)
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not ASCII"
        raise ImproperlyConfigured(f"LIANE_KEYS_FILE={path}: cannot be read ({reason}).") from None
    if mode & 0o077:
        raise ImproperlyConfigured(
            f"LIANE_KEYS_FILE={path}: others than its owner may open it (mode {mode & 0o777:o}); "
            "run chmod 600 on it."
        )
    try:
        return _parsed(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(
            f"LIANE_KEYS_FILE={path}: not a key file ({error}); restore it from a backup."
        ) from None


def _parsed(text: str) -> Ring:
    content = json.loads(text)
    if content["version"] != 1:
        raise ValueError("version is not 1")
    keys = tuple(
        Key(
            bytes.fromhex(row["id"]),
            Use(row["use"]),
            base64.b64decode(row["secret"], validate=True),
        )
        for row in content["keys"]
    )
    if any(len(key.id) != 4 or len(key.secret) != KEY_BYTES for key in keys):
        raise ValueError("a key has the wrong length")
    if len({key.id for key in keys}) != len(keys):
        raise ValueError("two keys share one id")
    missing = set(Use) - {key.use for key in keys}
    if missing:
        raise ValueError(f"no key for {', '.join(sorted(missing))}")
    return Ring(keys)


def _fresh(use: Use) -> Key:
    return Key(secrets.token_bytes(4), use, secrets.token_bytes(KEY_BYTES))


def _make(path: Path) -> None:
    """Make the file whole or not at all; where two processes race, the first one's keys stay."""
    temporary = _written_beside(path, tuple(_fresh(use) for use in Use))
    try:
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    _sync_folder(path.parent)


def _written_beside(path: Path, keys: tuple[Key, ...]) -> Path:
    known = {} if not path.exists() else _made_dates(path)
    rows = [
        {
            "id": key.id.hex(),
            "use": key.use.value,
            "made": known.get(key.id.hex(), timezone.now().date().isoformat()),
            "secret": base64.b64encode(key.secret).decode(),
        }
        for key in keys
    ]
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"version": 1, "keys": rows}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _made_dates(path: Path) -> dict[str, str]:
    return {row["id"]: row.get("made", "") for row in json.loads(path.read_text())["keys"]}


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
