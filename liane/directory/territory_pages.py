"""Which organisation answers for a commune, and the territory that an organisation declares."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory import queries, rules, territories
from liane.directory.tabs import tabs


@route(Policy.SIGNED_IN, audit="directory", methods=("GET", "HEAD"))
def competent(request: HttpRequest) -> HttpResponse:
    """/annuaire/territoires/: a commune, and who answers for it."""
    text = request.GET.get("commune", "").strip()[:100]
    found = territories.communes(text)
    code = request.GET.get("code", "")
    town = territories.commune(code) if code else (found[0] if len(found) == 1 else None)
    context = {
        "text": text,
        "found": found,
        "town": town,
        "competent": territories.competent(town) if town else [],
        "tabs": tabs(request, "/annuaire/territoires/"),
    }
    return render(request, "directory/territories.html", context)


@route(Policy.PROFESSIONAL, audit="directory")
def covered(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The territory of an organisation: what it holds, and a search to add to it."""
    found = queries.organisation(organisation_id)
    if found is None or not rules.keeps_house(cast(Request, request).actor, found.pk):
        raise Http404
    if request.method == "POST":
        try:
            territories.cover(found, request.POST.getlist("place"))
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, "Territoire mis à jour.")
        return redirect("coverage", organisation_id=found.pk)
    text = request.GET.get("q", "").strip()[:100]
    context = {
        "organisation": found,
        "covered": territories.covered_by(found.pk),
        "text": text,
        "places": territories.places(text) if text else [],
    }
    return render(request, "directory/coverage.html", context)


@route(Policy.PROFESSIONAL, audit="directory", methods=("POST",))
def end(request: HttpRequest, coverage_id: UUID) -> HttpResponse:
    """An organisation no longer answers for a territory."""
    row = territories.coverage(coverage_id)
    if row is None or not rules.keeps_house(cast(Request, request).actor, row.organisation_id):
        raise Http404
    territories.uncover(row)
    messages.success(request, "Territoire retiré.")
    return redirect("coverage", organisation_id=row.organisation_id)
