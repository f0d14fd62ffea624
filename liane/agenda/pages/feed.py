"""The calendar links of one's own agenda."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.agenda import choices, feeds
from liane.agenda.forms import FeedForm
from liane.core.http import Request
from liane.core.routes import Policy, route


@route(Policy.PROFESSIONAL, audit="agenda")
def mine(request: Request) -> HttpResponse:
    """My links; a new one is shown once."""
    form = FeedForm(request.POST or None, practices=choices.practices())
    link = ""
    if request.method == "POST" and form.is_valid():
        made = feeds.create(
            UUID(form.cleaned_data["practice"]), with_town=form.cleaned_data["with_town"]
        )
        link = f"{settings.LIANE_PUBLIC_URL}/agenda/flux/{made.token}.ics"
        form = FeedForm(practices=choices.practices())
    context = {"form": form, "link": link, "feeds": feeds.living()}
    return render(request, "agenda/feeds.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="agenda", methods=("POST",))
def revoke(request: Request, feed_id: UUID) -> HttpResponse:
    """Close a link."""
    feeds.revoke(feed_id)
    return redirect("/agenda/abonnement/")


@route(Policy.PUBLIC, audit="agenda_feed", methods=("GET", "HEAD"))
def calendar(request: Request, token: str) -> HttpResponse:
    """What a calendar program reads: times, never who nor why."""
    return HttpResponse(feeds.render(token), content_type="text/calendar; charset=utf-8")
