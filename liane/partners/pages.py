"""Pages of relations: the list, one relation and its conventions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import Conflict, Refused
from liane.core.files import store
from liane.core.files.serve import file_response
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.models import StoredFile
from liane.core.routes import Policy, route
from liane.directory.queries import organisation as structure
from liane.directory.tabs import tabs
from liane.followups.queries import contacts_with
from liane.partners import queries, rules, services
from liane.partners.forms import ConventionForm, FileForm, ReasonForm, RelationForm
from liane.partners.models import Convention, Partnership
from liane.partners.services import Terms
from liane.partners.states import RELATION

READ = ("GET", "HEAD")
POST = ("POST",)
HOME = "/annuaire/relations/"


@route(Policy.PROFESSIONAL, audit="relations", methods=READ)
def index(request: Request) -> HttpResponse:
    """The partners of my house, where we are with each, and what is to be renewed."""
    keeper(request)
    view = request.GET.get("vue", "")
    view = view if view in queries.VIEWS else ""
    text = request.GET.get("page", "1")
    page = queries.page(view, int(text) if text.isdecimal() and len(text) < 5 else 1)
    counts = queries.counts()
    filters = [
        {"label": label, "url": f"?vue={key}" if key else "?", "current": key == view,
         "count": counts.get(key) if key else None}
        for key, label in queries.VIEWS.items()
    ]  # fmt: skip
    context = {
        "page": page, "filters": filters, "view": view, "due": queries.to_renew(),
        "tabs": tabs(request, HOME),
    }  # fmt: skip
    return render(request, "partners/relations.html", context)


@route(Policy.PROFESSIONAL, audit="relations", methods=POST)
def begin(request: Request, organisation_id: UUID) -> HttpResponse:
    """Follow the relation with a structure."""
    keeper(request)
    found = structure(organisation_id)
    if found is None:
        raise Http404
    try:
        row = services.begin(found)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("organisation", organisation_id=organisation_id)
    return redirect("partnership", partnership_id=row.pk)


@route(Policy.PROFESSIONAL, audit="relations", methods=READ)
def detail(request: Request, partnership_id: UUID) -> HttpResponse:
    """One relation: where it is, its conventions, its history, our contacts."""
    row = relation(request, partnership_id)
    context = {
        "relation": row, "conventions": queries.conventions(row.pk),
        "history": row.history.order_by("-at", "-id"), "logs": rules.logs(request.actor),
        "contacts": contacts_with(row.partner_id)[:5] if rules.logs(request.actor) else [],
        "upload": FileForm(),
    }  # fmt: skip
    return render(request, "partners/relation.html", context)


@route(Policy.PROFESSIONAL, audit="relations")
def move(request: Request, partnership_id: UUID) -> HttpResponse:
    """Another state."""
    row = relation(request, partnership_id)
    form = RelationForm(
        request.POST or None, after=set(RELATION.steps.get(row.status, set())),
        initial={"version": row.version},
    )  # fmt: skip
    return step(
        request, form, f"La relation avec {row.partner.name}", _page(row),
        lambda said: services.move(
            row.pk, said["status"], reason=said["reason"], expect=said["version"]
        ),
        "Relation à jour.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="relations")
def sign(request: Request, partnership_id: UUID) -> HttpResponse:
    """A convention that was signed; ``renouvelle`` names the one that it renews."""
    row = relation(request, partnership_id)
    renews = parse(request.GET.get("renouvelle"))
    before = queries.convention(renews) if renews is not None else None
    initial = {"title": before.title, "tacit": before.tacit} if before is not None else {}
    form = ConventionForm(request.POST or None, request.FILES or None, initial=initial)

    def keep(said: dict[str, Any]) -> None:
        upload = said.pop("file")
        services.sign(
            row.pk, Terms(**said), files=[_received(request, upload)] if upload else [],
            renews=before.pk if before is not None else None, key=client_key(request),
        )  # fmt: skip

    title = "Renouveler la convention" if before is not None else "Enregistrer une convention"
    return step(request, form, f"{title} · {row.partner.name}", _page(row), keep,
                "Convention enregistrée.")  # fmt: skip


@route(Policy.PROFESSIONAL, audit="relations", methods=POST)
def attach(request: Request, convention_id: UUID) -> HttpResponse:
    """Attach a document to a convention."""
    row = _convention(request, convention_id)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.attach(row.pk, _received(request, form.cleaned_data["file"]))
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, "Document joint à la convention.")
    else:
        messages.error(request, "Choisissez un document.")
    return redirect(_page(row.partnership))


@route(Policy.PROFESSIONAL, audit="relations")
def end(request: Request, convention_id: UUID) -> HttpResponse:
    """A convention ends before its day."""
    row = _convention(request, convention_id)
    form = ReasonForm(request.POST or None)
    return step(
        request, form, f"Dénoncer « {row.title} »", _page(row.partnership),
        lambda said: services.end(row.pk, said["reason"]), "Convention dénoncée.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="relations", methods=READ)
def document(request: Request, convention_file_id: UUID) -> HttpResponse:
    """A document of a convention, for the house alone."""
    keeper(request)
    row = queries.document(convention_file_id)
    if row is None:
        raise Http404
    return file_response(row.file, inline=False, request=request)


def step(
    request: Request,
    form: forms.Form,
    title: str,
    back: str,
    verb: Callable[[dict[str, Any]], object],
    done: str,
    **more: Any,
) -> HttpResponse:
    """One form; refusals stand beside their field, nothing typed is lost."""
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            verb(dict(form.cleaned_data))
        except Conflict as refusal:
            form.add_error(None, refusal.message)
            status = 409
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, done)
            return redirect(back)
    if form.errors and status == 200:
        status = 422
    context = {"form": form, "title": title, "back": back, **more}
    return render(request, "partners/step.html", context, status=status)


def keeper(request: Request) -> None:
    """Whoever keeps relations; nobody else learns that there are any."""
    if not rules.keeps(request.actor):
        raise Http404


def relation(request: Request, partnership_id: UUID) -> Partnership:
    """One relation of the house. Raises Http404."""
    keeper(request)
    found = queries.relation(partnership_id)
    if found is None:
        raise Http404
    return found


def _convention(request: Request, convention_id: UUID) -> Convention:
    keeper(request)
    found = queries.convention(convention_id)
    if found is None:
        raise Http404
    return found


def _received(request: Request, upload: Any) -> StoredFile:
    return store.receive(upload, person_id=None, organisation_id=request.actor.organisation_id)


def _page(row: Partnership) -> str:
    return f"/annuaire/relations/{row.pk}/"
