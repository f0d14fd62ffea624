"""What requests show on Aujourd’hui, on a record, in the settings and in notifications."""

from typing import Any

from django.http import HttpRequest

from liane.core import acting
from liane.core.routes import PORTAL_ROLES
from liane.referrals import queries, rules, seeking


def badge(request: HttpRequest) -> int:
    """How many requests nobody has taken at our desk. One query."""
    return queries.to_take()


def today(request: HttpRequest) -> dict[str, Any] | None:
    """What nobody took and what waits too long, at our desk; colleagues away."""
    if acting.current().role in PORTAL_ROLES:
        return None
    rows, absent = queries.pressing(), queries.absent()
    return {"rows": rows, "absent": absent} if rows or absent else None


def offers(request: HttpRequest) -> dict[str, Any] | None:
    """Searches that wait for my answer."""
    if acting.current().role in PORTAL_ROLES:
        return None
    found = seeking.offers()
    return {"offers": found} if found else None


def record(request: Any, person: Any) -> dict[str, Any] | None:
    """Open requests and searches about this person."""
    if request.actor.role in PORTAL_ROLES:
        return None
    rows, quests = queries.of_person(person.pk), seeking.of_person(person.pk)
    return {"person": person, "rows": rows, "quests": quests} if rows or quests else None


def action(request: Any, person: Any) -> dict[str, Any] | None:
    """« Demander un appui » on top of a record."""
    actor = request.actor
    if person.died_on or actor.role not in rules.ASKING:
        return None
    return {"person": person}


def settings(request: HttpRequest) -> dict[str, Any] | None:
    """Whether our organisation wants offers."""
    house = seeking.house()
    if house is None:
        return None
    return {"house": house, "wants": bool(seeking.opted_in([house.pk]))}


def from_message(message: Any) -> str:
    """Where a message becomes a request."""
    return f"/personnes/{message.thread.person_id}/demandes/nouvelle/"


SAID = {
    "referral.sent": "vous adresse une demande",
    "referral.received": "a reçu votre demande",
    "referral.qualified": "a étudié votre demande",
    "referral.answered": "répond à votre demande",
    "referral.refused": "ne peut pas répondre à votre demande",
    "referral.done": "termine votre demande",
    "referral.revoked": "annule sa demande",
    "referral.reopened": "rouvre une demande",
    "referral.assigned": "vous confie une demande",
    "referral.taken_over": "reprend des demandes en l’absence d’un collègue",
}


def sentence(entry: Any, person: Any) -> str:
    """A request's notification inside the application."""
    about = f" pour {person.short_name}" if person is not None else ""
    return f"{entry.actor_label} {SAID[entry.kind]}{about}"


def link(entry: Any) -> str:
    """Where a request's notification leads."""
    return f"/demandes/{entry.object_id}/"


def quest_sentence(entry: Any, person: Any) -> str:
    """A search's notification inside the application."""
    about = f" pour {person.short_name}" if person is not None else ""
    return {
        "quest.offered": "Un cabinet est cherché près de chez vous : pouvez-vous prendre ?",
        "quest.accepted": f"{entry.actor_label} accepte : professionnel trouvé{about}",
        "quest.widened": f"Personne n’a encore accepté{about} : la recherche est élargie",
        "quest.desk": f"Personne n’a accepté{about} : la demande est confiée à l’appui",
    }[str(entry.kind)]


def quest_link(entry: Any) -> str:
    """Where a search's notification leads."""
    return "/" if entry.kind == "quest.offered" else f"/demandes/recherches/{entry.object_id}/"
