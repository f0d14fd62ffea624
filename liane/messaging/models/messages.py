"""What is written: messages are never changed, what happens to them is added beside them."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from liane.core.models import AppendOnly, Authored, Base, Guarded, StoredFile
from liane.messaging.models.scoping import (
    IN_MESSAGE_SQL,
    IN_THREAD_SQL,
    InMessageQuerySet,
    InThreadQuerySet,
)
from liane.messaging.models.threads import Thread


class Message(Base, Authored, AppendOnly, Guarded):
    """One message, numbered in its thread."""

    class Via(models.TextChoices):
        PAGE = "page", "Liane"
        MAIL = "mail", "messagerie"
        LINK = "link", "lien signé"

    rls_using: ClassVar[str] = IN_THREAD_SQL

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="messages")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    urgent = models.BooleanField(default=False)
    reply_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    via = models.CharField(max_length=4, choices=Via, default=Via.PAGE)
    sent_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = InThreadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "number"], name="message_number")]
        indexes = [
            models.Index(
                fields=["-sent_at"], name="urgent_messages", condition=models.Q(urgent=True)
            )
        ]


class _OfMessage(Base, Guarded):
    rls_using: ClassVar[str] = IN_MESSAGE_SQL

    objects: ClassVar[Any] = InMessageQuerySet.as_manager()

    class Meta:
        abstract = True


class Attachment(_OfMessage, AppendOnly):
    """A file sent with a message."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")


class Mention(_OfMessage, AppendOnly):
    """Somebody called by name in a message."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="mentions")
    holder_id = models.UUIDField(db_index=True)
    label = models.CharField(max_length=200)


class Acknowledgement(_OfMessage, AppendOnly):
    """« J’ai vu »: one account has taken note of an urgent message."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="acknowledgements")
    user_id = models.UUIDField()
    holder_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user_id"], name="seen_once")]


class Withdrawal(_OfMessage, AppendOnly):
    """The author took a message back: the text stays on record and is shown no more."""

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="withdrawal")
    label = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)


class Outcome(_OfMessage, AppendOnly):
    """What a message was turned into: a task, a note, an appointment."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="outcomes")
    action = models.CharField(max_length=30)
    label = models.CharField(max_length=100)
    path = models.CharField(max_length=200)


class MessageWord(Guarded):
    """One word of a message, normalised: search by equality or range, never by LIKE.

    Derived from the text, in its transaction: the database does not look each row up again.
    """

    rls_using: ClassVar[str] = IN_THREAD_SQL

    word = models.CharField(max_length=30)
    thread = models.ForeignKey(
        Thread, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )

    objects: ClassVar[Any] = InThreadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["word", "thread"])]


class Claim(Base, Authored, Guarded):
    """« Je m’en occupe »: somebody takes what waits in a shared inbox."""

    rls_using: ClassVar[str] = IN_THREAD_SQL

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="claims")
    holder_id = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = InThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "holder_id"],
                condition=models.Q(ended_at=None),
                name="one_living_claim",
            )
        ]
