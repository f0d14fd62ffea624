"""The hours that one opens to whoever looks for a time."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.agenda import choices, schedules
from liane.agenda.forms import OpeningForm
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route


@route(Policy.PROFESSIONAL, audit="agenda")
def mine(request: Request) -> HttpResponse:
    """My open hours in each structure; more of them."""
    form = OpeningForm(request.POST or None, practices=choices.practices())
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            schedules.add(UUID(data["practice"]), form.hours, data["minutes"])
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return redirect("/agenda/horaires/")
    context = {"form": form, "open": schedules.mine()}
    return render(request, "agenda/openings.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="agenda", methods=("POST",))
def close(request: Request, opening_id: UUID) -> HttpResponse:
    """Close some hours again."""
    schedules.remove(opening_id)
    return redirect("/agenda/horaires/")
