"""Each request acts as somebody, in one seat; a GET may only read."""

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponseBase

from liane.circle.seats import actor_for, seats_of
from liane.core.acting import NOBODY, Actor, acting
from liane.core.ids import uuid7

SESSION_KEY = "seat"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class ActingMiddleware:
    """Sets ``request.actor``, ``request.seat`` and ``request.seats``, and acts as that actor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Run the view inside ``acting``; PostgreSQL commits before the answer leaves."""
        actor = replace(actor_of(request), request_id=uuid7())
        request.actor = actor  # type: ignore[attr-defined]
        with acting(actor, read_only=request.method in READING):
            return self.get_response(request)


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request, from its session's chosen seat (the first one by default)."""
    request.seats, request.seat = [], None  # type: ignore[attr-defined]
    user = request.user
    if not user.is_authenticated:
        return NOBODY
    chosen = str(request.session.get(SESSION_KEY, ""))
    seats = seats_of(user, chosen)
    if not seats:
        return replace(NOBODY, kind="user", label=user.name, user_id=user.pk)
    seat = next((seat for seat in seats if seat.key == chosen), seats[0])
    request.seats, request.seat = seats, seat  # type: ignore[attr-defined]
    return actor_for(user, seat, seats)
