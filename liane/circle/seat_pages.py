"""Choosing for whom I act now."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from liane.circle.middleware import SESSION_KEY
from liane.core.http import Request
from liane.core.routes import Policy, route


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def act_for(request: HttpRequest) -> HttpResponse:
    """POST ``seat``: one of my own seats becomes the one I act in."""
    chosen = request.POST.get("seat", "")
    if chosen not in {seat.key for seat in cast(Request, request).seats}:
        raise Http404
    request.session[SESSION_KEY] = chosen
    after = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    return redirect(after if ours else "/")


def section(request: HttpRequest) -> dict[str, object] | None:
    """Section of the settings: shown to whoever has more than one seat."""
    seats = cast(Request, request).seats
    return {"seats": seats} if len(seats) > 1 else None
