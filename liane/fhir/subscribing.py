"""Subscriptions: declared by an application of a house, stopped by it or by the house's management.

A subscription never sees more than its application: each time, the criteria are run as that
application, within what it may still do.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.api import addresses
from liane.circle.seats import client_actor
from liane.clients import rules
from liane.clients.access import Caller
from liane.clients.models import Client
from liane.clients.scopes import Scopes
from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.fhir import resources
from liane.fhir.access import Access
from liane.fhir.models import Notification, Subscription
from liane.fhir.outcomes import forbidden, from_refusal, unprocessable
from liane.fhir.resources.base import Resource
from liane.fhir.search import asked as asking
from liane.fhir.search import values
from liane.fhir.search.clauses import Clause, Fixed, same_person
from liane.fhir.search.running import find

MOST = 50
"""Living subscriptions of one application."""
LOG = 100
Status = Subscription.Status


@dataclass(frozen=True)
class Wish:
    """What an application asks for, its form checked."""

    criteria: str
    channel: str
    endpoint: str
    payload: str = ""
    headers: tuple[str, ...] = ()
    secret: str = ""
    reason: str = ""
    ends_at: dt.datetime | None = None
    starts_at: dt.datetime | None = None
    person_id: UUID | None = None

    @property
    def kind(self) -> str:
        """The type that its criteria search."""
        return self.criteria.partition("?")[0]

    def columns(self) -> dict[str, Any]:
        """The columns of the row."""
        return {
            "kind": self.kind, "criteria": self.criteria, "channel": self.channel,
            "endpoint": self.endpoint, "payload": self.payload, "headers": "\n".join(self.headers),
            "secret": self.secret, "reason": self.reason[:500], "ends_at": self.ends_at,
            "starts_at": self.starts_at, "person_id": self.person_id,
        }  # fmt: skip


def subscribe(wish: Wish, access: Access) -> Subscription:
    """Begin. Raises Problem and Refused for what cannot be asked, or not by this application."""
    if access.actor.kind != "client":
        raise forbidden("Subscriptions are for applications that act by themselves (system/).")
    _check(wish, access)
    client = Client.objects.get(pk=access.caller.client_id)
    if living().filter(client=client).count() >= MOST:
        raise Refused(f"{MOST} abonnements au plus : arrêtez-en un d’abord.")
    return Subscription.objects.create(
        client=client, scopes=str(access.caller.scopes), **wish.columns(),
        **author_of(acting.current()),
    )  # fmt: skip


def change(row: Subscription, wish: Wish, access: Access, status: str) -> Subscription:
    """Ask for something else, stop (``off``), or start again (``requested``, ``active``)."""
    starts = status in {"requested", "active"}
    if starts and row.stopped_at is not None:
        raise unprocessable(
            "The management of the structure stopped this subscription.", "Subscription.status"
        )
    if starts:
        _check(wish, access)
    for name, value in wish.columns().items():
        setattr(row, name, value)
    row.scopes = str(access.caller.scopes)
    if starts:
        row.status, row.error = Status.ACTIVE, ""
    elif status == Status.OFF:
        row.status = Status.OFF
        _drop(row)
    elif status != row.status:
        raise unprocessable("It is « requested », « active » or « off ».", "Subscription.status")
    row.save()
    return row


def end(row: Subscription) -> None:
    """No more: what waits is dropped."""
    row.status = Status.OFF
    row.save(update_fields=["status"])
    _drop(row)


def stop(subscription_id: UUID) -> Subscription:
    """Stop one, for the management of its house. Raises Http404 for another house's."""
    actor = acting.current()
    if not rules.manages(actor):
        raise NotAllowed("Seule la direction arrête un abonnement.")
    with acting.acting(acting.system("abonnements")):
        row = Subscription.objects.filter(
            pk=subscription_id, client__organisation_id__in=[actor.organisation_id]
        ).first()
        if row is None:
            raise Http404
        row.stopped_at, row.stopped_by = timezone.now(), actor.label[:200]
        row.status = Status.OFF
        row.save(update_fields=["status", "stopped_at", "stopped_by"])
        _drop(row)
    return row


def _drop(row: Subscription) -> None:
    with acting.acting(acting.system("abonnements")):
        Notification.objects.filter(subscription=row, state=Notification.State.WAITING).delete()


def _check(wish: Wish, access: Access) -> None:
    where = "Subscription.criteria"
    resource = resources.get(wish.kind)
    if resource is None or "search" not in resource.interactions:
        raise unprocessable("Criteria are a search: Type?parameter=value.", where)
    for letter in "rs":
        access.require(resource.type, letter)
    clauses_of(resource, wish.criteria, access)
    if wish.channel == "rest-hook":
        try:
            addresses.check(wish.endpoint)
        except Refused as reason:
            raise from_refusal(reason, "Subscription.channel.endpoint") from None
    else:
        try:
            validate_email(wish.endpoint.removeprefix("mailto:"))
        except ValidationError:
            raise unprocessable("A mail address: mailto:…", "Subscription.channel.endpoint"
                                ) from None  # fmt: skip


def clauses_of(resource: Resource, criteria: str, access: Access) -> list[Clause]:
    """The conditions of the criteria and of the application. Raises Problem."""
    query = values.pairs(criteria.partition("?")[2])
    read = asking.read(resource, query, access, strict=True)
    return [*access.limits(resource, "s"), *read.clauses]


# ------------------------------------------------------------------ evaluated
def living() -> QuerySet[Subscription]:
    """Those in service: of an application that is allowed, in a house that is open."""
    return Subscription.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=timezone.now()),
        Q(starts_at=None) | Q(starts_at__lte=timezone.now()), status=Status.ACTIVE,
        client__status=Client.Status.ACTIVE, client__organisation__active=True,
    )  # fmt: skip


def caller(row: Subscription) -> Caller:
    """The application, with what it had when it subscribed and still has."""
    client = row.client
    scopes = Scopes.parse(row.scopes).within(client.granted).only("system")
    actor = client_actor(client.organisation_id, client.name)
    return Caller(actor, client.pk, scopes, None, client.name)


def matching(row: Subscription, keys: Sequence[UUID], access: Access) -> list[Any]:
    """The rows among ``keys`` that answer to it now. Raises Problem where a right was lost."""
    resource = resources.get(row.kind)
    if resource is None or not keys:
        return []
    access.require(resource.type, "s")
    among = Fixed(("told", resource.type), tuple(keys), lambda leafs: Q(pk__in=list(leafs)))
    clauses = [*clauses_of(resource, row.criteria, access), among]
    if row.person_id is not None:
        clauses.append(same_person(resource, row.person_id))
    return find(resource, clauses, access, size=len(keys))


# ------------------------------------------------------------------ the page of an application
def of_client(client: Client) -> list[Subscription]:
    """Its subscriptions, newest first, each with its last calls (``log``). Two queries."""
    with acting.acting(acting.system("abonnements")):
        rows = list(Subscription.objects.filter(client=client).order_by("-created_at"))
        calls = Notification.objects.filter(subscription__in=rows).order_by("-pk")[:LOG]
        by_row: dict[UUID, list[Notification]] = {}
        for one in calls:
            by_row.setdefault(one.subscription_id, []).append(one)
    for row in rows:
        row.log = by_row.get(row.pk, [])[:5]  # type: ignore[attr-defined]
    return rows
