"""Pages of one line: add, change, withdraw, move; what an action becomes."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.agenda.forms import PlanForm
from liane.agenda.visit import Visit
from liane.careplans import contents, doing, editing, holders, queries
from liane.careplans.forms import GiveForm, UnreachedForm
from liane.careplans.models import Action, Objective
from liane.careplans.pages import POST, TAB, line_form, parent_of, person_of, plan_of, refused, show
from liane.circle.record import frame
from liane.core.errors import Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.referrals.choices import addressees, town_of
from liane.referrals.forms import FromRecord
from liane.referrals.sending import Wanted
from liane.tasks.services import Asked


def line_of(line_id: UUID) -> Any:
    """The line within reach, or 404."""
    found = queries.line(line_id)
    if found is None:
        raise Http404
    return found


def back(line: Any) -> HttpResponse:
    """To the line, on the screen."""
    return redirect(f"/personnes/{line.person_id}/plan/#ligne-{line.pk}")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def add(request: Request, person_id: UUID) -> HttpResponse:
    """Add a problem, an objective, an action, in its place."""
    person = person_of(person_id)
    plan = plan_of(person.pk)
    kind = request.POST.get("kind", "")
    if kind not in contents.TEXTS:
        raise Http404
    parent = parent_of(request)
    form = line_form(kind, person.pk, request.POST, prefix=kind)
    if form.is_valid():
        try:
            line = editing.add_line(
                plan.pk, kind, form.values, parent_id=parent, key=client_key(request)
            )
        except Refused as error:
            refused(form, error)
        else:
            return back(line)
    return show(request, person, bound=form, parent=str(parent or ""))


@route(Policy.PROFESSIONAL, audit="care_plan")
def edit(request: Request, plan_line_id: UUID) -> HttpResponse:
    """Change a line; when somebody was quicker, both versions and the choice."""
    line = line_of(plan_line_id)
    person = person_of(line.person_id)
    kind = line.KIND
    start = type(line_form(kind, person.pk)).start(line)
    form = line_form(kind, person.pk, request.POST or None, initial=start)
    theirs: Any = None
    if request.method == "POST" and form.is_valid():
        try:
            editing.edit_line(
                line.pk, version=form.cleaned_data["version"] or 0, values=form.values
            )
        except editing.Stale as stale:
            theirs = stale.line
            data = request.POST.copy()
            data["version"] = str(theirs.version)
            form = line_form(kind, person.pk, data)
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "Ligne modifiée.")
            return back(line)
    context = frame(request, person, TAB) | {
        "form": form,
        "line": line,
        "theirs": queries.said(theirs) if theirs is not None else None,
        "title": contents.KIND_LABELS[kind],
        "history": queries.history(line),
    }
    status = 409 if theirs is not None else (422 if form.errors else 200)
    return render(request, "careplans/line.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def drop(request: Request, plan_line_id: UUID) -> HttpResponse:
    """Withdraw a line; it can come back."""
    line = line_of(plan_line_id)
    seen = request.POST.get("version", "")
    version = int(seen) if seen.isdigit() else 0
    editing.drop_line(line.pk, version=version, reason=request.POST.get("reason", ""))
    messages.success(request, "Ligne retirée. Elle reste dans l’historique et peut revenir.")
    return redirect(f"/personnes/{line.person_id}/plan/")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def restore(request: Request, plan_line_id: UUID) -> HttpResponse:
    """Bring it back."""
    line = line_of(plan_line_id)
    editing.restore_line(line.pk)
    return back(line)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=("GET", "HEAD"))
def dropped(request: Request, person_id: UUID) -> HttpResponse:
    """What was withdrawn."""
    person = person_of(person_id)
    rows = [
        (one, contents.KIND_LABELS[one.KIND], contents.title(one.KIND, contents.of(one)))
        for one in queries.dropped(plan_of(person.pk))
    ]
    context = frame(request, person, TAB) | {"rows": rows}
    return render(request, "careplans/dropped.html", context)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def move(request: Request, plan_line_id: UUID) -> HttpResponse:
    """One tap: the state of an action or an objective."""
    line = line_of(plan_line_id)
    status, seen = request.POST.get("status", ""), request.POST.get("seen", "")
    try:
        if isinstance(line, Action) and status in Action.Status.values:
            doing.set_status(line.pk, status, seen=seen, result=request.POST.get("result", ""))
        elif isinstance(line, Objective) and status in Objective.Status.values:
            doing.settle(line.pk, status, seen=seen)
        else:
            raise Http404
    except Refused as error:
        messages.error(request, error.message)
    return back(line)


@route(Policy.PROFESSIONAL, audit="care_plan")
def unreached(request: Request, plan_line_id: UUID) -> HttpResponse:
    """An objective is not reached: why."""
    goal = _of(plan_line_id, Objective)
    form = UnreachedForm(request.POST or None, initial={"why": goal.why})
    if request.method == "POST" and form.is_valid():
        try:
            doing.settle(goal.pk, Objective.Status.UNREACHED, why=form.cleaned_data["why"])
        except Refused as error:
            refused(form, error)
        else:
            return back(goal)
    return _page(request, goal, form, "Objectif non atteint", "Noter")


@route(Policy.PROFESSIONAL, audit="care_plan")
def give(request: Request, plan_line_id: UUID) -> HttpResponse:
    """The action becomes a task."""
    action = _of(plan_line_id, Action)
    start = {
        "title": action.text[:200],
        "due_on": action.due_on,
        "assignee": holders.chosen(action),
    }
    form = GiveForm(
        request.POST or None, initial=start, choices=holders.for_tasks(action.person_id)
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        kind, _, value = data["assignee"].partition(":")
        to = {"role": value} if kind == "role" else {f"{kind}_id": UUID(value)}
        asked = Asked(data["title"], action.person_id, due_on=data["due_on"], **to)
        try:
            doing.give_task(action.pk, asked, key=client_key(request))
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "Tâche confiée : sa réponse reviendra ici.")
            return back(action)
    return _page(request, action, form, "En faire une tâche", "Confier la tâche")


@route(Policy.PROFESSIONAL, audit="care_plan")
def visit(request: Request, plan_line_id: UUID) -> HttpResponse:
    """The action becomes an appointment, or a series of them."""
    action = _of(plan_line_id, Action)
    start = {
        "intervenant": holders.chosen(action), "title": action.text[:120], "hour": "09:00",
        "day": action.starts_on or action.due_on or timezone.localdate(), "until": action.due_on,
    }  # fmt: skip
    form = PlanForm(request.POST or None, initial=start, choices=holders.around(action.person_id))
    if request.method == "POST" and form.is_valid():
        try:
            _planned(request, action, form)
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "C’est planifié : ce qui est fait reviendra ici.")
            return back(action)
    return _page(request, action, form, "Planifier une ou des visites", "Planifier et prévenir")


def _planned(request: Request, action: Action, form: PlanForm) -> None:
    data = form.cleaned_data
    asked = Visit(
        action.person_id, form.starts_at, data["minutes"], kind=data["kind"], title=data["title"],
        place=data["place"], instructions=data["instructions"],
        **{name: UUID(value) for name, value in form.holder.items()},
    )  # fmt: skip
    if form.rule is None:
        doing.plan_visit(action.pk, asked, key=client_key(request))
    else:
        doing.plan_visits(action.pk, asked, form.rule.text, key=client_key(request))


@route(Policy.PROFESSIONAL, audit="care_plan")
def request_(request: Request, plan_line_id: UUID) -> HttpResponse:
    """The action becomes a request to an organisation that answers for the address."""
    action = _of(plan_line_id, Action)
    person = person_of(action.person_id)
    to = addressees(town_of(person), str(action.organisation_id or ""))
    start = {"text": action.text, "organisation": to[0][0] if to else ""}
    form = FromRecord(request.POST or None, initial=start, to=to)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        wanted = Wanted(
            motive=said["motive"], consent=said["consent"], consent_note=said["consent_note"],
            urgency=said["urgency"], text=said["text"], person_id=person.pk,
            organisation_id=parse(said["organisation"]),
        )  # fmt: skip
        try:
            doing.ask(action.pk, wanted, key=client_key(request))
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "Demande envoyée : sa réponse reviendra ici.")
            return back(action)
    return _page(request, action, form, "En faire une demande", "Envoyer la demande")


def _of(line_id: UUID, model: type[Any]) -> Any:
    line = line_of(line_id)
    if not isinstance(line, model):
        raise Http404
    return line


def _page(request: Request, line: Any, form: Any, title: str, button: str) -> HttpResponse:
    person = person_of(line.person_id)
    context = frame(request, person, TAB) | {
        "form": form,
        "title": title,
        "button": button,
        "about": contents.title(line.KIND, contents.of(line)),
    }
    return render(request, "careplans/form.html", context, status=422 if form.errors else 200)
