"""Pages of absences: declare one in two taps, see who knows, say that one has seen."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient, require_write
from liane.circle.record import frame
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.routes import PORTAL_ROLES, Policy, route
from liane.stays import panels, queries, services, words
from liane.stays.forms import AbsenceForm, MomentForm
from liane.stays.models import Stay
from liane.stays.state import Status


@route(Policy.SIGNED_IN, audit="stay")
def declare(request: Request, person_id: UUID) -> HttpResponse:
    """Say that somebody is away: one button for each kind, dates only if one wants."""
    person = access_patient(person_id, Area.AGENDA, resource="stay")
    _may_write(person.pk)
    form = AbsenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.declare_absence(
                person.pk,
                request.POST.get("kind", ""),
                start=form.cleaned_data["start"],
                end=form.cleaned_data["end"],
                place=form.cleaned_data["place"],
            )
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "C’est noté : visites suspendues, chacun est prévenu.")
            return redirect(_home(request, person.pk))
    context = {
        "person": person,
        "form": form,
        "kinds": Stay.Kind.choices,
        "open_stay": _under_way(person.pk),
        "back": _home(request, person.pk),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "stays/declare.html", context, status=status)


def _under_way(person_id: UUID) -> Stay | None:
    """The absence that a new one would be said beside; one that is over is none."""
    stay = queries.current(person_id)
    return stay if stay is not None and stay.status != Status.ENDED else None


@route(Policy.PROFESSIONAL, audit="stay", methods=("GET", "HEAD"))
def of_person(request: Request, person_id: UUID) -> HttpResponse:
    """Every absence of a person."""
    person = access_patient(person_id, Area.AGENDA, resource="stay")
    place = queries.reads_place(person.pk)
    stays = [
        (stay, words.headline(stay, person) if place else words.neutral_headline(stay))
        for stay in queries.of_person(person.pk)
    ]
    context = frame(request, person) | {"stays": stays, "place": place}
    return render(request, "stays/of_person.html", context)


@route(Policy.SIGNED_IN, audit="stay", methods=("GET", "HEAD"))
def detail(request: Request, stay_id: UUID) -> HttpResponse:
    """One absence: who has seen, who must be called and at what number."""
    stay = _stay(stay_id)
    person = access_patient(stay.person_id, Area.AGENDA, resource="stay")
    context = panels.banner_context(person, stay) | {
        "stay": stay,
        "place": queries.reads_place(person.pk),
        "may_write": bool(request.actor.write.get(Area.AGENDA)),
        "board": None,
    }
    if request.actor.role in PORTAL_ROLES:
        return render(request, "stays/detail_portal.html", context)
    context["board"] = queries.board(stay) if context["place"] else None
    return render(request, "stays/detail.html", frame(request, person) | context)


@route(Policy.SIGNED_IN, audit="stay", methods=("POST",))
def seen(request: Request, stay_id: UUID) -> HttpResponse:
    """« J’ai vu »."""
    stay = _stay(stay_id)
    services.see(stay_id)
    if request.htmx:
        context = panels.banner_context(stay.person, queries.one(stay_id))
        return render(request, "stays/_banner.html", {"panel": context})
    messages.success(request, "C’est noté : vous avez vu.")
    return redirect(_next(request, stay))


@route(Policy.PROFESSIONAL, audit="stay", methods=("POST",))
def called(request: Request, stay_id: UUID, notice_id: UUID) -> HttpResponse:
    """« J’ai appelé »."""
    stay = _stay(stay_id)
    try:
        services.called(stay_id, notice_id)
    except NotAllowed as error:
        raise PermissionDenied from error
    return redirect(f"/sejours/{stay.pk}/")


@route(Policy.SIGNED_IN, audit="stay", methods=("POST",))
def back_home(request: Request, stay_id: UUID) -> HttpResponse:
    """The person is back home."""
    form = MomentForm(request.POST)
    return _do(
        request,
        stay_id,
        lambda: services.declare_return(stay_id, form.moment()),
        "Retour noté : chacun est prévenu, les visites peuvent reprendre.",
    )


@route(Policy.SIGNED_IN, audit="stay", methods=("POST",))
def expected(request: Request, stay_id: UUID) -> HttpResponse:
    """The person is expected back on a day."""
    _may_write(_stay(stay_id).person_id)
    moment = MomentForm(request.POST).moment()
    if moment is None:
        messages.error(request, "Dites quand le retour est prévu.")
        return redirect(f"/sejours/{stay_id}/")
    return _do(
        request, stay_id, lambda: services.expect_return(stay_id, moment), "Retour prévu noté."
    )


@route(Policy.SIGNED_IN, audit="stay", methods=("POST",))
def cancel(request: Request, stay_id: UUID) -> HttpResponse:
    """A declared absence does not take place."""
    return _do(
        request,
        stay_id,
        lambda: services.cancel_absence(stay_id),
        "Absence annulée : les visites sont rétablies, chacun est prévenu.",
    )


def _do(request: Request, stay_id: UUID, verb: object, done: str) -> HttpResponse:
    stay = _stay(stay_id)
    _may_write(stay.person_id)
    try:
        verb()  # type: ignore[operator]
    except Refused as error:
        messages.error(request, error.message)
        return redirect(f"/sejours/{stay_id}/")
    messages.success(request, done)
    return redirect(_next(request, stay))


def _stay(stay_id: UUID) -> Stay:
    stay = queries.one(stay_id)
    if stay is None:
        raise Http404
    return stay


def _may_write(person_id: UUID) -> None:
    try:
        require_write(person_id, Area.AGENDA)
    except NotAllowed as error:
        raise PermissionDenied from error


def _home(request: Request, person_id: UUID) -> str:
    portal = request.actor.role in PORTAL_ROLES
    return "/portail/" if portal else f"/personnes/{person_id}/"


def _next(request: Request, stay: Stay) -> str:
    return "/" if request.POST.get("next") == "/" else _home(request, stay.person_id)
