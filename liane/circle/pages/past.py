"""Dossiers quittés: one's own past in circles one has left, without the person's identity."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render

from liane.circle import past
from liane.core.http import Request
from liane.core.routes import Policy, route

READ = ("GET", "HEAD")
LONGEST = 10_000
"""The last page that may be asked for."""


@route(Policy.PROFESSIONAL, audit="own_past", methods=READ)
def records(request: Request) -> HttpResponse:
    """The records left, the last first."""
    page = _page(request)
    found, more = past.records(page)
    context = {"left": found, "older": page + 1 if more else None, "newer": page}
    return render(request, "circle/left.html", context)


@route(Policy.PROFESSIONAL, audit="own_past", methods=READ)
def record(request: Request, person_id: UUID) -> HttpResponse:
    """One's own acts for one person, and what one's organisation kept for itself then."""
    page = _page(request)
    left = past.record_or_404(person_id)
    parts = past.parts(left, page)
    more = any(part.more for part in parts)
    context = {
        "left": left,
        "parts": [part for part in parts if part.rows],
        "older": page + 1 if more else None,
        "newer": page,
    }
    return render(request, "circle/left_record.html", context)


def _page(request: Request) -> int:
    if not past.has_past(request.actor.role):
        raise Http404
    told = request.GET.get("page", "0")
    return min(int(told), LONGEST) if told.isdecimal() else 0
