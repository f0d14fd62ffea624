"""Searching the national directory when ours knows nobody of that name."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory.annuaire import client, services


@route(Policy.PROFESSIONAL, audit="directory", methods=("GET", "HEAD"))
def search(request: Request) -> HttpResponse:
    """/annuaire/national/: what the national directory says of a name."""
    if not client.configured():
        raise Http404
    query = request.GET.get("q", "").strip()[:100]
    context: dict[str, object] = {"q": query, "found": [], "error": ""}
    try:
        context["found"] = services.search(query)
    except client.Unavailable as error:
        context["error"] = str(error)
    return render(request, "directory/national.html", context)


@route(Policy.PROFESSIONAL, audit="directory", methods=("POST",))
def keep(request: Request) -> HttpResponse:
    """Add one to our directory."""
    if not client.configured():
        raise Http404
    try:
        kept = services.keep(request.POST.get("id", ""))
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    except (Refused, client.Unavailable) as error:
        messages.error(request, str(getattr(error, "message", error)))
        return redirect("/annuaire/")
    messages.success(request, f"{kept} est dans l’annuaire.")
    return redirect("professional", professional_id=kept.pk)
