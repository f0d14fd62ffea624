"""Webhooks: set by a manager for an application of the house, filled by the journal.

A call tells that something happened, with identifiers alone: what it is, the application asks with
its token, under its own reach. It is told of what the timeline would show it, and of nothing else.
"""

import secrets
from collections.abc import Collection, Sequence
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from liane.api import addresses
from liane.api.models import Delivery, Webhook
from liane.circle.reach import Reach
from liane.circle.seats import client_actor
from liane.clients.models import Client
from liane.core import acting, registry
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry, author_of
from liane.directory import rules
from liane.timeline import queries as timeline

FAMILIES = {
    "message": ("Messages", "Communication"),
    "visit": ("Visites et rendez-vous", "Appointment"),
    "stay": ("Hospitalisations et absences", "Encounter"),
    "note": ("Notes", "Communication"),
    "document": ("Documents", "DocumentReference"),
    "task": ("Tâches", "Task"),
    "plan": ("Plan de coordination", "CarePlan"),
}
"""What may be followed: its words, and the kind of FHIR resource that the application may read."""
MOST = 20
"""Webhooks of one organisation."""
LOG = 100


def set_up(client_id: UUID, url: str, families: Sequence[str]) -> Webhook:
    """Ask for calls. Raises `Refused`, `NotAllowed`, Http404 for an application of another house.

    The secret of the answer is shown once.
    """
    client = _client(client_id)
    addresses.check(url)
    wanted = [name for name in FAMILIES if name in families]
    if not wanted:
        raise Refused("Choisissez au moins une sorte d’événement.", field="families")
    granted = client.granted
    closed = [FAMILIES[one][0] for one in wanted if not granted.allows(FAMILIES[one][1], "rs")]
    if closed:
        raise Refused(
            f"Cette application ne peut pas lire : {', '.join(closed)}. Donnez-lui d’abord cet "
            "accès.", field="families",
        )  # fmt: skip
    if living().filter(client__organisation_id=client.organisation_id).count() >= MOST:
        raise Refused(f"{MOST} appels au plus : arrêtez-en un d’abord.")
    return Webhook.objects.create(
        client=client, url=url, families=" ".join(wanted), secret=secrets.token_urlsafe(32),
        **author_of(acting.current()),
    )  # fmt: skip


def end(webhook_id: UUID) -> None:
    """Call no more: what waits is dropped."""
    webhook = one(webhook_id)
    with transaction.atomic():
        webhook.ended_at, webhook.why_ended = timezone.now(), acting.current().label[:200]
        webhook.save(update_fields=["ended_at", "why_ended"])
        with acting.acting(acting.system("webhooks")):
            Delivery.objects.filter(webhook=webhook, state=Delivery.State.WAITING).delete()


def try_out(webhook_id: UUID) -> None:
    """Call once, to see: kind ``test``, of nobody."""
    webhook = one(webhook_id)
    with acting.acting(acting.system("webhooks")):
        Delivery.objects.create(webhook=webhook, kind="test")


def living() -> QuerySet[Webhook]:
    """Webhooks in force: of an application that is allowed, in a house that is open."""
    return Webhook.objects.filter(
        ended_at=None, client__status=Client.Status.ACTIVE, client__organisation__active=True
    )


def mine() -> list[Webhook]:
    """Those of the actor's organisation. Raises `NotAllowed` for who does not manage it."""
    rows = Webhook.objects.filter(client__organisation_id=_house(), ended_at=None)
    return list(rows.select_related("client").order_by("client__name", "pk"))


def clients() -> QuerySet[Client]:
    """Applications of the house that may have one: those that act in its name."""
    return Client.objects.filter(
        organisation_id=_house(), kind=Client.Kind.BACKEND, status=Client.Status.ACTIVE
    ).order_by("name")


def one(webhook_id: UUID) -> Webhook:
    """A webhook of the actor's house. Raises Http404."""
    found = Webhook.objects.filter(
        pk=webhook_id, client__organisation_id=_house(), ended_at=None
    ).first()
    if found is None:
        raise Http404
    return found


def log_of(webhooks: Sequence[Webhook]) -> list[Delivery]:
    """Their last calls: when, what kind, how it ended; of whom is not shown."""
    with acting.acting(acting.system("webhooks")):
        rows = Delivery.objects.filter(webhook__in=webhooks).select_related("webhook")
        return list(rows.defer("person_id", "object_id").order_by("-pk")[:LOG])


def _house() -> UUID:
    actor = acting.current()
    if actor.organisation_id is None or not rules.manages(actor, actor.organisation_id):
        raise NotAllowed("Seule la direction décide des appels sortants.")
    return actor.organisation_id


def _client(client_id: UUID) -> Client:
    found = clients().filter(pk=client_id).first()
    if found is None:
        raise Http404
    return found


# ------------------------------------------------------------------ the journal's reader
def read(entries: Collection[Entry]) -> None:
    """Prepare the calls of these entries. Idempotent on (webhook, entry)."""
    about = [one for one in entries if one.person_id is not None and _family(one) in FAMILIES]
    if not about:
        return
    rows = living().select_related("client").order_by("client__organisation_id")
    for organisation_id, group in groupby(rows, lambda hook: hook.client.organisation_id):
        actor = client_actor(organisation_id, "webhook")
        with acting.acting(actor, read_only=True):
            shown = timeline.told_to(Reach.of(actor), about)
        hooks = list(group)
        Delivery.objects.bulk_create(
            [_delivery(hook, entry) for hook in hooks for entry in shown if _asks(hook, entry)],
            ignore_conflicts=True,
        )


def _family(entry: Entry) -> str:
    kind = registry.entry_kinds.get(entry.kind)
    return kind.family if kind is not None else ""


def _asks(hook: Webhook, entry: Entry) -> bool:
    """It follows this family, and its application may still read such things."""
    family = _family(entry)
    return family in hook.follows and hook.client.granted.allows(FAMILIES[family][1], "rs")


def _delivery(hook: Webhook, entry: Entry) -> Delivery:
    return Delivery(
        webhook=hook, entry_id=entry.pk, kind=entry.kind, person_id=entry.person_id,
        object_id=entry.object_id, occurred_at=entry.occurred_at,
    )  # fmt: skip
