"""Webhooks of the applications of an organisation, and what was sent to them."""

from django.db import models
from django.utils import timezone

from liane.clients.models import Client
from liane.core.fields import EncryptedTextField
from liane.core.models import Authored, Base, Guarded


class Webhook(Base, Authored):
    """An address that an organisation asked Liane to call when something happens.

    ``families``: families of the timeline, separated by spaces. ``secret`` signs each call.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="webhooks")
    url = models.URLField("adresse appelée", max_length=500)
    families = models.CharField(max_length=200)
    secret = EncryptedTextField()
    ended_at = models.DateTimeField(null=True, editable=False)
    why_ended = models.CharField(max_length=200, blank=True, editable=False)

    def __str__(self) -> str:
        return self.url

    @property
    def follows(self) -> list[str]:
        """The families that it asks for."""
        return self.families.split()


class Outgoing(Base):
    """A call to make, or made, and how it went (`api.sending`)."""

    class State(models.TextChoices):
        WAITING = "waiting", "à envoyer"
        SENT = "sent", "reçu"
        FAILED = "failed", "abandonné"

    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    answer = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=100, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Delivery(Outgoing, Guarded):
    """One call to make, or made: identifiers and a kind, never a text nor a name."""

    rls_using = "(SELECT liane_all())"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    entry_id = models.UUIDField(null=True)
    """Empty for a test asked from the page."""
    kind = models.CharField(max_length=60)
    person_id = models.UUIDField(null=True)
    object_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "entry_id"], name="delivered_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="delivery_due", condition=models.Q(state="waiting")
            )
        ]
