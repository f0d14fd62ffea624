"""Verbs of notifications: read, choose, and what the worker does by the clock."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from liane.accounts.models import User
from liane.core import acting, journal, registry, sms
from liane.core.acting import system
from liane.core.errors import NotAllowed, Refused
from liane.notifications import push, tasks
from liane.notifications.models import (
    CircleChoice,
    KindChoice,
    Notification,
    Preference,
    Subscription,
)
from liane.notifications.rules import due_at

__all__ = ["choose", "choose_circle", "due_at", "escalate", "mark_read", "seen"]
log = structlog.get_logger(__name__)
SMS_TEXT = "Liane : un message urgent vous attend. Connectez-vous pour le lire."


def _me() -> UUID:
    user_id = acting.current().user_id
    if user_id is None:
        raise NotAllowed
    return user_id


def mark_read(group_ids: list[UUID] | None = None) -> int:
    """Mark groups of the acting account as read, all of them when none is named."""
    user_id = _me()
    rows = Notification.objects.filter(user_id=user_id, read_at=None)
    if group_ids is not None:
        rows = rows.filter(group_id__in=group_ids)
    with transaction.atomic():
        done = rows.update(read_at=timezone.now())
        if done:
            journal.signal("badge", user_id=user_id)
    return done


def seen(
    user_id: UUID, *, thread_id: UUID | None = None, entry_ids: list[UUID] | None = None
) -> int:
    """The account read the thing itself: what told it so is read too."""
    about = Q(thread_id=thread_id) if thread_id is not None else Q(entry_id__in=entry_ids or [])
    with transaction.atomic(), acting.acting(system("notifications lues")):
        rows = Notification.objects.filter(about, user_id=user_id, read_at=None)
        done = rows.update(read_at=timezone.now())
        if done:
            journal.signal("badge", user_id=user_id)
    return done


def choose(
    *,
    quiet_from: dt.time | None,
    quiet_until: dt.time | None,
    urgent_anytime: bool,
    push_on: bool,
    digest: bool,
    digest_hour: int,
    kinds: Mapping[str, str],
) -> Preference:
    """Keep how the acting account wants to be told."""
    user_id = _me()
    if (quiet_from is None) != (quiet_until is None):
        raise Refused("Donnez le début et la fin des heures calmes.", field="quiet_from")
    known = {kind: level for kind, level in kinds.items() if kind in registry.notice_kinds}
    if not set(known.values()) <= set(KindChoice.Level.values) or not 0 <= digest_hour <= 23:
        raise Refused("Ce choix n’existe pas.")
    with transaction.atomic():
        row, _ = Preference.objects.update_or_create(
            user_id=user_id,
            defaults={
                "quiet_from": quiet_from,
                "quiet_until": quiet_until,
                "urgent_anytime": urgent_anytime,
                "push": push_on,
                "digest": digest,
                "digest_hour": digest_hour,
            },
        )
        for kind, level in known.items():
            KindChoice.objects.update_or_create(
                user_id=user_id, kind=kind, defaults={"level": level}
            )
    return row


def choose_circle(person_id: UUID, level: str) -> None:
    """Keep what the acting account wants of one person's circle."""
    if level not in CircleChoice.Level.values:
        raise Refused("Ce choix n’existe pas.")
    CircleChoice.objects.update_or_create(
        user_id=_me(), person_id=person_id, defaults={"level": level}
    )


def subscribe(endpoint: str, p256dh: str, auth: str, device: str) -> None:
    """Push to this browser from now on."""
    push.subscribe(_me(), endpoint, p256dh, auth, device)


def unsubscribe(subscription_id: UUID) -> None:
    """Push to that browser no more."""
    Subscription.objects.filter(pk=subscription_id, user_id=_me()).delete()


def escalate(now: dt.datetime | None = None) -> int:
    """Periodic: urgent and unseen for a quarter of an hour, an SMS without health data.

    Half an hour after, `queries.reached` lists the person among those to call. Returns the number
    of SMS sent.
    """
    now = now or timezone.now()
    with acting.acting(system("relance des urgences")):
        rows = list(
            Notification.objects.filter(read_at=None, sms_sent_at=None, sms_at__lte=now)[:100]
        )
        phones = dict(
            User.objects.filter(pk__in=[row.user_id for row in rows], is_active=True).values_list(
                "pk", "mobile"
            )
        )
    sent = 0
    for row in rows:
        with transaction.atomic(), acting.acting(system("relance des urgences")):
            claimed = Notification.objects.filter(pk=row.pk, sms_sent_at=None).update(
                sms_sent_at=now
            )
        number = sms.mobile(phones.get(row.user_id, ""))
        if not claimed or not number or not sms.enabled():
            continue
        try:
            sms.send(number, SMS_TEXT)
            sent += 1
        except sms.SmsFailed as error:
            log.warning("sms_failed", error=str(error))
    return sent


def digests(now: dt.datetime | None = None) -> int:
    """Periodic: the day's e-mail for those whose hour has come. Returns how many are asked."""
    now = timezone.localtime(now)
    with transaction.atomic(), acting.acting(system("résumés par courriel")):
        waiting = set(
            Notification.objects.filter(read_at=None, mailed_at=None, digest=True).values_list(
                "user_id", flat=True
            )
        )
        rows = {row.user_id: row for row in Preference.objects.filter(user_id__in=waiting)}
        asked = 0
        for account in User.objects.filter(pk__in=waiting, is_active=True).exclude(email=""):
            row = rows.get(account.pk) or Preference(user=account)
            if not row.digest or row.digested_on == now.date() or now.hour < row.digest_hour:
                continue
            row.digested_on = now.date()
            row.save()
            tasks.mail_digest.enqueue(str(account.pk))
            asked += 1
    return asked
