"""Accès: who opened the record and why they could; emergency access and its review."""

import datetime as dt
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.circle import accesses, forms, past, persons
from liane.circle import services as circle
from liane.circle.access import access_patient
from liane.circle.record import frame, reach_of
from liane.circle.services.protection import REASONS
from liane.core import clock
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import PORTAL_ROLES, Policy, route
from liane.patients import ins

NOBODY = (
    "Aucune personne, ou plusieurs, avec exactement ces traits. Vérifiez l’orthographe et la date, "
    "ou saisissez le matricule INS."
)


@route(Policy.PROFESSIONAL, audit="access_ledger", methods=("GET", "HEAD"))
def of_record(request: Request, person_id: UUID) -> HttpResponse:
    """A professional sees their own accesses; the person sees all of them in the portal."""
    person = access_patient(person_id, Area.IDENTITY, resource="access_ledger")
    found = accesses.of_record(person.pk, own=True, before=parse(request.GET.get("avant")))
    context = frame(request, person, "acces/") | {"accesses": found}
    return render(request, "circle/accesses.html", context)


@route(Policy.PROFESSIONAL, audit="access_ledger", methods=("GET", "HEAD"))
def mine(request: Request) -> HttpResponse:
    """What I opened, in every record, those I have left included."""
    if request.actor.role == "technical_admin":
        raise Http404
    found = accesses.of_mine(before=parse(request.GET.get("avant")))
    return render(request, "circle/my_accesses.html", {"mine": found})


def section(request: HttpRequest) -> dict[str, object] | None:
    """Section of the settings: what I opened, and what I find again of records left."""
    role = cast(Request, request).actor.role
    if not role or role in PORTAL_ROLES or role == "technical_admin":
        return None
    return {"past": past.has_past(role)}


@route(Policy.PROFESSIONAL, audit="access_ledger", methods=("GET", "HEAD"))
def team(request: Request) -> HttpResponse:
    """The manager sees how much the staff opened, not what."""
    actor = request.actor
    if actor.role != "manager" or actor.organisation_id is None:
        raise Http404
    try:
        day = dt.date.fromisoformat(request.GET.get("jour", ""))
    except ValueError:
        day = clock.today()
    context = {
        "day": day,
        "before": day - dt.timedelta(days=1),
        "after": day + dt.timedelta(days=1) if day < clock.today() else None,
        "staff": accesses.of_staff(actor.organisation_id, day),
    }
    return render(request, "circle/accesses_team.html", context)


@route(Policy.PROFESSIONAL, audit="access_ledger")
def officer(request: Request) -> HttpResponse:
    """The protection officer: emergency accesses to review, then who opened what kind of thing."""
    actor = request.actor
    if actor.role != "dpo" or actor.organisation_id is None:
        raise Http404
    if request.method == "POST":
        opened = parse(request.POST.get("opened"))
        if opened is None:
            raise Http404
        circle.review_break_glass(opened, review=request.POST.get("review", ""))
        messages.success(request, "Conclusion enregistrée.")
        return redirect("accesses_officer")
    waiting, reviewed = accesses.to_review(actor.organisation_id)
    rows = accesses.for_officer(actor.organisation_id, parse(request.GET.get("avant")))
    context = {"waiting": waiting, "reviewed": reviewed, "rows": rows, "reasons": REASONS}
    return render(request, "circle/accesses_officer.html", context)


def today(request: Request) -> dict[str, object] | None:
    """Emergency accesses to examine, on the officer's Aujourd’hui."""
    actor = request.actor
    if actor.organisation_id is None:
        return None
    waiting, _ = accesses.to_review(actor.organisation_id)
    return {"count": len(waiting), "since": waiting[-1].created_at} if waiting else None


@route(Policy.PROFESSIONAL, audit="break_glass")
def emergency(request: Request) -> HttpResponse:
    """Open a record in an emergency: strict traits or matricule, the reason, four hours."""
    if request.actor.role != "care":
        raise Http404
    form = forms.EmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        number = forms.settle(form, lambda: ins.parse(data["matricule"])) if (
            data["matricule"]
        ) else None  # fmt: skip
        complete = data["birth_name"] and data["given_name"] and data["birth_date"]
        person = None
        if number is not None or (complete and not form.errors):
            person = persons.in_emergency(
                data["birth_name"], data["given_name"], data["birth_date"],
                ins.digests(number) if number else (),
            )  # fmt: skip
        if person is None and not form.errors:
            form.add_error(None, NOBODY)
        if person is not None:
            if reach_of(request).patients().filter(pk=person.pk).exists():
                return redirect(f"/personnes/{person.pk}/")
            found = person
            opened = forms.settle(
                form, lambda: circle.break_glass(found.pk, reason=data["reason"], text=data["text"])
            )
            if opened is not None and not form.errors:
                told = (
                    "La personne, son cercle et le référent à la protection des données de "
                    f"« {opened.reviewer.name} » sont prévenus."
                    if opened.reviewer is not None
                    else "La personne et son cercle sont prévenus."
                )
                messages.warning(request, f"Dossier ouvert pour quatre heures. {told}")
                return redirect(f"/personnes/{person.pk}/")
    return render(request, "circle/emergency.html", {"form": form})
