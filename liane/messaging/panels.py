"""What conversations offer the record, Aujourd’hui, the frame and the journal's readers."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from liane.core import acting
from liane.core.areas import Area
from liane.core.registry import Fragment
from liane.messaging import composer, inbox, queries


def record_panel(request: HttpRequest, person: Any) -> Mapping[str, Any] | None:
    """The latest conversations of a person and the composer to the team."""
    if not acting.current().read.get(Area.THREAD):
        return None
    written = composer.for_person(person, "team")
    lines = inbox.of_person(person.pk)[:3]
    if not (lines or written):
        return None
    url, belong = f"/personnes/{person.pk}/messages/", inbox.target(person.pk)
    return {"lines": lines, "composer": written, "url": url, "belong": belong}


def today_messages(request: HttpRequest) -> Mapping[str, Any] | None:
    """Conversations with something unread."""
    lines = inbox.waiting()
    return {"lines": lines} if lines else None


def today_urgent(request: HttpRequest) -> Mapping[str, Any] | None:
    """Urgent messages that ask for a « J’ai vu »."""
    found = inbox.urgent_for_me()
    return {"messages": found} if found else None


def badge(request: HttpRequest) -> int:
    """Unread conversations, for the navigation."""
    return inbox.unread_count()


def sentence(entry: Any, person: Any) -> str:
    """A message's notification inside the application."""
    about = f" à propos de {person.short_name}" if person is not None else ""
    urgent = "Urgent : " if entry.urgent else ""
    return f"{urgent}{entry.actor_label} vous a écrit{about}."


def calling(entry: Any, person: Any) -> str:
    """The same, for somebody the message calls by name."""
    about = f" à propos de {person.short_name}" if person is not None else ""
    return f"{'Urgent : ' if entry.urgent else ''}{entry.actor_label} vous interpelle{about}."


def link(entry: Any) -> str:
    """Where a message's notification leads."""
    return f"/messages/{entry.thread_id}/#m-{entry.object_id}"


def render_message(entry: Any) -> list[Fragment]:
    """A new message, for one group of readers: its bubble, and its line in the lists."""
    message = queries.load([entry.object_id]).get(entry.object_id)
    if message is None:
        return []
    actor = acting.current()
    bubble = queries.bubbles([message], [], actor)[0]
    thread = message.thread
    context = {"bubble": bubble, "thread": thread, "actions": []}
    html = render_to_string("messaging/_bubble.html", context)
    say = "" if bubble.mine else f"Nouveau message de {message.author_label}"
    pieces = [Fragment(f"thread:{thread.pk}", html, "append", say)]
    if not bubble.mine:
        names = {thread.pk: [message.author_label]}
        unread = int(queries.read_by(thread.pk, actor) < message.number)
        title = inbox.title(thread, names)
        line = inbox.Line(thread, title, message, unread, bool(unread and message.urgent))
        html = render_to_string("messaging/_line.html", {"line": line, "fresh": True})
        pieces += [Fragment(target, html, "top") for target in inbox.targets(thread)]
    return pieces


def shown_in(entry: Any) -> list[str]:
    """The conversation, and every list that it could belong in."""
    about = [inbox.target(entry.person_id)] if entry.person_id is not None else []
    return [conversation(entry)[0], *about, *map(inbox.target, ("", "unread", "direct", "family"))]


def conversation(entry: Any) -> list[str]:
    """The page of the conversation alone."""
    return [f"thread:{entry.thread_id}"]


def render_change(entry: Any) -> list[Fragment]:
    """A message that was taken back: the same bubble for all, with no text."""
    message = queries.load([entry.object_id]).get(entry.object_id)
    if message is None:
        return []
    bubble = queries.bubbles([message], [], acting.current())[0]
    context = {"bubble": bubble, "thread": message.thread, "actions": []}
    html = render_to_string("messaging/_bubble.html", context)
    return [Fragment(f"thread:{message.thread_id}", html, "replace")]


def render_receipts(signal: Any) -> list[Fragment]:
    """Who has read, and acknowledged, the last messages: small pieces, the same for everybody."""
    shown = queries.recent_of(signal.thread_id)
    if shown is None:
        return []
    html = "".join(
        render_to_string("messaging/_receipts.html", {"bubble": bubble}) for bubble in shown.bubbles
    )
    return [Fragment(f"thread:{signal.thread_id}", html, "replace")]
