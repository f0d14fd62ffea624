"""Pages of the plan: the one screen, its frame, its state."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.careplans import editing, holders, links, queries, rules, services, situations
from liane.careplans.forms import (
    FORMS,
    ActionForm,
    FrameForm,
    LineForm,
    NewPlanForm,
    ProblemForm,
    ReasonForm,
    ReviewForm,
    ShareForm,
    WordsForm,
)
from liane.careplans.models import Action, Plan, Problem
from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.patients.models import Patient

POST = ("POST",)
READ = ("GET", "HEAD")
TAB = "plan/"


def person_of(person_id: UUID) -> Patient:
    """The person whose plan the actor may read; the read is recorded."""
    return access_patient(person_id, Area.CARE_PLAN, resource="care_plan")


def plan_of(person_id: UUID) -> Plan:
    """The open plan of a person, or 404."""
    plan = queries.current(person_id)
    if plan is None:
        raise Http404
    return plan


def refused(form: Any, error: Refused) -> None:
    """A verb's refusal, beside the field at fault."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


def line_form(kind: str, person_id: UUID, *args: Any, **kwargs: Any) -> LineForm:
    """The form of a kind of line."""
    made = FORMS[kind]
    if made is ActionForm:
        kwargs["choices"] = holders.around(person_id)
    elif made is ProblemForm:
        kwargs["origins"] = queries.citable(person_id)
    return made(*args, **kwargs)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=READ)
def screen(request: Request, person_id: UUID) -> HttpResponse:
    """Problems, objectives, actions, status: one screen."""
    return show(request, person_of(person_id))


def show(
    request: Request, person: Patient, *, bound: LineForm | None = None, parent: str = ""
) -> HttpResponse:
    """The screen; ``bound`` is a line that could not be added, below ``parent``."""
    plan = queries.current(person.pk)
    context = frame(request, person, TAB)
    if plan is None:
        context |= {
            "mine": queries.my_actions(person.pk),
            "may_open": rules.writes(request.actor, person.pk),
            "closed": queries.closed(person.pk),
        }
        return render(request, "careplans/none.html", context)
    shown = queries.screen(plan)
    if shown.writes:
        context |= {
            "domains": Problem.Domain.choices,
            "priorities": Problem.Priority.choices,
            "recourses": Action.Recourse.choices,
            "assignees": [("", "à préciser"), *holders.around(person.pk)],
            "templates": situations.offered(),
            "words_form": WordsForm(prefix="words"),
            "share_form": ShareForm(
                initial={"person": plan.for_person, "carers": plan.for_carers}, prefix="share"
            ),
        }
    context |= {"screen": shown, "plan": plan, "bound": bound, "bound_parent": parent}
    return render(request, "careplans/plan.html", context, status=422 if bound else 200)


@route(Policy.PROFESSIONAL, audit="care_plan")
def new(request: Request, person_id: UUID) -> HttpResponse:
    """Open a plan: its référent is named first."""
    person = person_of(person_id)
    if not rules.writes(request.actor, person.pk):
        raise NotAllowed
    templates = [(one.key, f"{one.title} — {one.summary}") for one in situations.offered()]
    form = NewPlanForm(
        request.POST or None, choices=holders.referents(person.pk), templates=templates
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            plan = services.open_plan(
                person.pk,
                referent_id=UUID(data["referent"]),
                review_on=data["review_on"],
                key=client_key(request),
            )
            if data["template"]:
                situations.apply(plan.pk, data["template"])
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "Le plan est ouvert.")
            return redirect(f"/personnes/{person.pk}/plan/")
    context = frame(request, person, TAB) | {"form": form, "templates": situations.offered()}
    return render(request, "careplans/new.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="care_plan")
def settings(request: Request, person_id: UUID) -> HttpResponse:
    """The frame: référent, situation, alert, review. Both versions when somebody was quicker."""
    person = person_of(person_id)
    plan = plan_of(person.pk)
    choices = holders.referents(person.pk, plan)
    form = FrameForm(request.POST or None, initial=FrameForm.start(plan), choices=choices)
    theirs: Any = None
    if request.method == "POST" and form.is_valid():
        try:
            editing.edit_frame(
                plan.pk, version=form.cleaned_data["version"] or 0, values=form.values
            )
        except editing.Stale as stale:
            theirs = stale.line
            data = request.POST.copy()
            data["version"] = str(theirs.version)
            form = FrameForm(data, choices=choices)
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "C’est noté.")
            return redirect(f"/personnes/{person.pk}/plan/")
    context = frame(request, person, TAB) | {
        "form": form,
        "plan": plan,
        "theirs": queries.said(theirs) if theirs is not None else None,
        "title": "Cadre du plan",
        "history": queries.history(plan),
    }
    status = 409 if theirs is not None else (422 if form.errors else 200)
    return render(request, "careplans/line.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def prepared(request: Request, person_id: UUID) -> HttpResponse:
    """Add the lines of a prepared situation."""
    person = person_of(person_id)
    situations.apply(plan_of(person.pk).pk, request.POST.get("template", ""))
    messages.success(request, "Lignes ajoutées : modifiez-les avec la personne.")
    return redirect(f"/personnes/{person.pk}/plan/")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def share(request: Request, person_id: UUID) -> HttpResponse:
    """Show it to the person, to her carers."""
    person = person_of(person_id)
    form = ShareForm(request.POST, prefix="share")
    form.is_valid()
    data = form.cleaned_data
    services.share(plan_of(person.pk).pk, person=data["person"], carers=data["carers"])
    messages.success(request, "Le partage est réglé.")
    return redirect(f"/personnes/{person.pk}/plan/")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def send(request: Request, person_id: UUID) -> HttpResponse:
    """Freeze a version, send it to the attending doctor."""
    person = person_of(person_id)
    plan = plan_of(person.pk)
    made = services.send(plan.pk, reason=request.POST.get("reason", ""), key=client_key(request))
    messages.success(request, f"Version {made.number} transmise au médecin traitant.")
    return redirect(f"/personnes/{person.pk}/plan/")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def start(request: Request, person_id: UUID) -> HttpResponse:
    """Put it in force."""
    person = person_of(person_id)
    services.start(plan_of(person.pk).pk)
    messages.success(request, "Le plan est en vigueur.")
    return redirect(f"/personnes/{person.pk}/plan/")


@route(Policy.PROFESSIONAL, audit="care_plan")
def close(request: Request, person_id: UUID) -> HttpResponse:
    """Close it, and say why."""
    person = person_of(person_id)
    plan = plan_of(person.pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.close(plan.pk, reason=form.cleaned_data["reason"])
        messages.success(request, "Le plan est clos.")
        return redirect(f"/personnes/{person.pk}/plan/")
    return _form(request, person, form, "Clore le plan", "Clore le plan")


@route(Policy.PROFESSIONAL, audit="care_plan")
def review(request: Request, person_id: UUID) -> HttpResponse:
    """A review was held."""
    person = person_of(person_id)
    plan = plan_of(person.pk)
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.review(plan.pk, note=data["note"], next_on=data["next_on"])
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "Révision notée.")
            return redirect(f"/personnes/{person.pk}/plan/")
    return _form(request, person, form, "Réviser le plan", "Noter la révision")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def words(request: Request, person_id: UUID) -> HttpResponse:
    """What the person said, written down by a professional."""
    person = person_of(person_id)
    form = WordsForm(request.POST, prefix="words")
    if form.is_valid():
        data = form.cleaned_data
        rules.require_team(person.pk)
        services.give_words(
            person.pk, text=data["text"], topic=data["topic"], key=client_key(request)
        )
        messages.success(request, "Ses mots sont notés.")
    else:
        messages.error(request, "Écrivez quelques mots.")
    return redirect(f"/personnes/{person.pk}/plan/#paroles")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def link_code(request: Request, person_id: UUID) -> HttpResponse:
    """A code to say to the attending doctor, who has no account."""
    person = person_of(person_id)
    link = queries.standing(plan_of(person.pk)).link
    if link is None:
        raise Http404
    code = links.spoken_code(link)
    context = frame(request, person, TAB) | {"link": link, "code": code}
    return render(request, "careplans/code.html", context)


def _form(
    request: Request, person: Patient, form: Any, title: str, button: str, **more: Any
) -> HttpResponse:
    context = frame(request, person, TAB) | {"form": form, "title": title, "button": button} | more
    return render(request, "careplans/form.html", context, status=422 if form.errors else 200)


def parent_of(request: Request) -> UUID | None:
    """The line below which one adds."""
    return parse(request.POST.get("parent"))
