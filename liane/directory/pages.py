"""The directory: search, professionals, organisations, contact data."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.accounts.mailing import send_invitation
from liane.core import registry
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory import queries, rules, services, territories
from liane.directory.annuaire import client as national
from liane.directory.forms import ContactForm, StaffForm
from liane.directory.models import Organisation, Post, Practice
from liane.directory.nomenclatures import choices
from liane.directory.offer_search import correspondents, of_organisation
from liane.directory.search import Found, search, with_places
from liane.directory.tabs import tabs


def sees_all(request: HttpRequest) -> bool:
    """Staff without RPPS are shown to signed-in professionals only."""
    return rules.is_professional(cast(Request, request).actor)


@route(Policy.SIGNED_IN, audit="directory", methods=("GET", "HEAD"))
def home(request: HttpRequest) -> HttpResponse:
    """/annuaire/: one box for name, profession and town; the results as a fragment for htmx."""
    query = request.GET.get("q", "").strip()[:100]
    profession = request.GET.get("profession", "")
    town = request.GET.get("commune", "").strip()[:100]
    asked = bool(query or profession or town)
    found = Found()
    if asked:
        found = search(query, profession=profession, town=town, with_unregistered=sees_all(request))
        with_places(found.professionals)
    context = {
        "q": query,
        "profession": profession,
        "town": town,
        "asked": asked,
        "found": found,
        "professions": [("", "Toutes les professions"), *choices()],
        "tabs": tabs(request, "/annuaire/"),
        "national": national.configured() and sees_all(request),
    }
    template = "directory/results.html" if cast(Request, request).htmx else "directory/home.html"
    return render(request, template, context)


@route(Policy.SIGNED_IN, audit="directory", methods=("GET", "HEAD"))
def professional(request: HttpRequest, professional_id: UUID) -> HttpResponse:
    """A professional: where they work, how to reach them there, whether they are away."""
    found = queries.professional(professional_id, with_unregistered=sees_all(request))
    if found is None:
        raise Http404
    places = queries.places_of(found.pk)
    away = queries.away([place.pk for place in places])
    context = {
        "professional": found,
        "places": [(place, away.get(place.pk)) for place in places],
        "may_correct": sees_all(request),
        "history": queries.history([place.pk for place in places]) if sees_all(request) else [],
    }
    return render(request, "directory/professional.html", context)


@route(Policy.SIGNED_IN, audit="directory", methods=("GET", "HEAD"))
def organisation(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """An organisation: how to reach it, its posts and who holds them, who works there."""
    found = queries.organisation(organisation_id)
    if found is None:
        raise Http404
    actor = cast(Request, request).actor
    context: dict[str, Any] = {
        "organisation": found,
        "posts": queries.posts(found.pk),
        "territory": territories.covered_by(found.pk),
        "staff": queries.staff(found.pk, with_unregistered=sees_all(request)),
        "offers": of_organisation(found) if sees_all(request) else [],
        "correspondents": correspondents(found.pk) if sees_all(request) else [],
        "may_correct": sees_all(request),
        "keeps_house": rules.keeps_house(actor, found.pk),
        "manages": rules.manages(actor, found.pk),
        "history": queries.history([found.pk]) if sees_all(request) else [],
        "panels": _panels(request, found),
    }
    return render(request, "directory/organisation.html", context)


def _panels(request: HttpRequest, found: Organisation) -> list[dict[str, Any]]:
    """What other rooms show of an organisation."""
    shown = []
    for panel in sorted(registry.structure_panels, key=lambda panel: panel.order):
        context = panel.load(request, found)
        if context is not None:
            shown.append({"template": panel.template, "context": context})
    return shown


@route(Policy.PROFESSIONAL, audit="directory")
def contact(request: HttpRequest, kind: str, object_id: UUID) -> HttpResponse:
    """Correct a telephone, a mail address, a street."""
    finders = {"structure": queries.organisation, "lieu": queries.practice, "poste": queries.post}
    finder = finders.get(kind)
    thing = finder(object_id) if finder else None
    if thing is None:
        raise Http404
    start = {name: getattr(thing, name) for name in services.CONTACT_FIELDS}
    form = ContactForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            services.correct_contact(thing, form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "Merci, l’annuaire est à jour.")
            return redirect(_page_of(thing))
    context = {"thing": thing, "form": form, "back": _page_of(thing)}
    return render(request, "directory/contact.html", context, status=422 if form.errors else 200)


def _page_of(thing: Organisation | Practice | Post) -> str:
    if isinstance(thing, Organisation):
        return f"/annuaire/structures/{thing.pk}/"
    if isinstance(thing, Practice):
        return f"/annuaire/professionnels/{thing.professional_id}/"
    return f"/annuaire/postes/{thing.pk}/"


@route(Policy.PROFESSIONAL, audit="directory")
def invite(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """Direction invites somebody: the link to send, the code to say."""
    found = queries.organisation(organisation_id)
    if found is None or not rules.manages(cast(Request, request).actor, found.pk):
        raise Http404
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            practice, invited = services.invite_staff(found, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            context = {
                "practice": practice,
                "organisation": found,
                "invited": invited,
                "link": request.build_absolute_uri(invited.path) if invited else "",
                "mailed": send_invitation(invited) if invited else False,
            }
            return render(request, "directory/invited.html", context)
    return render(
        request,
        "directory/invite.html",
        {"organisation": found, "form": form},
        status=422 if form.errors else 200,
    )


@route(Policy.PROFESSIONAL, audit="directory", methods=("POST",))
def end_practice(request: HttpRequest, practice_id: UUID) -> HttpResponse:
    """Somebody leaves the organisation."""
    practice = queries.practice(practice_id)
    if practice is None:
        raise Http404
    try:
        services.end_practice(practice)
    except NotAllowed as refusal:
        raise Http404 from refusal
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{practice.professional} ne travaille plus ici.")
    return redirect(f"/annuaire/structures/{practice.organisation_id}/")
