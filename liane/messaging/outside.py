"""A message to a professional outside leaves as mail: who, which words, sent and sent again.

The mail carries no health data and no name of the person: only who writes, and the signed link.
What a way of sending lets it carry besides is added by who knows that way (`mail_dressers`).
Rows wait in `OutgoingMail`, the worker sends them; a failure is tried again with a growing pause,
eight times, then shown in the thread.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from liane.circle.models import Membership
from liane.core import acting, journal, keys, registry
from liane.core.acting import system
from liane.core.ids import parse, uuid7
from liane.core.jobs import TRIES, backoff
from liane.directory.models import Practice
from liane.messaging import links
from liane.messaging.models import Message, OutgoingMail, Participant, Thread

log = structlog.get_logger(__name__)
Status = OutgoingMail.Status
REPLY = "reply"
TAG = re.compile(r"\+r-([0-9a-f]{32})-([0-9a-f]{20})@", re.I)
LEASE = dt.timedelta(minutes=5)


def queue(entries: Collection[Any]) -> None:
    """Reader of the journal: a mail waits for each professional outside who may read. Once."""
    sent = [entry for entry in entries if entry.kind == "message.sent" and entry.announce]
    messages = Message.objects.filter(pk__in=[entry.object_id for entry in sent])
    for message in messages.select_related("thread"):
        rows = [
            OutgoingMail(
                thread=message.thread,
                message=message,
                holder_id=practice.pk,
                label=practice.professional.name,
                address=practice.email or practice.organisation.email,
                mail_id=f"<{uuid7()}@{_domain()}>",
            )
            for practice in outside(message.thread)
            if practice.pk != message.author_holder_id
        ]
        OutgoingMail.objects.bulk_create(rows, ignore_conflicts=True)


def outside(thread: Thread) -> list[Practice]:
    """Professionals without an account who may read ``thread`` now and have a mail address."""
    named = Participant.objects.filter(thread=thread, left_at=None, kind="practice")
    wanted = set(named.values_list("holder_id", flat=True))
    if thread.person_id is not None:
        members = Membership.objects.filter(
            person_id=thread.person_id, status=Membership.Status.ACTIVE, practice__isnull=False
        )
        wanted |= {pk for pk in members.values_list("practice_id", flat=True) if pk}
    found = Practice.objects.filter(
        pk__in=wanted, professional__user=None, professional__active=True, ended_on=None
    ).select_related("professional", "organisation")
    return [
        practice
        for practice in found
        if (practice.email or practice.organisation.email)
        and links.still_reads(practice, thread.pk)
    ]


def ready() -> bool:
    """True when mail can leave."""
    return bool(settings.LIANE_MSS_URL)


def send_waiting(most: int = 50) -> int:
    """Send what is due (periodic work). Returns how many left. Two workers never send the same."""
    if not ready():
        return 0
    now = timezone.now()
    with acting.acting(system("envoi des messages")):
        due = OutgoingMail.objects.filter(status=Status.WAITING, next_at__lte=now)
        waiting = list(due.order_by("next_at").values_list("pk", flat=True)[:most])
    return sum(_send_one(pk, now) for pk in waiting)


def _send_one(pk: UUID, now: dt.datetime) -> bool:
    with acting.acting(system("envoi des messages")):
        mine = OutgoingMail.objects.filter(pk=pk, status=Status.WAITING, next_at__lte=now)
        if not mine.update(next_at=now + LEASE):
            return False
        row = OutgoingMail.objects.select_related("message", "thread").get(pk=pk)
        practice = links.practice_of(row.holder_id)
        if practice is None or not links.still_reads(practice, row.thread_id):
            _settle(row, Status.FAILED, "n’a plus accès à la conversation")
            return False
        with transaction.atomic():
            row.link = links.link_for(row.thread, practice)
            row.save(update_fields=["link"])
        mail = written(row, practice)
        for dress in registry.mail_dressers:
            dress(mail, row)
    try:
        mail.send(using="mss")
    except Exception as error:
        log.warning("mail_failed", error=type(error).__name__, tries=row.tries + 1)
        with acting.acting(system("envoi des messages")):
            _failed(row, type(error).__name__)
        return False
    with acting.acting(system("envoi des messages")):
        _settle(row, Status.SENT, "")
    return True


def _failed(row: OutgoingMail, why: str) -> None:
    row.tries += 1
    if row.tries >= TRIES:
        _settle(row, Status.FAILED, why)
        return
    row.next_at = timezone.now() + backoff(row.tries)
    row.why = why[:100]
    row.save(update_fields=["tries", "next_at", "why"])


def _settle(row: OutgoingMail, status: str, why: str) -> None:
    with transaction.atomic():
        row.status, row.why = status, why[:100]
        row.sent_at = timezone.now() if status == Status.SENT else row.sent_at
        row.save(update_fields=["status", "why", "sent_at", "tries"])
        journal.signal("thread.read", thread_id=row.thread_id, person_id=row.thread.person_id)


def written(row: OutgoingMail, practice: Practice) -> EmailMessage:
    """The mail itself: no name of a person, no word of the message."""
    assert row.link is not None  # noqa: S101  (made just before)
    sender = row.message.author_label or "Un membre de l’équipe"
    about = "au sujet d’une personne que vous suivez" if row.thread.person_id else "directement"
    urgent = "Ce message est marqué urgent.\n\n" if row.message.urgent else ""
    body = (
        f"Bonjour,\n\n{sender} vous a écrit {about}.\n\n{urgent}"
        f"Pour lire et répondre, sans compte ni mot de passe :\n"
        f"{settings.LIANE_PUBLIC_URL}{links.path_of(row.link)}\n\n"
        "Le lien vous est personnel et vaut sept jours. Un code vous sera demandé : il arrive par "
        "SMS, ou l’équipe vous le donne au téléphone.\n"
        "Vous pouvez aussi répondre à ce message : votre réponse arrivera dans la conversation.\n\n"
        "Urgence vitale : appelez le 15.\n"
    )
    subject = "Urgent : un message vous attend" if row.message.urgent else "Un message vous attend"
    return EmailMessage(
        subject=f"{subject} sur Liane",
        body=body,
        from_email=f"Liane <{settings.LIANE_MSS_FROM}>",
        to=[row.address],
        reply_to=[reply_address(row.pk)],
        headers={
            "Message-ID": row.mail_id,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "X-Liane": "1",
        },
    )


def reply_address(pk: UUID) -> str:
    """Where an answer comes back: our address, tagged with the mail's number and its signature."""
    local, _, domain = settings.LIANE_MSS_FROM.partition("@")
    return f"{local}+r-{pk.hex}-{_signature(pk)}@{domain}"


def answered(addresses: Iterable[str]) -> UUID | None:
    """The mail that one of these addresses answers to, when its signature is ours."""
    for address in addresses:
        found = TAG.search(address)
        pk = parse(found.group(1)) if found else None
        if found and pk is not None and found.group(2).lower() == _signature(pk):
            return pk
    return None


def _signature(pk: UUID) -> str:
    return keys.digest(str(pk), purpose="reply-address")[:20]


def _domain() -> str:
    return settings.LIANE_MSS_FROM.partition("@")[2] or "localhost"
