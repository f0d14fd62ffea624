"""Pages of campaigns: the list, one with whom it reached, the choice of structures, one attempt."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.directory.tabs import tabs
from liane.partners import campaigns, queries
from liane.partners.forms import AttemptForm, CampaignForm, ChooseForm
from liane.partners.models import Campaign
from liane.partners.pages import POST, READ, keeper, step
from liane.partners.states import CAMPAIGN, Outcome

HOME = "/annuaire/campagnes/"


@route(Policy.PROFESSIONAL, audit="relations", methods=READ)
def index(request: Request) -> HttpResponse:
    """The campaigns of my house."""
    keeper(request)
    context = {"rows": queries.campaigns(), "tabs": tabs(request, HOME)}
    return render(request, "partners/campaigns.html", context)


@route(Policy.PROFESSIONAL, audit="relations")
def new(request: Request) -> HttpResponse:
    """A new campaign: what is said, then to whom."""
    keeper(request)
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = campaigns.prepare(**form.cleaned_data, key=client_key(request))
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return redirect("campaign_choice", campaign_id=made.pk)
    context = {"form": form, "title": "Nouvelle campagne", "back": HOME,
               "button": "Choisir les structures"}  # fmt: skip
    return render(request, "partners/step.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="relations", methods=READ)
def detail(request: Request, campaign_id: UUID) -> HttpResponse:
    """One campaign: who was reached, by whom, what they answered."""
    row = _campaign(request, campaign_id)
    wanted = request.GET.get("vue", "")
    wanted = wanted if wanted in Outcome.values else ""
    counts = queries.outcomes(row.pk)
    filters = [
        {"label": "Toutes", "url": "?", "current": not wanted, "count": sum(counts.values())}
    ]
    filters += [
        {"label": str(one.label).capitalize(), "url": f"?vue={one.value}",
         "current": one.value == wanted, "count": counts[one.value]}
        for one in Outcome if counts.get(one.value)
    ]  # fmt: skip
    context = {
        "campaign": row, "rows": queries.reached(row.pk, wanted), "filters": filters,
        "after": CAMPAIGN.steps.get(row.status, set()), "any": bool(counts),
        "history": row.history.order_by("-at", "-id"),
    }  # fmt: skip
    return render(request, "partners/campaign.html", context)


@route(Policy.PROFESSIONAL, audit="relations")
def choose(request: Request, campaign_id: UUID) -> HttpResponse:
    """To whom: structures by kind, relation and place."""
    row = _campaign(request, campaign_id)
    if request.method == "POST":
        chosen = [pk for pk in map(parse, request.POST.getlist("organisation")) if pk is not None]
        try:
            number = campaigns.select(row.pk, chosen)
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            s = "s" if number > 1 else ""
            messages.success(request, f"{number} structure{s} ajoutée{s}.")
        return redirect("campaign", campaign_id=row.pk)
    form = ChooseForm(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    found = queries.choosable(row.pk, queries.Wanted(**said))
    context = {"campaign": row, "form": form, "found": found, "most": queries.CHOSEN}
    return render(request, "partners/choose.html", context)


@route(Policy.PROFESSIONAL, audit="relations", methods=POST)
def run(request: Request, campaign_id: UUID) -> HttpResponse:
    """Begin, or begin again."""
    return _verb(request, campaign_id, campaigns.run, "Campagne lancée.")


@route(Policy.PROFESSIONAL, audit="relations", methods=POST)
def close(request: Request, campaign_id: UUID) -> HttpResponse:
    """It is over."""
    return _verb(request, campaign_id, campaigns.close, "Campagne terminée.")


def _verb(
    request: Request, campaign_id: UUID, do: Callable[[UUID], Campaign], done: str
) -> HttpResponse:
    row = _campaign(request, campaign_id)
    try:
        do(row.pk)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("campaign", campaign_id=row.pk)


@route(Policy.PROFESSIONAL, audit="relations")
def attempt(request: Request, target_id: UUID) -> HttpResponse:
    """Somebody reached, or did not reach, one structure."""
    keeper(request)
    row = queries.target(target_id)
    if row is None:
        raise Http404
    form = AttemptForm(request.POST or None)
    return step(
        request, form, row.partner.name, f"{HOME}{row.campaign_id}/",
        lambda said: campaigns.note(row.pk, **said, key=client_key(request)),
        "Réponse notée.", target=row,
    )  # fmt: skip


def _campaign(request: Request, campaign_id: UUID) -> Campaign:
    keeper(request)
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found
