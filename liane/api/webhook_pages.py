"""« Appels sortants », under the settings: webhooks of the applications of the house."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.api import webhooks
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory import rules

HOME = "/parametres/webhooks/"


class WebhookForm(forms.Form):
    """An address, an application of the house, what to follow."""

    client = forms.ChoiceField(label="Application")
    url = forms.URLField(
        label="Adresse à appeler", max_length=500, assume_scheme="https",
        help_text="En https, chez l’éditeur.",
    )  # fmt: skip
    families = forms.MultipleChoiceField(
        label="Prévenir de", widget=forms.CheckboxSelectMultiple,
        choices=[(name, words) for name, (words, _) in webhooks.FAMILIES.items()],
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        found = [(str(one.pk), one.name) for one in webhooks.clients()]
        self.fields["client"].choices = found  # type: ignore[attr-defined]


def section(request: Any) -> dict[str, Any] | None:
    """Section of the settings, for who manages the house."""
    actor = request.actor
    if actor.organisation_id is None or not rules.manages(actor, actor.organisation_id):
        return None
    return {"count": len(webhooks.mine())}


@route(Policy.PROFESSIONAL, audit="applications")
def index(request: Request) -> HttpResponse:
    """Webhooks of my house, their last calls, and one more."""
    try:
        rows = webhooks.mine()
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = webhooks.set_up(UUID(said["client"]), said["url"], said["families"])
        except Refused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            return render(request, "api/webhook_made.html", {"webhook": made})
    context = {
        "rows": rows,
        "log": webhooks.log_of(rows),
        "form": form,
        "families": {name: words for name, (words, _) in webhooks.FAMILIES.items()},
    }
    return render(request, "api/webhooks.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="applications", methods=("POST",))
def try_out(request: Request, webhook_id: UUID) -> HttpResponse:
    """Call once, to see."""
    _managed(webhooks.try_out, webhook_id)
    messages.success(request, "Un essai part dans quelques secondes : son résultat s’affiche ici.")
    return redirect(HOME)


@route(Policy.PROFESSIONAL, audit="applications", methods=("POST",))
def end(request: Request, webhook_id: UUID) -> HttpResponse:
    """Call no more."""
    _managed(webhooks.end, webhook_id)
    messages.success(request, "Cette adresse n’est plus appelée.")
    return redirect(HOME)


def _managed(verb: Any, webhook_id: UUID) -> None:
    try:
        verb(webhook_id)
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
