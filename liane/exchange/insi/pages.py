"""Pages of the INSi service: ask from a record, compare, decide; the list of vigilance."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.persons import limited
from liane.circle.reach import Reach
from liane.circle.record import frame, reach_of
from liane.core import acting
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory.models import Practice
from liane.exchange import insi
from liane.exchange.insi import queries, services, soap
from liane.exchange.models import InsiAnswer
from liane.exchange.traits import SEXES, Line
from liane.patients.models import Patient

TAB = "identite/"


@route(Policy.PROFESSIONAL, audit="identity")
def record(request: Request, person_id: UUID) -> HttpResponse:
    """Ask INSi about a person, and decide on its answer."""
    person = access_patient(person_id, Area.IDENTITY, resource="insi")
    reach = reach_of(request)
    if limited(reach, person.pk) or not reach.may_write(Area.IDENTITY, person.pk):
        raise Http404
    error = ""
    if request.method == "POST":
        try:
            _decided(request, person)
            return redirect("insi", person_id=person.pk)
        except NotAllowed as refusal:
            return render(request, "403.html", {"message": refusal.message}, status=403)
        except Refused as refusal:
            error = refusal.message
    rows = queries.of_person(person.pk)
    waiting = next((row for row in rows if row.settled_at is None), None)
    context = frame(request, person, TAB) | {
        "ready": insi.ready(),
        "off": services.OFF,
        "rows": rows,
        "waiting": waiting,
        "lines": _lines(services.identity_of(waiting), person) if waiting else [],
        "error": error,
    }
    return render(request, "exchange/insi/record.html", context, status=422 if error else 200)


def _decided(request: Request, person: Patient) -> None:
    action = request.POST.get("action", "")
    if action == "ask":
        row = services.ask(person.pk)
        if row.outcome != InsiAnswer.Outcome.ONE:
            messages.warning(request, f"{row.get_outcome_display().capitalize()}.")
        return
    latest = queries.waiting(person.pk)
    if latest is None:
        raise Refused("Aucune réponse n’attend.")
    if action == "take":
        services.take(latest.pk)
        messages.success(request, "Identité récupérée. Une pièce d’identité reste à vérifier.")
    else:
        services.leave(latest.pk)
        messages.success(request, "Réponse écartée.")


@route(Policy.PROFESSIONAL, audit="identity", methods=("GET", "HEAD"))
def vigilance(request: Request) -> HttpResponse:
    """What INSi could not settle, for identity vigilance; without configuration, it says so."""
    if request.actor.role != Practice.Role.IDENTITY:
        raise PermissionDenied
    context = {"rows": queries.unsettled(), "ready": insi.ready(), "off": services.OFF}
    return render(request, "exchange/insi/vigilance.html", context)


def panel(request: HttpRequest, person: Patient) -> Mapping[str, Any] | None:
    """The way in, at the head of the identity tab, for who may write the identity."""
    writes = Reach.of(acting.current()).may_write(Area.IDENTITY, person.pk)
    return {"ready": insi.ready()} if writes and not person.is_qualified else None


def _lines(identity: soap.Identity | None, person: Patient) -> list[Line]:
    if identity is None:
        return []
    born = identity.traits()["birth_date"]
    known = f"{person.birth_date:%d/%m/%Y}" if person.birth_date else ""
    return [
        Line("Nom de naissance", identity.birth_name, person.birth_name),
        Line("Prénoms", identity.given_names, person.given_names),
        Line("Sexe", SEXES[identity.sex], SEXES.get(person.sex, "")),
        Line("Date de naissance", f"{born:%d/%m/%Y}", known),
        Line("Lieu de naissance (code)", identity.birth_place, person.birth_place),
        Line("Matricule", f"{identity.matricule[:13]} {identity.matricule[13:]}", ""),
    ]
