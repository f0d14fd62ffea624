"""/parcours/protocoles/: a protocol as picture and table; a structure's own versions."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.core import registry
from liane.core.errors import Conflict, Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.pathways import catalogue, drafts, picture, rules, teams
from liane.pathways.completing import CompleteForm
from liane.pathways.models import ProtocolVersion
from liane.pathways.pages.common import POST, READ, step
from liane.pathways.protocols import library
from liane.pathways.protocols.filling import filling
from liane.pathways.services import completed, versions


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=READ)
def detail(request: Request, key: str) -> HttpResponse:
    """The picture, the rules with their sources, the versions."""
    house = _reader(request)
    protocol = catalogue.find(key, request.GET.get("version", "")[:60], house)
    if protocol is None:
        raise Http404
    context = {
        "protocol": protocol, "drawing": picture.drawing(protocol),
        "groups": [one for one in picture.groups(protocol) if one.rules or one.amounts],
        "gaps": library.gaps(protocol), "versions": drafts.versions_of(key, house),
        "sources": [(one, picture.MARKS[one.mark]) for one in protocol.sources],
        "runs": rules.runs(request.actor, house),
    }  # fmt: skip
    return render(request, "pathways/protocol.html", context)


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=POST)
def draft(request: Request, key: str) -> HttpResponse:
    """Begin a version of one's own."""
    _reader(request)
    based_on, number = request.POST.get("based_on", "")[:60], request.POST.get("number", "")[:40]
    try:
        row = versions.draft(key, based_on, number)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(f"/parcours/protocoles/{key}/")
    return redirect(f"/parcours/versions/{row.pk}/")


@route(Policy.PROFESSIONAL, audit="pathway_project")
def edit(request: Request, version_id: UUID) -> HttpResponse:
    """A draft: the values to complete, the text, its examples run again at each change."""
    row = _version(request, version_id)
    text, error, status = row.text, "", 200
    if request.method == "POST":
        text = request.POST.get("text", "").replace("\r\n", "\n")
        try:
            versions.write(row.pk, text, expect=_number(request.POST.get("version")))
        except Refused as refusal:
            error, status = refusal.message, 409 if isinstance(refusal, Conflict) else 422
        else:
            messages.success(request, "Brouillon enregistré.")
            return redirect(f"/parcours/versions/{row.pk}/")
    looked = versions.look(text)
    gaps = library.gaps(looked.protocol) if looked.protocol is not None else []
    context = {
        "row": row, "text": text, "error": error, "looked": looked, "gaps": gaps,
        "form": CompleteForm(gaps=gaps), "completions": drafts.completions(row),
        "mine": row.author_user_id == request.actor.user_id,
        "trials": [trial(row.pk) for trial in registry.protocol_trials],
    }  # fmt: skip
    return render(request, "pathways/draft.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=POST)
def rehearse(request: Request, version_id: UUID) -> HttpResponse:
    """What a text gives as it is typed: faults and examples. Nothing is kept."""
    row = _version(request, version_id)
    looked = versions.look(request.POST.get("text", row.text).replace("\r\n", "\n"))
    return render(request, "pathways/_looked.html", {"looked": looked})


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=POST)
def complete(request: Request, version_id: UUID) -> HttpResponse:
    """Fill values that no source gave, each with its source."""
    row = _version(request, version_id)
    gaps = library.gaps(library.read(row.text))
    form = CompleteForm(request.POST, gaps=gaps)
    values: dict[str, Any] = {}
    if form.is_valid():
        said = form.cleaned_data
        values = {
            gap.path: (said[f"value-{number}"].replace(",", "."), said[f"source-{number}"])
            for number, gap in enumerate(gaps)
        }
    try:
        versions.complete(row.pk, values)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Valeurs complétées dans le brouillon.")
    return redirect(f"/parcours/versions/{row.pk}/")


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=POST)
def publish(request: Request, version_id: UUID) -> HttpResponse:
    """A second person publishes."""
    row = _version(request, version_id)
    try:
        versions.publish(row.pk)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(f"/parcours/versions/{row.pk}/")
    messages.success(request, "Version publiée : les prochains projets peuvent la prendre.")
    return redirect(f"/parcours/protocoles/{row.key}/?version={row.number}")


@route(Policy.PROFESSIONAL, audit="pathway_project")
def take(request: Request, project_id: UUID) -> HttpResponse:
    """A project that runs takes a version that only completes its own."""
    project = teams.one(project_id)
    if project is None or not rules.runs(request.actor, project.organisation_id):
        raise Http404
    number = request.POST.get("version") or request.GET.get("version", "")
    after = completed.usable(project, number[:60])
    if after is None:
        raise Http404
    found = filling(catalogue.of_project(project), after)
    what = [f"{one[:1].upper()}{one[1:]}" for one in found.what]
    return step(
        request, f"Reprendre la version {after.version}", catalogue.TAKE,
        forms.Form(request.POST or None),
        lambda said: completed.take(project.pk, after.version),
        "Version reprise : les forfaits se recalculent avec elle au prochain décompte.",
        f"/parcours/projets/{project.pk}/", hidden={"version": after.version},
        note=f"Le projet suit la version {project.protocol_version}. Rien de ce qu’elle dit ne "
        "change : la version reprise complète seulement ce qui manquait.",
        consequences=[
            ("valeurs complétées", what or ["Aucune."]),
            ("dossiers", [
                "Les personnes du projet la suivent, aussi celles dont le parcours est terminé.",
                "Une facture émise garde la version sous laquelle elle a été faite.",
            ]),
        ],
    )  # fmt: skip


def _reader(request: Request) -> UUID:
    house = request.actor.organisation_id
    if house is None or not rules.reads_projects(request.actor):
        raise Http404
    return house


def _version(request: Request, version_id: UUID) -> ProtocolVersion:
    row = drafts.one(version_id)
    if row is None or not rules.runs(request.actor, row.organisation_id):
        raise Http404
    return row


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 7 else None
