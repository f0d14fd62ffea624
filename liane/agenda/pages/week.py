"""My week, a person's weekly plan, and the choice of whom to note a visit for."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liane.agenda import colleagues, panels, queries
from liane.agenda.pages.common import around, shown_monday
from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core import ledger
from liane.core.areas import Area
from liane.core.clock import day_bounds
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route


@route(Policy.PROFESSIONAL, audit="agenda", methods=("GET", "HEAD"))
def mine(request: Request) -> HttpResponse:
    """My week, in all my structures."""
    monday = shown_monday(request)
    days = queries.my_week(monday)
    visits = [visit for day in days for visit in day.visits]
    places = {visit.practice.organisation_id for visit in visits if visit.practice is not None}
    start, _ = day_bounds(timezone.localdate())
    _, end = day_bounds(days[-1].date)
    unassigned = list(queries.to_assign(start, end)[:20])
    ledger.read({visit.person_id for visit in unassigned}, "agenda")
    context = around(monday) | {
        "days": days,
        "several": len(places) > 1,
        "overlapping": queries.overlapping(visits),
        "unassigned": unassigned,
        "resumptions": queries.resumptions(),
        "colleagues": colleagues.colleagues(),
    }
    return render(request, "agenda/mine.html", context)


@route(Policy.PROFESSIONAL, audit="agenda", methods=("GET", "HEAD"))
def of_colleague(request: Request) -> HttpResponse:
    """The week of a colleague of the structure, chosen by name (``?de=``)."""
    chosen = parse(request.GET.get("de"))
    found = colleagues.colleague(chosen) if chosen is not None else None
    if found is None:
        raise Http404
    monday = shown_monday(request)
    days = colleagues.week_of(found, monday)
    overlapping = queries.overlapping([visit for day in days for visit in day.visits])
    context = around(monday) | {
        "days": days, "colleague": found, "colleagues": colleagues.colleagues(),
        "overlapping": overlapping, "keep": f"de={found.pk}&",
    }  # fmt: skip
    return render(request, "agenda/colleague.html", context)


@route(Policy.PROFESSIONAL, audit="agenda", methods=("GET", "HEAD"))
def of_person(request: Request, person_id: UUID) -> HttpResponse:
    """Who comes when: the weekly plan at home, for all the circle."""
    person = access_patient(person_id, Area.AGENDA, resource="agenda")
    monday = shown_monday(request)
    days = queries.week(queries.of_person(person.pk), monday)
    visits = [visit for day in days for visit in day.visits]
    context = frame(request, person, "agenda/") | around(monday)
    context |= {
        "days": days,
        "series": list(queries.series_of(person.pk)),
        "overlapping": queries.overlapping(visits),
        "resumptions": queries.resumptions(person.pk),
        "may_note": not person.died_on and panels.may_note(request, person),
    }
    return render(request, "agenda/of_person.html", context)


@route(Policy.PROFESSIONAL, audit="agenda", methods=("GET", "HEAD"))
def choose_person(request: Request) -> HttpResponse:
    """For whom to note a visit: the people of one's rounds first."""
    people = queries.people_of_my_rounds()
    ledger.read([person.pk for person in people], "agenda")
    return render(request, "agenda/choose_person.html", {"people": people})
