"""Periodic work: a table of due times, a lease so that two workers never do the same at once.

A failure is tried again with a growing pause. After eight in a row the job is shown to the
operator (`core.health`) and tried once an hour.
"""

import datetime as dt

import structlog
from django.db.models import Q
from django.utils import timezone

from liane.core import registry
from liane.core.failures import where
from liane.core.models import DueJob

log = structlog.get_logger(__name__)
TRIES = 8
LEASE = dt.timedelta(minutes=10)


def backoff(failures: int) -> dt.timedelta:
    """The pause after the ``failures``-th failure in a row: 5 s, 10 s, 20 s… one hour at most."""
    if failures >= TRIES:
        return dt.timedelta(hours=1)
    return dt.timedelta(seconds=5 * 2 ** max(failures - 1, 0))


def ensure() -> None:
    """Give each registered job its row."""
    known = set(DueJob.objects.values_list("name", flat=True))
    missing = [name for name in registry.jobs if name not in known]
    if missing:
        now = timezone.now()
        DueJob.objects.bulk_create(
            [DueJob(name=name, due_at=now) for name in missing], ignore_conflicts=True
        )


def run_due(now: dt.datetime | None = None) -> list[str]:
    """Run what is due, each under its lease. Returns the names of the jobs that were run."""
    now = now or timezone.now()
    ready = Q(due_at__lte=now) & (Q(leased_until=None) | Q(leased_until__lt=now))
    due = DueJob.objects.filter(ready, name__in=list(registry.jobs)).order_by("due_at")
    ran = []
    for name in list(due.values_list("name", flat=True)):
        claimed = DueJob.objects.filter(ready, pk=name).update(leased_until=now + LEASE)
        if claimed:
            _run(registry.jobs[name], now)
            ran.append(name)
    return ran


def _run(job: registry.Job, now: dt.datetime) -> None:
    row = DueJob.objects.filter(pk=job.name)
    try:
        job.run()
    except Exception as error:
        failures = (row.values_list("failures", flat=True).first() or 0) + 1
        log.error(
            "job_failed",
            job=job.name,
            error=type(error).__name__,
            where=where(error),
            failures=failures,
        )
        row.update(
            failures=min(failures, 99),
            last_error=type(error).__name__,
            due_at=now + backoff(failures),
            leased_until=None,
        )
    else:
        row.update(failures=0, last_error="", due_at=now + job.every, leased_until=None)


def next_due() -> dt.datetime | None:
    """When the next registered job is due."""
    rows = DueJob.objects.filter(name__in=list(registry.jobs)).order_by("due_at")
    return rows.values_list("due_at", flat=True).first()
