"""The last calls of each application, for whoever answers for it.

A convenience, not a record: the access ledger keeps who read what. Calls are written by the second,
off the request's own way; those of a process that is killed are lost.
"""

import atexit
import datetime as dt
import threading
import time
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from liane.clients.models import Call
from liane.core.inserting import insert_all

log = structlog.get_logger(__name__)
KEPT = dt.timedelta(days=30)
_waiting: list[Call] = []
_lock = threading.Lock()
_started = threading.Event()


def note(client_id: UUID, kind: str, status: int) -> None:
    """An application called: ``kind`` as in « read Patient » (nothing of whom), HTTP ``status``."""
    call = Call(client_id=client_id, kind=kind[:60], status=status)
    if settings.LEDGER_INLINE:
        call.save()
        return
    with _lock:
        _waiting.append(call)
        start = not _started.is_set()
        _started.set()
    if start:
        threading.Thread(target=_run, name="calls", daemon=True).start()


def flush() -> int:
    """Write what waits. Returns the number of calls written."""
    with _lock:
        calls, _waiting[:] = list(_waiting), []
    if calls:
        insert_all(calls)
    return len(calls)


def _run() -> None:
    while True:
        time.sleep(1)
        try:
            close_old_connections()
            flush()
        except DatabaseError:
            log.warning("calls_not_kept")


def forget() -> int:
    """Periodic: calls older than a month are removed."""
    return Call.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


atexit.register(flush)
