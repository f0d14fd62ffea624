"""What meetings show on Aujourd’hui, beside a record, in notifications, in open pages."""

from typing import Any

from django.http import HttpRequest

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.areas import Area
from liane.core.registry import Fragment
from liane.core.routes import PORTAL_ROLES
from liane.meetings import queries, rules


def today(request: HttpRequest) -> dict[str, Any] | None:
    """What is to answer, to fix, to come, to write, to approve, to send."""
    actor = acting.current()
    if actor.role in PORTAL_ROLES or not actor.read.get(Area.CARE_PLAN):
        return None
    found = queries.waiting()
    return {"waiting": found} if found.everything else None


def record(request: Any, person: Any) -> dict[str, Any] | None:
    """Meetings to come, beside a record; nothing for whom may not read them."""
    actor = request.actor
    if actor.role in PORTAL_ROLES or not actor.read.get(Area.CARE_PLAN):
        return None
    found = queries.to_come(person.pk)
    writes = bool(actor.write.get(Area.CARE_PLAN)) and not person.died_on
    if not found and not writes:
        return None
    return {
        "person": person,
        "meetings": found,
        "writes": writes and rules.writes(actor, person.pk),
    }


def moved(signal: Any) -> list[Fragment]:
    """Open pages of this meeting say that it changed, to whom may read it."""
    reach = Reach.of(acting.current())
    if not reach.patients(Area.CARE_PLAN).filter(pk=signal.person_id).exists():
        return []
    return [Fragment(f"meeting:{signal.object_id}", "", "none", "La réunion vient de changer.")]


SENTENCES = {
    "meeting.to_answer": "{who} vous réunit autour {of} : dites quand vous êtes libre",
    "meeting.fixed": "La date de la réunion autour {of} est fixée",
    "meeting.called_off": "La réunion autour {of} est annulée",
    "meeting.poll_full": "Tout le monde a répondu pour la réunion autour {of} : fixez la date",
    "meeting.to_approve": "Le compte rendu de la réunion autour {of} attend votre avis",
    "meeting.commented": "{who} demande une correction du compte rendu autour {of}",
    "meeting.to_send": "Le compte rendu de la réunion autour {of} est approuvé : envoyez-le",
    "meeting.minutes": "Le compte rendu de la réunion autour {of} est envoyé",
    "meeting.person": "Une réunion de vos professionnels : du nouveau",
}


def sentence(entry: Any, person: Any) -> str:
    """A notification inside the application."""
    of = f"de {person.short_name}"
    return SENTENCES[entry.kind].format(who=entry.actor_label, of=of)


def link(entry: Any) -> str:
    """Where a notification leads."""
    if entry.kind == "meeting.person":
        return "/portail/reunions/"
    return f"/concertations/{entry.object_id}/"
