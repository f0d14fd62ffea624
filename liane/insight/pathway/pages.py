"""/pilotage/parcours/: the dashboard of the structure's pathways, and its files."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.directory.models import Organisation
from liane.insight import periods, rules
from liane.insight.pathway import board, files
from liane.insight.pathway.dictionary import meanings
from liane.insight.periods import Period

READ = ("GET", "HEAD")


@route(Policy.PROFESSIONAL, audit="activity_report", methods=READ)
def index(request: Request) -> HttpResponse:
    """Inclusions, adherence, delays, exits, money, load."""
    house, (period, problem) = _house(request), _period(request)
    shown = board.board(house, period, _project(request), export=False)
    project = f"&projet={shown.project.pk}" if shown.project else ""
    context = {
        "board": shown, "period": period, "problem": problem, "project": project,
        "projects": _choices(period, shown), "meanings": meanings().values(),
        "kinds": [
            {"label": label, "url": f"?{periods.of(kind, period.last).query}{project}",
             "current": kind == period.kind}
            for kind, label in periods.KINDS.items() if kind in periods.LENGTHS
        ],
    }  # fmt: skip
    return render(request, "insight/pathway.html", context, status=422 if problem else 200)


@route(Policy.PROFESSIONAL, audit="activity_report", methods=READ)
def export(request: Request, form: str) -> HttpResponse:
    """The same as a file, with nobody to ask."""
    house, (period, problem) = _house(request), _period(request)
    if problem is not None or form not in files.FORMS:
        raise Http404
    shown = board.board(house, period, _project(request), export=True)
    response = HttpResponse(files.render(form, shown), content_type=files.FORMS[form])
    name = f"parcours-{period.first.isoformat()}-{period.last.isoformat()}.{form}"
    if form == "dictionnaire":
        name = "parcours-dictionnaire.csv"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _house(request: Request) -> Organisation:
    """The structure that the actor acts for, when they read its figures. Raises Http404."""
    if not rules.reads(request.actor):
        raise Http404
    return Organisation.objects.get(pk__in=[request.actor.organisation_id])


def _project(request: Request) -> UUID | None:
    return parse(request.GET.get("projet", ""))


def _choices(period: Period, shown: board.Board) -> list[dict[str, object]]:
    here = shown.project.pk if shown.project else None
    every = {"label": "Tous les parcours", "url": f"?{period.query}", "current": here is None}
    return [
        every,
        *(
            {
                "label": one.title,
                "url": f"?{period.query}&projet={one.pk}",
                "current": one.pk == here,
            }
            for one in board.projects()
        ),
    ]


def _period(request: Request) -> tuple[Period, Refused | None]:
    try:
        return periods.asked(request.GET.dict()), None
    except Refused as refusal:
        return periods.asked({}), refusal
