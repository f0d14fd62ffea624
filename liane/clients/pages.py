"""« Applications », under the settings: what a manager decides."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.clients import queries, rules, services, words
from liane.clients.forms import CardForm, KeysForm, ScopesForm
from liane.clients.models import Client
from liane.clients.oauth.identity import fhir_base
from liane.core import registry
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory.models import Organisation
from liane.directory.queries import organisation

READ = ("GET", "HEAD")
POST = ("POST",)
HOME = "/parametres/applications/"


def section(request: Any) -> dict[str, Any] | None:
    """Section of the settings, for managers."""
    if not rules.manages(request.actor):
        return None
    living = [row for row in queries.mine(request.actor) if row.status == Client.Status.ACTIVE]
    return {"count": len(living)}


@route(Policy.PROFESSIONAL, audit="applications", methods=READ)
def index(request: Request) -> HttpResponse:
    """The applications of my organisation."""
    _manager(request)
    rows = queries.mine(request.actor)
    context = {
        "rows": [row for row in rows if row.status != Client.Status.REVOKED],
        "revoked": [row for row in rows if row.status == Client.Status.REVOKED],
        "place": _place(request),
    }  # fmt: skip
    return render(request, "clients/index.html", context)


@route(Policy.PROFESSIONAL, audit="applications")
def new(request: Request) -> HttpResponse:
    """Let an application in; what it may do is asked next."""
    _manager(request)
    place = _place(request)

    def let_in(form: CardForm) -> Client:
        said = dict(form.cleaned_data)
        return services.register(place, said.pop("name"), said.pop("kind"), "", **said)

    return _form(
        request, CardForm(request.POST or None), "Autoriser une application", HOME, let_in,
        lambda client: f"{HOME}{client.pk}/acces/", button="Continuer",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="applications", methods=READ)
def detail(request: Request, client_id: UUID) -> HttpResponse:
    """One application: what it may do, its last calls, its history."""
    client = _client(request, client_id)
    return render(request, "clients/detail.html", _told(request, client))


@route(Policy.PROFESSIONAL, audit="applications")
def edit(request: Request, client_id: UUID) -> HttpResponse:
    """What an application is."""
    client = _client(request, client_id)
    initial = {
        name: getattr(client, name) for name in ("name", "publisher", "redirect_uris", "launch_url")
    }
    form = CardForm(request.POST or None, initial=initial, fixed_kind=client.kind)

    def change(form: CardForm) -> Client:
        said = {name: value for name, value in form.cleaned_data.items() if name != "kind"}
        return services.describe(client, **said)

    return _form(request, form, f"Fiche de {client.name}", _page(client), change)


@route(Policy.PROFESSIONAL, audit="applications")
def scopes(request: Request, client_id: UUID) -> HttpResponse:
    """What an application may do."""
    client = _client(request, client_id)
    form = ScopesForm(request.POST or None, kind=client.kind, scopes=client.granted)
    return _form(
        request, form, f"Ce que {client.name} peut faire", _page(client),
        lambda form: services.grant(client, form.scopes),
        help="Effet au prochain appel, pour les accès déjà donnés aussi.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="applications")
def keys(request: Request, client_id: UUID) -> HttpResponse:
    """The public keys of an application."""
    client = _client(request, client_id)
    form = KeysForm(request.POST or None, initial={"jwks_url": client.jwks_url})
    return _form(
        request, form, f"Clés de {client.name}", _page(client),
        lambda form: services.set_keys(
            client, form.cleaned_data["jwks"], form.cleaned_data["jwks_url"]
        ),
        help="Les anciennes clés cessent de servir aussitôt.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="applications", methods=POST)
def secret(request: Request, client_id: UUID) -> HttpResponse:
    """A new secret, shown in this answer and never again."""
    client = _client(request, client_id)
    try:
        text = services.new_secret(client)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(_page(client))
    return render(request, "clients/detail.html", {**_told(request, client), "secret": text})


@route(Policy.PROFESSIONAL, audit="applications", methods=POST)
def move(request: Request, client_id: UUID) -> HttpResponse:
    """Suspend, allow again, revoke."""
    client = _client(request, client_id)
    try:
        services.move(client, request.POST.get("after", ""), request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{client.name} : {client.get_status_display()}.")
    return redirect(_page(client))


def _form(
    request: Request,
    form: Any,
    title: str,
    back: str,
    verb: Callable[[Any], Any],
    after: Callable[[Any], str] | None = None,
    **more: str,
) -> HttpResponse:
    """One form; refusals stand beside their field."""
    if request.method == "POST" and form.is_valid():
        try:
            done = verb(form)
        except Refused as refusal:
            _told_beside(form, refusal)
        else:
            return redirect(after(done) if after is not None else back)
    context = {"form": form, "title": title, "back": back, **more}
    return render(request, "clients/form.html", context, status=422 if form.errors else 200)


def _told_beside(form: forms.Form, refusal: Refused) -> None:
    field = "exact" if refusal.field == "scopes" and "exact" in form.fields else refusal.field
    form.add_error(field if field in form.fields else None, refusal.message)


def _told(request: Request, client: Client) -> dict[str, Any]:
    shown = ((one, one.load(request, client)) for one in registry.application_panels)
    panels = [{"template": one.template, "context": held} for one, held in shown if held]
    return {
        "panels": panels,
        "client": client, "said": words.describe(client.granted), "base": fhir_base(),
        "calls": queries.calls(client), "history": queries.history(client),
    }  # fmt: skip


def _manager(request: Request) -> None:
    if not rules.manages(request.actor):
        raise Http404


def _place(request: Request) -> Organisation:
    pk = request.actor.organisation_id
    found = organisation(pk) if pk is not None else None
    if found is None:
        raise Http404
    return found


def _client(request: Request, client_id: UUID) -> Client:
    _manager(request)
    return queries.one(request.actor, client_id)


def _page(client: Client) -> str:
    return f"{HOME}{client.pk}/"
