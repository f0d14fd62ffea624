"""The applications of an organisation, as its managers see them."""

from typing import Any
from uuid import UUID

from django.db.models import Max
from django.http import Http404

from liane.clients import words
from liane.clients.models import Call, Client
from liane.clients.states import SCOPES, Status
from liane.core.acting import Actor

CALLS = 50


def mine(actor: Actor) -> list[Client]:
    """Every application of the actor's organisation, with its ``last`` call. One query."""
    rows = Client.objects.filter(organisation_id__in=[actor.organisation_id])
    return list(rows.annotate(last=Max("calls__at")).order_by("name"))


def one(actor: Actor, client_id: UUID) -> Client:
    """One application of the actor's organisation. Raises Http404."""
    rows = Client.objects.select_related("organisation")
    found = rows.filter(pk=client_id, organisation_id__in=[actor.organisation_id]).first()
    if found is None:
        raise Http404
    return found


def calls(client: Client) -> list[Call]:
    """Its last calls, newest first."""
    return list(client.calls.order_by("-at", "-id")[:CALLS])


def history(client: Client) -> list[Any]:
    """Every decision about it, newest first; ``told`` says it in words."""
    rows = list(client.history.order_by("-at", "-id"))
    for row in rows:
        told = row.after == SCOPES or (row.after == Status.ACTIVE and not row.before)
        row.told = _scopes(row.reason) if told else row.reason  # type: ignore[attr-defined]
    return rows


def _scopes(text: str) -> str:
    from liane.clients.scopes import Scopes

    return " ; ".join(words.describe(Scopes.parse(text))) or "rien"
