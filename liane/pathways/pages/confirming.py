"""« Vos séances »: acts entered in one's name, confirmed or contested; signed in, or by a link."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.core import acting, registry, sms
from liane.core.errors import Refused
from liane.core.http import Request, back
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.directory.models import Practice
from liane.messaging import links as doors
from liane.pathways import asking, exclusive, links, queries, slot_reads
from liane.pathways.models import Confirmation, SessionLink
from liane.pathways.pages.common import POST, READ
from liane.pathways.services import coding, confirming, slots

OPEN_FOR = timedelta(minutes=30)
HERE = "/parcours/seances/"


@route(Policy.PROFESSIONAL, audit="intervention", methods=READ)
def index(request: Request) -> HttpResponse:
    """What waits for me."""
    return render(request, "pathways/sessions.html", {
        "rows": queries.confirmations(), "asked": slot_reads.asking(), "unsaid": asking.mine(),
    })  # fmt: skip


@route(Policy.PROFESSIONAL, audit="intervention", methods=POST)
def say(request: Request) -> HttpResponse:
    """Which act of the pathway some visits were; an empty code: none, which is questioned at once
    where a session of that trade is due."""
    ids = [pk for text in request.POST.getlist("acte") if (pk := parse(text)) is not None]
    code, reason = request.POST.get("code", "")[:60], request.POST.get("late_reason", "")
    try:
        coding.answer(ids, code, late_reason=reason)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "C’est noté." if code else "C’est noté : hors parcours.")
        if not code and (text := exclusive.flagged_ids(ids)):
            messages.warning(request, text)
    return back(request, HERE)


@route(Policy.PROFESSIONAL, audit="intervention", methods=POST)
def confirm(request: Request, confirmation_id: UUID) -> HttpResponse:
    """« Oui »."""
    return _said(request, lambda: confirming.confirm(confirmation_id), "Séance confirmée.")


@route(Policy.PROFESSIONAL, audit="intervention", methods=POST)
def contest(request: Request, confirmation_id: UUID) -> HttpResponse:
    """« Non », and why."""
    return _said(
        request,
        lambda: confirming.contest(confirmation_id, reason=request.POST.get("reason", "")),
        "Séance contestée : qui l’a notée est prévenu.",
    )


@route(Policy.PROFESSIONAL, audit="intervention", methods=POST)
def confirm_all(request: Request) -> HttpResponse:
    """« Oui » to everything shown."""
    ids = [pk for text in request.POST.getlist("confirmation") if (pk := parse(text)) is not None]
    return _said(request, lambda: confirming.confirm_all(ids), "Séances confirmées.")


@route(Policy.PROFESSIONAL, audit="link", methods=POST)
def spoken(request: Request, practice_id: UUID) -> HttpResponse:
    """A code to say on the telephone."""
    try:
        link, code = links.spoken_code(practice_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(
            request, f"Code à dire à {link.label} : {code[:3]} {code[3:]}. Il vaut 15 minutes."
        )
    return redirect("/parcours/")


def _said(request: Request, verb: Callable[[], object], done: str) -> HttpResponse:
    try:
        verb()
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect(HERE)


# ------------------------------------------------------------------ without an account
@route(Policy.SIGNED_LINK, audit="link")
def link(request: Request, token: str) -> HttpResponse:
    """The code, then the month's acts; POST confirms or contests one."""
    found, practice = _opened(token)
    if not _passed(request, found):
        return _door(request, token, found, practice)
    error, status = "", 200
    if request.method == "POST":
        try:
            with acting.acting(doors.writer(practice)):
                _answer(request, practice)
            return redirect(f"/seances/lien/{token}/")
        except Refused as refusal:
            error, status = refusal.message, 422
    with acting.acting(doors.reader(practice), read_only=True):
        context = {
            "rows": queries.confirmations(), "asked": slot_reads.asking(), "label": found.label,
            "token": token, "error": error,
            "parts": (parts := [(part, shown) for part in registry.link_parts
                                if (shown := part.shown())]),
            "asks": any(part.asks for part, _ in parts),
        }  # fmt: skip
        return render(request, "pathways/link.html", context, status=status)


def practice_of(request: Request, token: str) -> Practice | None:
    """Who reads behind this link, once they gave its code; None before. Raises Http404."""
    found, practice = _opened(token)
    return practice if _passed(request, found) else None


def _answer(request: Request, practice: Practice) -> None:
    if any(part.answer(request.POST, practice) for part in registry.link_parts):
        return
    if part_id := parse(request.POST.get("part", "")):
        with acting.acting(doors.reader(practice), read_only=True):
            if part_id not in {part.pk for one in slot_reads.asking() for part in one.mine}:
                raise Http404
        yes = request.POST.get("reponse") == "oui"
        slots.answer(part_id, yes=yes, reason=request.POST.get("reason", ""))
        return
    via = Confirmation.Via.LINK
    wanted = [pk for text in request.POST.getlist("confirmation") if (pk := parse(text))]
    with acting.acting(doors.reader(practice), read_only=True):
        seen = {row.pk for row in queries.confirmations()}
    if set(wanted) - seen:
        raise Http404
    if request.POST.get("answer") == "contest":
        for pk in wanted:
            confirming.contest(pk, reason=request.POST.get("reason", ""), via=via)
    else:
        confirming.confirm_all(wanted, via=via)


@route(Policy.SIGNED_LINK, audit="link", methods=POST)
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
    return redirect(f"/seances/lien/{token}/")


def _opened(token: str) -> tuple[SessionLink, Practice]:
    found = links.resolve(token)
    if found is None:
        raise Http404
    return found


def _key(found: SessionLink) -> str:
    return f"sessions-link:{found.pk}"


def _passed(request: Request, found: SessionLink) -> bool:
    until = request.session.get(_key(found), "")
    return bool(until) and datetime.fromisoformat(until) > timezone.now()


def _door(
    request: Request,
    token: str,
    found: SessionLink,
    practice: Practice,
    *,
    told: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    number = doors.masked(doors.mobile_of(practice)) if sms.enabled() else ""
    context = {"token": token, "number": number, "told": told, "error": error}
    return render(request, "pathways/link_door.html", context, status=status)
