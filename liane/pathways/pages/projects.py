"""/parcours/: the projects of my structure, the protocols at hand; one project and its team."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.core.errors import Refused
from liane.core.http import Request, back
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.pathways import catalogue, keys, rules, teams
from liane.pathways.forms import (
    AccountForm,
    AmendmentForm,
    DayForm,
    MilestoneForm,
    NumberForm,
    OpenProjectForm,
    ReasonForm,
    SharingForm,
    SignatoryForm,
)
from liane.pathways.models import Project, Signatory
from liane.pathways.pages.common import POST, READ, step
from liane.pathways.services import projects as verbs
from liane.pathways.services import sharing, team


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=READ)
def index(request: Request) -> HttpResponse:
    """The projects of my structure and the protocols that it may use."""
    _reader(request)
    house = request.actor.organisation_id
    context = {
        "projects": teams.projects(), "shelf": teams.shelf(),
        "runs": house is not None and rules.runs(request.actor, house),
        "follows": rules.follows(request.actor),
    }  # fmt: skip
    return render(request, "pathways/index.html", context)


@route(Policy.PROFESSIONAL, audit="pathway_project")
def new(request: Request, key: str) -> HttpResponse:
    """Begin a project for a protocol."""
    _reader(request)
    protocol = catalogue.find(key, "", request.actor.organisation_id)
    if protocol is None:
        raise Http404
    form = OpenProjectForm(request.POST or None, protocol=protocol)
    return step(
        request, f"Projet : {protocol.title}", "Ouvrir le projet", form,
        lambda said: verbs.open_project(key, category=said["category"], title=said["title"]),
        "Projet ouvert : ajoutez son équipe.", "/parcours/", leads=_place,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=READ)
def detail(request: Request, project_id: UUID) -> HttpResponse:
    """Team, clocks, what is missing."""
    found = teams.detail(project_id)
    if found is None:
        raise Http404
    today = timezone.localdate()
    context = {
        "found": found, "project": found.project,
        "keys": keys.of_project(found.project, found.protocol),
        "clocks": [(clock, clock.left(today)) for clock in found.clocks],
        "runs": rules.runs(request.actor, found.project.organisation_id),
        "pays": rules.pays(request.actor, found.project.organisation_id),
    }  # fmt: skip
    return render(request, "pathways/project.html", context)


@route(Policy.PROFESSIONAL, audit="pathway_project")
def milestone(request: Request, project_id: UUID) -> HttpResponse:
    """Note a dated fact of the file."""
    project = _project(request, project_id)
    found = teams.detail(project.pk)
    amendments = [
        (str(one.pk), f"Avenant : {one.what}") for one in (found.amendments if found else [])
    ]
    form = MilestoneForm(
        request.POST or None, amendments=amendments, asked=catalogue.of_project(project).project,
        initial={"kind": request.GET.get("quoi", ""), "amendment": request.GET.get("avenant", "")},
    )  # fmt: skip
    return step(
        request, "Noter une étape du dossier", "Noter", form,
        lambda said: verbs.note(
            project.pk, said["kind"], said["on"], reference=said["reference"],
            amendment_id=parse(said["amendment"]),
        ),
        "Étape notée.", _place(project),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project")
def amend(request: Request, project_id: UUID) -> HttpResponse:
    """A change of the project."""
    project = _project(request, project_id)
    form = AmendmentForm(request.POST or None, initial={"decided_on": timezone.localdate()})
    return step(
        request, "Avenant au projet", "Enregistrer l’avenant", form,
        lambda said: verbs.amend(project.pk, decided_on=said["decided_on"], what=said["what"]),
        "Avenant enregistré : à transmettre sous sept jours.", _place(project),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project")
def share(request: Request, project_id: UUID) -> HttpResponse:
    """The sharing key that the team agreed on."""
    project = _project(request, project_id)
    form = SharingForm(
        request.POST or None, protocol=catalogue.of_project(project),
        initial={"starts_on": timezone.localdate()},
    )  # fmt: skip
    return step(
        request, "Clé de répartition", "Enregistrer la clé", form,
        lambda said: sharing.agree(
            project.pk, form.key, starts_on=said["starts_on"], governs=said["governs"],
            note=said["note"],
        ),
        "Clé proposée : une deuxième personne la confirme, puis elle vaut.", _place(project),
        columns=True,
        note="Dans l’ordre : la part fixe de la structure, les montants par acte, les parts en %, "
        "puis le reste. Tout est partagé au centime.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=POST)
def confirm_key(request: Request, agreement_id: UUID) -> HttpResponse:
    """A second person confirms a key; alone, with a reason."""
    try:
        made = sharing.confirm(agreement_id, alone=request.POST.get("alone", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return back(request, "/parcours/")
    messages.success(request, "Clé confirmée : elle vaut pour les calculs à venir.")
    return redirect(_place(made.agreement.project))


@route(Policy.PROFESSIONAL, audit="pathway_project")
def end(request: Request, project_id: UUID) -> HttpResponse:
    """The structure ends its project."""
    project = _project(request, project_id)
    return step(
        request, "Terminer le projet", "Terminer", ReasonForm(request.POST or None),
        lambda said: verbs.end(project.pk, reason=said["reason"]),
        "Projet terminé.", _place(project), danger=True,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project")
def join(request: Request, project_id: UUID) -> HttpResponse:
    """Add a professional: search by name (POST), then say in which profession and who is paid."""
    project = _project(request, project_id)
    chosen = parse(request.POST.get("practice") or request.GET.get("practice"))
    name = request.POST.get("q", "")[:100] if request.method == "POST" else ""
    practices = teams.colleagues(name) if name else []
    one = team.practice_or_none(chosen) if chosen else None
    if one is None:
        context = {"project": project, "named": name, "practices": practices}
        return render(request, "pathways/join.html", context)
    protocol = catalogue.of_project(project)
    employers = {str(one.organisation_id): one.organisation.name}
    employers[str(project.organisation_id)] = project.organisation.name
    form = SignatoryForm(
        request.POST if "profession" in request.POST else None,
        professions=list(catalogue.professions(protocol).items()),
        employers=list(employers.items()),
        initial={"profession": teams.guess(one, protocol), "starts_on": timezone.localdate()},
    )  # fmt: skip
    return step(
        request, f"{one.professional.name} entre dans l’équipe", "Ajouter à l’équipe", form,
        lambda said: team.add(
            project.pk,
            team.Joining(
                one.pk, said["profession"], said["starts_on"], parse(said["employer"]),
                said["conventioned"], said["am_number"].replace(" ", ""), said["cpam_number"],
            ),
        ),
        "Ajouté à l’équipe : il reste à signer.", _place(project), hidden={"practice": one.pk},
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project")
def account(request: Request, project_id: UUID) -> HttpResponse:
    """Bank details of the structure, or of a signatory."""
    project = teams.one(project_id)
    if project is None or not rules.pays(request.actor, project.organisation_id):
        raise Http404
    row = teams.signatory(parse(request.GET.get("signataire")) or project.pk)
    whose = row.practice.professional.name if row is not None else project.organisation.name
    form = AccountForm(request.POST or None, initial={"holder": whose})
    return step(
        request, f"Compte de {whose}", "Enregistrer le compte", form,
        lambda said: team.set_account(
            project.pk, iban=said["iban"], holder=said["holder"],
            signatory_id=row.pk if row is not None else None, starts_on=said["starts_on"],
        ),
        "Compte enregistré.", _place(project),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project")
def sign(request: Request, signatory_id: UUID) -> HttpResponse:
    """The day of a signature."""
    row = _signatory(request, signatory_id)
    return _about(
        request, row, "a signé", lambda said: team.sign(row.pk, said["on"]), "Signature notée."
    )


@route(Policy.PROFESSIONAL, audit="pathway_project")
def order(request: Request, signatory_id: UUID) -> HttpResponse:
    """The order was told."""
    row = _signatory(request, signatory_id)
    return _about(
        request, row, ": ordre prévenu", lambda said: team.tell_order(row.pk, said["on"]),
        "Signalement à l’ordre noté.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project")
def leave(request: Request, signatory_id: UUID) -> HttpResponse:
    """The last day in the team."""
    row = _signatory(request, signatory_id)
    return _about(
        request, row, "quitte l’équipe", lambda said: team.leave(row.pk, said["on"]),
        "Départ noté.", danger=True,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project")
def number(request: Request, signatory_id: UUID) -> HttpResponse:
    """The number under which the CPAM pays."""
    row = _signatory(request, signatory_id)
    form = NumberForm(
        request.POST or None,
        initial={"am_number": row.am_number, "cpam_number": row.cpam_number,
                 "cpam_asked_on": row.cpam_asked_on},
    )  # fmt: skip
    return step(
        request, f"Numéro de {row.practice.professional.name}", "Enregistrer", form,
        lambda said: team.number(row.pk, **said), "Numéro enregistré.", _place(row.project),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway_project", methods=POST)
def sign_all(request: Request, project_id: UUID) -> HttpResponse:
    """Everybody of the team signed today, in one gesture."""
    project = _project(request, project_id)
    try:
        signed = team.sign_all(project.pk, timezone.localdate())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        plural = "s" if signed > 1 else ""
        messages.success(request, f"{signed} signature{plural} notée{plural}.")
    return redirect(_place(project))


def _about(
    request: Request,
    row: Signatory,
    title: str,
    verb: Callable[[dict[str, Any]], object],
    done: str,
    **more: Any,
) -> HttpResponse:
    name = row.practice.professional.name
    text = f"{name}{'' if title.startswith(':') else ' '}{title}".replace(":", "\u00a0:", 1)
    return step(
        request, text, "Noter", DayForm(request.POST or None), verb, done, _place(row.project),
        **more,
    )  # fmt: skip


def _reader(request: Request) -> None:
    if not rules.reads_projects(request.actor):
        raise Http404


def _project(request: Request, project_id: UUID) -> Project:
    project = teams.one(project_id)
    if project is None or not rules.runs(request.actor, project.organisation_id):
        raise Http404
    return project


def _signatory(request: Request, signatory_id: UUID) -> Signatory:
    row = teams.signatory(signatory_id)
    if row is None or not rules.runs(request.actor, row.project.organisation_id):
        raise Http404
    return row


def _place(project: Project) -> str:
    return f"/parcours/projets/{project.pk}/"
