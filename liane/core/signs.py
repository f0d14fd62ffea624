"""Signs of life: what processes and the operator's acts leave behind, for the service's state."""

import datetime as dt
import os
import socket

import structlog
from django.db import DatabaseError
from django.utils import timezone

from liane.core.models import Sign

log = structlog.get_logger(__name__)
EVERY = 30.0
"""Seconds between two signs of a process."""
FRESH = dt.timedelta(seconds=3 * EVERY)
"""Older than this, the process is taken for stopped."""
KEPT = dt.timedelta(days=1)
"""How long the sign of a process that stopped is kept."""


def process(kind: str) -> str:
    """The name of this process among those of its kind: ``live:host:1234``."""
    return f"{kind}:{socket.gethostname()[:60]}:{os.getpid()}"


def leave(name: str, value: int = 0, words: str = "") -> None:
    """Note that ``name`` is alive, or was done, now. A database that is away breaks nothing."""
    try:
        Sign.objects.update_or_create(
            pk=name[:120], defaults={"at": timezone.now(), "value": value, "words": words[:200]}
        )
    except DatabaseError as error:
        log.warning("sign_not_left", sign=name, error=type(error).__name__)


def of(kind: str) -> list[Sign]:
    """The signs of one kind, newest first."""
    return list(Sign.objects.filter(name__startswith=f"{kind}:").order_by("-at"))


def one(name: str) -> Sign | None:
    """One sign by its name."""
    return Sign.objects.filter(pk=name).first()


def forget() -> int:
    """Periodic: drop the signs of processes that stopped long ago."""
    old = Sign.objects.filter(name__contains=":", at__lt=timezone.now() - KEPT)
    return old.delete()[0]
