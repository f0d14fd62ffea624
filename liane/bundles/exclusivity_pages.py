"""/forfaits/actes/: the month's acts and what pays each; what was billed by the act, compared."""

import datetime as dt
import re
from collections import Counter
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liane.bundles import rules
from liane.bundles.exclusivity import acts, billed, files
from liane.bundles.forms import BilledForm
from liane.bundles.invoice_pages import download
from liane.bundles.pages import READ, house_of
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route

MONTHS = 12


@route(Policy.PROFESSIONAL, audit="money")
def index(request: Request) -> HttpResponse:
    """The acts of a month; whoever keeps the accounts also compares a billing file."""
    keeps = rules.keeps_accounts(request.actor)
    form, report = BilledForm(request.POST or None, request.FILES or None), None
    if request.method == "POST":
        house_of(request)
        if form.is_valid():
            try:
                report = billed.compare(form.cleaned_data["file"].read())
            except Refused as refusal:
                form.add_error("file", refusal.message)
    first, last = _month(request)
    found = acts.between(first, last)
    counts = Counter(one.by for one in found)
    context: dict[str, Any] = {
        "shown": _shown(found), "found": found, "first": first, "month": f"{first:%Y-%m}",
        "keeps": keeps, "form": form,
        "report": report, "columns": ";".join(billed.COLUMNS), "months": _months(first),
        "counts": [(acts.ADVICE[key], key, counts[key]) for key in acts.ADVICE],
    }  # fmt: skip
    return render(request, "bundles/acts.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="money", methods=READ)
def export(request: Request) -> HttpResponse:
    """The file for the billing software."""
    first, last = _month(request)
    body = files.as_csv(acts.between(first, last))
    return download(body, "text/csv; charset=utf-8", f"actes-{first:%Y-%m}.csv")


def _shown(found: list[acts.Financed]) -> list[acts.Financed]:
    """Those that concern a bundle, what must be looked at first; the others are in the file."""
    order = {acts.DOUBT: 0, acts.WAITING: 1, acts.BUNDLE: 2}
    return sorted((one for one in found if one.by in order), key=lambda one: order[one.by])


def _month(request: Request) -> tuple[dt.date, dt.date]:
    """The first and last day of the month asked for, this month otherwise."""
    said = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", request.GET.get("mois", ""))
    today = timezone.localdate()
    year, month = (int(said[1]), int(said[2])) if said else (today.year, today.month)
    first = dt.date(min(max(year, 2000), 2200), month, 1)
    return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def _months(shown: dt.date) -> list[tuple[str, dt.date, bool]]:
    """The last months, newest first, and whether each is shown."""
    day, found = timezone.localdate().replace(day=1), []
    for _ in range(MONTHS):
        found.append((f"{day:%Y-%m}", day, day == shown))
        day = (day - dt.timedelta(days=1)).replace(day=1)
    return found
