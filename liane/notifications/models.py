"""What each account was told, and how it wants to be told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.core.models import Base, Guarded

OWN = (
    "(SELECT liane_all()) OR {t}.user_id = "
    "nullif((SELECT current_setting('liane.user', true)), '')::uuid"
)
"""Row-level security: one's own rows, and nobody else's."""


class Notification(Guarded):
    """One entry of the journal, told to one account. Its identifier is made from both.

    Rows of one ``group_id`` are one notification: the row whose id it is heads the group, counts
    in the badge and is pushed; the others came shortly after, on the same person.
    """

    rls_using = OWN

    id = models.UUIDField(primary_key=True, editable=False)
    group_id = models.UUIDField()
    user_id = models.UUIDField()
    holder_id = models.UUIDField()
    entry_id = models.UUIDField()
    kind = models.CharField(max_length=60)
    person_id = models.UUIDField(null=True)
    thread_id = models.UUIDField(null=True)
    urgent = models.BooleanField(default=False)
    called = models.BooleanField("appelé par son nom", default=False)
    instead_of = models.CharField("en remplacement de", max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    push = models.BooleanField(default=True)
    digest = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    pushed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    sms_at = models.DateTimeField(null=True)
    sms_sent_at = models.DateTimeField(null=True)
    call_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "-id"]),
            models.Index(
                fields=["user_id", "group_id"],
                name="notification_unread",
                condition=Q(read_at=None),
            ),
            models.Index(fields=["entry_id"]),
            models.Index(
                fields=["sms_at"],
                name="notification_waiting_sms",
                condition=Q(read_at=None, sms_sent_at=None, sms_at__isnull=False),
            ),
        ]

    @property
    def is_head(self) -> bool:
        """True for the row that stands for its group."""
        return self.group_id == self.id


class Preference(Base, Guarded):
    """How an account wants to be reached. No row: the defaults below."""

    rls_using = OWN

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preference"
    )
    quiet_from = models.TimeField("heures calmes, de", null=True, blank=True)
    quiet_until = models.TimeField("à", null=True, blank=True)
    urgent_anytime = models.BooleanField("les urgences passent à toute heure", default=True)
    push = models.BooleanField("sur mes appareils", default=True)
    digest = models.BooleanField("un résumé par courriel", default=True)
    digest_hour = models.PositiveSmallIntegerField("heure du résumé", default=8)
    digested_on = models.DateField(null=True, editable=False)


class KindChoice(Base, Guarded):
    """What an account wants for one kind of event."""

    class Level(models.TextChoices):
        ALL = "all", "sur mes appareils et dans Liane"
        INSIDE = "inside", "dans Liane seulement"
        NONE = "none", "pas du tout"

    rls_using = OWN

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    level = models.CharField(max_length=6, choices=Level)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_kind_choice")]


class CircleChoice(Base, Guarded):
    """What an account wants for one person's circle: everything, urgent matters, nothing pushed."""

    class Level(models.TextChoices):
        ALL = "all", "tout"
        URGENT = "urgent", "les urgences seulement"
        INSIDE = "inside", "dans Liane seulement"

    rls_using = OWN

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    person_id = models.UUIDField()
    level = models.CharField(max_length=6, choices=Level)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "person_id"], name="one_circle_choice")
        ]


class Subscription(Base, Guarded):
    """A browser that accepted pushes: where to send, with which keys."""

    rls_using = OWN

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.URLField(max_length=1000)
    endpoint_digest = models.CharField(max_length=64, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    device = models.CharField("appareil", max_length=120, blank=True)
