"""Pages of the payer's files, of the orders of payment, of the accounts."""

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.bundles import accounting, approval, orders, paying, queries, sepa
from liane.bundles.forms import ReturnForm
from liane.bundles.invoice_pages import download
from liane.bundles.pages import AUDIT, READ, house_of
from liane.bundles.returns import importing
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.core.templatetags.liane import plural

POST = ("POST",)


@route(Policy.PROFESSIONAL, audit=AUDIT)
def returns(request: Request) -> HttpResponse:
    """Files of the payer: those received, and one more."""
    house = house_of(request)
    form = ReturnForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            report = importing.receive(upload.read(), upload.name or "")
        except Refused as refusal:
            form.add_error("file", refusal.message)
        else:
            words = "déjà reçu" if report.again else "reçu"
            messages.success(
                request, f"Fichier {words} : {plural(report.kept, 'ligne notée,lignes notées')}, "
                f"{plural(report.known, 'déjà connue,déjà connues')}, "
                f"{len(report.problems)} à regarder.",
            )  # fmt: skip
            return redirect("bundle_return", return_id=report.file.pk)
    context = {"form": form, "house": house, "files": queries.returns(house.pk)}
    return render(request, "bundles/returns.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def one_return(request: Request, return_id: UUID) -> HttpResponse:
    """One file: what it said, line by line, and what could not be kept."""
    house = house_of(request)
    found = queries.one_return(house.pk, return_id)
    if found is None:
        raise Http404
    file, lines = found
    context = {"file": file, "lines": lines, "problems": file.problems.splitlines()}
    return render(request, "bundles/return.html", context)


@route(Policy.PROFESSIONAL, audit=AUDIT)
def payouts(request: Request) -> HttpResponse:
    """What the structure holds for others, and the orders it gave."""
    house = house_of(request)
    if request.method == "POST":
        project = parse(request.POST.get("project"))
        if project is None:
            raise Http404
        try:
            made = paying.prepare(project)
        except Refused as refusal:
            messages.error(request, refusal.message)
            return redirect("bundle_payouts")
        return redirect("bundle_payout", payout_id=made.pk)
    context = {"house": house, "waiting": orders.waiting(house.pk), "orders": orders.of(house.pk)}
    return render(request, "bundles/payouts.html", context)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def payout(request: Request, payout_id: UUID) -> HttpResponse:
    """One order, transfer by transfer."""
    house = house_of(request)
    order = orders.one(house.pk, payout_id)
    if order is None:
        raise Http404
    mine = order.author_user_id == request.actor.user_id
    alone = mine and request.actor.user_id is not None and not approval.others(
        house.pk, request.actor.user_id
    )  # fmt: skip
    context = {"order": order, "items": orders.items(order), "mine": mine, "alone": alone}
    return render(request, "bundles/payout.html", context)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=POST)
def release(request: Request, payout_id: UUID) -> HttpResponse:
    """Release it."""
    house_of(request)
    try:
        paying.release(payout_id, alone=request.POST.get("alone", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Ordre émis : le fichier peut partir à la banque.")
    return redirect("bundle_payout", payout_id=payout_id)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=POST)
def give_up(request: Request, payout_id: UUID) -> HttpResponse:
    """Give it up."""
    house_of(request)
    try:
        paying.withdraw(payout_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("bundle_payouts")


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def bank_file(request: Request, payout_id: UUID) -> HttpResponse:
    """The file for the bank."""
    house = house_of(request)
    order = orders.one(house.pk, payout_id)
    if order is None:
        raise Http404
    try:
        body = sepa.pain_001(order)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("bundle_payout", payout_id=payout_id)
    return download(body, "application/xml", f"{order.number}.xml")


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def accounts_file(request: Request) -> HttpResponse:
    """The year's entries for the accountant."""
    house = house_of(request)
    text = request.GET.get("annee", "")
    year = int(text) if text.isdecimal() and len(text) == 4 else timezone.localdate().year
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    body = accounting.as_csv(accounting.entries(house.pk, first, last))
    return download(body, "text/csv; charset=utf-8", f"comptabilite-{year}.csv")
