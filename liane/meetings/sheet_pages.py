"""Pages of the session and of the minutes: the sheet, decisions, presences, approval, sending."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.careplans import holders
from liane.circle.record import frame
from liane.core.errors import Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.meetings import minutes, queries, rules, sheet
from liane.meetings.forms import AttendanceForm, DecisionForm, ObjectiveForm, SectionForm
from liane.meetings.models import Meeting
from liane.meetings.pages import POST, TAB, back, form_page, person_of, refused, said_no, show


def _gesture(
    request: Request, meeting_id: UUID, verb: Callable[[Meeting], Any], done: str, anchor: str = ""
) -> HttpResponse:
    """One gesture on a meeting, then its page."""
    meeting = queries.access(meeting_id)
    try:
        verb(meeting)
    except Refused as error:
        return said_no(request, meeting, error, anchor)
    messages.success(request, done)
    return back(meeting, anchor)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def hold(request: Request, meeting_id: UUID) -> HttpResponse:
    """Open the session."""
    return _gesture(request, meeting_id, lambda one: sheet.hold(one.pk), "La séance est ouverte.")


@route(Policy.PROFESSIONAL, audit="care_plan")
def section(request: Request, meeting_section_id: UUID) -> HttpResponse:
    """Write a heading; when somebody was quicker, both versions and the choice."""
    found = queries.section(meeting_section_id)
    meeting = queries.access(found.meeting_id)
    person = person_of(meeting.person_id)
    rules.require_team(person.pk)
    initial = {"version": found.version, "text": found.text}
    form = SectionForm(request.POST or None, initial=initial)
    theirs: Any = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sheet.write(found.pk, version=data["version"], text=data["text"])
        except sheet.Stale as stale:
            theirs = stale.section
            form = SectionForm({"version": theirs.version, "text": data["text"]})
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "Notes enregistrées.")
            return back(meeting, "#notes")
    context = frame(request, person, TAB) | {
        "form": form, "section": found, "meeting": meeting, "theirs": theirs,
        "history": queries.changes(found),
    }  # fmt: skip
    status = 409 if theirs is not None else (422 if form.errors else 200)
    return render(request, "meetings/section.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def decide(request: Request, meeting_id: UUID) -> HttpResponse:
    """Note a decision."""
    meeting = queries.access(meeting_id)
    rules.require_team(meeting.person_id)
    form = DecisionForm(request.POST, choices=holders.around(meeting.person_id))
    if form.is_valid():
        try:
            sheet.decide(meeting.pk, **form.cleaned_data, key=client_key(request))
        except Refused as error:
            if meeting.status != Meeting.Status.HELD:
                return said_no(request, meeting, error)
            refused(form, error)
        else:
            return back(meeting, "#decisions")
    return show(request, meeting, bound=form)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def give(request: Request, meeting_decision_id: UUID) -> HttpResponse:
    """Make a task of a decision."""
    found = queries.decision(meeting_decision_id)
    return _gesture(
        request,
        found.meeting_id,
        lambda _: sheet.give_task(found.pk, key=client_key(request)),
        "Tâche confiée : son état reviendra ici.",
        "#decisions",
    )


@route(Policy.PROFESSIONAL, audit="care_plan")
def plan(request: Request, meeting_decision_id: UUID) -> HttpResponse:
    """Make an action of the plan of a decision."""
    found = queries.decision(meeting_decision_id)
    meeting = queries.access(found.meeting_id)
    rules.require_team(meeting.person_id)
    form = ObjectiveForm(request.POST or None, choices=queries.objectives(meeting.person_id))
    if request.method == "POST" and form.is_valid():
        objective = parse(form.cleaned_data["objective"]) or UUID(int=0)
        try:
            sheet.make_action(found.pk, objective, key=client_key(request))
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "L’action est dans le plan : son état reviendra ici.")
            return back(meeting, "#decisions")
    return form_page(request, meeting, form, "Porter au plan", "Ajouter au plan", about=found.text)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def withdraw(request: Request, meeting_decision_id: UUID) -> HttpResponse:
    """Take a decision off."""
    found = queries.decision(meeting_decision_id)
    return _gesture(
        request, found.meeting_id, lambda _: sheet.withdraw(found.pk), "Décision retirée.",
        "#decisions",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def attend(request: Request, meeting_id: UUID) -> HttpResponse:
    """Who was there."""
    form = AttendanceForm(request.POST)
    form.is_valid()
    data = {"person": "", "voice": "", "others": "", **form.cleaned_data}
    presences = {}
    for name, value in request.POST.items():
        pk = parse(name.removeprefix("presence-")) if name.startswith("presence-") else None
        if pk is not None and value:
            presences[pk] = str(value)
    return _gesture(
        request, meeting_id, lambda one: minutes.attend(one.pk, presences, **data),
        "Présences notées.", "#presences",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def submit(request: Request, meeting_id: UUID) -> HttpResponse:
    """Submit the minutes."""
    return _gesture(
        request, meeting_id, lambda one: minutes.submit(one.pk, key=client_key(request)),
        "Compte rendu soumis aux personnes présentes.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def take_up(request: Request, meeting_id: UUID) -> HttpResponse:
    """Take the minutes up again."""
    return _gesture(
        request, meeting_id, lambda one: minutes.take_up(one.pk),
        "Vous pouvez corriger les notes, puis soumettre de nouveau.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def send(request: Request, meeting_id: UUID) -> HttpResponse:
    """Send the approved minutes."""
    person = request.POST.get("person") == "on"
    carers = request.POST.get("carers") == "on"
    return _gesture(
        request, meeting_id, lambda one: minutes.send(one.pk, person=person, carers=carers),
        "Compte rendu envoyé aux participants et au médecin traitant.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def opine(request: Request, meeting_minutes_id: UUID) -> HttpResponse:
    """Approve the minutes, or ask for a correction."""
    made = minutes.access_minutes(meeting_minutes_id)
    approves = request.POST.get("answer") == "approves"
    return _gesture(
        request,
        made.meeting_id,
        lambda _: minutes.opine(made.pk, approves=approves, text=request.POST.get("text", "")),
        "Compte rendu approuvé." if approves else "Votre demande de correction est transmise.",
    )


@route(Policy.PROFESSIONAL, audit="care_plan", methods=("GET", "HEAD"))
def document(request: Request, meeting_id: UUID) -> HttpResponse:
    """The PDF of the minutes, where the documents of the record are served."""
    meeting = queries.access(meeting_id)
    found = queries.screen(meeting).document_id
    if found is None:
        return back(meeting)
    return redirect(f"/personnes/{meeting.person_id}/documents/{found}/")
