"""Pages of the desk: a call, taking, qualifying, answering, the record, a colleague's file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle import persons
from liane.circle import services as circle
from liane.circle.forms import OpeningForm
from liane.circle.services.opening import may_open
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.directory import territories
from liane.directory.models import Practice
from liane.patients import queries as patients
from liane.referrals import attaching, choices, queries, returning, rules, sending, services
from liane.referrals.forms import (
    AnswerForm,
    CallForm,
    CloseForm,
    EntrustForm,
    QualifyForm,
    TakeOverForm,
)
from liane.referrals.models import Referral
from liane.referrals.pages import POST, found, refused, step
from liane.referrals.services import Reply

TRAITS = ("birth_name", "given_names", "used_name", "used_given", "sex", "birth_date",
          "birth_place", "birth_place_name", "phone", "address_line", "postcode",
          "city")  # fmt: skip


@route(Policy.PROFESSIONAL, audit="referral")
def call(request: Request) -> HttpResponse:
    """A call noted in twenty seconds, whoever it is about."""
    if not rules.keeps_desk(request.actor):
        raise Http404
    form = CallForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = sending.log_call(
                form.wanted(), mine=form.cleaned_data["mine"], key=client_key(request)
            )
        except Refused as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "Appel noté.")
            return redirect("referral", referral_id=made.pk)
    return render(request, "referrals/call.html", {"form": form},
                  status=422 if form.errors else 200)  # fmt: skip


@route(Policy.PROFESSIONAL, audit="referral", methods=POST)
def take(request: Request, referral_id: UUID) -> HttpResponse:
    """« Je m’en occupe »."""
    found(referral_id)
    try:
        services.take(referral_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Vous vous en occupez : le demandeur est prévenu.")
    return redirect("referral", referral_id=referral_id)


@route(Policy.PROFESSIONAL, audit="referral")
def entrust(request: Request, referral_id: UUID) -> HttpResponse:
    """Give it to a colleague."""
    referral = _ours(request, referral_id)
    people = _names(queries.colleagues(referral.organisation_id))
    form = EntrustForm(request.POST or None, people=people)
    return step(
        request, referral_id, "Confier cette demande", "Confier et prévenir",
        lambda form: services.entrust(
            referral_id, UUID(form.cleaned_data["practice"]), reason=form.cleaned_data["reason"]
        ),
        "Demande confiée.", form,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="referral")
def qualify(request: Request, referral_id: UUID) -> HttpResponse:
    """In our scope, or not and why."""
    referral = _ours(request, referral_id)
    form = QualifyForm(request.POST or None, initial={"version": referral.version})
    return step(
        request, referral_id, "Qualifier la demande", "Enregistrer",
        lambda form: services.qualify(
            referral_id, form.cleaned_data["after"], reason=form.cleaned_data["reason"],
            expect=form.cleaned_data["version"],
        ),
        "Qualification enregistrée : le demandeur est prévenu.", form,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="referral")
def answer(request: Request, referral_id: UUID) -> HttpResponse:
    """Answer, and say so to the requester and to the attending doctor."""
    referral = _ours(request, referral_id)
    text = request.GET.get("chercher", "").strip()[:100]
    town = territories.commune(referral.insee) if referral.insee else None
    to = choices.addressees(town, request.POST.get("organisation") or request.GET.get("vers", ""))
    form = AnswerForm(
        request.POST or None,
        outcomes=choices.outcomes(referral),
        to=to,
        ask_consent=referral.consent == Referral.Consent.LATER,
        initial={"version": referral.version, "organisation": request.GET.get("vers", "")},
    )

    def reply(form: Any) -> str:
        said = form.cleaned_data
        made = services.answer(
            referral_id,
            Reply(
                said["outcome"], said["text"], parse(said["organisation"]),
                said.get("consent", ""), said.get("consent_note", ""),
            ),
            expect=said["version"],
        )  # fmt: skip
        return _still_owed(made, "Réponse envoyée au demandeur et au médecin traitant.")

    return step(
        request, referral_id, "Répondre", "Envoyer la réponse", reply, "", form,
        addressees=returning.addressees(referral), search=True, text=text,
        found=choices.organisations(text),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="referral")
def refuse(request: Request, referral_id: UUID) -> HttpResponse:
    """Say no, and why."""
    referral = _ours(request, referral_id)
    return step(
        request, referral_id, "Refuser cette demande", "Refuser et prévenir",
        lambda form: services.refuse(
            referral_id, reason=form.cleaned_data["reason"], expect=form.cleaned_data["version"]
        ),
        "Refus envoyé au demandeur et au médecin traitant.",
        addressees=returning.addressees(referral),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="referral")
def close(request: Request, referral_id: UUID) -> HttpResponse:
    """The work is done."""
    referral = _ours(request, referral_id)
    form = CloseForm(request.POST or None, initial={"version": referral.version})
    last = referral.is_followed and not returning.ended_with(referral)
    if not last:
        form.fields["text"].widget = form.fields["text"].hidden_widget()

    def end(form: Any) -> str:
        made = services.close(
            referral_id, text=form.cleaned_data["text"], expect=form.cleaned_data["version"]
        )
        return _still_owed(made, "Demande terminée.")

    return step(
        request, referral_id, "Terminer", "Terminer", end, "", form,
        addressees=returning.addressees(referral) if last else [],
    )  # fmt: skip


def _still_owed(referral: Referral, done: str) -> str:
    owed = returning.owed(referral)
    if not owed:
        return done
    names = ", ".join(row.label for row in owed)
    return f"Retour noté. À prévenir par téléphone avant de terminer : {names}."


@route(Policy.PROFESSIONAL, audit="referral", methods=POST)
def settle(request: Request, return_id: UUID) -> HttpResponse:
    """« C’est dit »."""
    try:
        row = returning.settle(return_id, note=request.POST.get("note", ""))
    except NotAllowed as refusal:
        messages.error(request, refusal.message)
        return redirect("referrals")
    messages.success(request, "Retour noté comme fait.")
    return redirect("referral", referral_id=row.referral_id)


@route(Policy.PROFESSIONAL, audit="referral")
def record(request: Request, referral_id: UUID) -> HttpResponse:
    """Open the record of whoever it is about, or find that there is one."""
    referral = _ours(request, referral_id)
    if referral.person_id is not None or not may_open():
        return redirect("referral", referral_id=referral_id)
    form = OpeningForm(request.POST or None, initial=referral.identity)
    context: dict[str, Any] = {"referral": referral, "form": form}
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in TRAITS}
        try:
            person = circle.open_record(
                values,
                answer=form.cleaned_data["answer"],
                consulted=form.cleaned_data["consulted"],
                matricule=form.number(),
                different=form.cleaned_data["different"],
            )
        except Refused as refusal:
            if refusal.code in {"lookalike", "known"}:
                alike = patients.lookalikes(circle.traits(values, form.number()))
                context |= {
                    "lookalikes": persons.lookalikes(alike),
                    "known": refusal.code == "known",
                }
            else:
                refused(form, refusal)
        else:
            if form.cleaned_data["answer"] == "refuses":
                messages.info(request, "Le refus est noté : aucun dossier n’est ouvert.")
            else:
                attaching.attach(referral_id, person.pk)
                messages.success(request, "Dossier ouvert et rattaché à la demande.")
            return redirect("referral", referral_id=referral_id)
    return render(request, "referrals/record.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="referral", methods=POST)
def attach(request: Request, referral_id: UUID) -> HttpResponse:
    """It is this known person."""
    found(referral_id)
    person_id = parse(request.POST.get("person"))
    try:
        if person_id is not None:
            attaching.attach(referral_id, person_id)
        else:
            attaching.attach_unseen(referral_id, request.POST.get("token", ""))
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Demande rattachée.")
    return redirect("referral", referral_id=referral_id)


@route(Policy.PROFESSIONAL, audit="referral")
def take_over(request: Request) -> HttpResponse:
    """A colleague's whole file, in one act."""
    organisation_id = request.actor.organisation_id
    if organisation_id is None or not queries.houses():
        raise Http404
    people = _names(queries.colleagues(organisation_id))
    me = str(request.actor.holder_id)
    form = TakeOverForm(
        request.POST or None,
        people=people,
        initial={"absent": request.GET.get("de", ""), "practice": me},
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            moved = services.take_over(
                UUID(said["absent"]), UUID(said["practice"]), reason=said["reason"]
            )
        except Refused as refusal:
            refused(form, refusal)
        else:
            number = len(moved)
            messages.success(
                request, f"Demandes reprises : {number}. Chaque demandeur est prévenu."
            )
            return redirect("/demandes/?vue=miennes")
    context = {"form": form, "absent": queries.absent()}
    return render(request, "referrals/take_over.html", context, status=422 if form.errors else 200)


def _names(people: list[Practice]) -> list[tuple[str, str]]:
    return [(str(one.pk), one.professional.name) for one in people]


def _ours(request: Request, referral_id: UUID) -> Referral:
    """The request, for those at its desk; Http404 for anybody else."""
    referral = found(referral_id)
    if not rules.works(request.actor, referral):
        raise Http404
    return referral
