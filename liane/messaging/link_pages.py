"""The pages of somebody without an account: one thread, after a code. Nothing else opens."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.core import acting, sms
from liane.core.errors import Refused
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory.models import Practice
from liane.messaging import composer, links, marks, people, queries, services
from liane.messaging.models import Message, SignedLink

OPEN_FOR = timedelta(minutes=30)
QUICK = {"accord": "D’accord.", "rappelle": "Je vous rappelle.", "vu": "J’ai vu."}
"""One-tap answers."""


@route(Policy.SIGNED_LINK, audit="link")
def link(request: Request, token: str) -> HttpResponse:
    """The code, then the thread; POST answers."""
    found, practice = _opened(token)
    if not _passed(request, found):
        return _door(request, token, found, practice)
    error, status = "", 200
    if request.method == "POST":
        try:
            _answer(request, found, practice)
            return redirect(f"/lien/{token}/")
        except Refused as refusal:
            error, status = refusal.message, 422
    with acting.acting(links.reader(practice), read_only=True):
        thread = queries.access_thread(found.thread_id)
        readers = people.readers(thread)
        context = {
            "thread": thread,
            "conversation": queries.conversation(thread, readers),
            "readers": readers,
            "said": people.said(readers) if thread.person_id else people.by_name(readers),
            "token": token,
            "error": error,
            "quick": QUICK.items(),
            "label": found.label,
        }
        return render(request, "messaging/link.html", context, status=status)


@route(Policy.SIGNED_LINK, audit="link", methods=("POST",))
def code(request: Request, token: str) -> HttpResponse:
    """Ask for a code by text message, or give the one received."""
    found, practice = _opened(token)
    try:
        if request.POST.get("send"):
            number = links.text_code(found)
            told = f"Un code est parti par SMS au {number}."
            return _door(request, token, found, practice, told=told)
        links.check_code(found, request.POST.get("code", ""))
    except Refused as refusal:
        return _door(request, token, found, practice, error=refusal.message, status=422)
    request.session.cycle_key()
    request.session[_key(found)] = (timezone.now() + OPEN_FOR).isoformat()
    with acting.acting(links.writer(practice)):
        marks.mark_read(found.thread)
    return redirect(f"/lien/{token}/")


@route(Policy.SIGNED_LINK, audit="link", methods=("GET", "HEAD"))
def file(request: Request, token: str, attachment_id: UUID) -> HttpResponse:
    """A document of the thread."""
    found, practice = _opened(token)
    if not _passed(request, found):
        raise Http404
    with acting.acting(links.reader(practice), read_only=True):
        queries.access_thread(found.thread_id)
        attachment = queries.access_attachment(attachment_id)
        if attachment.message.thread_id != found.thread_id:
            raise Http404
        mini = request.GET.get("mini") == "1"
        return file_response(attachment.file, inline=True, thumbnail=mini, request=request)


def _answer(request: Request, found: SignedLink, practice: Practice) -> None:
    if not links.still_writes(practice, found.thread):
        raise Refused("Cette conversation ne vous est ouverte qu’en lecture.")
    form = composer.sent(request)
    quick = QUICK.get(request.POST.get("quick", ""))
    with acting.acting(links.writer(practice)):
        if request.POST.get("validate"):
            services.validate(queries.attached(found.thread, _uuid(request.POST["validate"])))
            return
        if request.POST.get("quick") == "vu":
            marks.acknowledge_all(found.thread)
        services.send_message(
            found.thread,
            quick or form.text,
            key=form.key,
            uploads=form.uploads,
            via=Message.Via.LINK,
        )


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Http404 from None


def _opened(token: str) -> tuple[SignedLink, Practice]:
    found = links.resolve(token)
    practice = links.practice_of(found.holder_id) if found else None
    if found is None or practice is None:
        raise Http404
    return found, practice


def _key(found: SignedLink) -> str:
    return f"link:{found.pk}"


def _passed(request: Request, found: SignedLink) -> bool:
    until = request.session.get(_key(found), "")
    return bool(until) and datetime.fromisoformat(until) > timezone.now()


def _door(
    request: Request,
    token: str,
    found: SignedLink,
    practice: Practice,
    *,
    told: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    number = links.masked(links.mobile_of(practice)) if sms.enabled() else ""
    context = {"token": token, "number": number, "told": told, "error": error}
    return render(request, "messaging/link_door.html", context, status=status)
