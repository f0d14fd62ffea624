"""Deferred work of notifications. Arguments are identifiers; each task may run twice harmlessly."""

from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F
from django.tasks import task
from django.utils import timezone

from liane.accounts.models import User
from liane.core.acting import acting, system
from liane.notifications import push
from liane.notifications.models import Notification, Subscription

WHY = "notifications"


def push_later(row: Notification) -> None:
    """Push the word of a notification when it is due."""
    later = row.due_at if row.due_at > timezone.now() else None
    push_one.using(run_after=later).enqueue(str(row.pk))


@task
def push_one(notification_id: str) -> None:
    """Send the word to every browser of the account, unless it was read meanwhile."""
    with acting(system(WHY)):
        row = Notification.objects.filter(
            pk=UUID(notification_id), read_at=None, pushed_at=None
        ).first()
        browsers = list(Subscription.objects.filter(user_id=row.user_id)) if row else []
    if row is None:
        return
    gone = [one.pk for one in browsers if not push.send(one, urgent=row.urgent)]
    with acting(system(WHY)):
        Subscription.objects.filter(pk__in=gone).delete()
        Notification.objects.filter(pk=row.pk).update(pushed_at=timezone.now())


@task
def mail_digest(user_id: str) -> None:
    """One e-mail that says how much waits, with no name and no health data."""
    with acting(system(WHY)):
        account = User.objects.filter(pk=UUID(user_id), is_active=True).exclude(email="").first()
        waiting = Notification.objects.filter(
            user_id=UUID(user_id), read_at=None, mailed_at=None, digest=True
        )
        keys = list(waiting.values_list("pk", flat=True))
        count = waiting.filter(id=F("group_id")).count()
    if account is None or not count:
        return
    many = f"{count} nouveautés vous attendent" if count > 1 else "Une nouveauté vous attend"
    send_mail(
        subject="Du nouveau dans Liane",
        message=(
            f"Bonjour,\n\n{many} dans Liane :\n{settings.LIANE_PUBLIC_URL}/notifications/\n\n"
            "Ce message ne contient ni nom ni donnée de santé. Pour ne plus le recevoir : "
            f"{settings.LIANE_PUBLIC_URL}/parametres/#notifications\n"
        ),
        from_email=None,
        recipient_list=[account.email],
    )
    with acting(system(WHY)):
        Notification.objects.filter(pk__in=keys).update(mailed_at=timezone.now())
