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
from liane.core import rows as plain
from liane.core.ids import first_at
from liane.directory.models import Locum
from liane.interventions.models import Intervention, Undo
from liane.pathways.models import (
    Anchor,
    Confirmation,
    ConfirmationEvent,
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
        return _ids(rows)
    marks = Mark.objects.filter(enrolment_id=OuterRef("pk"))
    found = set(_ids(rows.filter(~Exists(marks))))
    running = Mark.objects.filter(again_on__lte=until).values("enrolment_id")
    found.update(_ids(rows.filter(pk__in=running)))
    since = _last_run(organisation_id)
    if since is not None:
        touched = set(_touched(since)) - found
        found.update(_ids(rows.filter(pk__in=plain.among(touched))) if touched else ())
    return sorted(found)


def _ids(rows: QuerySet[Enrolment]) -> list[UUID]:
    return [plain.uuid(pk) for (pk,) in plain.read(rows.order_by("pk").values_list("pk"))]


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
    """Enrolments about which something was written since. One query a kind of fact.

    What was added is found by its identifier, which grows with time: no other index is needed.
    """
    new = first_at(since)
    written: list[QuerySet[Any]] = [
        model.objects.filter(pk__gte=new)
        for model in (
            Anchor, Counted, DocumentGiven, Rights, Suspension, Confirmation, EnrolmentEvent,
        )
    ]  # fmt: skip
    written.append(Counted.objects.filter(ended_at__gte=since))
    contracts = Locum.objects.filter(changed_at__gte=since).values("locum_id")
    lent = Intervention.objects.filter(performed_by_id__in=contracts).values("pk")
    undone = Undo.objects.filter(pk__gte=new).values("intervention_id")
    written += [
        Counted.objects.filter(intervention_id__in=lent, ended_at=None),
        Counted.objects.filter(intervention_id__in=undone),
    ]
    for rows in written:
        yield from _enrolments(rows.values_list("enrolment_id"))
    answered = ConfirmationEvent.objects.filter(pk__gte=new)
    yield from _enrolments(answered.values_list("confirmation__enrolment_id"))
    agreed = SharingAccord.objects.filter(pk__gte=new)
    projects = agreed.values("agreement__project_id")
    joined = Signatory.objects.filter(changed_at__gte=since).values("project_id")
    teams = Enrolment.objects.filter(Q(project_id__in=projects) | Q(project_id__in=joined))
    yield from _enrolments(teams.values_list("pk"))


def _enrolments(rows: QuerySet[Any, Any]) -> Iterator[UUID]:
    return (plain.uuid(pk) for pk in {pk for (pk,) in plain.read(rows.order_by())})
