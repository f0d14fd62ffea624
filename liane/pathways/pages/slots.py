"""Common slots: choose the sessions, see who is free when, propose; answer."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.agenda.models import Place
from liane.circle.record import frame
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.pathways import looking, weeks
from liane.pathways.models import Enrolment
from liane.pathways.pages.common import POST, TAB, kept_or_404, place_of
from liane.pathways.protocols.slots import MOST_PARTS
from liane.pathways.services import slots


@route(Policy.PROFESSIONAL, audit="pathway")
def search(request: Request, enrolment_id: UUID) -> HttpResponse:
    """Which sessions, by whom; then the slots at which everybody can. POST proposes one."""
    row = kept_or_404(request, enrolment_id)
    error, found = "", None
    if request.method == "POST":
        try:
            slots.propose(row.pk, _times(request.POST), place=_place(request.POST))
        except Refused as refusal:
            error = refusal.message
        else:
            messages.success(request, "Créneau proposé : chacun est prévenu et répond.")
            return redirect(place_of(row))
    asked = _chosen(request.GET)
    wanted = looking.wanted_of(row)
    if asked:
        try:
            found = looking.search(row, asked, timezone.now())
        except Refused as refusal:
            error = error or refusal.message
    context = frame(request, row.person, TAB) | _shown(row, wanted, asked, found) | {"error": error}
    return render(request, "pathways/slots.html", context, status=422 if error else 200)


def _shown(
    row: Enrolment,
    wanted: list[looking.Wanted],
    asked: Mapping[UUID, UUID],
    found: looking.Search | None,
) -> dict[str, Any]:
    names = {}
    if found is not None:
        names = {str(one.session.pk): (one, who) for one, who in found.chosen}
    return {
        "row": row, "back": place_of(row), "wanted": wanted, "asked": asked, "found": found,
        "picked": set(asked), "whom": set(asked.values()),
        "slots": [
            [(*names[one.key], one.span) for one in slot] for slot in (found.slots if found else ())
        ],
        "weeks": weeks.drawn(found, timezone.now()) if found is not None else [],
        "places": [one for one in Place.choices if one[0] != Place.REMOTE or _remote(found)],
        "most": MOST_PARTS,
    }  # fmt: skip


def _remote(found: looking.Search | None) -> bool:
    return found is not None and all(one.remote for one, _ in found.chosen)


def _chosen(said: QueryDict) -> dict[UUID, UUID]:
    """``seance``: the sessions ticked; ``qui-<session>``: who would do it."""
    found = {}
    for text in said.getlist("seance"):
        session, who = parse(text), parse(said.get(f"qui-{text}", ""))
        if session is not None and who is not None:
            found[session] = who
    return found


def _times(said: QueryDict) -> dict[UUID, tuple[UUID, dt.datetime]]:
    """``creneau``: « session,practice,start » of each part, separated by spaces.

    Raises Refused for anything else: it was written by our own page.
    """
    found = {}
    try:
        for piece in said.get("creneau", "").split():
            session, who, start = piece.split(",")
            moment = dt.datetime.fromisoformat(start)
            if moment.tzinfo is None:
                raise ValueError(start)
            found[UUID(session)] = (UUID(who), moment)
    except ValueError:
        found = {}
    if not found:
        raise Refused("Choisissez un créneau dans la liste.")
    return found


def _place(said: QueryDict) -> str:
    place = said.get("lieu", "")
    return place if place in Place.values else Place.OFFICE


@route(Policy.PROFESSIONAL, audit="pathway", methods=POST)
def answer(request: Request, part_id: UUID) -> HttpResponse:
    """« D’accord », or « je ne peux pas » and what would suit; by telephone, for who has no
    account."""
    yes = request.POST.get("reponse") == "oui"
    proposal = None
    try:
        proposal = slots.answer(part_id, yes=yes, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        planned = proposal.status == "planned"
        messages.success(
            request,
            "Tout le monde est d’accord : les rendez-vous sont planifiés." if planned
            else "Réponse notée.",
        )  # fmt: skip
    if request.POST.get("retour") == "parcours" and proposal is not None:
        return redirect(place_of(proposal.enrolment))
    return redirect("/parcours/seances/")


@route(Policy.PROFESSIONAL, audit="pathway", methods=POST)
def withdraw(request: Request, proposal_id: UUID) -> HttpResponse:
    """Take it back."""
    try:
        proposal = slots.withdraw(proposal_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("/file-active/parcours/")
    messages.success(request, "Proposition retirée : chacun est prévenu.")
    return redirect(place_of(proposal.enrolment))
