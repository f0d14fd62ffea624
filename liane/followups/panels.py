"""What the file active shows on a record, on Aujourd’hui and in the directory."""

from typing import Any

from django.http import HttpRequest

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.routes import PORTAL_ROLES
from liane.followups import queries, rules


def record(request: Any, person: Any) -> dict[str, Any] | None:
    """« Accompagnement » beside a record, for the care team: who follows her, at what level."""
    actor = request.actor
    if actor.role in PORTAL_ROLES or not actor.read.get(Area.CLINICAL_NOTE):
        return None
    if not Reach.of(actor).may_read(Area.CLINICAL_NOTE, person.pk):
        return None
    cards = queries.cards(person.pk)
    return {"person": person, "cards": cards} if cards else None


def today(request: Any) -> dict[str, Any] | None:
    """« Ma file active »: how many are late, for how many nothing is planned."""
    house = queries.house() if _follows(request) else None
    if house is None:
        return None
    counts = queries.counts(house.pk)
    if not counts["miennes"]:
        return None
    return {"counts": counts, "most": queries.MOST, "me": request.actor.holder_id}


def structure(request: Any, organisation: Any) -> dict[str, Any] | None:
    """Our contacts with a partner, on its page of the directory."""
    if not _follows(request) or organisation.pk in request.actor.holders:
        return None
    return {"organisation": organisation, "contacts": queries.contacts_with(organisation.pk)[:4]}


def keeps(request: HttpRequest) -> int:
    """1 when the actor's house keeps, or kept, an accompaniment."""
    house = queries.house()
    return int(house is not None and queries.keeps_one(house.pk))


def _follows(request: Any) -> bool:
    """Somebody whose trade is to follow a file active."""
    return request.actor.role in rules.FOLLOWERS and rules.has_file(request.actor)
