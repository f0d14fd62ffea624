"""A payee's own page: the lines that pay them, and their word on what they received."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.bundles import payments, queries, sheets
from liane.bundles.invoice_pages import download
from liane.bundles.pages import AUDIT, READ
from liane.bundles.returns.reading import cents_of
from liane.core import acting, pdf
from liane.core.errors import Refused
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.messaging import links as doors
from liane.pathways.pages import confirming

FIRST_YEAR, LAST_YEAR = 2020, 2200
NO_PDF = "Cette machine ne peut pas faire de PDF : prévenez qui l’administre."


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def mine(request: Request) -> HttpResponse:
    """« Mes versements »: billed for me, paid to me, what I confirm."""
    view = queries.statement()
    context = {"view": view, "years": sheets.years() if view.lines and pdf.available() else []}
    return render(request, "bundles/statement.html", context)


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def sheet(request: Request, year: int) -> HttpResponse:
    """One's own statement of a year as a PDF."""
    if not pdf.available():
        messages.error(request, NO_PDF)
        return redirect("bundle_statement")
    return _sheet(year)


@route(Policy.SIGNED_LINK, audit="link", methods=READ)
def sheet_by_link(request: Request, token: str, year: int) -> HttpResponse:
    """The same for who has no account, once they gave the code of their link."""
    practice = confirming.practice_of(request, token)
    if practice is None or not pdf.available():
        return redirect("sessions_link", token=token)
    with acting.acting(doors.reader(practice), read_only=True):
        return _sheet(year)


def _sheet(year: int) -> HttpResponse:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    made = sheets.of_year(year)
    if not made.entries and not made.refused:
        raise Http404
    body = pdf.render("bundles/pdf_statement.html", {"sheet": made})
    return download(body, "application/pdf", f"Relevé {year}.pdf")


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=("POST",))
def received(request: Request, invoice_line_id: UUID) -> HttpResponse:
    """I received it, another amount, or nothing."""
    typed = request.POST.get("amount", "").strip()
    try:
        cents = cents_of(typed) if typed else None
    except ValueError:
        messages.error(request, f"Montant « {typed[:20]} » illisible : écrivez par exemple 67,50.")
        return redirect("bundle_statement")
    try:
        payments.say(
            invoice_line_id, request.POST.get("answer", ""), cents=cents,
            text=request.POST.get("text", ""),
        )  # fmt: skip
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "C’est noté, la structure le voit.")
    return redirect("bundle_statement")


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def paper(request: Request, invoice_line_id: UUID) -> HttpResponse:
    """The PDF of one's own part."""
    found = queries.file_of_line(invoice_line_id)
    if found is None:
        raise Http404
    return file_response(found.file, inline=True, request=request)
