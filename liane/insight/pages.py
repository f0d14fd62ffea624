"""/pilotage/: the activity report, its exports, the list behind a figure."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from liane.core import ledger, pdf
from liane.core.errors import Refused
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.models import AccessRow
from liane.core.routes import Policy, route
from liane.insight import exports, periods, queries, rules, services
from liane.insight.periods import Period

READ = ("GET", "HEAD")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@route(Policy.PROFESSIONAL, audit="activity_report", methods=READ)
def index(request: Request) -> HttpResponse:
    """The report of a period, this year's without a word."""
    _reader(request)
    period, problem = _period(request)
    context = {
        "report": queries.report(period),
        "period": period,
        "problem": problem,
        "kinds": _kinds(period),
        "files": queries.files(),
        "pdf": pdf.available(),
        "lists": rules.names(request.actor),
    }
    return render(request, "insight/report.html", context, status=422 if problem else 200)


def _kinds(period: Period) -> list[dict[str, object]]:
    found = []
    for kind, label in periods.KINDS.items():
        same = kind == period.kind
        if kind in periods.LENGTHS:
            query = (period if same else periods.of(kind, period.last)).query
        else:
            query = Period(kind, period.first, period.last).query
        found.append({"label": label, "url": f"?{query}", "current": same})
    return found


@route(Policy.PROFESSIONAL, audit="activity_report", methods=READ)
def export(request: Request, form: str) -> HttpResponse:
    """The same figures as a file, small cells hidden."""
    _reader(request)
    period, problem = _period(request)
    if problem is not None or form not in {"csv", "xlsx"}:
        raise Http404
    report = queries.report(period, export=True)
    if form == "csv":
        response = HttpResponse(exports.as_csv(report), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(exports.as_xlsx(report), content_type=XLSX)
    name = f"activite-{period.first.isoformat()}-{period.last.isoformat()}.{form}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@route(Policy.PROFESSIONAL, audit="activity_report", methods=("POST",))
def ask(request: Request) -> HttpResponse:
    """Have the PDF made."""
    _reader(request)
    try:
        period = periods.asked(request.POST.dict())
        services.ask_document(period)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("insight")
    messages.success(request, "Le PDF se prépare : il apparaîtra dans « Documents », plus bas.")
    return redirect(f"/pilotage/?{period.query}#documents")


@route(Policy.PROFESSIONAL, audit="activity_report", methods=READ)
def document(request: Request, report_id: UUID) -> HttpResponse:
    """A report that was made as PDF."""
    _reader(request)
    found = queries.one_file(report_id)
    if found is None or found.file is None:
        raise Http404
    ledger.read([None], "activity_report", object_id=found.organisation_id,
                action=AccessRow.Action.EXPORT)  # fmt: skip
    return file_response(found.file, inline=False, request=request)


@route(Policy.PROFESSIONAL, audit="activity_report", methods=READ)
def behind(request: Request, figure: str) -> HttpResponse:
    """Whom a figure counts, for those who may see them."""
    _reader(request)
    period, problem = _period(request)
    key, page = request.GET.get("cle", ""), request.GET.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    found = None if problem else queries.behind(period, figure, key, number)
    if found is None:
        raise Http404
    following = f"{period.query}&{urlencode({'cle': key})}&page={found.after}"
    context = {"found": found, "period": period, "following": following}
    return render(request, "insight/behind.html", context)


def _reader(request: Request) -> None:
    if not rules.reads(request.actor):
        raise Http404


def _period(request: Request) -> tuple[Period, Refused | None]:
    try:
        return periods.asked(request.GET.dict()), None
    except Refused as refusal:
        return periods.asked({}), refusal
