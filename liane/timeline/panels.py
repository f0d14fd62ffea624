"""What this room shows on the record's first page, and pushes to open browsers."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.areas import Area
from liane.core.models import Entry
from liane.core.registry import Fragment
from liane.patients.models import Patient
from liane.timeline import queries, written

FIRST = 6


def chips(request: HttpRequest, person: Patient) -> Mapping[str, Any] | None:
    """The vigilance points in force."""
    actor = acting.current()
    if not actor.read.get(Area.CLINICAL_NOTE):
        return None
    pins = written.pins(Reach.of(actor), person.pk)
    return {"pins": pins} if pins else None


def stream(request: HttpRequest, person: Patient) -> Mapping[str, Any] | None:
    """The last entries of the timeline."""
    actor = acting.current()
    if not actor.read.get(Area.TIMELINE):
        return None
    return {
        "page": queries.page(Reach.of(actor), person.pk, size=FIRST),
        "may_write": bool(actor.write.get(Area.CLINICAL_NOTE)),
    }


def render_entry(entry: Entry) -> list[Fragment]:
    """A new entry at the top of the open timelines of its person."""
    item = queries.item(entry)
    if item is None:
        return []
    html = render_to_string("timeline/_item.html", {"item": item})
    words = f"{item.kind.label}, {entry.actor_label}"
    return [Fragment(target, html, "prepend", words) for target in shown_in(entry)]


def shown_in(entry: Entry) -> list[str]:
    """The open timelines of its person."""
    return [f"timeline:{entry.person_id}"]


def sentence(entry: Entry, person: Patient) -> str:
    """What a notification inside the application says."""
    done = {
        "note.written": "a écrit une note sur",
        "document.added": "a ajouté un document pour",
        "vigilance.pinned": "signale un point de vigilance pour",
    }[entry.kind]
    return f"{entry.actor_label} {done} {person.short_name}."


def link(entry: Entry) -> str:
    """Where a notification leads."""
    return f"/personnes/{entry.person_id}/fil/#e-{entry.pk}"
