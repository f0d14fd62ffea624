"""Unseen alerts: a text message that says nothing, then the list to call."""

import structlog
from django.conf import settings
from django.utils import timezone

from liane.core import acting, sms
from liane.stays import queries
from liane.stays.models import StayNotice

log = structlog.get_logger(__name__)


def remind() -> int:
    """Send the text messages that are due. How many were handed over.

    A message that the gateway refuses puts its recipient on the list to call at once. Marked
    before it is sent: a crash in between costs one text message, never a second one.
    """
    sent = 0
    with acting.acting(acting.system("rappel par SMS")):
        due = queries.waiting_for_sms()
        for notice in due:
            now = timezone.now()
            taken = StayNotice.objects.filter(pk=notice.pk, sms_sent_at=None).update(
                sms_sent_at=now
            )
            if taken and _sent(notice):
                sent += 1
            elif taken:
                StayNotice.objects.filter(pk=notice.pk).update(call_at=now)
    return sent


def _sent(notice: StayNotice) -> bool:
    text = f"Liane : une alerte vous attend. {settings.LIANE_PUBLIC_URL}"
    try:
        sms.send(sms.mobile(notice.phone), text)
    except (sms.SmsFailed, OSError) as error:
        log.warning("sms_failed", error=type(error).__name__)
        return False
    return True
