"""What mail and text messages say of themselves on the page of the service's state."""

import datetime as dt
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from liane.core import sms
from liane.core.models import DueJob
from liane.core.registry import ServiceLine
from liane.core.service import queue
from liane.messaging.models import IncomingMail, OutgoingMail

GROUP = "Courriels et SMS"
PATIENCE = dt.timedelta(minutes=10)
WEEK = dt.timedelta(days=7)


def lines() -> list[ServiceLine]:
    """The connections for mail, what waits to leave, what came back without a conversation."""
    found = [_smtp(), _imap(), *_queues()]
    if not sms.enabled():
        return [*found, ServiceLine(GROUP, "SMS", "off", "non configurés", help="LIANE_SMS_URL")]
    return [*found, ServiceLine(GROUP, "SMS", "ok", "configurés")]


def _smtp() -> ServiceLine:
    label = "Envoi (SMTP)"
    if not settings.LIANE_MSS_URL:
        return ServiceLine(GROUP, label, "off", "non configuré", help="LIANE_EMAIL_URL")
    place = _host(settings.LIANE_MSS_URL)
    tried = OutgoingMail.objects.exclude(status="waiting", tries=0).order_by("-created_at")
    last = tried.values_list("status", "why", "sent_at", "created_at").first()
    if last is None:
        return ServiceLine(GROUP, label, "ok", f"{place} : rien envoyé encore")
    status, why, sent_at, created_at = last
    if status == OutgoingMail.Status.SENT:
        return ServiceLine(GROUP, label, "ok", f"{place} : dernier envoi réussi", at=sent_at)
    return ServiceLine(
        GROUP,
        label,
        "late",
        f"{place} : dernier envoi en échec ({why})",
        at=created_at,
        help="Vérifiez l’adresse, le certificat et l’opérateur.",
    )


def _imap() -> ServiceLine:
    label = "Relève des réponses (IMAP)"
    if not settings.LIANE_MSS_IMAP_URL:
        return ServiceLine(GROUP, label, "off", "non configurée", help="LIANE_MSS_IMAP_URL")
    place = _host(settings.LIANE_MSS_IMAP_URL)
    job = DueJob.objects.filter(pk="mail.fetch").first()
    if job is None:
        return ServiceLine(GROUP, label, "late", f"{place} : pas encore relevée")
    if job.failures:
        return ServiceLine(
            GROUP,
            label,
            "bad",
            f"{place} : échec ({job.last_error})",
            help="Les réponses attendent chez l’opérateur ; rien n’est perdu.",
        )
    return ServiceLine(GROUP, label, "ok", f"{place} : relevée chaque minute")


def _queues() -> list[ServiceLine]:
    waiting = OutgoingMail.objects.filter(status=OutgoingMail.Status.WAITING).order_by("created_at")
    first = waiting.values_list("created_at", flat=True).first()
    since = timezone.now() - WEEK
    failed = OutgoingMail.objects.filter(
        status__in=[OutgoingMail.Status.FAILED, OutgoingMail.Status.BOUNCED], created_at__gt=since
    ).count()
    lost = IncomingMail.objects.filter(status=IncomingMail.Status.QUEUED).order_by("received_at")
    oldest = lost.values_list("received_at", flat=True).first()
    return [
        queue(GROUP, "Courriels à envoyer", waiting.count() if first else 0, first, PATIENCE),
        ServiceLine(
            GROUP, "Courriels non remis", "late" if failed else "ok",
            f"{failed} en sept jours" if failed else "aucun en sept jours",
            help="Chaque échec est dit dans sa conversation." if failed else "",
        ),
        ServiceLine(
            GROUP, "Réponses sans conversation", "late" if oldest else "ok",
            f"{lost.count()} en attente" if oldest else "aucune", at=oldest,
            path="/messages/courrier/" if oldest else "",
        ),
    ]  # fmt: skip


def _host(url: str) -> str:
    """The host, never who signs in there; a folder for the demo."""
    parts = urlsplit(url)
    return parts.hostname or "dossier de l’installation"
