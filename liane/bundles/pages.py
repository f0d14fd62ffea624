"""Pages of money: the work list with its figures, one bundle explained, the person's rights."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.bundles import coverage, explained, exports, figures, queries, rules, waiting
from liane.bundles.coverage import Said
from liane.bundles.forms import RightsForm
from liane.circle.access import access_patient
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory.models import Organisation

READ = ("GET", "HEAD")
AUDIT = "money"


def house_of(request: Request) -> Organisation:
    """The structure whose accounts the actor keeps. Raises Http404."""
    found = queries.house()
    if found is None or not rules.keeps_accounts(request.actor):
        raise Http404
    return found


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def index(request: Request) -> HttpResponse:
    """What can be billed, what is blocked and why, what was paid. A manager reads the figures."""
    found = queries.house()
    if found is None:
        return redirect("bundle_statement")
    money = figures.of_house(found.pk)
    context: dict[str, Any] = {"house": found, "money": money, "keeps": False}
    if rules.keeps_accounts(request.actor):
        view = request.GET.get("vue", "")
        view = view if view in queries.VIEWS else ""
        number = request.GET.get("page", "1")
        page = queries.page(
            found.pk, view, int(number) if number.isdecimal() and len(number) < 6 else 1
        )
        counts = queries.counts(found.pk)
        context |= {
            "keeps": True, "rows": page.rows, "after": page.after, "view": view,
            "filters": [
                {"label": label, "url": f"?vue={key}" if key else "?", "current": key == view,
                 "count": counts[key] or None}
                for key, (label, _) in queries.VIEWS.items()
            ],
        }  # fmt: skip
    return render(request, "bundles/list.html", context)


def today(request: Request) -> dict[str, Any] | None:
    """What waits to be billed, on the Aujourd’hui of whoever keeps the accounts."""
    found = queries.house() if rules.keeps_accounts(request.actor) else None
    if found is None:
        return None
    rows = waiting.to_do(found.pk)
    return {"waiting": rows, "summary": rows[0].summary} if rows else None


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def figures_file(request: Request, form: str) -> HttpResponse:
    """The structure's money as a file with its dictionary, without a name."""
    found = queries.house()
    if found is None or form not in exports.FORMS:
        raise Http404
    return exports.answer(form, found, figures.of_house(found.pk))


@route(Policy.PROFESSIONAL, audit=AUDIT, methods=READ)
def one(request: Request, enrolment_id: UUID) -> HttpResponse:
    """Every cent of one bundle: all of it, or the lines that pay whoever reads."""
    view = explained.enrolment(enrolment_id)
    if view is None:
        raise Http404
    context: dict[str, Any] = {"view": view, "rights": None}
    if view.whole:
        context["rights"] = coverage.current([view.enrolment.person_id]).get(
            view.enrolment.person_id
        )
    return render(request, "bundles/one.html", context)


@route(Policy.PROFESSIONAL, audit=AUDIT)
def rights(request: Request, enrolment_id: UUID) -> HttpResponse:
    """Rights to the health insurance, typed once for every bundle of the person."""
    house_of(request)
    person_id = queries.person_of(enrolment_id)
    if person_id is None:
        raise Http404
    person = access_patient(person_id, Area.MONEY, resource=AUDIT)
    last = coverage.current([person.pk]).get(person.pk)
    form = RightsForm(request.POST or None, initial=_initial(last))
    if request.method == "POST" and form.is_valid():
        try:
            coverage.enter(person.pk, Said(**form.cleaned_data))
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "Droits enregistrés.")
            return redirect("bundle", enrolment_id=enrolment_id)
    context = {"form": form, "person": person, "enrolment_id": enrolment_id, "last": last}
    return render(request, "bundles/rights.html", context, status=422 if form.errors else 200)


def _initial(last: Any) -> dict[str, Any]:
    """What was entered last, the number aside: it is typed again in full."""
    names = [name for name in RightsForm.base_fields if name != "number"]
    return {name: getattr(last, name) for name in names} if last else {"rank": 1}
