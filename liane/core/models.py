"""What every room builds on: identified rows, the journal, the ledger, idempotency, counters."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from liane.core.audience import Shared
from liane.core.fields import EncryptedTextField
from liane.core.ids import uuid7


class Base(models.Model):
    """A row with an identifier ordered by time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class Guarded(models.Model):
    """A table of personal data: the tripwire and row-level security watch it."""

    guarded: ClassVar[bool] = True

    class Meta:
        abstract = True


class AppendOnly(models.Model):
    """Rows that are never changed nor removed: the database refuses UPDATE and DELETE."""

    append_only: ClassVar[bool] = True

    class Meta:
        abstract = True


class Versioned(models.Model):
    """Optimistic concurrency: ``version`` grows at each change; see `core.concurrency`."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class Authored(models.Model):
    """Who wrote a row, in which capacity, for which organisation."""

    author_user_id = models.UUIDField(null=True, editable=False)
    author_holder_id = models.UUIDField(null=True, editable=False)
    author_organisation_id = models.UUIDField(null=True, editable=False)
    author_label = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True


class StatusRow(Base, Authored, AppendOnly):
    """One dated change of state, with who did it and why. Each history is a concrete subclass."""

    before = models.CharField(max_length=30, blank=True)
    after = models.CharField(max_length=30)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Entry(Shared, AppendOnly, Guarded):
    """One thing that happened. No clinical text: the owner's renderer fetches it under reach."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField(null=True)
    thread_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=60)
    object_id = models.UUIDField(null=True)
    actor_user_id = models.UUIDField(null=True)
    actor_holder_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    organisation_id = models.UUIDField(null=True)
    only_organisation_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    announce = models.BooleanField(default=True)
    urgent = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-occurred_at"]),
            models.Index(fields=["thread_id", "-occurred_at"]),
            models.Index(fields=["object_id"]),
            models.Index(
                fields=["actor_user_id", "-recorded_at"],
                name="said_urgently",
                condition=models.Q(urgent=True),
            ),
        ]


class Outbox(models.Model):
    """An entry (or signal) that no dispatcher has published yet."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry_id = models.UUIDField(unique=True)


class PublishedEntry(models.Model):
    """The gapless order in which entries reach their readers: the only cursor there is."""

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    published_at = models.DateTimeField(default=timezone.now)


class Signal(models.Model):
    """Short-lived word to open browsers: a badge, a read receipt, a revocation. Not history."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=40)
    user_id = models.UUIDField(null=True)
    holder_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    thread_id = models.UUIDField(null=True)
    object_id = models.UUIDField(null=True)


class Cursor(models.Model):
    """How far a reader of the journal has come."""

    name = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField(default=0)


class Counter(models.Model):
    """A locked row that gives gapless numbers."""

    name = models.CharField(max_length=100, primary_key=True)
    value = models.BigIntegerField(default=0)


class DueJob(models.Model):
    """Periodic work and when it is next due; a lease keeps two workers apart."""

    name = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)


class Sign(models.Model):
    """The last sign of life of a process or of an act of the operator (a backup), by name.

    ``value`` is a number that goes with it (open streams, files saved). No personal data.
    """

    name = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()
    value = models.BigIntegerField(default=0)
    words = models.CharField(max_length=200, blank=True)


class Idempotency(models.Model):
    """A client-made key that was honoured: the same key gives the same answer."""

    key = models.UUIDField(primary_key=True)
    verb = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    result_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=timezone.now)


class AccessRow(AppendOnly):
    """One access to one person's record: who, as what, why, when. No clinical content."""

    class Action(models.TextChoices):
        READ = "read", "consultation"
        WRITE = "write", "écriture"
        EXPORT = "export", "export"
        PRINT = "print", "impression"
        BREAK_GLASS = "break_glass", "accès d’urgence"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=timezone.now)
    user_id = models.UUIDField(null=True)
    holder_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    role = models.CharField(max_length=30, blank=True)
    organisation_id = models.UUIDField(null=True)
    ground = models.CharField(max_length=60, blank=True)
    person_id = models.UUIDField(null=True)
    resource = models.CharField(max_length=60)
    object_id = models.UUIDField(null=True)
    action = models.CharField(max_length=12, choices=Action)
    purpose = models.CharField(max_length=200, blank=True)
    channel = models.CharField(max_length=12)
    request_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=12, default="ok")
    retention = models.CharField(max_length=12, default="record")

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-id"]),
            models.Index(fields=["user_id", "-id"]),
        ]


class Seal(AppendOnly):
    """The place of one access row in its hash chain: (organisation, retention class, month)."""

    row_id = models.UUIDField(primary_key=True)
    chain = models.CharField(max_length=80)
    number = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="seal_place")]


class StoredFile(Base):
    """An encrypted file: what it is, where it lies, whether it may be served."""

    class State(models.TextChoices):
        QUARANTINE = "quarantine", "en cours de vérification"
        SAFE = "safe", "vérifié"
        REFUSED = "refused", "refusé"

    name = EncryptedTextField()
    content_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    """Keyed digest of the content (`core.files.store.content_digest`)."""
    state = models.CharField(max_length=12, choices=State, default=State.QUARANTINE)
    why = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField(null=True)
    organisation_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    wrapped_key = models.BinaryField()
    has_thumbnail = models.BooleanField(default=False)
    path = models.CharField(max_length=120, unique=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="file_quarantine", condition=models.Q(state="quarantine")
            )
        ]


def author_of(actor: Any) -> dict[str, Any]:
    """The `Authored` columns for ``actor``."""
    return {
        "author_user_id": actor.user_id,
        "author_holder_id": actor.holder_id,
        "author_organisation_id": actor.organisation_id,
        "author_label": actor.label,
    }


def wrote(actor: Any, row: Authored) -> bool:
    """True when ``actor`` is who wrote ``row``: the same account, or the same house's software."""
    if actor.user_id is None:
        return row.author_user_id is None and row.author_holder_id == actor.holder_id is not None
    return bool(row.author_user_id == actor.user_id)
