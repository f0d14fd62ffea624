"""Encrypted files on disk: written whole and durably, opened piece by piece.

Each file has its own key, wrapped for its organisation (`core.keys.wrap`). The content is cut into
pieces of 256 KiB, each sealed with AES-256-GCM; the nonce carries the piece's number and whether it
is the last, so that pieces cannot be dropped, moved or cut off. Names on disk are random.
"""

import os
import re
import secrets
import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from liane.core.keys import CannotOpenError

MAGIC = b"LIANE\x01"
PIECE = 256 * 1024
TAG = 16
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40}(\.[a-z]+)?")


def fresh_path() -> str:
    """A new random place, relative to the storage folder."""
    name = secrets.token_hex(20)
    return f"{name[:2]}/{name}"


def sealed(content: bytes, *, key: bytes, context: bytes) -> Iterator[bytes]:
    """The encrypted form of ``content``, in order. ``key`` must serve this one file."""
    cipher = AESGCM(key)
    yield MAGIC
    pieces = range(0, max(len(content), 1), PIECE)
    for number, start in enumerate(pieces):
        last = start + PIECE >= len(content)
        yield cipher.encrypt(_nonce(number, last), content[start : start + PIECE], MAGIC + context)


def opened(path: str, *, key: bytes, context: bytes) -> Iterator[bytes]:
    """The pieces of the file at ``path``, each authenticated before it is given.

    Raises `CannotOpenError` when a piece was altered, moved, cut off, or sealed for something else.
    """
    cipher = AESGCM(key)
    with _place(path).open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise CannotOpenError("This file was not written by Liane.")
        number, piece = 0, file.read(PIECE + TAG)
        while True:
            following = file.read(PIECE + TAG)
            try:
                yield cipher.decrypt(_nonce(number, not following), piece, MAGIC + context)
            except InvalidTag:
                raise CannotOpenError(
                    "A stored file does not open: altered, or not its own."
                ) from None
            if not following:
                return
            number, piece = number + 1, following


def write(path: str, pieces: Iterable[bytes]) -> None:
    """Write a new file durably: its bytes and its name are on disk when this returns."""
    place = _place(path)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    for folder in (place.parent, place.parent.parent):
        _sync(folder)


def remove(path: str) -> None:
    """Remove a file that no row names any more."""
    _place(path).unlink(missing_ok=True)


def older_than(seconds: float) -> Iterator[str]:
    """Paths of the files written more than ``seconds`` ago."""
    root = Path(settings.LIANE_STORAGE_DIR)
    limit = time.time() - seconds
    for place in root.glob("[0-9a-f][0-9a-f]/*") if root.exists() else ():
        if place.stat().st_mtime < limit:
            yield place.relative_to(root).as_posix()


def _nonce(number: int, last: bool) -> bytes:
    return struct.pack(">7xI?", number, last)


def _place(path: str) -> Path:
    if not _NAME.fullmatch(path):
        raise ValueError("Not a path of the storage folder.")
    return Path(settings.LIANE_STORAGE_DIR) / path


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
