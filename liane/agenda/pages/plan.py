"""Plan a visit or a series, note a visit that nobody planned, end a series."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.agenda import choices, queries, services
from liane.agenda.forms import NoteVisitForm, PlanForm, ReasonForm
from liane.agenda.pages.common import codes, may_write_or_403, refused
from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core import registry
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.interventions import services as interventions
from liane.interventions.models import ActKind
from liane.interventions.services import Act


@route(Policy.PROFESSIONAL, audit="agenda")
def new(request: Request, person_id: UUID) -> HttpResponse:
    """Plan with this person, once or again and again."""
    person = access_patient(person_id, Area.AGENDA, resource="agenda")
    may_write_or_403(person.pk, Area.AGENDA)
    message_id = parse(request.POST.get("message") or request.GET.get("message"))
    initial = {"day": request.GET.get("jour") or timezone.localdate(), "hour": "09:00"}
    form = PlanForm(request.POST or None, choices=choices.intervenants(person.pk), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                _plan(request, form, person.pk)
                _came_from(message_id, person.pk)
        except Refused as error:
            refused(form, error)
        else:
            return redirect(f"/personnes/{person.pk}/agenda/?semaine={form.cleaned_data['day']}")
    context = frame(request, person, "agenda/") | {"form": form, "message_id": message_id}
    return render(request, "agenda/new.html", context, status=422 if form.errors else 200)


def _came_from(message_id: UUID | None, person_id: UUID) -> None:
    """The message that gave rise to a visit says so."""
    if message_id is None:
        return
    for desk in registry.message_desk:
        path = f"/personnes/{person_id}/agenda/"
        desk.turned(message_id, "appointment", "Visite planifiée", path)


def _plan(request: Request, form: PlanForm, person_id: UUID) -> None:
    data = form.cleaned_data
    visit = services.Visit(
        person_id,
        form.starts_at,
        minutes=data["minutes"],
        kind=data["kind"],
        title=data["title"],
        place=data["place"],
        instructions=data["instructions"],
        **{name: UUID(value) for name, value in form.holder.items()},
    )
    if visit.practice_id is not None and visit.practice_id in request.actor.holders:
        taken = queries.conflicts(visit.practice_id, visit.starts_at, visit.ends_at)
        if taken:
            messages.warning(request, "Attention : une autre visite tombe au même moment.")
    if form.rule is None:
        services.plan_visit(visit, key=client_key(request))
    else:
        services.plan_series(visit, form.rule.text, key=client_key(request))


@route(Policy.PROFESSIONAL, audit="intervention")
def note(request: Request, person_id: UUID) -> HttpResponse:
    """Note a visit that nobody planned."""
    person = access_patient(person_id, Area.INTERVENTION, resource="intervention")
    may_write_or_403(person.pk, Area.INTERVENTION)
    now = timezone.localtime()
    acts = codes(request, person.pk)
    asked = request.GET.get("acte", "")
    form = NoteVisitForm(
        request.POST or None,
        practices=choices.performers(person.pk) if acts else choices.practices(),
        acts=acts,
        initial={
            "day": now.date(), "hour": now.time(), "code": asked,
            "kind": ActKind.SESSION if asked else ActKind.VISIT,
            "practice": str(request.actor.holder_id or ""),
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        act = Act(
            person_id=person.pk,
            at=form.starts_at,
            performed_by_id=UUID(data["practice"]),
            kind=data["kind"],
            title=data["title"],
            outcome=data["outcome"],
            note=data["note"],
            minutes=data["minutes"],
            code=form.code,
            billed=form.billed_codes,
            late_reason=data.get("late_reason", ""),
        )
        try:
            made = services.note_visit(act, key=client_key(request))
        except Refused as error:
            interventions.keep_refusal(error)
            field = "day" if error.field == "at" else error.field
            form.add_error(field if field in form.fields else None, error.message)
        else:
            messages.success(request, "Visite notée.")
            if text := interventions.flag([made]):
                messages.warning(request, text)
            if any(desk.asked([made]) for desk in registry.act_desks):
                messages.warning(
                    request, "Était-ce une séance du parcours ? Dites-le sur l’accueil."
                )
            return redirect(f"/personnes/{person.pk}/")
    planned = queries.planned_today(person.pk)
    context = frame(request, person, "agenda/") | {"form": form, "planned": planned}
    return render(request, "agenda/note.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="agenda")
def stop_series(request: Request, series_id: UUID) -> HttpResponse:
    """End a series from now on."""
    series = queries.series_by_ids([series_id]).get(series_id)
    if series is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.end_series(series.pk, after=timezone.now(), reason=form.cleaned_data["reason"])
        except Refused as error:
            refused(form, error)
        else:
            messages.success(
                request, "La série est arrêtée, les personnes concernées sont prévenues."
            )
            return redirect(f"/personnes/{series.person_id}/agenda/")
    person = access_patient(series.person_id, Area.AGENDA, resource="agenda")
    context = frame(request, person, "agenda/") | {"form": form, "series": series}
    return render(request, "agenda/stop_series.html", context, status=422 if form.errors else 200)
