"""A person's pathways: the tab of the record, one enrolment, and what happens in its life."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.pathways import catalogue, judging, queries, rules, slot_reads, teams
from liane.pathways.forms import (
    AnchorForm,
    DayForm,
    DocumentForm,
    EndForm,
    EntrustForm,
    SuspendForm,
)
from liane.pathways.models import Enrolment
from liane.pathways.pages.common import READ, TAB, kept_or_404, place_of, step
from liane.pathways.services import following, life
from liane.pathways.states import EndReason


@route(Policy.PROFESSIONAL, audit="pathway", methods=READ)
def tab(request: Request, person_id: UUID) -> HttpResponse:
    """« Parcours »: each pathway of the person with its picture; propose another."""
    person = access_patient(person_id, Area.INTERVENTION, resource="pathway")
    shown = queries.of_person(person.pk)
    open_in = {one.row.project_id for one in shown if one.row.ended_on is None}
    context = frame(request, person, TAB) | {
        "shown": shown,
        "projects": [one for one in queries.open_projects() if one.pk not in open_in],
        "may": _may(request),
    }
    return render(request, "pathways/tab.html", context)


@route(Policy.PROFESSIONAL, audit="pathway", methods=READ)
def detail(request: Request, enrolment_id: UUID) -> HttpResponse:
    """One enrolment: criteria, picture, sessions due, what blocks, what happened."""
    found = queries.one(enrolment_id)
    if found is None:
        raise Http404
    row = found.row
    clinical = rules.reads_facts(request.actor)
    judged = judging.kept_criteria(row, found.protocol) if clinical else []
    context = frame(request, row.person, TAB) | {
        "one": found, "row": row, "protocol": found.protocol,
        "criteria": judged,
        "history": judging.history(row),
        "documents": judging.documents(row, found),
        "questionnaires": judging.questionnaires(row, found) if clinical else [],
        "slots": slot_reads.of_enrolment(row),
        "steps": judging.steps_of(row, found, judged) if clinical else [],
        "clinical": clinical,
        "dated": any(one.origin == "entered" for one in found.protocol.anchors),
        "keeps": rules.may_include(request.actor, row.organisation_id, row.person_id),
        "doctor": request.actor.professional_id is not None and judging.is_doctor(),
    }  # fmt: skip
    return render(request, "pathways/enrolment.html", context)


@route(Policy.PROFESSIONAL, audit="pathway")
def suspend(request: Request, enrolment_id: UUID) -> HttpResponse:
    """The clocks stand still."""
    return _act(
        request, enrolment_id, "Suspendre le parcours", "Suspendre",
        lambda row: SuspendForm(request.POST or None),
        lambda row, said: life.suspend(row.pk, on=said["on"], reason=said["reason"]),
        "Parcours suspendu.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def resume(request: Request, enrolment_id: UUID) -> HttpResponse:
    """The clocks run again."""
    return _act(
        request, enrolment_id, "Reprendre le parcours", "Reprendre",
        lambda row: DayForm(request.POST or None),
        lambda row, said: life.resume(row.pk, on=said["on"]),
        "Parcours repris : les séances dues sont recalculées.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def end(request: Request, enrolment_id: UUID) -> HttpResponse:
    """The pathway is over; its consequences are said first, reason by reason."""
    row = kept_or_404(request, enrolment_id)
    protocol, visits = catalogue.of_enrolment(row), life.planned_visits(row).count()
    said = [
        (label, life.consequences(row, protocol, value, visits=visits))
        for value, label in EndReason.choices
        if value != EndReason.DEATH
    ]
    return _act(
        request, enrolment_id, "Fin du parcours", "Terminer le parcours",
        lambda _: EndForm(request.POST or None, visits=visits),
        lambda one, data: life.end(
            one.pk, on=data["on"], reason=data["reason"], text=data["text"],
            visits=data.get("visits", False),
        ),
        "Parcours terminé.", danger=True, consequences=said,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def document(request: Request, enrolment_id: UUID) -> HttpResponse:
    """A document of the protocol was received."""
    return _act(
        request, enrolment_id, "Noter une pièce reçue", "Noter",
        lambda row: DocumentForm(
            request.POST or None, initial={"code": request.GET.get("piece", "")},
            documents=[(one.code, one.label) for one in catalogue.of_enrolment(row).documents],
        ),
        lambda row, said: life.give_document(row.pk, said["code"], said["on"]),
        "Pièce notée.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def anchor(request: Request, enrolment_id: UUID) -> HttpResponse:
    """A date of the protocol (end of treatment…)."""
    return _act(
        request, enrolment_id, "Noter une date du parcours", "Noter",
        lambda row: AnchorForm(
            request.POST or None,
            anchors=[
                (one.id, one.label)
                for one in catalogue.of_enrolment(row).anchors if one.origin == "entered"
            ],
        ),
        lambda row, said: life.set_anchor(row.pk, said["name"], said["on"]),
        "Date notée : les échéances suivent.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway")
def entrust(request: Request, enrolment_id: UUID) -> HttpResponse:
    """A colleague follows this person."""
    return _act(
        request, enrolment_id, "Confier cette personne", "Confier et prévenir",
        lambda row: EntrustForm(
            request.POST or None,
            people=[
                (str(one.pk), one.professional.name) for one in teams.staff(row.organisation_id)
            ],
        ),
        lambda row, said: life.entrust(row.pk, UUID(said["practice"])),
        "Confiée : votre collègue est prévenu.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="pathway", methods=("POST",))
def remind(request: Request, enrolment_id: UUID) -> HttpResponse:
    """Remind those who must do what is due."""
    row = kept_or_404(request, enrolment_id)
    told = following.remind([row.pk])
    messages.success(
        request,
        f"{told} relance{'s' if told > 1 else ''} envoyée{'s' if told > 1 else ''}."
        if told else "Rien de dû à relancer aujourd’hui.",
    )  # fmt: skip
    return redirect(place_of(row))


def _act(
    request: Request,
    enrolment_id: UUID,
    title: str,
    button: str,
    form: Callable[[Enrolment], Any],
    verb: Callable[[Enrolment, dict[str, Any]], object],
    done: str,
    **more: Any,
) -> HttpResponse:
    row = kept_or_404(request, enrolment_id)
    return step(
        request, title, button, form(row), lambda said: verb(row, said), done, place_of(row),
        person=row.person, **more,
    )  # fmt: skip


def _may(request: Request) -> bool:
    return rules.follows(request.actor)
