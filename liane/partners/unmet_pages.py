"""Pages of unmet needs: by territory, a new one from a request or a call, what became of it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render

from liane.core.errors import Refused
from liane.core.http import Request, client_key
from liane.core.routes import Policy, route
from liane.directory import needs, territories
from liane.directory.tabs import tabs
from liane.partners import rules, unmet, unmet_queries
from liane.partners.forms import MissingForm, SettleForm
from liane.partners.pages import READ, step
from liane.partners.states import UNMET, Unmet
from liane.referrals import queries as referrals
from liane.referrals import rules as referral_rules
from liane.referrals.models import Referral

HOME = "/annuaire/besoins/"


@route(Policy.PROFESSIONAL, audit="working_file", methods=READ)
def index(request: Request) -> HttpResponse:
    """What is missing, by territory then by need; the list of one of them."""
    _noting(request)
    view = request.GET.get("vue", Unmet.OPEN)
    view = view if view in Unmet.values else Unmet.OPEN
    need, epci = request.GET.get("besoin", "")[:30], request.GET.get("epci", "")[:9]
    filters = [
        {"label": str(one.label).capitalize(), "url": f"?vue={one.value}",
         "current": one.value == view}
        for one in Unmet
    ]  # fmt: skip
    context = {
        "territories": unmet_queries.by_territory() if view == Unmet.OPEN else [],
        "rows": unmet_queries.listed(view, need, epci), "filters": filters, "view": view,
        "need": needs.label(need) if needs.known(need) else "", "tabs": tabs(request, HOME),
    }  # fmt: skip
    return render(request, "partners/unmet.html", context)


@route(Policy.PROFESSIONAL, audit="working_file")
def new(request: Request) -> HttpResponse:
    """What was missing, of no request."""
    _noting(request)
    return _new(request, None, HOME)


@route(Policy.PROFESSIONAL, audit="working_file")
def of_request(request: Request, referral_id: UUID) -> HttpResponse:
    """What was missing for a request."""
    _noting(request)
    row = referrals.one(referral_id)
    if row is None or not referral_rules.works(request.actor, row):
        raise Http404
    return _new(request, row, f"/demandes/{row.pk}/")


def _new(request: Request, referral: Referral | None, back: str) -> HttpResponse:
    place = referral.city if referral is not None else ""
    form = MissingForm(request.POST or None, initial={"commune": place})

    def keep(said: dict[str, Any]) -> None:
        town = said.pop("commune")
        found = territories.commune(city=town) or next(iter(territories.communes(town, 2)), None)
        if found is None:
            raise Refused("Commune inconnue : essayez le code postal.", field="commune")
        unmet.log(
            unmet.Missing(
                **said, insee=found.code, referral_id=referral.pk if referral is not None else None
            ),
            key=client_key(request),
        )

    return step(request, form, "Noter un besoin sans réponse", back, keep, "Besoin noté.")


@route(Policy.PROFESSIONAL, audit="working_file")
def settle(request: Request, unmet_id: UUID) -> HttpResponse:
    """What became of it."""
    _noting(request)
    row = unmet_queries.one(unmet_id)
    if row is None:
        raise Http404
    form = SettleForm(request.POST or None, after=set(UNMET.steps[row.status]))
    return step(
        request, form, f"{row.need_words}, {row.city}", HOME,
        lambda said: unmet.settle(row.pk, said["status"], reason=said["reason"]),
        "C’est noté.", unmet=row, history=row.history.order_by("-at", "-id"),
    )  # fmt: skip


def _noting(request: Request) -> None:
    if not rules.notes_needs(request.actor):
        raise Http404
