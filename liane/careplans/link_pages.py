"""The pages of a doctor without an account: one version of one plan, after a code."""

from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.careplans import links, queries, services
from liane.careplans.models import PlanLink, Verdict
from liane.core import acting, ledger, sms
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory.models import Practice
from liane.messaging import links as doors

OPEN_FOR = timedelta(minutes=30)


@route(Policy.SIGNED_LINK, audit="link")
def link(request: Request, token: str) -> HttpResponse:
    """The code, then the version; POST validates or sends back."""
    found, practice = _opened(token)
    if not _passed(request, found):
        return _door(request, token, found, practice)
    error, status = "", 200
    if request.method == "POST":
        try:
            with acting.acting(doors.writer(practice)):
                services.answer(
                    found.version_id,
                    validated=request.POST.get("answer") == "validated",
                    text=request.POST.get("text", ""),
                    via=Verdict.Via.LINK,
                )
            return redirect(f"/plan/lien/{token}/")
        except Refused as refusal:
            error, status = refusal.message, 422
    with acting.acting(doors.reader(practice), read_only=True):
        version = services.access_version(found.version_id)
        ledger.read([found.person_id], "care_plan", object_id=version.pk)
        context = {
            "person": found.plan.person,
            "shown": queries.shown(version),
            "words": queries.words_of(found.person_id, version.at),
            "standing": queries.standing(version.plan),
            "label": found.label,
            "token": token,
            "error": error,
            "typed": request.POST.get("text", ""),
        }
        return render(request, "careplans/link.html", context, status=status)


@route(Policy.SIGNED_LINK, audit="link", methods=("POST",))
def code(request: Request, token: str) -> HttpResponse:
    """Ask for a code by text message, or give the one received."""
    found, practice = _opened(token)
    try:
        if request.POST.get("send"):
            number = doors.text_code(found)
            told = f"Un code est parti par SMS au {number}."
            return _door(request, token, found, practice, told=told)
        doors.check_code(found, request.POST.get("code", ""))
    except Refused as refusal:
        return _door(request, token, found, practice, error=refusal.message, status=422)
    request.session.cycle_key()
    request.session[_key(found)] = (timezone.now() + OPEN_FOR).isoformat()
    return redirect(f"/plan/lien/{token}/")


def _opened(token: str) -> tuple[PlanLink, Practice]:
    found = links.resolve(token)
    if found is None:
        raise Http404
    return found


def _key(found: PlanLink) -> str:
    return f"plan-link:{found.pk}"


def _passed(request: Request, found: PlanLink) -> bool:
    until = request.session.get(_key(found), "")
    return bool(until) and datetime.fromisoformat(until) > timezone.now()


def _door(
    request: Request,
    token: str,
    found: PlanLink,
    practice: Practice,
    *,
    told: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    number = doors.masked(doors.mobile_of(practice)) if sms.enabled() else ""
    context = {"token": token, "number": number, "told": told, "error": error}
    return render(request, "careplans/link_door.html", context, status=status)
