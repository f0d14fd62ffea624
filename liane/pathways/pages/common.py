"""What pages of the pathways share: one form, one verb, a refusal said where it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.record import frame
from liane.core.errors import Refused
from liane.core.http import Request
from liane.pathways import queries, rules
from liane.pathways.models import Enrolment

READ = ("GET", "HEAD")
POST = ("POST",)
TAB = "parcours/"


def step(
    request: Request,
    title: str,
    button: str,
    form: forms.Form,
    verb: Callable[[dict[str, Any]], object],
    done: str,
    to: str,
    *,
    person: Any = None,
    leads: Callable[[Any], str] | None = None,
    **more: Any,
) -> HttpResponse:
    """One form; in the record's frame when it is about a person. Nothing typed is lost. Done, it
    goes back ``to`` where it came from, or where ``leads`` says of what was made."""
    if request.method == "POST" and form.is_valid():
        try:
            made = verb(form.cleaned_data)
        except Refused as refusal:
            refused(form, refusal)
        else:
            messages.success(request, done)
            return redirect(leads(made) if leads is not None else to)
    context = {"title": title, "button": button, "form": form, "back": to, **more}
    template = "pathways/step.html"
    if person is not None:
        context, template = frame(request, person, TAB) | context, "pathways/record_step.html"
    return render(request, template, context, status=422 if form.errors else 200)


def refused(form: forms.Form, error: Refused) -> None:
    """Say it beside the field at fault."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


def row_or_404(enrolment_id: UUID) -> Enrolment:
    """An enrolment within reach, recorded as read."""
    row = queries.bare(enrolment_id)
    if row is None:
        raise Http404
    return row


def kept_or_404(request: Request, enrolment_id: UUID) -> Enrolment:
    """An enrolment that the actor's structure keeps: its facts may be shown and changed."""
    row = row_or_404(enrolment_id)
    if not rules.may_include(request.actor, row.organisation_id, row.person_id):
        raise Http404
    return row


def place_of(row: Enrolment) -> str:
    """The page of an enrolment."""
    return f"/parcours/{row.pk}/"
