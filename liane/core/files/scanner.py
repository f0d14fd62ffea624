"""The virus scanner: clamd, over its INSTREAM protocol, at ``LIANE_CLAMAV_URL``.

``tcp://host:3310`` or ``unix:///run/clamav/clamd.ctl``; empty means that there is none.
"""

import re
import socket
import struct
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SECONDS = 20
_PIECE = 64 * 1024
_URL = "LIANE_CLAMAV_URL: write tcp://host:port or unix:///path."


class Verdict(Enum):
    """What the scanner says."""

    CLEAN = "clean"
    INFECTED = "infected"
    SILENT = "silent"
    """It did not answer, or could not tell: the file stays in quarantine."""


@dataclass(frozen=True)
class Address:
    """Where clamd listens."""

    path: str = ""
    host: str = ""
    port: int = 3310


def address() -> Address | None:
    """The scanner's address, or None when there is none. Raises ImproperlyConfigured."""
    url = str(getattr(settings, "LIANE_CLAMAV_URL", "") or "")
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port or 3310
    except ValueError:
        raise ImproperlyConfigured(_URL) from None
    if parts.scheme == "unix" and parts.path:
        return Address(path=parts.path)
    if parts.scheme == "tcp" and parts.hostname:
        return Address(host=parts.hostname, port=port)
    raise ImproperlyConfigured(_URL)


def scan(content: bytes) -> Verdict:
    """Ask the scanner about ``content``; CLEAN when none is configured."""
    where = address()
    if where is None:
        return Verdict.CLEAN
    try:
        with _connected(where) as link:
            return _asked(link, content)
    except OSError:
        return Verdict.SILENT


def _connected(where: Address) -> socket.socket:
    if where.host:
        return socket.create_connection((where.host, where.port), timeout=SECONDS)
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(SECONDS)
    try:
        link.connect(where.path)
    except OSError:
        link.close()
        raise
    return link


def _asked(link: socket.socket, content: bytes) -> Verdict:
    link.sendall(b"zINSTREAM\0")
    for start in range(0, len(content), _PIECE):
        piece = content[start : start + _PIECE]
        link.sendall(struct.pack(">I", len(piece)) + piece)
    link.sendall(struct.pack(">I", 0))
    answer = b""
    while b"\0" not in answer and len(answer) < 4096:
        piece = link.recv(1024)
        if not piece:
            break
        answer += piece
    said = answer.partition(b"\0")[0].strip()
    if said == b"stream: OK":
        return Verdict.CLEAN
    return Verdict.INFECTED if re.fullmatch(rb"stream: .* FOUND", said) else Verdict.SILENT
