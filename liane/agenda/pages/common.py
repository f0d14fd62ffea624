"""What the pages of the agenda share: coming back, telling a refusal, the shown week."""

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liane.agenda import queries, rules
from liane.agenda.models import Appointment
from liane.circle.access import require_write
from liane.core import registry
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request, back
from liane.interventions import services as interventions


def visit_or_404(appointment_id: UUID) -> Appointment:
    """The visit within reach; Http404 otherwise."""
    visit = queries.one(appointment_id)
    if visit is None:
        raise Http404
    return visit


def may_write_or_403(person_id: UUID, area: Area) -> None:
    """Refuse the page to somebody who may only read."""
    try:
        require_write(person_id, area)
    except NotAllowed as error:
        raise PermissionDenied from error


def refused(form: Form, error: Refused) -> None:
    """Show a verb's refusal beside the field at fault, or above the form; what it leaves for
    others is written."""
    interventions.keep_refusal(error)
    form.add_error(error.field if error.field in form.fields else None, error.message)


def codes(request: Request, person_id: UUID) -> list[tuple[str, str]]:
    """The acts of the pathways that this person follows, those of the actor's trade first."""
    return [
        pair for desk in registry.act_desks for pair in desk.codes(person_id, request.actor.holders)
    ]


def row(
    request: Request, visit: Appointment, *, error: str = "", default: str = "", flag: str = ""
) -> HttpResponse:
    """The visit's row for htmx; the page again for everybody else. ``flag``: done, and this is to
    be known of it."""
    if not request.htmx:
        if error:
            messages.error(request, error)
        if flag:
            messages.warning(request, flag)
        return back(request, default or f"/agenda/visites/{visit.pk}/")
    shown = visit_or_404(visit.pk)
    queries.with_questions([shown])
    context = {
        "visit": shown,
        "error": error,
        "flag": flag,
        "may_mark": rules.may_change(request.actor, shown),
        "said": True,
    }
    return render(request, "agenda/_visit_row.html", context, status=422 if error else 200)


def shown_monday(request: Request) -> dt.date:
    """The Monday of the week named by ``?semaine=YYYY-MM-DD`` (any of its days), or this week's."""
    try:
        day = dt.date.fromisoformat(request.GET.get("semaine", ""))
    except ValueError:
        day = timezone.localdate()
    return queries.monday_of(day)


def around(monday: dt.date) -> dict[str, object]:
    """Links to the weeks around a shown one."""
    week = dt.timedelta(days=7)
    this = queries.monday_of(timezone.localdate())
    return {
        "monday": monday,
        "sunday": monday + dt.timedelta(days=6),
        "previous": monday - week,
        "following": monday + week,
        "is_this_week": monday == this,
    }
