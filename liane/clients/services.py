"""Verbs over applications: let in, grant, limit, rotate, suspend, revoke."""

from typing import Any
from uuid import UUID

from django.db import transaction

from liane.clients import issuing, secrets
from liane.clients.models import Client, ClientStep
from liane.clients.rules import require_manager
from liane.clients.scopes import Scopes
from liane.clients.states import CARD, CLIENT, KEYS, SCOPES, Status
from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Organisation


def register(
    organisation: Organisation, name: str, kind: str, scopes: str, **more: object
) -> Client:
    """Let an application in, with the most that it may ever be given."""
    _answers_for(organisation.pk)
    name = name.strip()[:100]
    if not name:
        raise Refused("Donnez le nom de l’application.", field="name")
    granted = fitting(kind, Scopes.strict(scopes))
    with transaction.atomic():
        taken = Client.objects.filter(organisation=organisation, name=name)
        if taken.exclude(status=Status.REVOKED).exists():
            raise Refused("Une application porte déjà ce nom.", field="name")
        who = author_of(acting.current())
        client = Client.objects.create(
            organisation=organisation, name=name, kind=kind, scopes=str(granted), **more, **who
        )
        note(client, Status.ACTIVE, str(granted))
    return client


def fitting(kind: str, scopes: Scopes) -> Scopes:
    """``scopes``, if an application of this ``kind`` may have them. Raises :class:`Refused`."""
    if kind == Client.Kind.BACKEND and (scopes.levels - {"system"} or scopes.plain):
        raise Refused("Un service automatique n’a que des portées « system/ ».", field="scopes")
    if kind != Client.Kind.BACKEND and "system" in scopes.levels:
        raise Refused(
            "Les portées « system/ » sont pour les services automatiques.", field="scopes"
        )
    return scopes


def grant(client: Client, scopes: str) -> None:
    """Give other scopes: living tokens never keep more than these."""
    _decides(client)
    granted = fitting(client.kind, Scopes.strict(scopes))
    if str(granted) == client.scopes:
        return
    with transaction.atomic():
        client.scopes = str(granted)
        client.save(update_fields=["scopes"])
        note(client, SCOPES, client.scopes)


def move(client: Client, after: str, reason: str = "") -> None:
    """Suspend, allow again, or revoke for good: effective on the next call."""
    _decides(client)
    if after != Status.ACTIVE and not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        transition(client, CLIENT, after, reason=reason.strip()[:500])
        if after == Status.REVOKED:
            issuing.revoke_all(client)


def describe(client: Client, **card: str) -> Client:
    """Another name, publisher, or addresses. Tokens that were given stay good."""
    _decides(client)
    taken = Client.objects.filter(organisation_id=client.organisation_id, name=card["name"])
    if taken.exclude(pk=client.pk).exclude(status=Status.REVOKED).exists():
        raise Refused("Une application porte déjà ce nom.", field="name")
    with transaction.atomic():
        for name, value in card.items():
            setattr(client, name, value)
        client.save(update_fields=list(card))
        note(client, CARD)
    return client


def set_keys(client: Client, jwks: dict[str, Any] | None, jwks_url: str) -> None:
    """Other public keys, by value or by address: the former ones stop serving at once."""
    _decides(client)
    if client.kind == Client.Kind.PUBLIC:
        raise Refused("Une application publique n’a pas de clés.")
    with transaction.atomic():
        client.jwks, client.jwks_url = jwks, jwks_url
        client.save(update_fields=["jwks", "jwks_url"])
        note(client, KEYS)


def new_secret(client: Client) -> str:
    """A new secret in the place of the former one. Returned once: only its digest is kept."""
    _decides(client)
    if client.kind != Client.Kind.CONFIDENTIAL:
        raise Refused("Cette application n’a pas de secret.")
    text = secrets.make("secret")
    with transaction.atomic():
        client.secret_digest = secrets.digest(text)
        client.save(update_fields=["secret_digest"])
        note(client, KEYS)
    return text


def _decides(client: Client) -> None:
    """The management of its organisation, and nobody else. A revoked application stays as it is."""
    _answers_for(client.organisation_id)
    if client.status == Status.REVOKED:
        raise Refused("Cette application est révoquée.")


def _answers_for(organisation_id: UUID) -> None:
    actor = acting.current()
    require_manager(actor)
    if not actor.is_system and actor.organisation_id != organisation_id:
        raise NotAllowed


def note(client: Client, after: str, reason: str = "") -> None:
    """Keep a dated decision about an application."""
    ClientStep.objects.create(
        client=client, after=after, reason=reason[:500], **author_of(acting.current())
    )
