"""What stays show on a person's record and on Aujourd’hui, to whom."""

from typing import Any

from liane.circle.record import reads
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.routes import PORTAL_ROLES
from liane.patients.models import Patient
from liane.stays import queries, visits, words
from liane.stays.models import Stay
from liane.stays.state import Status


def banner(request: Request, person: Patient) -> dict[str, Any] | None:
    """« Hospitalisée depuis ce matin 8 h 12 »; an empty place for it where there is nothing."""
    if not reads(request, Area.AGENDA):
        return None
    return banner_context(person, queries.current(person.pk)) | {
        "may_write": bool(request.actor.write.get(Area.AGENDA))
    }


def is_over(stay: Stay) -> bool:
    """The person is back, and every visit that waited for a word has had it."""
    return stay.status == Status.ENDED and not visits.waiting(stay)


def family(person: Patient, *, me: bool) -> words.Absence | None:
    """What the person (``me``) or a carer is told first of an absence; None when nothing is."""
    stay = queries.current(person.pk)
    if stay is None or is_over(stay):
        return None
    return words.family(stay, person, me=me)


def banner_context(person: Patient, stay: Stay | None) -> dict[str, Any]:
    """The banner of one person as the current actor reads it."""
    if stay is None or is_over(stay):
        return {"person": person, "stay": None}
    place = queries.reads_place(person.pk)
    return {
        "person": person,
        "stay": stay,
        "place": place,
        "title": words.headline(stay, person) if place else words.neutral_headline(stay),
        "where": words.where(stay) if place else "",
        "suspended": visits.suspended(person.pk),
        "board": queries.board(stay) if place else None,
        "mine": queries.own_notice(stay),
    }


def action(request: Request, person: Patient) -> dict[str, Any] | None:
    """« Déclarer une absence » on top of a record."""
    if not request.actor.write.get(Area.AGENDA) or person.died_on:
        return None
    return {"person": person}


def today(request: Request) -> dict[str, Any] | None:
    """Alerts that wait for « J’ai vu »."""
    if not reads(request, Area.AGENDA) or request.actor.role in PORTAL_ROLES:
        return None
    alerts = queries.unseen()
    return {"alerts": alerts, "silent": not alerts}
