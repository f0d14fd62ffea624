"""Fetching answers from the mail operator, over IMAP with TLS (a client certificate where given).

A mail is marked as seen only once it is kept here: a crash between the two brings it again, and
taking it in twice changes nothing.
"""

import imaplib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from liane.core.mail import tls
from liane.messaging import incoming

MOST = 100
"""Mails of one visit."""
TIMEOUT = 30
"""Seconds."""
LOOPBACK = frozenset({"localhost", "127.0.0.1"})


def ready() -> bool:
    """True when a mailbox is configured."""
    return bool(settings.LIANE_MSS_IMAP_URL)


def fetch() -> Counter[str]:
    """Take in what the mailbox has not shown yet; how many had which fate (periodic work)."""
    found: Counter[str] = Counter()
    if not ready():
        return found
    with _mailbox() as box:
        answer, data = box.uid("SEARCH", "UNSEEN")
        numbers = data[0].split() if answer == "OK" and data and data[0] else []
        for uid in numbers[:MOST]:
            row = _take(box, uid.decode())
            if row:
                found[row] += 1
                box.uid("STORE", uid.decode(), "+FLAGS", r"(\Seen)")
    return found


def _take(box: imaplib.IMAP4, uid: str) -> str:
    size = _size(box, uid)
    wanted = "(BODY.PEEK[])" if size <= incoming.LARGEST else "(BODY.PEEK[HEADER])"
    _, data = box.uid("FETCH", uid, wanted)
    raw = next((part[1] for part in data if isinstance(part, tuple)), None)
    return str(incoming.take_in(raw, size=size).status) if raw else ""


def _size(box: imaplib.IMAP4, uid: str) -> int:
    _, data = box.uid("FETCH", uid, "(RFC822.SIZE)")
    text = b" ".join(part if isinstance(part, bytes) else part[0] for part in data if part)
    found = re.search(rb"RFC822\.SIZE (\d+)", text)
    return int(found.group(1)) if found else 0


@contextmanager
def _mailbox() -> Iterator[imaplib.IMAP4]:
    """The configured mailbox, open: ``imaps://user:password@host:993/INBOX``."""
    parts = urlsplit(settings.LIANE_MSS_IMAP_URL)
    host = parts.hostname or ""
    context = tls(
        cafile=settings.LIANE_MSS_CA or None,
        certfile=settings.LIANE_MSS_CERT or None,
        keyfile=settings.LIANE_MSS_KEY or None,
    )
    box: imaplib.IMAP4
    if parts.scheme == "imaps":
        box = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=TIMEOUT)
    elif parts.scheme == "imap":
        box = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
        if host not in LOOPBACK:
            box.starttls(context)
    else:
        raise ImproperlyConfigured("LIANE_MSS_IMAP_URL: write imaps://user:password@host/INBOX.")
    try:
        box.login(unquote(parts.username or ""), unquote(parts.password or ""))
        box.select(unquote(parts.path.strip("/")) or "INBOX")
        yield box
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            box.logout()
