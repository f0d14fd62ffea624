"""A message that breaks each time is set aside: those behind it in the queue of its hospital pass.

The first failures are answered AR: sending again may help. From the third on the message is kept
apart with the reason, acknowledged, and tried again here. A stay is folded from all that was said
of it, in whatever order: heard late, the message gives the same stay. Of somebody unknown here
only the control id and the date stay, as everywhere.
"""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F

from liane.core import acting, keys
from liane.directory.models import Organisation
from liane.exchange.applying import apply
from liane.exchange.hl7v2 import parsing, read
from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hospitals import speaker
from liane.exchange.matching import match
from liane.exchange.models import FailedTry, RawMessage

log = structlog.get_logger(__name__)
Status = RawMessage.Status
PATIENCE = 3
"""Failures of one message before it is set aside."""


def set_aside(
    raw: bytes,
    message: parsing.Message,
    adt: AdtMessage | None,
    channel: str,
    hospital: Organisation | None,
    where: str,
) -> bool:
    """Count a failure; from the third on keep the message apart. True when it now is.

    Never raises: a database that is away is a failure like another, to be sent again.
    """
    try:
        with acting.acting(acting.system("message hospitalier")), transaction.atomic():
            return _set_aside(raw, message, adt, channel, hospital, where)
    except Exception as error:
        log.error("adt.not_set_aside", error=type(error).__name__)
        return False


def _set_aside(
    raw: bytes,
    message: parsing.Message,
    adt: AdtMessage | None,
    channel: str,
    hospital: Organisation | None,
    where: str,
) -> bool:
    digest = keys.digest(raw.decode("latin-1"), purpose="message")
    FailedTry.objects.get_or_create(digest=digest)
    FailedTry.objects.filter(digest=digest).update(tries=F("tries") + 1)
    if FailedTry.objects.get(digest=digest).tries < PATIENCE:
        return False
    head = message.first("MSH")
    row = _row(head)
    if row is None:
        return False
    row.event = (adt.event if adt else head.get(9, 2))[:10]
    row.channel, row.status, row.reason = channel[:10], Status.FAILED, where[:200]
    row.hospital = hospital
    row.person_id = _person(adt, hospital)
    known = row.person_id is not None
    row.content, row.digest = (raw, digest) if known else (None, "")
    row.save()
    return True


def _row(head: parsing.Reader) -> RawMessage | None:
    """The row to write: new, or that of an earlier try. None without a control id.

    Where this id was taken in with other content, the message is one more under it.
    """
    control = head.get(10)[:199]
    if not control:
        return None
    name = {
        "application": head.get(3)[:180],
        "facility": head.get(4)[:180],
        "control_id": control,
    }
    earlier = RawMessage.objects.select_for_update().filter(**name, conflict=False).first()
    if earlier is None:
        return RawMessage(**name)
    if earlier.status in (Status.APPLIED, Status.QUEUED):
        return RawMessage(**name, conflict=True)
    return earlier


def _person(adt: AdtMessage | None, hospital: Organisation | None) -> UUID | None:
    """Whose message it is, where that much can be told."""
    if adt is None:
        return None
    try:
        with transaction.atomic():
            return match(adt, speaker(adt, hospital)).person_id
    except Exception:
        return None


def retry_all() -> int:
    """Periodic: try what was set aside again. Returns how many messages went through."""
    with acting.acting(acting.system("message hospitalier")):
        waiting = list(
            RawMessage.objects.filter(status=Status.FAILED, person_id__isnull=False)
            .order_by("created_at")
            .values_list("pk", flat=True)[:200]
        )
        return sum(retry(pk) for pk in waiting)


def retry(message_id: UUID) -> bool:
    """Try one message again. False when it breaks again (the reason is kept)."""
    with acting.acting(acting.system("message hospitalier")):
        try:
            with transaction.atomic():
                return _retry(message_id)
        except Exception as error:
            log.error("adt.failed_again", error=type(error).__name__)
            return False


def _retry(message_id: UUID) -> bool:
    row = RawMessage.objects.select_for_update().filter(pk=message_id, status=Status.FAILED).first()
    if row is None or row.content is None or row.person_id is None:
        return False
    adt = read.read(parsing.parse(row.content))
    done = apply(adt, speaker(adt, row.hospital), row.person_id, row)
    row.status = Status.QUEUED if done.queued else Status.APPLIED
    row.reason = done.reason
    row.save(update_fields=["status", "reason"])
    FailedTry.objects.filter(digest=row.digest).delete()
    return True
