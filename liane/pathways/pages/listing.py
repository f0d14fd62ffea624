"""/file-active/parcours/: the list of the structure, its views, its bulk actions, its exports."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header

from liane.core import ledger, registry
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.models import AccessRow
from liane.core.routes import Policy, route
from liane.core.templatetags.liane import capped
from liane.directory.models import Organisation
from liane.pathways import exports, listing, teams
from liane.pathways.listing import Filters
from liane.pathways.pages.common import POST, READ
from liane.pathways.services import following

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HERE = "/file-active/parcours/"


@route(Policy.PROFESSIONAL, audit="pathway")
def index(request: Request) -> HttpResponse:
    """One line a person; a name is searched by POST, so that it stands in no address."""
    house = _house()
    wanted = _filters(request)
    page = listing.page(house.pk, wanted)
    counts = listing.counts(house.pk)
    keys = listing.protocols_followed(house.pk)
    context = {
        "house": house, "lines": page.lines, "after": page.after, "wanted": wanted,
        "filters": _views(wanted, counts), "keys": keys, "pathways": _pathways(wanted, keys),
        "saved": listing.views(), "staff": teams.staff(house.pk), "named": wanted.named,
        "tabs": registry.tabs_for(request, HERE), "query": wanted.query,
    }  # fmt: skip
    return render(request, "pathways/listing.html", context)


@route(Policy.PROFESSIONAL, audit="pathway", methods=POST)
def act(request: Request) -> HttpResponse:
    """Remind, or entrust, the persons ticked."""
    _house()
    ids = [pk for text in request.POST.getlist("enrolment") if (pk := parse(text)) is not None]
    try:
        if request.POST.get("do") == "entrust":
            practice = parse(request.POST.get("practice"))
            if practice is None:
                raise Refused("Choisissez à qui confier ces personnes.", field="practice")
            number = following.entrust_all(ids, practice)
            said = (
                f"{number} personne{'s' if number > 1 else ''} confiée{'s' if number > 1 else ''}."
            )
        else:
            number = following.remind(ids)
            said = (
                f"{number} relance{'s' if number > 1 else ''} envoyée{'s' if number > 1 else ''}."
                if number else "Rien de dû à relancer aujourd’hui."
            )  # fmt: skip
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, said)
    return redirect(
        HERE + (f"?{query}" if (query := _query(request.POST.get("query", ""))) else "")
    )


@route(Policy.PROFESSIONAL, audit="pathway", methods=POST)
def keep(request: Request) -> HttpResponse:
    """Keep the present filters under a name, or forget one."""
    _house()
    query = _query(request.POST.get("query", ""))
    gone = parse(request.POST.get("forget"))
    try:
        if gone is not None:
            following.forget_view(gone)
            messages.success(request, "Vue supprimée.")
        else:
            following.save_view(request.POST.get("name", ""), query)
            messages.success(request, "Vue enregistrée.")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(HERE + (f"?{query}" if query else ""))


@route(Policy.PROFESSIONAL, audit="pathway", methods=READ)
def export(request: Request, form: str) -> HttpResponse:
    """The whole view as a file; each person in it is recorded as exported."""
    house = _house()
    if form not in {"csv", "xlsx"}:
        raise Http404
    wanted = _filters(request)
    lines = list(listing.every(house.pk, wanted))
    ledger.read([one.row.person_id for one in lines], "pathway", action=AccessRow.Action.EXPORT)
    if form == "csv":
        made, kind = exports.as_csv(lines), "text/csv; charset=utf-8"
    else:
        made, kind = exports.as_xlsx(lines, house.name), XLSX
    response = HttpResponse(made, content_type=kind)
    name = f"file-active-parcours-{timezone.localdate().isoformat()}.{form}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _house() -> Organisation:
    house = listing.house()
    if house is None:
        raise Http404
    return house


def _filters(request: Request) -> Filters:
    view = request.GET.get("vue", "")
    named = request.POST.get("q", "")[:100] if request.method == "POST" else ""
    return Filters(
        view if view in listing.VIEWS else "", request.GET.get("parcours", "")[:60], named,
        listing.key_of(request.GET.get("apres", "")),
    )  # fmt: skip


def _query(text: str) -> str:
    """The parts of a query that are filters: nothing else is kept."""
    asked = QueryDict(text[:300])
    view, protocol = asked.get("vue", ""), asked.get("parcours", "")
    kept = [("vue", view)] if view in listing.VIEWS and view else []
    return urlencode(kept + ([("parcours", protocol[:60])] if protocol else []))


def _views(wanted: Filters, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": f"?{Filters(key, wanted.protocol).query}",
         "current": key == wanted.view,
         "count": capped(counts[key], listing.MOST) if counts.get(key) else None}
        for key, label in listing.VIEWS.items()
    ]  # fmt: skip


def _pathways(wanted: Filters, keys: list[tuple[str, str]]) -> list[dict[str, Any]]:
    if len(keys) < 2:
        return []
    every = [("", "Tous les parcours"), *keys]
    return [
        {"label": label, "url": f"?{Filters(wanted.view, key).query}",
         "current": key == wanted.protocol}
        for key, label in every
    ]  # fmt: skip
