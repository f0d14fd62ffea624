"""Verbs over applications: let in, grant, limit, rotate, suspend, revoke."""

from django.db import transaction

from liane.clients import issuing
from liane.clients.models import Client, ClientStep
from liane.clients.scopes import Scopes
from liane.clients.states import CLIENT, SCOPES, Status
from liane.core import acting
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Organisation


def register(
    organisation: Organisation, name: str, kind: str, scopes: str, **more: object
) -> Client:
    """Let an application in, with the most that it may ever be given. The caller holds the rule."""
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
    granted = fitting(client.kind, Scopes.strict(scopes))
    if str(granted) == client.scopes:
        return
    with transaction.atomic():
        client.scopes = str(granted)
        client.save(update_fields=["scopes"])
        note(client, SCOPES, client.scopes)


def move(client: Client, after: str, reason: str = "") -> None:
    """Suspend, allow again, or revoke for good: effective on the next call."""
    if after != Status.ACTIVE and not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        transition(client, CLIENT, after, reason=reason.strip()[:500])
        if after == Status.REVOKED:
            issuing.revoke_all(client)


def note(client: Client, after: str, reason: str = "") -> None:
    """Keep a dated decision about an application."""
    ClientStep.objects.create(
        client=client, after=after, reason=reason[:500], **author_of(acting.current())
    )
