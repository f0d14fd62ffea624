"""What leaves for a professional outside and what comes back; the signed links that let them in."""

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from liane.core.fields import EncryptedBytesField, EncryptedTextField
from liane.core.models import AppendOnly, Base, Guarded
from liane.messaging.models.messages import Attachment, Message
from liane.messaging.models.scoping import IN_THREAD_SQL, InThreadQuerySet
from liane.messaging.models.threads import Thread


class CodedLink(Base):
    """Lets one professional in without an account: a link, and a code that travelled apart.

    Each concrete link says what it opens.
    """

    LIFE = dt.timedelta(days=7)
    CODE_LIFE = dt.timedelta(minutes=15)
    TRIES = 5
    """Wrong codes before the code dies; twice as many in all, and the link dies."""
    SENDS = 5

    holder_id = models.UUIDField(db_index=True)
    label = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=200, blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    wrong = models.PositiveSmallIntegerField(default=0)
    sends = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def living(self) -> bool:
        """True while it may open: not expired, not revoked, not guessed at."""
        return (
            self.revoked_at is None
            and self.expires_at > timezone.now()
            and self.wrong < 2 * self.TRIES
        )


class SignedLink(CodedLink, Guarded):
    """Opens one thread to one professional outside."""

    rls_using: ClassVar[str] = IN_THREAD_SQL

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="links")

    objects: ClassVar[Any] = InThreadQuerySet.as_manager()


class OutgoingMail(Base, Guarded):
    """A message told by mail to a professional outside: no health data in it, only the link."""

    class Status(models.TextChoices):
        WAITING = "waiting", "en attente d’envoi"
        SENT = "sent", "parti par messagerie"
        FAILED = "failed", "échec de l’envoi"
        BOUNCED = "bounced", "non remis par la messagerie"

    rls_using: ClassVar[str] = IN_THREAD_SQL

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="mails")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="mails")
    holder_id = models.UUIDField()
    label = models.CharField(max_length=200)
    address = models.EmailField()
    mail_id = models.CharField(max_length=150, unique=True)
    link = models.ForeignKey(SignedLink, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=100, blank=True)

    objects: ClassVar[Any] = InThreadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "holder_id"], name="mailed_once")]
        indexes = [models.Index(fields=["status", "next_at"])]


class IncomingMail(Base, Guarded):
    """A mail received: delivered to its thread, set aside, or waiting for somebody to look."""

    class Status(models.TextChoices):
        DELIVERED = "delivered", "remis dans la conversation"
        IGNORED = "ignored", "écarté"
        QUEUED = "queued", "à examiner"

    rls_using: ClassVar[str] = "(SELECT liane_all())"

    digest = models.CharField(max_length=64, unique=True)
    raw = EncryptedBytesField()
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=150, blank=True)
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+")
    sender = EncryptedTextField(null=True)
    """Who it says it comes from; empty for a mail that was delivered at once."""
    thread = models.ForeignKey(Thread, null=True, on_delete=models.PROTECT, related_name="+")
    """The conversation that it answers, where it was not let in."""
    received_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)


class Validation(Base, Guarded, AppendOnly):
    """A professional outside has validated a document of the thread."""

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM messaging_attachment a WHERE a.id = {t}.attachment_id)"
    )

    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="validations")
    holder_id = models.UUIDField()
    label = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attachment", "holder_id"], name="validated_once")
        ]
