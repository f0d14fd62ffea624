"""The request as every view of Liane receives it, for the type checker and the reader."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
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
