"""One visit: see it, mark it done in one tap, say more, move it, cancel it, take it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liane.agenda import queries, rules, services
from liane.agenda.forms import DeclineForm, MoveForm, MoveSeriesForm, OutcomeForm, ReasonForm
from liane.agenda.models import Appointment
from liane.agenda.pages.common import codes, refused, row, visit_or_404
from liane.core import registry
from liane.core.errors import Refused
from liane.core.http import Request, back
from liane.core.routes import PORTAL_ROLES, Policy, route
from liane.interventions import services as interventions

POST = ("POST",)


@route(Policy.SIGNED_IN, audit="agenda", methods=("GET", "HEAD"))
def detail(request: Request, appointment_id: UUID) -> HttpResponse:
    """Everything about one visit, and what one may do with it."""
    visit = visit_or_404(appointment_id)
    queries.with_questions([visit])
    context = {
        "visit": visit,
        "may_change": rules.may_change(request.actor, visit),
        "may_move": rules.may_move(request.actor, visit),
        "past": visit.starts_at <= timezone.now(),
        "history": queries.history(visit),
        "portal": request.actor.role in PORTAL_ROLES,
    }
    return render(request, "agenda/visit.html", context)


@route(Policy.PROFESSIONAL, audit="agenda", methods=POST)
def done(request: Request, appointment_id: UUID) -> HttpResponse:
    """One tap: the visit took place."""
    visit = visit_or_404(appointment_id)
    try:
        services.mark_done(visit.pk)
    except Refused as error:
        return row(request, visit, error=error.message)
    return row(request, visit)


@route(Policy.PROFESSIONAL, audit="agenda", methods=POST)
def undo(request: Request, appointment_id: UUID) -> HttpResponse:
    """Take back « faite »."""
    visit = visit_or_404(appointment_id)
    try:
        services.undo_done(visit.pk)
    except Refused as error:
        return row(request, visit, error=error.message)
    return row(request, visit)


@route(Policy.PROFESSIONAL, audit="agenda", methods=POST)
def act(request: Request, appointment_id: UUID) -> HttpResponse:
    """Which act of the pathway it was, where it could not be deduced; empty: none."""
    visit = visit_or_404(appointment_id)
    done = visit.act  # type: ignore[attr-defined]
    if done is None:
        raise Http404
    try:
        for desk in registry.act_desks:
            desk.answered([done.pk], request.POST.get("code", "")[:60])
    except Refused as error:
        return row(request, visit, error=error.message)
    return row(request, visit, flag=interventions.flag([done]))


@route(Policy.PROFESSIONAL, audit="agenda")
def outcome(request: Request, appointment_id: UUID) -> HttpResponse:
    """Say what was found: nothing, to watch, a problem; with a short note."""
    visit = visit_or_404(appointment_id)
    act = visit.act  # type: ignore[attr-defined]
    initial = (
        {"outcome": act.outcome, "note": act.note, "code": act.code} if act is not None else {}
    )
    acts = codes(request, visit.person_id)
    form = OutcomeForm(request.POST or None, initial=initial, acts=acts)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.mark_done(visit.pk, **form.said)
        except Refused as error:
            refused(form, error)
        else:
            if form.cleaned_data["outcome"] == "problem":
                messages.success(request, "C’est noté, l’équipe est alertée.")
            if text := interventions.flag([made]):
                messages.warning(request, text)
            return back(request, "/")
    context = {"form": form, "visit": visit, "next": request.GET.get("next", "")}
    return render(request, "agenda/outcome.html", context, status=422 if form.errors else 200)


@route(Policy.SIGNED_IN, audit="agenda")
def move(request: Request, appointment_id: UUID) -> HttpResponse:
    """Another moment, told to the people concerned."""
    visit = visit_or_404(appointment_id)
    local = timezone.localtime(visit.starts_at)
    initial = {
        "day": local.date(),
        "hour": local.time(),
        "minutes": visit.minutes,
        "version": visit.version,
    }
    comes_back = visit.series is not None and visit.series.ended_at is None
    wide = comes_back and rules.may_change(request.actor, visit)
    if wide and visit.series is not None:
        initial["instructions"] = visit.series.instructions
    form = (MoveSeriesForm if wide else MoveForm)(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return _moved(request, visit, form)
        except Refused as error:
            refused(form, error)
    context = {"form": form, "visit": visit, "next": request.GET.get("next", "")}
    return render(request, "agenda/move.html", context, status=422 if form.errors else 200)


def _moved(request: Request, visit: Appointment, form: MoveForm) -> HttpResponse:
    data = form.cleaned_data
    how = {
        "starts_at": form.starts_at,
        "minutes": data["minutes"],
        "version": data["version"],
    }
    scope = data.get("scope", MoveSeriesForm.ONE)
    if scope == MoveSeriesForm.ONE:
        services.move(visit.pk, **how)
        _warn_of_conflicts(request, visit.pk)
        return back(request, f"/agenda/visites/{visit.pk}/")
    services.change_series(
        visit.pk, instructions=data["instructions"], whole=scope == MoveSeriesForm.ALL, **how
    )
    messages.success(request, "La série est modifiée, les personnes concernées sont prévenues.")
    day = timezone.localdate(form.starts_at)
    return back(request, f"/personnes/{visit.person_id}/agenda/?semaine={day}")


def _warn_of_conflicts(request: Request, appointment_id: UUID) -> None:
    visit = visit_or_404(appointment_id)
    if visit.practice_id is None or visit.practice_id not in request.actor.holders:
        return
    taken = queries.conflicts(visit.practice_id, visit.starts_at, visit.ends_at, except_id=visit.pk)
    if taken:
        messages.warning(request, "Attention : une autre visite tombe au même moment.")


@route(Policy.PROFESSIONAL, audit="agenda")
def cancel(request: Request, appointment_id: UUID) -> HttpResponse:
    """Cancel one visit; the people concerned are told."""
    return _with_reason(
        request, appointment_id, "agenda/cancel.html",
        lambda visit_id, reason: services.cancel(visit_id, reason=reason),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="agenda")
def missed(request: Request, appointment_id: UUID) -> HttpResponse:
    """The visit did not take place, and why."""
    return _with_reason(
        request, appointment_id, "agenda/missed.html",
        lambda visit_id, reason: services.mark_missed(visit_id, reason=reason),
    )  # fmt: skip


def _with_reason(
    request: Request, appointment_id: UUID, template: str, verb: Callable[[UUID, str], object]
) -> HttpResponse:
    visit = visit_or_404(appointment_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verb(visit.pk, form.cleaned_data["reason"])
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "C’est fait, les personnes concernées sont prévenues.")
            return back(request, f"/personnes/{visit.person_id}/agenda/")
    return render(
        request, template, {"form": form, "visit": visit}, status=422 if form.errors else 200
    )


@route(Policy.PROFESSIONAL, audit="agenda", methods=POST)
def take(request: Request, appointment_id: UUID) -> HttpResponse:
    """Take a visit that one's structure must still give to somebody."""
    visit = visit_or_404(appointment_id)
    try:
        services.take(visit.pk)
    except Refused as error:
        messages.error(request, error.message)
    return back(request, "/agenda/")


@route(Policy.PROFESSIONAL, audit="agenda", methods=POST)
def resume(request: Request, cause_id: UUID) -> HttpResponse:
    """Resume visits after a stay: one's own (``mine``), or all those that one may change."""
    mine = bool(request.POST.get("mine"))
    chosen = [one.pk for one in queries.waiting_of(cause_id, mine=True)] if mine else None
    if services.accept_resumption(cause_id=cause_id, appointment_ids=chosen):
        who = "Vos" if mine else "Les"
        messages.success(request, f"{who} visites reprennent, l’entourage est prévenu.")
    return back(request, "/agenda/")


@route(Policy.PROFESSIONAL, audit="agenda")
def decline(request: Request, cause_id: UUID) -> HttpResponse:
    """Do not resume visits after a stay, and why: one's own (``?mes=1``), or all one may change."""
    waiting = queries.waiting_of(cause_id, mine=bool(request.GET.get("mes")))
    if not waiting:
        raise Http404
    form = DeclineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.decline_resumption(
                cause_id=cause_id,
                reason=form.cleaned_data["reason"],
                appointment_ids=[one.pk for one in waiting],
            )
        except Refused as error:
            refused(form, error)
        else:
            messages.success(request, "C’est noté : l’équipe sait que ces visites s’arrêtent.")
            return back(request, "/agenda/")
    context = {"form": form, "visits": waiting, "visit": waiting[0], "next": "/agenda/"}
    return render(request, "agenda/decline.html", context, status=422 if form.errors else 200)
