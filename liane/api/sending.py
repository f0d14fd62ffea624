"""Sending what webhooks wait for: signed, tried again with a growing pause, kept in a log."""

import datetime as dt
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils import timezone

from liane.api import addresses, webhooks
from liane.api.models import Delivery, Outgoing
from liane.core import acting

State = Outgoing.State
PAUSES = (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400)
"""Seconds before each new try; after the last one the call is given up."""
LEASE = dt.timedelta(minutes=5)
BATCH = 50
KEPT = dt.timedelta(days=30)


def signature(secret: str, moment: int, body: bytes) -> str:
    """``Liane-Signature``: the moment (seconds since 1970), and HMAC-SHA256 of ``moment.body``."""
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={made.hexdigest()}"


def send_due(now: dt.datetime | None = None) -> int:
    """Periodic: make the calls that are due. Returns how many were received."""
    now = now or timezone.now()
    with acting.acting(acting.system("webhooks")):
        ids = due(Delivery.objects.filter(webhook__in=webhooks.living()), now)
    return sum(_send(pk, now) for pk in ids)


def due(rows: QuerySet[Any], now: dt.datetime) -> list[UUID]:
    """Those to make now, the longest awaited first."""
    ready = rows.filter(state=State.WAITING, due_at__lte=now)
    return list(ready.order_by("due_at").values_list("pk", flat=True)[:BATCH])


def take(rows: QuerySet[Any], pk: UUID, now: dt.datetime) -> bool:
    """Take one row that is due, for :data:`LEASE`; False when another worker has it."""
    ready = rows.filter(pk=pk, state=State.WAITING, due_at__lte=now)
    return bool(ready.update(due_at=now + LEASE))


def _send(pk: UUID, now: dt.datetime) -> bool:
    """One call, outside any transaction; a lease keeps two workers apart."""
    with acting.acting(acting.system("webhooks")):
        if not take(Delivery.objects.all(), pk, now):
            return False
        delivery = Delivery.objects.select_related("webhook").get(pk=pk)
    body = payload(delivery)
    moment = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Liane",
        "Liane-Event": delivery.kind,
        "Liane-Delivery": str(delivery.pk),
        "Liane-Signature": signature(delivery.webhook.secret, moment, body),
    }
    answer, error = None, ""
    try:
        answer = addresses.call("POST", delivery.webhook.url, body, headers)
    except addresses.Unreachable as reason:
        error = str(reason)
    with acting.acting(acting.system("webhooks")):
        return note(delivery, answer, error, now)


def payload(delivery: Delivery) -> bytes:
    """What is told: identifiers, a kind, a moment."""
    told = {
        "id": str(delivery.pk),
        "kind": delivery.kind,
        "person_id": str(delivery.person_id) if delivery.person_id else None,
        "object_id": str(delivery.object_id) if delivery.object_id else None,
        "occurred_at": delivery.occurred_at.isoformat(),
        "webhook_id": str(delivery.webhook_id),
    }
    return json.dumps(told).encode()


def note(delivery: Outgoing, answer: int | None, error: str, now: dt.datetime) -> bool:
    """Keep how a call ended: received, to be tried again after a pause, or given up."""
    delivery.tries += 1
    delivery.answer, delivery.error = answer, error[:100]
    received = answer is not None and 200 <= answer < 300
    if received:
        delivery.state, delivery.sent_at = State.SENT, timezone.now()
    elif delivery.tries > len(PAUSES) or answer == 410:
        delivery.state = State.FAILED
    else:
        delivery.due_at = now + dt.timedelta(seconds=PAUSES[delivery.tries - 1])
    delivery.save()
    return received


def forget() -> int:
    """Periodic: calls older than a month leave the log."""
    with acting.acting(acting.system("webhooks")):
        return old(Delivery.objects.all()).delete()[0]


def old[M: Model](rows: QuerySet[M]) -> QuerySet[M]:
    """Those that are over, and older than a month."""
    return rows.filter(created_at__lt=timezone.now() - KEPT).exclude(state=State.WAITING)
