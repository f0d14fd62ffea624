"""Import a round: choose the file, review line by line, confirm."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.agenda import choices, confirming, importing
from liane.agenda.forms import RoundForm
from liane.agenda.pages.common import refused
from liane.agenda.rounds import HEADER_HELP
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route


@route(Policy.PROFESSIONAL, audit="agenda")
def new(request: Request) -> HttpResponse:
    """Choose a file; nothing is planned before the review."""
    form = RoundForm(request.POST or None, request.FILES or None, practices=choices.practices())
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = importing.prepare(file.read(), file.name, UUID(form.cleaned_data["practice"]))
        except Refused as error:
            refused(form, error)
        else:
            return redirect(f"/agenda/import/{batch.pk}/")
    context = {"form": form, "header_help": HEADER_HELP}
    return render(request, "agenda/import.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="agenda")
def review(request: Request, batch_id: UUID) -> HttpResponse:
    """Who each line is about; then yes, or forget it all."""
    batch = importing.batch_of(batch_id)
    if request.method == "POST":
        if "discard" in request.POST:
            importing.discard(batch)
            return redirect("/agenda/import/")
        report = confirming.confirm(batch, _chosen(request))
        return render(request, "agenda/import_report.html", {"report": report})
    rows = importing.review(batch)
    sure = sum(line.certain for line, _ in rows)
    wrong = sum(bool(line.error) for line, _ in rows)
    context = {"batch": batch, "rows": rows, "sure": sure, "wrong": wrong}
    return render(request, "agenda/import_review.html", context)


def _chosen(request: Request) -> dict[int, UUID | None]:
    """The person chosen for each line; an empty choice leaves it out."""
    return {
        int(name.removeprefix("line-")): parse(value)
        for name, value in request.POST.items()
        if name.startswith("line-") and name.removeprefix("line-").isdigit()
    }
