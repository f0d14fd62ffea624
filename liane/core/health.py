"""Is the service well? What `/sante/ready` and the operator look at. No personal data."""

import datetime as dt

from django.db import DatabaseError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from liane.core import registry
from liane.core.jobs import TRIES
from liane.core.models import DueJob, Outbox

BEAT = registry.Job("heartbeat", every=dt.timedelta(seconds=5), run=lambda: None, label="Battement")
"""Work that does nothing: when it is overdue, no worker runs."""
MEMORY = dt.timedelta(days=7)
SILENCE = dt.timedelta(seconds=30)


def problems(now: dt.datetime | None = None) -> list[str]:
    """What is wrong, one word each; empty when all is well."""
    now = now or timezone.now()
    try:
        late = not DueJob.objects.filter(pk=BEAT.name, due_at__gt=now - SILENCE).exists()
        oldest = Outbox.objects.order_by("id").values_list("id", flat=True).first()
        shown = DueJob.objects.filter(failures__gte=TRIES).values_list("name", flat=True)
        found = [f"failing:{name}" for name in shown]
        if DBTaskResult.objects.failed().filter(finished_at__gt=now - MEMORY).exists():
            found.append("failing:tasks")
    except DatabaseError:
        return ["database"]
    if late:
        found.append("worker")
    if oldest is not None and (oldest.int >> 80) / 1000 < (now - SILENCE).timestamp():
        found.append("dispatcher")
    return found
