"""Pages of a meeting before it is held: the list, convene, the poll, the date, cancel."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.careplans import holders
from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.meetings import calendars, choices, links, queries, rules, services
from liane.meetings.forms import (
    AttendanceForm,
    CallForm,
    DecisionForm,
    InviteForm,
    ReasonForm,
)
from liane.meetings.models import Meeting, Participant
from liane.patients.models import Patient

POST = ("POST",)
READ = ("GET", "HEAD")
TAB = "concertations/"


def refused(form: Any, error: Refused) -> None:
    """A verb's refusal, beside the field at fault."""
    if error.code in {"not-allowed", "conflict"}:
        raise error
    form.add_error(error.field if error.field in form.fields else None, error.message)


def person_of(person_id: UUID) -> Patient:
    """The person whose meetings the actor may read; the read is recorded."""
    return access_patient(person_id, Area.CARE_PLAN, resource="care_plan")


def back(meeting: Meeting, anchor: str = "") -> HttpResponse:
    """To the meeting."""
    return redirect(f"/concertations/{meeting.pk}/{anchor}")


def said_no(request: Request, meeting: Meeting, error: Refused, anchor: str = "") -> HttpResponse:
    """A gesture's refusal, on the meeting's page."""
    if error.code in {"not-allowed", "conflict"}:
        raise error
    messages.error(request, error.message)
    return back(meeting, anchor)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=READ)
def of_person(request: Request, person_id: UUID) -> HttpResponse:
    """The meetings around a person."""
    person = person_of(person_id)
    context = frame(request, person, TAB) | {
        "meetings": queries.of_person(person.pk),
        "writes": rules.writes(request.actor, person.pk) and not person.died_on,
        "content": rules.reads_all(request.actor, person.pk),
    }
    return render(request, "meetings/list.html", context)


@route(Policy.PROFESSIONAL, audit="care_plan")
def new(request: Request, person_id: UUID) -> HttpResponse:
    """Convene a meeting."""
    person = person_of(person_id)
    if not rules.writes(request.actor, person.pk):
        raise NotAllowed
    form = CallForm(request.POST or None, choices=choices.around(person.pk))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        call = services.Call(
            person_id=person.pk, motive=data["motive"], slots=form.slots,
            practices=form.practices, guests=form.guests, place=data["place"],
            video=data["video"], minutes=data["minutes"],
        )  # fmt: skip
        try:
            meeting = services.convene(call, key=client_key(request))
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "Réunion convoquée : chacun est prévenu.")
            return back(meeting)
    context = frame(request, person, TAB) | {"form": form}
    return render(request, "meetings/new.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=READ)
def one(request: Request, meeting_id: UUID) -> HttpResponse:
    """The meeting: where it stands, and the one likely next act."""
    meeting = queries.access(meeting_id)
    return show(request, meeting)


def show(request: Request, meeting: Meeting, *, bound: DecisionForm | None = None) -> HttpResponse:
    """The page; ``bound`` is a decision that could not be noted."""
    person = person_of(meeting.person_id)
    screen = queries.screen(meeting)
    context = frame(request, person, TAB) | {
        "screen": screen,
        "meeting": meeting,
        "answers": ANSWERS,
        "presences": [("", "—"), *Participant.Presence.choices],
    }
    if screen.writes and meeting.status == Meeting.Status.HELD:
        context |= {
            "decision_form": bound or DecisionForm(choices=holders.around(person.pk)),
            "attendance_form": AttendanceForm(
                initial={
                    "person": meeting.person_presence,
                    "voice": meeting.voice,
                    "others": meeting.others,
                }
            ),
        }
    return render(request, "meetings/meeting.html", context, status=422 if bound else 200)


ANSWERS = (("yes", "Oui"), ("maybe", "Si besoin"), ("no", "Non"))


def answers_of(request: Request) -> dict[UUID, str]:
    """The poll's answers of a form: ``slot-<id>``."""
    found = {}
    for name, value in request.POST.items():
        pk = parse(name.removeprefix("slot-")) if name.startswith("slot-") else None
        if pk is not None and isinstance(value, str) and value:
            found[pk] = value
    return found


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def answer(request: Request, meeting_id: UUID) -> HttpResponse:
    """Answer the poll."""
    meeting = queries.access(meeting_id)
    try:
        services.answer(meeting.pk, answers_of(request))
    except Refused as error:
        return said_no(request, meeting, error)
    messages.success(request, "Vos réponses sont notées.")
    return back(meeting)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def fix(request: Request, meeting_id: UUID) -> HttpResponse:
    """The convener fixes the date."""
    meeting = queries.access(meeting_id)
    seen = request.POST.get("version", "")
    slot = parse(request.POST.get("slot")) or UUID(int=0)
    try:
        services.fix(meeting.pk, slot, version=int(seen) if seen.isdigit() else None)
    except Refused as error:
        return said_no(request, meeting, error)
    messages.success(request, "La date est fixée : tout le monde est prévenu.")
    return back(meeting)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def tell(request: Request, meeting_id: UUID) -> HttpResponse:
    """Let the person, her carers, know."""
    meeting = queries.access(meeting_id)
    services.tell(
        meeting.pk,
        person=request.POST.get("person") == "on",
        carers=request.POST.get("carers") == "on",
    )
    messages.success(request, "C’est noté.")
    return back(meeting)


@route(Policy.PROFESSIONAL, audit="care_plan")
def cancel(request: Request, meeting_id: UUID) -> HttpResponse:
    """Cancel, and say why."""
    meeting = queries.access(meeting_id)
    rules.require_convener(meeting)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel(meeting.pk, reason=form.cleaned_data["reason"])
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "La réunion est annulée : tout le monde est prévenu.")
            return back(meeting)
    return form_page(request, meeting, form, "Annuler la réunion", "Annuler la réunion")


@route(Policy.PROFESSIONAL, audit="care_plan")
def invite(request: Request, meeting_id: UUID) -> HttpResponse:
    """Ask one more professional."""
    meeting = queries.access(meeting_id)
    rules.require_convener(meeting)
    form = InviteForm(request.POST or None, choices=choices.around(meeting.person_id))
    if request.method == "POST" and form.is_valid():
        practice = parse(form.cleaned_data["practice"])
        guest = next(iter(form.guests), None)
        try:
            services.invite(meeting.pk, practice_id=practice, guest=guest)
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "C’est fait : cette personne est prévenue.")
            return back(meeting)
    return form_page(request, meeting, form, "Inviter quelqu’un de plus", "Inviter")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def remove(request: Request, meeting_participant_id: UUID) -> HttpResponse:
    """Take somebody off."""
    found = services.participant(meeting_participant_id)
    meeting = queries.access(found.meeting_id)
    try:
        services.remove(found.pk)
    except Refused as error:
        return said_no(request, meeting, error)
    messages.success(request, f"{found.label} ne prend plus part à la réunion.")
    return back(meeting)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def code(request: Request, meeting_participant_id: UUID) -> HttpResponse:
    """A code to say to a participant without an account."""
    found = services.participant(meeting_participant_id)
    meeting = queries.access(found.meeting_id)
    link = queries.link_of(found)
    context = frame(request, person_of(meeting.person_id), TAB) | {
        "link": link,
        "code": links.spoken_code(link),
        "meeting": meeting,
    }
    return render(request, "meetings/code.html", context)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=READ)
def calendar(request: Request, meeting_id: UUID) -> HttpResponse:
    """The date as iCalendar, without a name nor health data."""
    return ics(queries.access(meeting_id))


def ics(meeting: Meeting) -> HttpResponse:
    """The file of a meeting's date."""
    return HttpResponse(
        calendars.render(meeting),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="reunion.ics"'},
    )


def form_page(
    request: Request, meeting: Meeting, form: Any, title: str, button: str, **more: Any
) -> HttpResponse:
    """A form about a meeting, alone on its page."""
    person = person_of(meeting.person_id)
    context = frame(request, person, TAB) | {
        "form": form, "meeting": meeting, "title": title, "button": button, **more,
    }  # fmt: skip
    return render(request, "meetings/form.html", context, status=422 if form.errors else 200)
