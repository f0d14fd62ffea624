"""Inclusion, step by step: criteria, information of the person, decision, validation."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.circle import persons
from liane.circle.access import access_patient
from liane.circle.reach import Reach
from liane.circle.record import frame
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.pathways import catalogue, judging, rules, teams
from liane.pathways.forms import (
    DecideForm,
    FactsForm,
    InformForm,
    ReasonForm,
    ValidateForm,
    capital,
)
from liane.pathways.pages.common import TAB, kept_or_404, place_of, refused, row_or_404, step
from liane.pathways.services import inclusion
from liane.pathways.services.inclusion import Said


@route(Policy.PROFESSIONAL, audit="pathway")
def choose(request: Request, project_id: UUID) -> HttpResponse:
    """Include somebody in a project: whom? A name is searched by POST."""
    project = teams.one(project_id)
    if project is None or not rules.follows(request.actor):
        raise Http404
    named = request.POST.get("q", "")[:100] if request.method == "POST" else ""
    found = persons.search(Reach.of(request.actor), named) if named.strip() else []
    context = {"project": project, "named": named, "people": found}
    return render(request, "pathways/choose.html", context)


@route(Policy.PROFESSIONAL, audit="pathway")
def propose(request: Request, person_id: UUID) -> HttpResponse:
    """The protocol's criteria for this person, each met, not met or to be checked."""
    person = access_patient(person_id, Area.INTERVENTION, resource="pathway")
    project = teams.one(parse(request.POST.get("projet") or request.GET.get("projet")) or person_id)
    if project is None or not rules.may_include(request.actor, project.organisation_id, person.pk):
        raise Http404
    protocol = catalogue.of_project(project)
    form = FactsForm(request.POST or None, protocol=protocol)
    said = form.said if request.method == "POST" and form.is_valid() else Said()
    if request.method == "POST" and form.is_valid() and not request.POST.get("look"):
        try:
            row = inclusion.propose(person.pk, project.pk, said)
        except Refused as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "Parcours proposé : rien ne commence avant la décision.")
            return redirect(place_of(row))
    context = frame(request, person, TAB) | {
        "form": form, "project": project, "protocol": protocol,
        "back": f"/personnes/{person.pk}/parcours/",
        "criteria": judging.criteria(person, protocol, said, timezone.localdate()),
    }  # fmt: skip
    return render(request, "pathways/criteria.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="pathway")
def answers(request: Request, enrolment_id: UUID) -> HttpResponse:
    """Complete or correct the facts of a proposal."""
    row = kept_or_404(request, enrolment_id)
    protocol = catalogue.of_enrolment(row)
    kept = inclusion.kept_facts(row)
    form = FactsForm(
        request.POST or None, protocol=protocol, initial=FactsForm.initial_of(protocol, kept)
    )
    said = form.said if request.method == "POST" and form.is_valid() else kept
    if request.method == "POST" and form.is_valid() and not request.POST.get("look"):
        try:
            inclusion.answer(row.pk, said)
        except Refused as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "Critères mis à jour.")
            return redirect(place_of(row))
    context = frame(request, row.person, TAB) | {
        "form": form, "project": row.project, "protocol": protocol, "row": row,
        "back": place_of(row),
        "criteria": judging.criteria(row.person, protocol, said, timezone.localdate()),
    }  # fmt: skip
    return render(request, "pathways/criteria.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="pathway")
def inform(request: Request, enrolment_id: UUID) -> HttpResponse:
    """The person is informed, and says whether they object."""
    row = kept_or_404(request, enrolment_id)
    form = InformForm(request.POST or None)
    return step(
        request, "Information de la personne", "Enregistrer", form,
        lambda said: inclusion.inform(
            row.pk, on=said["on"], by=said["by"], objects=said["answer"] == "objects"
        ),
        "Réponse de la personne enregistrée.", place_of(row), person=row.person,
        note="Expliquez le parcours, qui y intervient, ce qui est partagé entre eux, et le droit "
        "de s’opposer à tout moment. La décision ne vient qu’après.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def decide(request: Request, enrolment_id: UUID) -> HttpResponse:
    """The decision of inclusion; who joins the circle is proposed by profession."""
    row = kept_or_404(request, enrolment_id)
    protocol = catalogue.of_enrolment(row)
    proposal = judging.circle_proposal(row, protocol)
    people = [
        (str(one.practice_id), f"{one.name}, {one.profession} ({one.place})")
        for one in proposal if not one.there
    ]  # fmt: skip
    form = DecideForm(
        request.POST or None, people=people,
        profiles=[] if row.profile else capital([(one.id, one.label) for one in protocol.profiles]),
        initial={"version": row.version, "team": [value for value, _ in people]},
    )  # fmt: skip
    doctor = judging.is_doctor()
    return step(
        request, "Décider l’inclusion", "Inclure cette personne", form,
        lambda said: inclusion.decide(
            row.pk, on=said["on"], team=[UUID(one) for one in said.get("team", [])],
            profile=said.get("profile", ""), expect=said["version"],
        ),
        "Personne incluse : les premières séances dues apparaissent.", place_of(row),
        person=row.person, criteria=judging.kept_criteria(row, protocol),
        there=[one for one in proposal if one.there],
        note="" if not protocol.prescription else (
            "Votre décision vaut prescription de tous les actes du parcours" if doctor
            else "Un médecin devra la valider : elle vaudra alors prescription"
        ) + judging.by_article(protocol, "inclusion"),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def validate(request: Request, enrolment_id: UUID) -> HttpResponse:
    """A physician validates the inclusion."""
    row = row_or_404(enrolment_id)
    own = judging.is_doctor()
    me = (str(request.actor.holder_id), "Moi-même")
    keeps = rules.may_include(request.actor, row.organisation_id, row.person_id)
    doctors = ([me] if own else []) + (teams.deciding(row.person_id) if keeps and not own else [])
    if not doctors:
        raise Http404
    form = ValidateForm(request.POST or None, doctors=doctors, initial={"practice": doctors[0][0]})
    return step(
        request, "Valider l’inclusion", "Valider", form,
        lambda said: inclusion.validate(
            row.pk, on=said["on"], practice_id=UUID(said["practice"])
        ),
        "Inclusion validée : elle vaut prescription.", place_of(row), person=row.person,
        note="" if own else "Notez une validation que le médecin vous a remise signée.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def refuse(request: Request, enrolment_id: UUID) -> HttpResponse:
    """The proposal goes no further."""
    row = kept_or_404(request, enrolment_id)
    return step(
        request, "Ne pas inclure", "Classer la proposition", ReasonForm(request.POST or None),
        lambda said: inclusion.refuse(row.pk, reason=said["reason"]),
        "Proposition classée.", place_of(row), person=row.person, danger=True,
    )  # fmt: skip
