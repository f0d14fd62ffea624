"""Pages of « Trouver un professionnel »: begin, follow, accept, decline, opt in."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient, require_write
from liane.circle.record import frame
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request, client_key
from liane.core.routes import Policy, route
from liane.referrals import seeking
from liane.referrals.forms import SeekForm
from liane.referrals.pages import POST, READ, refused
from liane.referrals.seeking import Sought
from liane.referrals.states import Quest as Status

_LAUNCHED: dict[str, str] = {
    Status.OPEN: "Recherche lancée. Vous serez prévenu dès qu’un cabinet accepte.",
    Status.WIDER: "Aucun cabinet tout près ne reçoit les recherches : elle est partie plus loin. "
    "Vous serez prévenu dès qu’un cabinet accepte.",
    Status.DESK: "Aucun cabinet des environs ne reçoit les recherches : la vôtre est confiée à "
    "l’appui à la coordination.",
}


@route(Policy.PROFESSIONAL, audit="quest")
def new(request: Request, person_id: UUID) -> HttpResponse:
    """Say what is needed, never for whom; it leaves at once to the practices near."""
    person = access_patient(person_id, Area.CIRCLE, resource="quest")
    try:
        require_write(person.pk, Area.CIRCLE)
    except NotAllowed as error:
        raise Http404 from error
    form = SeekForm(request.POST or None, professions=seeking.professions())
    if request.method == "POST" and form.is_valid():
        try:
            quest = seeking.seek(
                Sought(person_id=person.pk, **form.cleaned_data), key=client_key(request)
            )
        except Refused as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _LAUNCHED.get(quest.status, _LAUNCHED[Status.OPEN]))
            return redirect("quest", quest_id=quest.pk)
    context = frame(request, person) | {"form": form}
    return render(request, "referrals/seek.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="quest", methods=READ)
def detail(request: Request, quest_id: UUID) -> HttpResponse:
    """Where a search is."""
    quest = seeking.one(quest_id)
    if quest is None:
        raise Http404
    steps, answers = seeking.story(quest)
    context = {
        "quest": quest, "steps": steps, "answers": answers, "words": seeking.words(quest),
        "may_cancel": quest.is_open and bool(request.actor.write.get(Area.CIRCLE)),
    }  # fmt: skip
    return render(request, "referrals/quest.html", context)


@route(Policy.PROFESSIONAL, audit="quest", methods=POST)
def cancel(request: Request, quest_id: UUID) -> HttpResponse:
    """No longer needed."""
    try:
        seeking.cancel(quest_id, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Recherche annulée.")
    return redirect("quest", quest_id=quest_id)


@route(Policy.PROFESSIONAL, audit="quest", methods=POST)
def accept(request: Request, offer_id: UUID) -> HttpResponse:
    """The first to accept joins the circle."""
    try:
        quest = seeking.accept(offer_id)
    except Refused as refusal:
        messages.info(request, refusal.message)
        return redirect("/")
    messages.success(request, "C’est vous. Le dossier vous est ouvert : prenez contact.")
    return redirect(f"/personnes/{quest.person_id}/")


@route(Policy.PROFESSIONAL, audit="quest", methods=POST)
def decline(request: Request, offer_id: UUID) -> HttpResponse:
    """Not this time."""
    seeking.decline(offer_id)
    messages.success(request, "C’est noté. Merci d’avoir répondu vite.")
    return redirect("/")


@route(Policy.PROFESSIONAL, audit="quest", methods=POST)
def opt(request: Request) -> HttpResponse:
    """Our organisation wants offers, or no longer."""
    house = seeking.house()
    if house is None:
        raise Http404
    wants = request.POST.get("wants") == "oui"
    seeking.opt(house, wants)
    done = "Les recherches proches vous seront proposées." if wants else "Vous n’en recevrez plus."
    messages.success(request, done)
    return redirect("/parametres/")
