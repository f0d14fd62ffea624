"""The demo's door: one click signs in as a persona, from this computer only."""

import ipaddress
from itertools import groupby

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.accounts import entering
from liane.core.routes import Policy, route
from liane.demo import queries


def guard(request: HttpRequest) -> None:
    """Raise Http404 unless LIANE_DEMO=1, from this computer, where all is fictitious."""
    try:
        near = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        near = False
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    if not settings.LIANE_DEMO or not near or forwarded or not queries.door_is_open():
        raise Http404


@route(Policy.DEMO, audit="sign_in", methods=("GET", "HEAD"))
def door(request: HttpRequest) -> HttpResponse:
    """/demo/: who can be played, by structure."""
    guard(request)
    found = queries.personas()
    order = list(dict.fromkeys(persona.group for persona in found))
    found.sort(key=lambda persona: (persona.group == queries.PORTAL, order.index(persona.group)))
    groups = [(name, list(members)) for name, members in groupby(found, lambda item: item.group)]
    return render(request, "demo/door.html", {"groups": groups})


@route(Policy.DEMO, audit="sign_in", methods=("POST",))
def enter(request: HttpRequest) -> HttpResponse:
    """POST ``username``: sign in as that persona."""
    guard(request)
    user = queries.persona(request.POST.get("username", ""))
    if user is None:
        raise Http404
    entering.as_persona(request, user)
    return redirect("/")
