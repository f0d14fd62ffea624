"""Whom to call in a structure, and structures that the directory did not know."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from liane.core.errors import Refused
from liane.core.http import client_key
from liane.core.routes import Policy, route
from liane.directory import correspondents, offer_search, organisations, queries, territories
from liane.directory.offer_forms import CorrespondentForm, OrganisationForm, ReasonForm
from liane.directory.offer_pages import POST, form_page, organisation_or_404, refuse, town_meant


@route(Policy.PROFESSIONAL, audit="directory")
def new_correspondent(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """Say whom to call in a structure."""
    found = organisation_or_404(organisation_id)
    form = CorrespondentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            correspondents.add(found, form.cleaned_data, key=client_key(request))
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Interlocuteur ajouté.")
            return redirect("organisation", organisation_id=found.pk)
    return form_page(
        request, form, f"Qui appeler : {found.name}", f"/annuaire/structures/{found.pk}/"
    )


@route(Policy.PROFESSIONAL, audit="directory")
def correspondent(request: HttpRequest, correspondent_id: UUID) -> HttpResponse:
    """Correct how somebody is reached, or say that they are no longer whom to call."""
    found = offer_search.correspondent(correspondent_id)
    if found is None:
        raise Http404
    initial = {name: getattr(found, name) for name in correspondents.PERSON_FIELDS}
    form = CorrespondentForm(request.POST or None, initial=initial)
    back = f"/annuaire/structures/{found.organisation_id}/"
    if request.method == "POST" and form.is_valid():
        try:
            correspondents.correct(found.pk, form.cleaned_data)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Merci, l’annuaire est à jour.")
            return redirect(back)
    context: dict[str, Any] = {
        "ending": ReasonForm(),
        "of": found,
        "history": queries.history([found.pk]),
    }
    return form_page(request, form, found.name, back, **context)


@route(Policy.PROFESSIONAL, audit="directory", methods=POST)
def end_correspondent(request: HttpRequest, correspondent_id: UUID) -> HttpResponse:
    """They are no longer whom to call."""
    try:
        row = correspondents.end(correspondent_id, request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("correspondent", correspondent_id=correspondent_id)
    messages.success(request, "Interlocuteur retiré.")
    return redirect("organisation", organisation_id=row.organisation_id)


@route(Policy.PROFESSIONAL, audit="directory")
def new_organisation(request: HttpRequest) -> HttpResponse:
    """A structure that the directory does not know."""
    form = OrganisationForm(
        request.POST or None, initial={"name": request.GET.get("nom", "")[:200]}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        place = said.pop("commune")
        town = town_meant(place, territories.communes(place), "")
        try:
            if town is None:
                raise Refused(
                    "Commune inconnue, ou plusieurs : essayez le nom entier.", field="commune"
                )
            made = organisations.add(town=town, **said)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"{made.name} est dans l’annuaire : que propose-t-elle ?")
            return redirect("organisation", organisation_id=made.pk)
    return form_page(request, form, "Ajouter une structure", "/annuaire/")
