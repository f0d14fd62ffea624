"""Runs `django.tasks` from the database under a lease.

The backend alone leaves a killed task RUNNING and retries nothing. Here a running task renews its
lease; an expired one, or a failed one, is put back with a growing pause, eight attempts at most.
Tasks carry identifiers only and are idempotent.
"""

import datetime as dt
import threading
import uuid
from typing import Any

import structlog
from django.db import close_old_connections, transaction
from django.db.models import F
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from liane.core.jobs import TRIES, backoff

log = structlog.get_logger(__name__)
LEASE = dt.timedelta(seconds=30)
RENEWAL = 8.0
RUNNER = f"liane-{uuid.uuid4()}"


def run_one() -> bool:
    """Run the next ready task, if there is one."""
    if not DBTaskResult.objects.ready().exists():
        return False
    with transaction.atomic():
        row = DBTaskResult.objects.ready().get_locked()
        if row is None:
            return False
        row.claim(RUNNER)
    _run(row)
    return True


def _run(row: "DBTaskResult[Any, Any]") -> None:
    finished = threading.Event()
    renewal = threading.Thread(target=_renew, args=(row.pk, finished), daemon=True)
    renewal.start()
    try:
        value = row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
    except Exception as error:
        log.error("task_failed", task=row.task_path, error=type(error).__name__)
        _failed(row, error)
    else:
        row.set_successful(value)
    finally:
        finished.set()
        renewal.join()


def _renew(pk: uuid.UUID, finished: threading.Event) -> None:
    while not finished.wait(RENEWAL):
        DBTaskResult.objects.filter(pk=pk, status="RUNNING").update(started_at=timezone.now())
        close_old_connections()


def _failed(row: "DBTaskResult[Any, Any]", error: Exception) -> None:
    """Keep the kind of the error, never its text: it could quote a person's data."""
    attempts = len(row.worker_ids)
    row.exception_class_path = f"{type(error).__module__}.{type(error).__qualname__}"
    row.traceback = ""
    if attempts < TRIES:
        row.status, row.run_after = "READY", timezone.now() + backoff(attempts)
    else:
        row.status, row.finished_at = "FAILED", timezone.now()
    row.save(
        update_fields=["status", "run_after", "finished_at", "exception_class_path", "traceback"]
    )


def put_back(now: dt.datetime | None = None) -> int:
    """Put back the tasks whose runner was killed: RUNNING, lease expired. Returns how many."""
    now = now or timezone.now()
    back = 0
    for row in DBTaskResult.objects.running().filter(started_at__lt=now - LEASE):
        last = len(row.worker_ids) >= TRIES
        changed = DBTaskResult.objects.filter(
            pk=row.pk, status="RUNNING", started_at=row.started_at
        ).update(
            status="FAILED" if last else "READY",
            run_after=now,
            finished_at=now if last else None,
            exception_class_path="liane.core.deferred.Killed" if last else "",
        )
        back += changed
    return back


def purge(keep: dt.timedelta = dt.timedelta(days=7)) -> int:
    """Forget the tasks that succeeded long ago."""
    old = DBTaskResult.objects.successful().filter(finished_at__lt=timezone.now() - keep)
    return old.order_by(F("finished_at")).delete()[0]
