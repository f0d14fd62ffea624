"""/forfaits/actes/: the month's acts and what pays each; what was billed by the act, compared."""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liane.bundles import rules
from liane.bundles.exclusivity import acts, billed, files
from liane.bundles.exclusivity.acts import Financed
from liane.bundles.forms import BilledForm
from liane.bundles.invoice_pages import download
from liane.bundles.pages import READ, house_of
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.pathways import asking
from liane.pathways.asking import Asked
from liane.pathways.rules import FOLLOWERS

MONTHS = 12
PEOPLE = 20
"""Persons shown on a page."""


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
    people = _by_person(found)
    here = int(request.GET.get("page", "1")) if request.GET.get("page", "1").isdecimal() else 1
    page = Paginator(people, PEOPLE).get_page(here)
    context: dict[str, Any] = {
        "page": page, "found": found, "first": first, "month": f"{first:%Y-%m}",
        "may_say": request.actor.role in FOLLOWERS or not keeps,
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


@dataclass
class OfPerson:
    """The acts of one person that concern a bundle: what is to be said, then each by its day."""

    person: Any
    acts: list[Financed] = field(default_factory=list)
    unsaid: list[Asked] = field(default_factory=list)
    out: list[Asked] = field(default_factory=list)
    """Said to be out of the pathway, which may be said otherwise."""

    @property
    def doubts(self) -> int:
        """How many must be looked at."""
        return sum(one.by == acts.DOUBT for one in self.acts)

    @property
    def waiting(self) -> int:
        """How many wait for their professional."""
        return sum(one.by == acts.WAITING for one in self.acts)

    @property
    def paid(self) -> int:
        """How many the bundle pays."""
        return sum(one.by == acts.BUNDLE for one in self.acts)


def _by_person(found: list[Financed]) -> list[OfPerson]:
    """Those that concern a bundle, by person, those to look at first; the others are in the
    file."""
    people: dict[Any, OfPerson] = {}
    for one in found:
        if one.by != acts.ACT:
            people.setdefault(one.act.person_id, OfPerson(one.act.person)).acts.append(one)
    for row in people.values():
        row.unsaid, row.out = (
            asking.grouped([one.act for one in row.acts], {
                one.act.pk: one.question for one in row.acts
                if one.question is not None and one.by == by
            }) for by in (acts.DOUBT, acts.OUT)
        )  # fmt: skip
    return sorted(
        people.values(), key=lambda row: (not row.doubts, not row.waiting, row.person.usual_name)
    )


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
