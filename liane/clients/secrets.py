"""Random secrets, of which only digests are stored."""

import hmac
import secrets

from liane.core import keys

_PURPOSE = "api-secret"


def make(prefix: str) -> str:
    """A new secret of 256 bits; its prefix lets scanners of leaked secrets know it."""
    return f"liane_{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """What is stored in its place."""
    return keys.digest(secret, purpose=_PURPOSE)


def digests(secret: str) -> list[str]:
    """Every digest to look for, older keys included."""
    return keys.digests(secret, purpose=_PURPOSE)


def same(secret: str, stored: str) -> bool:
    """True when ``stored`` is the digest of ``secret``; takes the same time either way."""
    return bool(stored) and any(hmac.compare_digest(one, stored) for one in digests(secret))
