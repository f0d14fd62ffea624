"""Threads, who is named in them, and how far each reader has come."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.core.audience import Audience, Shared
from liane.core.models import Authored, Base, Guarded
from liane.messaging.models.scoping import (
    IN_THREAD_SQL,
    THREAD_SQL,
    InThreadQuerySet,
    ThreadQuerySet,
)
from liane.patients.models import Patient


class Thread(Base, Authored, Shared, Guarded):
    """A conversation: its audience is fixed when it begins, so nobody is let in on the past.

    ``last_number`` numbers the messages without a gap, under the row's lock: a read mark on it
    never skips a message that commits late.
    """

    class Kind(models.TextChoices):
        TEAM = "team", "équipe de soins"
        FAMILY = "family", "avec la famille"
        TOPIC = "topic", "sujet particulier"
        DIRECT = "direct", "directe"

    rls_using: ClassVar[str] = THREAD_SQL

    person = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    subject = models.CharField("sujet", max_length=150, blank=True)
    last_number = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(kind__in=["team", "family"]),
                name="one_thread_of_each_default_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="direct", person=None)
                | ~Q(kind="direct") & Q(person__isnull=False),
                name="direct_thread_has_no_person",
            ),
        ]
        indexes = [
            models.Index(fields=["-last_at"]),
            models.Index(fields=["person", "-last_at"]),
        ]

    @property
    def to(self) -> Audience:
        """The journal's audience of what is written here."""
        return Audience(
            self.for_team, self.for_outside, self.for_person, self.for_carers, thread_id=self.pk
        )


class Participant(models.Model):
    """Somebody named in a thread. Opaque identifiers alone, like a grant: it says who, not what."""

    class Kind(models.TextChoices):
        PRACTICE = "practice"
        ORGANISATION = "organisation"
        POST = "post"
        CONTACT = "contact"
        PERSON = "person"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="participants")
    holder_id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=Kind)
    by_mail = models.BooleanField(default=False)
    """Outside: has no account here, reads by mail and signed link."""
    since = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "holder_id"], name="participant_once")
        ]
        indexes = [models.Index(fields=["holder_id", "thread"])]


class ReadMark(Base, Guarded):
    """How far one account has read a thread."""

    rls_using: ClassVar[str] = IN_THREAD_SQL

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="marks")
    user_id = models.UUIDField()
    holder_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = InThreadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "user_id"], name="mark_once")]
        indexes = [models.Index(fields=["user_id", "thread"])]
