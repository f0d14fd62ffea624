"""The request as every view of Liane receives it, for the type checker and the reader."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from liane.core.acting import Actor


class Request(HttpRequest):
    """A request that acts as somebody (`circle.middleware`)."""

    actor: Actor
    seat: Any
    seats: list[Any]
    htmx: HtmxDetails


def client_key(request: HttpRequest) -> UUID | None:
    """The client-made key of a form (field ``key``), or None when it sent none that is valid."""
    from liane.core.ids import parse

    return parse(request.POST.get("key"))


def back(request: HttpRequest, default: str) -> HttpResponse:
    """Return to the page that the form named in ``next`` (one of ours), or to ``default``."""
    wanted = request.POST.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect(wanted if ours else default)
