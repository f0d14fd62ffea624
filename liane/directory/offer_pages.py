"""Offers: a search by need, place and availability; one offer, said, corrected, ended."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import Conflict, Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.directory import needs, offer_search, offers, queries, territories
from liane.directory.models import Commune, HealthcareService, Organisation
from liane.directory.offer_forms import (
    OfferForm,
    PlacesForm,
    ReasonForm,
)
from liane.directory.offer_search import Asked
from liane.directory.search import organisations_named
from liane.directory.tabs import tabs

READ = ("GET", "HEAD")
POST = ("POST",)
HOME = "/annuaire/offres/"


@route(Policy.PROFESSIONAL, audit="directory", methods=READ)
def index(request: HttpRequest) -> HttpResponse:
    """/annuaire/offres/: what is offered for a need, around a commune, nearest first."""
    need = request.GET.get("besoin", "")
    text = request.GET.get("q", "").strip()[:100]
    place = request.GET.get("commune", "").strip()[:100]
    way = request.GET.get("dispo", "")
    towns = territories.communes(place) if place else []
    town = town_meant(place, towns, request.GET.get("code", ""))
    asked = Asked(
        need if needs.known(need) else "", text, town,
        way if way in offer_search.WAYS else "",
    )  # fmt: skip
    number = request.GET.get("page", "1")
    unknown = bool(place) and town is None
    page = int(number) if number.isdecimal() and len(number) < 4 else 1
    found = offer_search.Found() if unknown else offer_search.find(asked, page)
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "asked": asked, "place": place, "towns": towns if unknown else [], "found": found,
        "unknown": unknown, "needs": needs.choices(), "ways": list(offer_search.WAYS.items()),
        "tabs": tabs(request, HOME), "kept": kept.urlencode(),
        "doubtful": offer_search.to_confirm(cast(Request, request).actor.organisation_id),
    }  # fmt: skip
    return render(request, "directory/offers.html", context)


def town_meant(place: str, towns: list[Commune], code: str) -> Commune | None:
    """The commune meant: the only one, or the one whose whole name was typed, or chosen by code."""
    if code:
        return next((one for one in towns if one.code == code), None) or territories.commune(code)
    same = [one for one in towns if one.search == territories.plain(place)]
    found = same if len(same) == 1 else towns
    return found[0] if len(found) == 1 else None


@route(Policy.PROFESSIONAL, audit="directory", methods=READ)
def choose(request: HttpRequest) -> HttpResponse:
    """Whose offer: a structure to find; ``besoin`` and ``commune`` are carried along."""
    text = request.GET.get("q", "").strip()[:100]
    carried = _carried(request)
    context = {
        "text": text, "found": organisations_named(text) if len(text) > 1 else [],
        "carried": carried, "carried_query": urlencode(carried),
    }  # fmt: skip
    return render(request, "directory/offer_whose.html", context)


def _carried(request: HttpRequest) -> dict[str, str]:
    """What an unmet need said, for the form to begin with."""
    return {
        name: request.GET.get(name, "")[:100]
        for name in ("besoin", "territoire")
        if request.GET.get(name)
    }


@route(Policy.PROFESSIONAL, audit="directory")
def new(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """Say what a structure offers."""
    found = organisation_or_404(organisation_id)
    carried = _carried(request)
    form = OfferForm(
        request.POST or None, people=_people(found),
        initial={"need": carried.get("besoin", ""), "areas": carried.get("territoire", "")},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = offers.add(found, _said(form), _areas(form), key=client_key(request))
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Offre ajoutée. Merci : tout le territoire la trouve.")
            return redirect("service", service_id=made.pk)
    return form_page(
        request, form, f"Ajouter une offre de {found.name}", f"/annuaire/structures/{found.pk}/"
    )


@route(Policy.PROFESSIONAL, audit="directory", methods=READ)
def detail(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """One offer: what it is, who said so and when, whether there is room."""
    found = _service(service_id)
    initial = {"availability": found.availability, "free_places": found.free_places,
               "delay_days": found.delay_days}  # fmt: skip
    context = {
        "offer": found, "areas": offer_search.areas_of(found),
        "territory": territories.covered_by(found.organisation_id),
        "places": PlacesForm(initial=initial), "ending": ReasonForm(),
        "words": offers.places_words(found), "history": queries.history([found.pk]),
    }  # fmt: skip
    return render(request, "directory/offer.html", context)


@route(Policy.PROFESSIONAL, audit="directory")
def edit(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """Correct an offer; two people at once lose nothing."""
    found = _service(service_id)
    initial = {name: getattr(found, name) for name in offers.OFFER_FIELDS} | {
        "version": found.version, "correspondent": str(found.correspondent_id or ""),
        "areas": ", ".join(one.name for one in offer_search.areas_of(found)),
    }  # fmt: skip
    form = OfferForm(request.POST or None, people=_people(found.organisation), initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            offers.correct(found.pk, _said(form), _areas(form), expect=form.cleaned_data["version"])
        except Conflict as conflict:
            form.add_error(None, conflict.message)
            status = 409
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Merci, l’offre est à jour.")
            return redirect("service", service_id=found.pk)
    return form_page(
        request, form, f"Corriger « {found.name} »", f"/annuaire/offres/{found.pk}/", status
    )


@route(Policy.PROFESSIONAL, audit="directory", methods=POST)
def say_places(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """Whether there is room now."""
    form = PlacesForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Dites s’il y a de la place ; places et délai sont des nombres.")
        return redirect("service", service_id=service_id)
    said = form.cleaned_data
    return _verb(
        request, service_id, "Disponibilité notée.",
        lambda: offers.say_places(
            service_id, said["availability"], free=said["free_places"], delay=said["delay_days"]
        ),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="directory", methods=POST)
def confirm(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """« Toujours vrai »."""
    return _verb(
        request, service_id, "Merci : relue aujourd’hui.", lambda: offers.confirm(service_id)
    )


@route(Policy.PROFESSIONAL, audit="directory", methods=POST)
def withdraw(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """The offer no longer exists."""
    why = request.POST.get("reason", "")
    return _verb(request, service_id, "Offre retirée.", lambda: offers.withdraw(service_id, why))


def _verb(request: HttpRequest, service_id: UUID, done: str, do: Any) -> HttpResponse:
    try:
        do()
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("service", service_id=service_id)


def form_page(
    request: HttpRequest, form: forms.Form, title: str, back: str, status: int = 200, **more: Any
) -> HttpResponse:
    """One form of the directory."""
    context = {"form": form, "title": title, "back": back, **more}
    if form.errors and status == 200:
        status = 422
    return render(request, "directory/offer_form.html", context, status=status)


def refuse(form: forms.Form, error: Refused) -> None:
    """Show a refusal beside the field at fault."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


def _said(form: OfferForm) -> dict[str, Any]:
    said = dict(form.cleaned_data)
    said["correspondent_id"] = parse(said.pop("correspondent"))
    return said


def _areas(form: OfferForm) -> list[str]:
    return [one.key for one in territories.understood(form.cleaned_data["areas"])]


def _people(organisation: Organisation) -> list[tuple[str, str]]:
    return [(str(one.pk), one.name) for one in offer_search.correspondents(organisation.pk)]


def organisation_or_404(organisation_id: UUID) -> Organisation:
    """The organisation of an address. Raises Http404."""
    found = queries.organisation(organisation_id)
    if found is None:
        raise Http404
    return found


def _service(service_id: UUID) -> HealthcareService:
    found = offer_search.one(service_id)
    if found is None:
        raise Http404
    return found
