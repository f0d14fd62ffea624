"""Which enrolments may have another answer than the one that was kept.

Three reasons: never settled; a sequence still runs, so that time alone may close it; a fact was
written since the last run. A run asked for as ``whole`` looks at all of them.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from liane.bundles.models import Mark, SettlementRun
from liane.directory.models import Locum
from liane.interventions.models import Undo
from liane.pathways.models import (
    Anchor,
    Confirmation,
    Counted,
    DocumentGiven,
    Enrolment,
    EnrolmentEvent,
    Rights,
    SharingAccord,
    Signatory,
    Suspension,
)
from liane.pathways.states import EnrolmentStatus as Status

MARGIN = dt.timedelta(minutes=10)
"""A fact written in a long transaction shows after its own date: look back this far."""
SETTLED = (Status.INCLUDED, Status.SUSPENDED, Status.ENDED)


def due(until: dt.date, *, organisation_id: UUID | None, whole: bool) -> list[UUID]:
    """Enrolments to settle, oldest first."""
    rows = Enrolment.objects.filter(status__in=SETTLED, included_on__isnull=False)
    if organisation_id is not None:
        rows = rows.filter(organisation_id=organisation_id)
    if whole:
        return list(rows.order_by("pk").values_list("pk", flat=True))
    marks = Mark.objects.filter(enrolment_id=OuterRef("pk"))
    running = marks.filter(again_on__lte=until)
    fresh = rows.filter(~Exists(marks) | Exists(running))
    found = set(fresh.order_by().values_list("pk", flat=True))
    since = _last_run(organisation_id)
    if since is not None:
        touched = set(_touched(since))
        known = rows.filter(pk__in=touched) if len(touched) < 500 else rows
        found |= touched & set(known.order_by().values_list("pk", flat=True))
    return sorted(found)


def _last_run(organisation_id: UUID | None) -> dt.datetime | None:
    """From when facts may be unknown: the last run that was finished, less a margin."""
    runs = SettlementRun.objects.filter(finished_at__isnull=False)
    if organisation_id is not None:
        runs = runs.filter(Q(organisation_id=None) | Q(organisation_id=organisation_id))
    else:
        runs = runs.filter(organisation_id=None)
    last = runs.order_by("-started_at").values_list("started_at", flat=True).first()
    return last - MARGIN if last else None


def _touched(since: dt.datetime) -> Iterator[UUID]:
    """Enrolments about which something was written since. One query a kind of fact."""
    written: list[QuerySet[Any]] = [
        model.objects.filter(created_at__gte=since)
        for model in (Anchor, Counted, DocumentGiven, Rights, Suspension, Confirmation)
    ]
    written += [
        Counted.objects.filter(ended_at__gte=since),
        Confirmation.objects.filter(answered_at__gte=since),
        EnrolmentEvent.objects.filter(at__gte=since),
    ]
    for rows in written:
        yield from rows.order_by().values_list("enrolment_id", flat=True)
    undone = Undo.objects.filter(created_at__gte=since).values("intervention_id")
    counted = Counted.objects.filter(intervention_id__in=undone)
    yield from counted.order_by().values_list("enrolment_id", flat=True)
    contracts = Locum.objects.filter(changed_at__gte=since).values("locum_id")
    lent = Counted.objects.filter(ended_at=None, intervention__performed_by_id__in=contracts)
    yield from lent.order_by().values_list("enrolment_id", flat=True)
    agreed = SharingAccord.objects.filter(created_at__gte=since)
    projects = agreed.values("agreement__project_id")
    joined = Signatory.objects.filter(changed_at__gte=since).values("project_id")
    teams = Enrolment.objects.filter(Q(project_id__in=projects) | Q(project_id__in=joined))
    yield from teams.order_by().values_list("pk", flat=True)
