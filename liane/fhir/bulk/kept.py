"""What was exported: its state, its files, its end. For the application that asked, alone."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.http import http_date

from liane.core.acting import acting, system
from liane.core.files import store
from liane.core.ids import parse
from liane.core.models import StoredFile
from liane.fhir import wire
from liane.fhir.access import Access
from liane.fhir.addresses import base
from liane.fhir.answers import Answer
from liane.fhir.bulk.wanted import given
from liane.fhir.calls import Call
from liane.fhir.interactions import Asked
from liane.fhir.models import Export, ExportFile
from liane.fhir.outcomes import not_found, problem
from liane.fhir.reading import instant
from liane.fhir.writing import Writer

PATH = "bulk"
REMEMBERED = dt.timedelta(days=30)
S = Export.State


def read(call: Call) -> Asked:
    """``bulk/{export}`` and ``bulk/{export}/{file}``. Raises Problem 404 or 405."""
    keys = [parse(one) for one in call.path[1:]]
    known = [one for one in keys if one is not None]
    if not 1 <= len(known) <= 2 or len(known) != len(keys):
        raise not_found()
    export_id, file_id = known[0], known[-1]
    if call.method == "DELETE" and len(keys) == 1:
        return Asked("delete export", False, lambda on: _delete(export_id, on))
    if not call.reads:
        raise problem(405, f"{call.method} means nothing here.", code="not-supported")
    if len(keys) == 2:
        return Asked("fetch export", True, lambda on: _fetch(export_id, file_id, on))
    return Asked("status export", True, lambda on: _status(export_id, on))


def _mine(export_id: UUID, access: Access) -> Export:
    found = Export.objects.filter(pk=export_id, client_id=access.caller.client_id).first()
    if found is None or found.state == S.GONE or found.expires_at <= timezone.now():
        raise not_found()
    return found


def _status(export_id: UUID, on: Writer) -> Answer:
    export = _mine(export_id, on.access)
    if export.state == S.FAILED:
        raise problem(500, "This export failed: ask for it again.", code="exception")
    if export.state != S.DONE:
        words = f"{export.done} resources"
        return Answer(202, None, {"X-Progress": words, "Retry-After": "2"})
    files = export.files.filter(file__state=StoredFile.State.SAFE).order_by("type", "pk")
    manifest = {
        "transactionTime": instant(export.at),
        "request": export.request,
        "requiresAccessToken": True,
        "output": [
            {"type": one.type, "url": f"{base()}/{PATH}/{export.pk}/{one.pk}", "count": one.count}
            for one in files if given(one.type, on.access)
        ],
        "error": [],
    }  # fmt: skip
    headers = {"Expires": http_date(export.expires_at.timestamp())}
    return Answer(200, None, headers, wire.dump(manifest), "application/json")


def _fetch(export_id: UUID, file_id: UUID, on: Writer) -> Answer:
    export = _mine(export_id, on.access)
    found: ExportFile | None = (
        export.files.select_related("file").filter(pk=file_id).first()
        if export.state == S.DONE else None
    )  # fmt: skip
    if found is None or not given(found.type, on.access):
        raise not_found()
    return Answer(200, None, {}, store.read_file(found.file), "application/fhir+ndjson")


def _delete(export_id: UUID, on: Writer) -> Answer:
    export = _mine(export_id, on.access)
    with acting(system("fhir export")):
        end(export, S.GONE)
    return Answer(202)


# ------------------------------------------------------------------ its end
def end(export: Export, state: str) -> None:
    """It is over: its files are removed. For machines."""
    with transaction.atomic():
        Export.objects.filter(pk=export.pk).update(state=state)
        remove_files(export)


def remove_files(export: Export) -> None:
    """Take its files away. For machines."""
    with transaction.atomic():
        for one in ExportFile.objects.filter(export=export).select_related("file"):
            file = one.file
            one.delete()
            store.remove(file)


def sweep() -> None:
    """Let expired exports go; what they were is forgotten later."""
    with acting(system("fhir export")):
        old = Export.objects.filter(expires_at__lt=timezone.now()).exclude(state=S.GONE)
        for export in old[:200]:
            end(export, S.GONE)
        Export.objects.filter(state=S.GONE, expires_at__lt=timezone.now() - REMEMBERED).delete()
