"""Who answers when: absences, posts and their duty calendar, locum contracts."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory import identifiers, queries, rules, services
from liane.directory.forms import AbsenceForm, DutyForm, LocumForm, PostForm
from liane.directory.models import Practice


def _house(request: HttpRequest) -> list[Practice]:
    actor = cast(Request, request).actor
    if actor.organisation_id is None:
        return []
    return queries.staff(actor.organisation_id, with_unregistered=True)


def _mine(request: HttpRequest, house: list[Practice], *, all_of_it: bool) -> list[Practice]:
    actor = cast(Request, request).actor
    if all_of_it:
        return house
    return [item for item in house if item.professional_id == actor.professional_id]


def _chosen(practices: list[Practice], value: str) -> Practice | None:
    return next((item for item in practices if str(item.pk) == value), None)


def _try(form: forms.Form, verb: Callable[[], object]) -> bool:
    """Carry out ``verb``; its refusal goes on the form."""
    try:
        verb()
    except Refused as refusal:
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, refusal.message)
        return False
    return True


@route(Policy.PROFESSIONAL, audit="directory")
def absences(request: HttpRequest) -> HttpResponse:
    """/annuaire/absences/: mine, and those of my house when I keep its calendar."""
    actor = cast(Request, request).actor
    house = _house(request)
    keeps = actor.organisation_id is not None and rules.keeps_house(actor, actor.organisation_id)
    who = _mine(request, house, all_of_it=keeps)
    form = AbsenceForm(request.POST or None, who=who, colleagues=house)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        practice = _chosen(who, data["practice"])
        made: list[Any] = []
        if practice is not None and _try(
            form,
            lambda: made.append(
                services.declare_absence(
                    practice,
                    starts_on=data["starts_on"],
                    ends_on=data["ends_on"],
                    replaced_by=_chosen(house, data["replaced_by"]),
                )
            ),
        ):
            for sentence in made[0].said:
                messages.info(request, sentence)
            messages.success(request, "C’est noté : qui vous écrit le verra avant d’envoyer.")
            return redirect("absences")
    found = queries.absences_kept_by(actor.professional_id, actor.organisation_id, actor.role)
    return render(
        request,
        "directory/absences.html",
        {"form": form, "absences": found},
        status=422 if form.errors else 200,
    )


@route(Policy.PROFESSIONAL, audit="directory", methods=("POST",))
def cancel_absence(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    """Take back an absence."""
    absence = queries.absence(absence_id)
    if absence is None:
        raise Http404
    try:
        services.cancel_absence(absence)
    except NotAllowed as refusal:
        raise Http404 from refusal
    messages.success(request, "L’absence est annulée.")
    return redirect("absences")


@route(Policy.PROFESSIONAL, audit="directory")
def post(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """A post: who holds it now, its calendar; the house adds turns."""
    found = queries.post(post_id)
    if found is None:
        raise Http404
    actor = cast(Request, request).actor
    keeps = rules.keeps_house(actor, found.organisation_id)
    colleagues = queries.staff(found.organisation_id, with_unregistered=True) if keeps else []
    form = DutyForm(request.POST or None, colleagues=colleagues)
    if request.method == "POST":
        if not keeps:
            raise Http404
        if form.is_valid():
            data = form.cleaned_data
            practice = _chosen(colleagues, data["practice"])
            if practice is not None and _try(
                form,
                lambda: services.put_on_duty(
                    found,
                    practice,
                    starts_at=data["starts_at"],
                    ends_at=data["ends_at"],
                    deputy=data["deputy"],
                ),
            ):
                messages.success(request, "Le calendrier est à jour.")
                return redirect("post", post_id=found.pk)
    context = {
        "post": found,
        "form": form if keeps else None,
        "on_duty": queries.duties([found.pk]).get(found.pk, []),
        "calendar": queries.calendar(found.pk),
    }
    return render(request, "directory/post.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="directory")
def new_post(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """Create a post of the organisation."""
    found = queries.organisation(organisation_id)
    if found is None or not rules.keeps_house(cast(Request, request).actor, found.pk):
        raise Http404
    form = PostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if _try(form, lambda: services.create_post(found, data["name"], data["phone"])):
            return redirect(f"/annuaire/structures/{found.pk}/")
    return render(
        request,
        "directory/new_post.html",
        {"organisation": found, "form": form},
        status=422 if form.errors else 200,
    )


@route(Policy.PROFESSIONAL, audit="directory", methods=("POST",))
def end_duty(request: HttpRequest, duty_id: UUID) -> HttpResponse:
    """End a turn of duty."""
    duty = queries.duty(duty_id)
    if duty is None:
        raise Http404
    try:
        services.end_duty(duty)
    except NotAllowed as refusal:
        raise Http404 from refusal
    return redirect("post", post_id=duty.post_id)


@route(Policy.PROFESSIONAL, audit="directory")
def locums(request: HttpRequest) -> HttpResponse:
    """/annuaire/remplacements/: contracts, signed by the one replaced or by their direction."""
    actor = cast(Request, request).actor
    manager = actor.organisation_id is not None and rules.manages(actor, actor.organisation_id)
    care = [item for item in _house(request) if item.role == Practice.Role.CARE]
    who = _mine(request, care, all_of_it=manager)
    form = LocumForm(request.POST or None, who=who)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        replaced = _chosen(who, data["replaced"])
        if replaced is not None and _try(form, lambda: _sign(replaced, data)):
            messages.success(request, "Le contrat est enregistré, pour ses dates seulement.")
            return redirect("locums")
    found = queries.contracts_of(actor.professional_id, actor.organisation_id, manager=manager)
    return render(
        request,
        "directory/locums.html",
        {"form": form if who else None, "contracts": found},
        status=422 if form.errors else 200,
    )


def _sign(replaced: Practice, data: dict[str, object]) -> None:
    locum = queries.by_rpps(identifiers.rpps(str(data["rpps"])))
    if locum is None:
        raise Refused("Aucun professionnel de l’annuaire n’a ce numéro.", field="rpps")
    services.sign_locum(
        replaced,
        locum,
        starts_on=data["starts_on"],  # type: ignore[arg-type]
        ends_on=data["ends_on"],  # type: ignore[arg-type]
    )


@route(Policy.PROFESSIONAL, audit="directory", methods=("POST",))
def end_locum(request: HttpRequest, contract_id: UUID) -> HttpResponse:
    """End a contract today."""
    contract = queries.contract(contract_id)
    if contract is None:
        raise Http404
    try:
        services.end_locum(contract)
    except NotAllowed as refusal:
        raise Http404 from refusal
    return redirect("locums")
