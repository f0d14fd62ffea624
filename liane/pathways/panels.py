"""What pathways show on a record, on Aujourd’hui and in the tabs of the file active."""

from typing import Any

from django.http import HttpRequest

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.routes import PORTAL_ROLES
from liane.pathways import asking, listing, queries, slot_reads


def record(request: Any, person: Any) -> dict[str, Any] | None:
    """The picture of the pathways in which the person is, for her care team."""
    actor = request.actor
    if actor.role in PORTAL_ROLES or not actor.read.get(Area.INTERVENTION):
        return None
    if not Reach.of(actor).may_read(Area.INTERVENTION, person.pk):
        return None
    shown = [one for one in queries.of_person(person.pk) if one.row.ended_on is None]
    return {"person": person, "shown": shown} if shown else None


def today(request: HttpRequest) -> dict[str, Any] | None:
    """« Mes parcours »: acts that wait for my word; who is late, for those who follow a list."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.role in PORTAL_ROLES or actor.professional_id is None:
        return None
    waiting, asked = queries.waiting_count(), slot_reads.asking_count()
    unsaid = asking.mine_count()
    counts: dict[str, int] = {}
    if actor.role in {"coordinator", "case_manager"} and (house := listing.house()) is not None:
        counts = listing.counts(house.pk)
    if not waiting and not asked and not unsaid and not any(counts.values()):
        return None
    said = {"waiting": waiting, "asked": asked, "unsaid": unsaid}
    return said | {"counts": counts, "most": listing.MOST}


def followed(request: HttpRequest) -> int:
    """1 when the actor's structure has somebody in a pathway."""
    house = listing.house()
    return int(house is not None and listing.any_living(house.pk))
