"""Pages of conversations: HTTP in, HTML out."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core import registry
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused, Replayed
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import PORTAL_ROLES, Policy, route
from liane.messaging import composer, inbox, links, marks, people, queries, services, unmatched
from liane.messaging.forms import NewThreadForm
from liane.messaging.models import Message, Thread

GET = ("GET", "HEAD")
POST = ("POST",)
FILTERS = (("", "Toutes"), ("unread", "Non lues"), ("direct", "Directes"), ("family", "Familles"))


@route(Policy.SIGNED_IN, audit="threads")
def index(request: Request) -> HttpResponse:
    """Conversations, unread first; a search comes by POST, for its words are about persons."""
    mails = 0 if request.actor.role in PORTAL_ROLES else len(unmatched.waiting())
    return render(request, "messaging/list.html", _list(request) | {"mails": mails})


@route(Policy.SIGNED_IN, audit="thread")
def thread(request: Request, thread_id: UUID) -> HttpResponse:
    """One conversation; POST sends in it."""
    found = queries.access_thread(thread_id, shown=request.method != "POST")
    error, status = "", 200
    if request.method == "POST":
        try:
            return _sent(request, found)
        except Refused as refusal:
            error, status = refusal.message, _status(refusal)
            queries.access_thread(thread_id)
            if request.htmx:
                return render(request, "messaging/_refusal.html", {"error": error}, status=status)
    context = _list(request) | _conversation(request, found, error)
    return render(request, "messaging/thread.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="thread")
def of_person(request: Request, person_id: UUID) -> HttpResponse:
    """The record's tab: the conversations about one person, and the composer to the team."""
    person = access_patient(person_id, Area.THREAD, resource="thread")
    kind = Thread.Kind.FAMILY if request.GET.get("avec") == "famille" else Thread.Kind.TEAM
    error, status = "", 200
    if request.method == "POST":
        kind = Thread.Kind(request.POST.get("kind") or "team") if _kind_ok(request) else kind
        try:
            return _sent(request, services.default_thread(person.pk, kind))
        except Refused as refusal:
            error, status = refusal.message, _status(refusal)
    lines = inbox.of_person(person.pk)
    found = next((line.thread for line in lines if line.thread.kind == kind), None)
    shown = {"lines": lines, "kind": kind, "belong": inbox.target(person.pk)}
    context = frame(request, person, "messages/") | shown
    if found is not None:
        context |= _conversation(request, found, error)
    else:
        context |= {"composer": composer.for_person(person, kind, error=error)}
    return render(request, "messaging/record.html", context, status=status)


def _kind_ok(request: Request) -> bool:
    return request.POST.get("kind") in {Thread.Kind.TEAM, Thread.Kind.FAMILY}


def _list(request: Request) -> dict[str, Any]:
    only = request.GET.get("voir", "")
    before = _moment(request.GET.get("avant_le", ""))
    lines, more = inbox.lines(only=only, before=before)
    words = request.POST.get("q", "").strip() if "text" not in request.POST else ""
    return {
        "lines": lines,
        "belong": "" if before else inbox.target(only),
        "more": min(line.thread.last_at for line in lines) if more else None,
        "found": inbox.search(words) if words else None,
        "q": words,
        "may_begin": request.actor.role not in PORTAL_ROLES,
        "filters": [
            {"label": label, "url": f"?voir={key}" if key else "/messages/", "current": key == only}
            for key, label in FILTERS
        ],
    }


def _conversation(request: Request, found: Thread, error: str = "") -> dict[str, Any]:
    before = request.GET.get("avant", "")
    reply_to = parse(request.GET.get("repondre"))
    readers = people.readers(found)
    upto = int(before) if before.isdecimal() else None
    shown = queries.conversation(found, readers, before=upto)
    return {
        "thread": found,
        "person": found.person,
        "title": inbox.title(found, inbox.direct_names([found], request.actor)),
        "conversation": shown,
        "composer": composer.for_thread(found, readers, reply_to=reply_to, error=error),
        "readers": readers,
        "links": queries.links_of(found) if request.actor.role not in PORTAL_ROLES else [],
        "shared": queries.shared_inboxes(found, request.actor),
        "actions": _actions(request, found),
        "unread": found.last_number > queries.read_up_to(shown.marks, request.actor),
    }


def _actions(request: Request, found: Thread) -> list[registry.MessageAction]:
    if found.person_id is None or request.actor.role in PORTAL_ROLES:
        return []
    return [
        action
        for action in registry.message_actions
        if not action.roles or request.actor.role in action.roles
    ]


def _sent(request: Request, found: Thread) -> HttpResponse:
    form = composer.sent(request)
    message, _ = services.send_message(
        found,
        form.text,
        key=form.key,
        urgent=form.urgent,
        reply_to_id=form.reply_to_id,
        mentions=composer.called(found, form.text),
        uploads=form.uploads,
    )
    if request.htmx:
        return _bubble(request, message)
    return redirect(f"/messages/{found.pk}/#m-{message.pk}")


def _bubble(request: Request, message: Message) -> HttpResponse:
    context = {
        "bubble": queries.bubble(message.pk, request.actor),
        "thread": message.thread,
        "actions": _actions(request, message.thread),
    }
    return render(request, "messaging/_bubble.html", context)


@route(Policy.SIGNED_IN, audit="thread", methods=POST)
def read(request: Request, thread_id: UUID) -> HttpResponse:
    """Mark a conversation as read, as far as the page showed it."""
    found = queries.access_thread(thread_id, shown=False)
    upto = request.POST.get("upto", "")
    marks.mark_read(found, int(upto) if upto.isdecimal() else None)
    return HttpResponse(status=204) if _scripted(request) else redirect(f"/messages/{found.pk}/")


@route(Policy.SIGNED_IN, audit="message", methods=POST)
def acknowledge(request: Request, message_id: UUID) -> HttpResponse:
    """« J’ai vu » on an urgent message."""
    message = queries.access_message(message_id)
    try:
        marks.acknowledge(message)
    except Refused as refusal:
        toasts.error(request, refusal.message)
    return _bubble(request, message) if request.htmx else _back(request, message)


@route(Policy.SIGNED_IN, audit="message", methods=POST)
def withdraw(request: Request, message_id: UUID) -> HttpResponse:
    """Take one's own message back."""
    message = queries.access_message(message_id)
    try:
        services.withdraw(message)
    except NotAllowed:
        raise Http404 from None
    return _bubble(request, message) if request.htmx else _back(request, message)


@route(Policy.PROFESSIONAL, audit="thread", methods=POST)
def claim(request: Request, thread_id: UUID) -> HttpResponse:
    """« Je m’en occupe », or hand back what one had taken."""
    found = queries.access_thread(thread_id)
    try:
        if request.POST.get("release"):
            marks.release(found)
        else:
            marks.claim(found)
    except Refused as refusal:
        toasts.warning(request, refusal.message)
    return redirect(f"/messages/{found.pk}/")


@route(Policy.SIGNED_IN, audit="draft", methods=POST)
def draft(request: Request) -> HttpResponse:
    """Keep what is being written, for another device or a lost connection."""
    place = request.POST.get("place", "")
    _, _, target = place.partition(":")
    if parse(target) is None or len(place) > 60:
        raise Http404
    marks.keep_draft(place, request.POST.get("text", "")[:10_000])
    return HttpResponse(status=204)


@route(Policy.SIGNED_IN, audit="attachment", methods=GET)
def attachment(request: Request, attachment_id: UUID) -> HttpResponse:
    """A file of a message, to those who read the message."""
    found = queries.access_attachment(attachment_id)
    mini = request.GET.get("mini") == "1"
    return file_response(found.file, inline=True, thumbnail=mini, request=request)


@route(Policy.PROFESSIONAL, audit="link", methods=POST)
def link_code(request: Request, link_id: UUID) -> HttpResponse:
    """A code to say to a professional outside: shown once, to whoever asked for it."""
    found = queries.access_link(link_id)
    try:
        code = links.spoken_code(found)
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        toasts.error(request, refusal.message)
        return redirect(f"/messages/{found.thread_id}/")
    context = {"link": found, "code": code}
    return render(request, "messaging/link_code.html", context)


@route(Policy.PROFESSIONAL, audit="link", methods=POST)
def link_revoke(request: Request, link_id: UUID) -> HttpResponse:
    """Close a signed link at once."""
    found = queries.access_link(link_id)
    try:
        links.revoke(found)
    except NotAllowed:
        raise Http404 from None
    toasts.success(request, f"Le lien de {found.label} est coupé.")
    return redirect(f"/messages/{found.thread_id}/")


@route(Policy.PROFESSIONAL, audit="thread")
def new(request: Request) -> HttpResponse:
    """Begin a conversation: with colleagues, or about a person with some of the circle."""
    person_id = parse(request.POST.get("person") or request.GET.get("personne"))
    person = access_patient(person_id, Area.THREAD, resource="thread") if person_id else None
    words = request.POST.get("qui", "").strip()
    found = people.may_be_told(person.pk) if person else people.professionals(words)
    form = NewThreadForm(request.POST if request.POST.get("begin") else None)
    status = 200
    if request.POST.get("begin") and form.is_valid():
        try:
            begun = services.begin(
                person_id=person.pk if person else None,
                subject=form.cleaned_data["subject"],
                holders=form.holders(request.POST.getlist("to")),
            )
            return redirect(f"/messages/{begun.pk}/")
        except Refused as refusal:
            form.add_error(None, refusal.message)
            status = 422
    context = {"form": form, "person": person, "found": found, "qui": words}
    return render(request, "messaging/new.html", context, status=status)


def _back(request: Request, message: Message) -> HttpResponse:
    return redirect(f"/messages/{message.thread_id}/#m-{message.pk}")


def _scripted(request: Request) -> bool:
    return bool(request.htmx) or request.headers.get("X-Liane-Send") == "1"


def _status(refusal: Refused) -> int:
    if isinstance(refusal, NotAllowed):
        raise Http404
    return 422 if isinstance(refusal, Replayed) or refusal.field else 409


def _moment(value: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None
