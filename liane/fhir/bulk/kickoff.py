"""The request for an export: 202, and where to ask what becomes of it."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from liane.fhir.addresses import base
from liane.fhir.answers import Answer
from liane.fhir.bulk import making, wanted
from liane.fhir.bulk.kept import PATH
from liane.fhir.calls import Call, Pairs
from liane.fhir.models import Export
from liane.fhir.operations import Operation, Target, parameters
from liane.fhir.outcomes import Issue, Problem, problem
from liane.fhir.writing import Writer

LIFE = dt.timedelta(hours=24)
MOST = 2
"""Exports of one application at the same time."""


def export(call: Call, target: Target, on: Writer) -> Answer:
    """Take the request. Raises Problem 400, 403, 404 and 429."""
    caller = on.access.caller
    if caller.actor.kind != "client" or caller.actor.organisation_id is None:
        raise problem(403, "Exports are for backend services (system scopes).", code="forbidden")
    if not call.prefer.later:
        raise problem(400, "An export is asked for with Prefer: respond-async.",
                      code="required", where="http.Prefer")  # fmt: skip
    asked = wanted.of(target.kind, target.key, _given(call), on.access)
    making.people(asked, on.access)
    running = Export.objects.filter(client_id=caller.client_id, state__in=["waiting", "running"])
    if running.count() >= MOST:
        issue = Issue(f"{MOST} exports of this application are running.", "throttled")
        raise Problem(429, issue, headers={"Retry-After": "30"})
    made = Export.objects.create(
        client_id=caller.client_id, organisation_id=caller.actor.organisation_id,
        scopes=str(caller.scopes), request=f"{base()}/{'/'.join(call.path)}",
        asked=asked.written(), expires_at=timezone.now() + LIFE,
    )  # fmt: skip
    transaction.on_commit(lambda: making.make.enqueue(str(made.pk)))
    return Answer(202, None, {"Content-Location": f"{base()}/{PATH}/{made.pk}"})


def _given(call: Call) -> Pairs:
    return [
        (name, str(one)) for name, several in parameters(call).items()
        for one in several if one is not None
    ]  # fmt: skip


EXPORT = Operation(
    "export",
    "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
    frozenset({"system", "type", "instance"}),
    export,
    frozenset({"", "Patient", "Group"}),
    reads=False,
    by_get=True,
)
