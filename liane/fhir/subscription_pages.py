"""Subscriptions on the page of an application: what it asked to be told of, and stopping one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from liane.clients.models import Client
from liane.clients.words import label_of
from liane.core.errors import NotAllowed
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.fhir import subscribing


def panel(request: Any, client: Client) -> dict[str, Any] | None:
    """Its subscriptions; nothing where it has none. Criteria may name persons: not shown."""
    rows = subscribing.of_client(client)
    for row in rows:
        row.about = label_of(row.kind)  # type: ignore[attr-defined]
    return {"rows": rows} if rows else None


@route(Policy.PROFESSIONAL, audit="applications", methods=("POST",))
def stop(request: Request, subscription_id: UUID) -> HttpResponse:
    """Stop one, for good."""
    try:
        row = subscribing.stop(subscription_id)
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    messages.success(request, "Cet abonnement est arrêté : l’application n’est plus prévenue.")
    return redirect(f"/parametres/applications/{row.client_id}/")
