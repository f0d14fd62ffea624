"""The pages of a participant without an account: one meeting, after a code."""

from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.core import acting, ledger, sms
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.meetings import links, minutes, queries, services
from liane.meetings.models import MeetingLink, Via
from liane.meetings.pages import ANSWERS, answers_of, ics
from liane.messaging import links as doors

OPEN_FOR = timedelta(minutes=30)
READ = ("GET", "HEAD")


@route(Policy.SIGNED_LINK, audit="link")
def link(request: Request, token: str) -> HttpResponse:
    """The code, then the meeting; POST answers the poll or the minutes."""
    found = _opened(token)
    if not _passed(request, found):
        return _door(request, token, found)
    error, status = "", 200
    if request.method == "POST":
        try:
            with acting.acting(links.actor_of(found)):
                _answer(request, found)
            return redirect(f"/concertations/lien/{token}/")
        except Refused as refusal:
            error, status = refusal.message, 422
    with acting.acting(links.actor_of(found), read_only=True):
        screen = queries.screen(found.meeting, as_participant=found.participant_id)
        ledger.read([found.person_id], "care_plan", object_id=found.meeting_id)
        context = {
            "person": found.meeting.person,
            "meeting": found.meeting,
            "screen": screen,
            "label": found.label,
            "token": token,
            "error": error,
            "answers": ANSWERS,
            "typed": request.POST.get("text", ""),
        }
        return render(request, "meetings/link.html", context, status=status)


def _answer(request: Request, found: MeetingLink) -> None:
    one = found.participant_id
    if request.POST.get("answer"):
        made = minutes.latest(found.meeting)
        if made is None:
            raise Http404
        minutes.opine(
            made.pk,
            approves=request.POST["answer"] == "approves",
            text=request.POST.get("text", ""),
            participant_id=one,
            via=Via.LINK,
        )
        return
    services.answer(found.meeting_id, answers_of(request), participant_id=one, via=Via.LINK)


@route(Policy.SIGNED_LINK, audit="link", methods=("POST",))
def code(request: Request, token: str) -> HttpResponse:
    """Ask for a code by text message, or give the one received."""
    found = _opened(token)
    try:
        if request.POST.get("send"):
            number = doors.text_code(found, links.mobile_of(found))
            return _door(request, token, found, told=f"Un code est parti par SMS au {number}.")
        doors.check_code(found, request.POST.get("code", ""))
    except Refused as refusal:
        return _door(request, token, found, error=refusal.message, status=422)
    request.session.cycle_key()
    request.session[_key(found)] = (timezone.now() + OPEN_FOR).isoformat()
    return redirect(f"/concertations/lien/{token}/")


@route(Policy.SIGNED_LINK, audit="link", methods=READ)
def calendar(request: Request, token: str) -> HttpResponse:
    """The date as iCalendar, after the code."""
    found = _opened(token)
    if not _passed(request, found):
        raise Http404
    return ics(found.meeting)


def _opened(token: str) -> MeetingLink:
    found = links.resolve(token)
    if found is None:
        raise Http404
    return found


def _key(found: MeetingLink) -> str:
    return f"meeting-link:{found.pk}"


def _passed(request: Request, found: MeetingLink) -> bool:
    until = request.session.get(_key(found), "")
    return bool(until) and datetime.fromisoformat(until) > timezone.now()


def _door(
    request: Request,
    token: str,
    found: MeetingLink,
    *,
    told: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    number = doors.masked(links.mobile_of(found)) if sms.enabled() else ""
    context = {"token": token, "number": number, "told": told, "error": error}
    return render(request, "meetings/link_door.html", context, status=status)
