"""What assessments show on a record and in notifications."""

from typing import Any

from liane.assessments import queries
from liane.circle import rules
from liane.core.areas import Area
from liane.core.routes import PORTAL_ROLES

SHOWN = 4


def record(request: Any, person: Any) -> dict[str, Any] | None:
    """« Évaluations » beside a record: the newest scores, and what is in progress."""
    actor = request.actor
    reads = actor.read.get(Area.SOCIAL_ASSESSMENT) or actor.read.get(Area.CLINICAL_NOTE)
    if actor.role in PORTAL_ROLES or not reads:
        return None
    tracks = queries.tracks(person.pk)
    if not tracks:
        return None
    tracks.sort(key=lambda track: track.last.at, reverse=True)
    return {"person": person, "tracks": tracks[:SHOWN]}


def readers(area: Area) -> frozenset[str]:
    """The roles that read an area."""
    return frozenset(role for role, rights in rules.RIGHTS.items() if "r" in rights.get(area, ""))


def sentence(entry: Any, person: Any) -> str:
    """An assessment's notification inside the application."""
    said = "a corrigé une évaluation de" if entry.kind.endswith("amended") else "a évalué"
    return f"{entry.actor_label} {said} {person.short_name}"


def link(entry: Any) -> str:
    """Where the notification leads."""
    return f"/evaluations/{entry.object_id}/"
