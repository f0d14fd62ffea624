"""Aujourd’hui, and a person's record: both only compose what the rooms offer."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.record import frame, panels
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.routes import PORTAL_ROLES, Policy, route
from liane.desk import queries
from liane.directory.models import Practice


@route(Policy.SIGNED_IN, audit="today", methods=("GET", "HEAD"))
def today(request: Request) -> HttpResponse:
    """What needs me today: visits, messages, tasks, alerts, in all my structures."""
    role = request.actor.role
    if role in PORTAL_ROLES:
        return redirect("/portail/")
    sections = queries.sections(request, role)
    context = {
        "sections": sections,
        "greeting": queries.greeting(request),
        "summary": queries.summary(sections),
        "quiet": queries.is_quiet(sections),
        "visits": bool(request.actor.read.get(Area.AGENDA)),
    }
    return render(request, "desk/today.html", context)


@route(Policy.PROFESSIONAL, audit="record", methods=("GET", "HEAD"))
def record(request: Request, person_id: UUID) -> HttpResponse:
    """A person's record: who is she, who is around her, what happened, what is planned."""
    person = access_patient(person_id, Area.IDENTITY, resource="record")
    if request.actor.role == Practice.Role.IDENTITY:
        return redirect(f"/personnes/{person.pk}/identite/")
    context = frame(request, person, "") | {
        "main": panels(request, person, "main"),
        "side": panels(request, person, "side"),
        "actions": panels(request, person, "action"),
    }
    return render(request, "desk/record.html", context)
