"""The frame of a person's record: identity line, chips, tabs. Every tab's page extends it.

A tab's view does ``person = access_patient(person_id, Area.…)`` then
``render(request, "room/page.html", frame(request, person, "agenda/") | {...})`` with a template
that extends ``circle/record_base.html`` and fills its block ``record``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liane.circle import persons
from liane.circle.reach import Reach
from liane.core import registry
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.routes import PORTAL_ROLES
from liane.patients.models import Patient

TAB_AREAS: Mapping[str, Area] = {
    "fil/": Area.TIMELINE,
    "messages/": Area.THREAD,
    "agenda/": Area.AGENDA,
    "plan/": Area.CARE_PLAN,
    "concertations/": Area.CARE_PLAN,
    "documents/": Area.DOCUMENT,
    "cercle/": Area.CIRCLE,
    "dossier-interne/": Area.WORKING_FILE,
}
"""A tab leads somewhere only for who may read its area: the others do not see it."""


@dataclass(frozen=True)
class Shown:
    """A panel with its context, ready for its template."""

    name: str
    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True)
class TabLink:
    """A tab of the record as a link."""

    label: str
    url: str
    current: bool


def frame(request: Request, person: Patient, tab: str = "") -> dict[str, Any]:
    """Context of ``circle/record_base.html`` for the tab at relative path ``tab``."""
    actor = request.actor
    portal = actor.role in PORTAL_ROLES
    return {
        "person": person,
        "limited": portal or persons.limited(Reach.of(actor), person.pk),
        "tabs": _tabs(request, person, tab),
        "chips": [] if portal else panels(request, person, "chips"),
        "banners": [] if portal else panels(request, person, "banner"),
    }


def _tabs(request: Request, person: Patient, current: str) -> list[TabLink]:
    role = request.actor.role
    if role in PORTAL_ROLES:
        return []
    return [
        TabLink(item.label, f"/personnes/{person.pk}/{item.path}", item.path == current)
        for item in sorted(registry.tabs, key=lambda item: item.order)
        if (not item.roles or role in item.roles)
        and (item.path not in TAB_AREAS or reads(request, TAB_AREAS[item.path]))
    ]


def panels(request: Request, person: Patient, place: str) -> list[Shown]:
    """The panels of one place that have something to show, in order."""
    shown = []
    for panel in sorted(registry.panels, key=lambda panel: panel.order):
        if panel.place != place:
            continue
        context = panel.load(request, person)
        if context is not None:
            shown.append(Shown(panel.name, panel.template, context))
    return shown


def reads(request: Request, area: Area) -> bool:
    """True when the current actor's role may read ``area`` of somebody's record at all."""
    return bool(request.actor.read.get(area))


def reach_of(request: Request) -> Reach:
    """The reach of the request's actor."""
    return Reach.of(request.actor)
