"""What the agenda shows on Aujourd’hui and on a person's record."""

from typing import Any, cast

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from liane.agenda import choices, feeds, queries, rules
from liane.circle.record import reach_of, reads
from liane.core import acting
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.registry import Fragment
from liane.core.routes import PORTAL_ROLES


def today(request: Request) -> dict[str, Any] | None:
    """« Ma tournée »: nothing for those whose work holds no visit and who have none."""
    if not reads(request, Area.AGENDA):
        return None
    found = queries.day_round(timezone.localdate())
    if not found.visits and request.actor.role not in {"care", "social"}:
        return None
    summary = f"{found.total} visite{'s' if found.total > 1 else ''}" if found.total else ""
    return {"round": found, "summary": summary}


def resumptions(request: Request) -> dict[str, Any] | None:
    """Suspended visits that wait for my word, and the place where those to come appear."""
    if not reads(request, Area.AGENDA) or request.actor.role in PORTAL_ROLES:
        return None
    found = queries.resumptions()
    return {"resumptions": found, "silent": not found}


def fresh_resumption(signal: Any) -> list[Fragment]:
    """What waits for the word of whoever has the page open, under one cause; nothing any more."""
    mine = [found for found in queries.resumptions() if found[0].cause_id == signal.object_id]
    if not mine:
        gone = f'<div id="reprise-{signal.object_id}" hidden></div>'
        return [Fragment("resumptions", gone, "prepend")]
    cause, visits = mine[0]
    html = render_to_string(
        "agenda/_resumption.html", {"cause": cause, "visits": visits, "mine": True}
    )
    words = f"{visits[0].person.short_name} : des visites suspendues peuvent reprendre"
    return [Fragment("resumptions", html, "prepend", words)]


def may_note(request: Request, person: Any = None) -> bool:
    """True for those whose work holds visits that they write down (for ``person`` when given).

    A query only where the role writes through some grants and not others.
    """
    actor = request.actor
    scopes = actor.write.get(Area.INTERVENTION)
    if not scopes or actor.role in PORTAL_ROLES:
        return False
    if person is None or scopes >= actor.read.get(Area.AGENDA, frozenset()):
        return True
    return reach_of(request).may_write(Area.INTERVENTION, person.pk)


def note_today(request: Request) -> dict[str, Any] | None:
    """« Noter une visite » on top of Aujourd’hui."""
    if not may_note(request):
        return None
    return {"person": None}


def fresh_row(signal: Any) -> list[Fragment]:
    """A visit's row as it is now, for the open pages that show it."""
    visit = queries.one(signal.object_id)
    if visit is None:
        return []
    may_mark = rules.may_change(acting.current(), visit)
    if may_mark:
        queries.with_questions([visit])
    html = render_to_string("agenda/_visit_row.html", {"visit": visit, "may_mark": may_mark})
    return [Fragment(f"visit:{visit.pk}", html, "replace")]


def upcoming(request: Request, person: Any) -> dict[str, Any] | None:
    """« Prochaines visites » beside a record."""
    if not reads(request, Area.AGENDA):
        return None
    may_plan = bool(request.actor.write.get(Area.AGENDA)) and not person.died_on
    return {
        "person": person,
        "visits": queries.upcoming(person.pk),
        "may_plan": may_plan and request.actor.role not in PORTAL_ROLES,
    }


def action(request: Request, person: Any) -> dict[str, Any] | None:
    """« Noter une visite » on top of a record."""
    if person.died_on or not may_note(request, person):
        return None
    return {"person": person}


def from_message(message: Any) -> str:
    """Where a message becomes a visit."""
    return f"/personnes/{message.thread.person_id}/agenda/nouvelle/"


def settings(request: HttpRequest) -> dict[str, Any] | None:
    """One's calendar links, for those who have an agenda."""
    if not choices.practices() or not reads(cast(Request, request), Area.AGENDA):
        return None
    return {"feeds": feeds.living().count()}
