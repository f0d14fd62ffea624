"""The circle tab: who is around the person; inviting, answering, leaving, keeping out."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle import around, forms
from liane.circle import services as circle
from liane.circle.access import access_patient
from liane.circle.models import Membership
from liane.circle.record import frame, reach_of
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.patients import queries as patients
from liane.patients.models import Patient

TAB = "cercle/"


@route(Policy.PROFESSIONAL, audit="circle", methods=("GET", "HEAD"))
def members(request: Request, person_id: UUID) -> HttpResponse:
    """Who is around the person, why, since when."""
    person = access_patient(person_id, Area.CIRCLE)
    reach, context = reach_of(request), frame(request, person, TAB)
    writes = reach.may_write(Area.CIRCLE, person.pk)
    everyone = around.around(person.pk, waiting=writes)
    context |= {
        "members": [one for one in everyone if not one.waiting],
        "waiting": [one for one in everyone if one.waiting],
        "writes": writes,
        "invites": writes and request.actor.professional_id is not None,
        "opposes": reach.may_write(Area.CONSENT, person.pk),
        "oppositions": around.oppositions(person.pk) if writes else (),
        "contacts": () if context["limited"] else patients.contacts(person.pk),
    }
    return render(request, "circle/circle.html", context)


@route(Policy.PROFESSIONAL, audit="circle")
def invite(request: Request, person_id: UUID) -> HttpResponse:
    """Find somebody in the directory, then say why they join."""
    person = _writable(request, person_id)
    context = frame(request, person, TAB)
    text = request.POST.get("q", "").strip()[:80]
    holder = parse(request.POST.get("holder"))
    if holder is not None:
        outside = around.outside_team(holder)
        if outside is None:
            raise Http404
        data = request.POST if "ground" in request.POST else None
        start = {"holder": holder, "ground": "consent" if outside else "designated"}
        form = forms.InvitationForm(data, initial=start)
        if data is not None and form.is_valid():
            forms.settle(form, lambda: circle.invite(
                person.pk, holder, ground=form.cleaned_data["ground"],
                proof=form.cleaned_data["proof"],
            ))  # fmt: skip
            if not form.errors:
                messages.success(request, "Invitation envoyée : rien ne s’ouvre avant sa réponse.")
                return redirect("circle", person_id=person.pk)
        context |= {"form": form, "outside": outside, "name": request.POST.get("name", "")}
        return render(request, "circle/invite_why.html", context)
    practices, organisations = around.candidates(text)
    context |= {"q": text, "practices": practices, "organisations": organisations}
    return render(request, "circle/invite.html", context)


def _writable(request: Request, person_id: UUID) -> Patient:
    person = access_patient(person_id, Area.CIRCLE, resource="circle")
    if not reach_of(request).may_write(Area.CIRCLE, person.pk):
        raise Http404
    return person


def _member(person_id: UUID, membership_id: UUID) -> Membership:
    found = around.membership_of(person_id, membership_id)
    if found is None:
        raise Http404
    return found


@route(Policy.PROFESSIONAL, audit="circle")
def remove(request: Request, person_id: UUID, membership_id: UUID) -> HttpResponse:
    """Remove a member, with a reason; the removed is told."""
    person = _writable(request, person_id)
    membership = _member(person.pk, membership_id)
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        forms.settle(form, lambda: circle.remove(membership.pk, reason=form.cleaned_data["reason"]))
        if not form.errors:
            messages.success(request, "Retiré du cercle, et prévenu.")
            return redirect("circle", person_id=person.pk)
    context = frame(request, person, TAB) | {"form": form, "form_title": "Retirer du cercle"}
    return render(request, "circle/persons/form.html", context)


@route(Policy.PROFESSIONAL, audit="circle", methods=("POST",))
def leave(request: Request, person_id: UUID, membership_id: UUID) -> HttpResponse:
    """Leave a circle."""
    person = access_patient(person_id, Area.CIRCLE, resource="circle")
    circle.leave(_member(person.pk, membership_id).pk, reason=request.POST.get("reason", ""))
    messages.success(request, "Vous avez quitté ce cercle. Ce que vous y avez écrit reste.")
    return redirect("people")


@route(Policy.PROFESSIONAL, audit="circle", methods=("POST",))
def answer_request(request: Request, person_id: UUID, membership_id: UUID) -> HttpResponse:
    """Let in, or keep out, somebody who asked to join."""
    person = _writable(request, person_id)
    membership = _member(person.pk, membership_id)
    if request.POST.get("reply") == "accept":
        circle.accept_request(membership.pk)
        messages.success(request, "Accueilli dans le cercle.")
    else:
        circle.refuse_request(membership.pk, reason=request.POST.get("reason", ""))
        messages.success(request, "Demande refusée.")
    return redirect("circle", person_id=person.pk)


@route(Policy.PROFESSIONAL, audit="circle", methods=("POST",))
def answer_invitation(request: Request, membership_id: UUID) -> HttpResponse:
    """Accept or decline an invitation, in one tap."""
    if request.POST.get("reply") == "accept":
        membership = circle.accept(membership_id)
        messages.success(request, "Bienvenue dans ce cercle.")
        return redirect(f"/personnes/{membership.person_id}/")
    circle.decline(membership_id, reason=request.POST.get("reason", ""))
    messages.success(request, "Invitation déclinée.")
    return redirect("/")


@route(Policy.PROFESSIONAL, audit="circle", methods=("POST",))
def oppose(request: Request, person_id: UUID, membership_id: UUID) -> HttpResponse:
    """Write down that the person keeps this member out."""
    person = access_patient(person_id, Area.CIRCLE, resource="circle")
    membership = _member(person.pk, membership_id)
    if membership.practice_id is None and membership.organisation_id is None:
        raise Refused("L’opposition vise un professionnel ou une structure.")
    circle.oppose(
        person.pk,
        practice_id=membership.practice_id,
        organisation_id=membership.organisation_id,
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, "L’opposition de la personne vaut dès maintenant.")
    return redirect("circle", person_id=person.pk)


@route(Policy.PROFESSIONAL, audit="circle", methods=("POST",))
def lift(request: Request, person_id: UUID, opposition_id: UUID) -> HttpResponse:
    """Write down that the person changed their mind."""
    person = access_patient(person_id, Area.CIRCLE, resource="circle")
    if not around.oppositions(person.pk).filter(pk=opposition_id).exists():
        raise Http404
    circle.lift(opposition_id)
    return redirect("circle", person_id=person.pk)
