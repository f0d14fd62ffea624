"""The list of notifications, its choices, and the browsers that accept pushes."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.core import acting
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.notifications import queries, services
from liane.notifications.forms import ChoiceForm, SubscriptionForm

SETTINGS = "/parametres/#notifications"


@route(Policy.SIGNED_IN, audit="notifications", methods=("GET", "HEAD"))
def inbox(request: HttpRequest) -> HttpResponse:
    """/notifications/: what happened, by person."""
    groups = queries.told(acting.current())
    return render(
        request,
        "notifications/inbox.html",
        {"groups": groups, "unread": any(group.unread for group in groups)},
    )


@route(Policy.SIGNED_IN, audit="notifications", methods=("POST",))
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark the groups sent, or everything, as read."""
    named = [key for text in request.POST.getlist("group") if (key := parse(text)) is not None]
    everything = request.POST.get("all") == "1"
    services.mark_read(None if everything else named)
    return redirect("notifications")


@route(Policy.SIGNED_IN, audit="notifications", methods=("POST",))
def follow(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Mark a notification's group as read and go where it leads."""
    row = queries.own(acting.current()).filter(pk=notification_id).first()
    if row is None:
        raise Http404
    services.mark_read([row.group_id])
    return redirect(queries.link_of(row))


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def choose(request: HttpRequest) -> HttpResponse:
    """Keep how I want to be told."""
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Ces choix n’ont pas été gardés : vérifiez les heures.")
        return redirect(SETTINGS)
    wanted = form.cleaned_data
    kinds = {
        name.removeprefix("kind:"): str(value)
        for name, value in request.POST.items()
        if name.startswith("kind:")
    }
    try:
        services.choose(
            quiet_from=wanted["quiet_from"],
            quiet_until=wanted["quiet_until"],
            urgent_anytime=wanted["urgent_anytime"],
            push_on=wanted["push"],
            digest=wanted["digest"],
            digest_hour=wanted["digest_hour"],
            kinds=kinds,
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Vos choix sont gardés.")
    return redirect(SETTINGS)


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def choose_circle(request: HttpRequest) -> HttpResponse:
    """Keep what I want of one person's circle."""
    person_id = parse(request.POST.get("person", ""))
    if person_id is None:
        raise Http404
    access_patient(person_id, Area.IDENTITY, resource="notifications")
    try:
        services.choose_circle(person_id, request.POST.get("level", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Votre choix est gardé.")
    return redirect(SETTINGS)


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def subscribe(request: HttpRequest) -> HttpResponse:
    """This browser accepts pushes (called by notifications.js)."""
    form = SubscriptionForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    try:
        services.subscribe(**form.cleaned_data)
    except Refused as refusal:
        return HttpResponse(refusal.message, status=422)
    return HttpResponse(status=204)


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def unsubscribe(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Push to that browser no more."""
    services.unsubscribe(subscription_id)
    messages.success(request, "Cet appareil ne recevra plus d’avis.")
    return redirect(SETTINGS)


@route(Policy.PUBLIC, audit="static", methods=("GET", "HEAD"))
def browser_worker(request: HttpRequest) -> HttpResponseBase:
    """/sw.js: the browser's worker, served from the root so that it may serve every page."""
    collected = settings.STATIC_ROOT / "liane" / "sw.js"
    path = str(collected) if collected.exists() else finders.find("liane/sw.js")
    if not path:
        raise Http404
    return FileResponse(open(path, "rb"), content_type="text/javascript; charset=utf-8")
