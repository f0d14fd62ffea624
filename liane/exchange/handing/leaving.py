"""Sending what waits (periodic work): each row once at a time, tried again with a growing pause."""

import datetime as dt
from uuid import UUID

import structlog
from django.utils import timezone

from liane.core import acting
from liane.core.acting import system
from liane.core.errors import Refused
from liane.core.jobs import TRIES, backoff
from liane.exchange import dmp, mss
from liane.exchange.handing import services, things
from liane.exchange.models import Sending

log = structlog.get_logger(__name__)
Status = Sending.Status
LEASE = dt.timedelta(minutes=5)
WHO = "transmission de documents"


def send_waiting(most: int = 20) -> int:
    """Send what is due. Returns how many left."""
    now = timezone.now()
    with acting.acting(system(WHO)):
        due = Sending.objects.filter(status=Status.WAITING, next_at__lte=now)
        waiting = list(due.order_by("next_at").values_list("pk", flat=True)[:most])
        return sum(_one(pk, now) for pk in waiting)


def _one(pk: UUID, now: dt.datetime) -> bool:
    mine = Sending.objects.filter(pk=pk, status=Status.WAITING, next_at__lte=now)
    if not mine.update(next_at=now + LEASE):
        return False
    row = Sending.objects.select_related("person", "document__file", "note", "version__plan").get(
        pk=pk
    )
    why = services.obstacle(row.where, row.person)
    if why:
        return _settle(row, Status.FAILED, why)
    try:
        row.remote_id = _leave(row)[:200]
    except Refused as refusal:
        return _settle(row, Status.FAILED, refusal.message)
    except Exception as error:
        log.warning("sending_failed", error=type(error).__name__, tries=row.tries + 1)
        return _failed(row, getattr(error, "why", "Le service n’a pas répondu."))
    return _settle(row, Status.SENT, "")


def _leave(row: Sending) -> str:
    made = things.of_sending(row).made()
    if row.where == Sending.Where.DMP:
        return dmp.client().submit(made)
    return mss.write_to_person(row, made)


def _failed(row: Sending, why: str) -> bool:
    row.tries += 1
    if row.tries >= TRIES:
        return _settle(row, Status.FAILED, why)
    row.next_at = timezone.now() + backoff(row.tries)
    row.why = why[:200]
    row.save(update_fields=["tries", "next_at", "why"])
    return False


def _settle(row: Sending, status: str, why: str) -> bool:
    row.status, row.why = status, why[:200]
    row.sent_at = timezone.now() if status == Status.SENT else None
    row.save(update_fields=["status", "why", "sent_at", "remote_id"])
    return status == Status.SENT
