"""A payee's own page: the lines that pay them, and their word on what they received."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.bundles import payments, queries
from liane.bundles.pages import AUDIT, READ
from liane.bundles.returns.reading import cents_of
from liane.core.errors import Refused
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.routes import Policy, route


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def mine(request: Request) -> HttpResponse:
    """« Mes versements »: billed for me, paid to me, what I confirm."""
    return render(request, "bundles/statement.html", {"view": queries.statement()})


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
