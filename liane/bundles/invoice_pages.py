"""Pages of an invoice: prepared by one, issued by another, sent, corrected."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from liane.bundles import approval, drafts, invoicing, payments, queries
from liane.bundles.forms import DifferenceForm, ReasonForm, ShareForm
from liane.bundles.models import InvoiceLine
from liane.bundles.outputs import ADAPTERS, content
from liane.bundles.pages import AUDIT, READ, house_of
from liane.bundles.queries import InvoiceView
from liane.core import ledger
from liane.core.errors import Conflict, Refused
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.models import AccessRow
from liane.core.routes import Policy, route

POST = ("POST",)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=POST)
def prepare(request: Request, sequence_id: UUID) -> HttpResponse:
    """Prepare the invoice of a sequence."""
    house_of(request)
    try:
        made = invoicing.prepare(sequence_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("bundles")
    messages.success(request, "Facture préparée : relisez-la, un ou une collègue l’émettra.")
    return redirect("bundle_draft", draft_id=made.pk)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def draft(request: Request, draft_id: UUID) -> HttpResponse:
    """A prepared invoice: what it will say, and who may issue it."""
    house_of(request)
    view = drafts.one(draft_id)
    if view is None:
        raise Http404
    mine = view.draft.author_user_id == request.actor.user_id
    alone = mine and request.actor.user_id is not None and not approval.others(
        view.draft.organisation_id, request.actor.user_id
    )  # fmt: skip
    context = {"view": view, "mine": mine, "alone": alone}
    return render(request, "bundles/draft.html", context)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=POST)
def issue(request: Request, draft_id: UUID) -> HttpResponse:
    """Issue it, under the next number."""
    house_of(request)
    try:
        made = invoicing.issue(draft_id, alone=request.POST.get("alone", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("bundle_draft", draft_id=draft_id)
    messages.success(request, f"Facture {made.number} émise.")
    return redirect("bundle_invoice", invoice_id=made.pk)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=POST)
def withdraw(request: Request, draft_id: UUID) -> HttpResponse:
    """Give it up: no number was taken."""
    house_of(request)
    try:
        invoicing.withdraw(draft_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Préparation abandonnée, aucun numéro n’a été pris.")
    return redirect("bundles")


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def invoice(request: Request, invoice_id: UUID) -> HttpResponse:
    """One issued piece, its lines, what the payer answered, what to do of it."""
    house_of(request)
    context = {"view": _view(invoice_id), "adapters": ADAPTERS.values(), "share": ShareForm()}
    return render(request, "bundles/invoice.html", context)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def output(request: Request, invoice_id: UUID, form: str) -> HttpResponse:
    """The piece as a file."""
    house_of(request)
    adapter = ADAPTERS.get(form)
    if adapter is None:
        raise Http404
    view = _view(invoice_id)
    ledger.read([view.invoice.person_id], AUDIT, object_id=view.invoice.pk,
                action=AccessRow.Action.EXPORT)  # fmt: skip
    file = adapter.file(content.of(view.invoice))
    return download(file.content, file.content_type, file.name)


def download(body: bytes, content_type: str, name: str) -> HttpResponse:
    """A file to keep, never stored by the browser's cache."""
    response = HttpResponse(body, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def paper(request: Request, invoice_id: UUID) -> HttpResponse:
    """The PDF for the person."""
    house_of(request)
    found = queries.file(invoice_id, None)
    if found is None:
        raise Http404
    return file_response(found.file, inline=True, request=request)


@route(Policy.PROFESSIONAL, audit=AUDIT)
def cancel(request: Request, invoice_id: UUID) -> HttpResponse:
    """Prepare a credit note."""
    house_of(request)
    view = _view(invoice_id)
    form = ReasonForm(request.POST or None)
    return _step(
        request, view, f"Annuler la facture {view.invoice.number} par un avoir",
        "Préparer l’avoir", form, lambda said: invoicing.cancel(view.invoice.pk, said["reason"]),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit=AUDIT)
def present_again(request: Request, invoice_line_id: UUID) -> HttpResponse:
    """Prepare a rejected line again, alone."""
    house_of(request)
    view, line = _of_line(invoice_line_id)
    form = ReasonForm(request.POST or None)
    return _step(
        request, view, f"Présenter à nouveau la part de {line.payee_label}",
        "Préparer la nouvelle présentation", form,
        lambda said: invoicing.present_again(line.pk, said["reason"]),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit=AUDIT)
def explain(request: Request, invoice_line_id: UUID) -> HttpResponse:
    """Explain what was not paid, and close the line."""
    house_of(request)
    view, line = _of_line(invoice_line_id)
    form = DifferenceForm(request.POST or None)
    return _step(
        request, view, f"Expliquer l’écart sur la part de {line.payee_label}",
        "Clore la ligne", form, lambda said: payments.explain(line.pk, said["text"]),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=POST)
def share(request: Request, invoice_id: UUID) -> HttpResponse:
    """Note what the person paid of their share."""
    house_of(request)
    view, form = _view(invoice_id), ShareForm(request.POST)
    if not form.is_valid():
        context = {"view": view, "adapters": ADAPTERS.values(), "share": form}
        return render(request, "bundles/invoice.html", context, status=422)
    try:
        said = form.cleaned_data
        payments.collect(view.invoice.pk, form.cents, said["means"], said["on"])
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Participation notée.")
    return redirect("bundle_invoice", invoice_id=invoice_id)


def _view(invoice_id: UUID) -> InvoiceView:
    found = queries.invoice(invoice_id)
    if found is None:
        raise Http404
    return found


def _of_line(line_id: UUID) -> tuple[InvoiceView, InvoiceLine]:
    view = queries.invoice_of_line(line_id)
    if view is None:
        raise Http404
    return view, next(one.line for one in view.lines if one.line.pk == line_id)


def _step(
    request: Request,
    view: InvoiceView,
    title: str,
    button: str,
    form: forms.Form,
    verb: Callable[[dict[str, Any]], Any],
) -> HttpResponse:
    """One form about one invoice."""
    if request.method == "POST" and form.is_valid():
        try:
            made = verb(form.cleaned_data)
        except Conflict as refusal:
            form.add_error(None, refusal.message)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            if hasattr(made, "digest"):
                return redirect("bundle_draft", draft_id=made.pk)
            messages.success(request, "Ligne close, avec son explication.")
            return redirect("bundle_invoice", invoice_id=view.invoice.pk)
    context = {"view": view, "title": title, "button": button, "form": form}
    return render(request, "bundles/step.html", context, status=422 if form.errors else 200)
