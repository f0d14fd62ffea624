"""Pages of an orientation: where the person is for the structure, what she accepts."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse

from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.referrals import orientation, rules
from liane.referrals.forms import AccordForm, PositionForm
from liane.referrals.models import Referral
from liane.referrals.pages import found, step


@route(Policy.PROFESSIONAL, audit="referral")
def position(request: Request, referral_id: UUID) -> HttpResponse:
    """Say where the person is for our structure."""
    referral = _oriented(request, referral_id)
    form = PositionForm(request.POST or None, initial={"version": referral.version})

    def say(form: Any) -> None:
        said = form.cleaned_data
        orientation.say(
            referral_id, said["code"], motive=said["motive"], on=said["on"],
            comment=said["comment"], expect=said["version"],
        )  # fmt: skip

    return step(
        request, referral_id, "Dire notre position", "Enregistrer", say, "Position enregistrée.",
        form,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="referral")
def accord(request: Request, referral_id: UUID) -> HttpResponse:
    """What the person answered about her evaluation."""
    _oriented(request, referral_id)
    return step(
        request, referral_id, "Noter l’accord de la personne", "Enregistrer",
        lambda form: orientation.agree(
            referral_id, agrees=form.cleaned_data["agrees"] == "yes", on=form.cleaned_data["on"]
        ),
        "Réponse de la personne enregistrée.", AccordForm(request.POST or None),
    )  # fmt: skip


def _oriented(request: Request, referral_id: UUID) -> Referral:
    """The request behind which there is a decision, for those who answer it."""
    referral = found(referral_id)
    if not rules.decides(request.actor, referral) or orientation.decision_of(referral) is None:
        raise Http404
    return referral
