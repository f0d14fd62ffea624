"""Documents received, that wait to be filed; documents sent elsewhere, and what became of them."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone

from liane.careplans.models import PlanVersion
from liane.circle.reach import Reach
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.fields import EncryptedBytesField, EncryptedTextField
from liane.core.models import Authored, Base
from liane.timeline.models import Document, Note


class TeamQuerySet(ScopedQuerySet[Any]):
    """Rows beside documents: those who read only documents addressed to them, or bills, have none
    of them."""

    NARROWED = frozenset({"secretary", "billing"})

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read."""
        rows = super().within(reach)
        return rows.none() if reach.actor.role in self.NARROWED else rows


class ReceivedDocument(Base, Authored, Shared, Scoped):
    """A CDA document as it came, verbatim and sealed, about one person of ours.

    It waits until somebody of the care team files it (``document`` is then what it became) or sets
    it aside with a reason. The author columns are those of who brought it in.
    """

    class Via(models.TextChoices):
        UPLOAD = "upload", "importé"
        MAIL = "mail", "reçu par messagerie"
        DMP = "dmp", "venu du DMP"

    class Match(models.TextChoices):
        SAME = "same", "identité concordante"
        DOUBT = "doubt", "identité à vérifier"
        OTHER = "other", "autre personne"

    class Status(models.TextChoices):
        WAITING = "waiting", "à classer"
        FILED = "filed", "classé"
        DISMISSED = "dismissed", "écarté"

    scope_area = Area.DOCUMENT

    via = models.CharField(max_length=6, choices=Via)
    sender = models.CharField("expéditeur", max_length=200, blank=True)
    title = models.CharField("titre", max_length=120)
    type_code = models.CharField(max_length=40, blank=True)
    type_label = models.CharField(max_length=200, blank=True)
    dated_at = models.DateTimeField(null=True)
    content = EncryptedBytesField()
    digest = models.CharField(max_length=64)
    match = models.CharField(max_length=5, choices=Match)
    warning = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING)
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = TeamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "digest"], name="received_once"),
        ]
        indexes = [models.Index(fields=["person", "status"])]


class Sending(Base, Authored, Shared, Scoped):
    """Something of a record that leaves for the DMP or for the person's own mailbox.

    Exactly one of ``document``, ``note`` and ``version`` is what leaves; it is made anew at each
    try. The address of the person's mailbox holds the matricule: it is never kept.
    """

    class Where(models.TextChoices):
        DMP = "dmp", "DMP"
        PERSON = "person", "Mon espace santé"

    class Status(models.TextChoices):
        WAITING = "waiting", "en attente"
        SENT = "sent", "envoyé"
        FAILED = "failed", "échec"

    scope_area = Area.DOCUMENT

    where = models.CharField(max_length=6, choices=Where)
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.ForeignKey(Note, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(PlanVersion, null=True, on_delete=models.PROTECT, related_name="+")
    text = EncryptedTextField(null=True)
    final = models.BooleanField(default=False)
    """True when the person is not to answer (``X-MSS-MES: FIN``)."""
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = TeamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(document__isnull=False, note=None, version=None)
                    | models.Q(document=None, note__isnull=False, version=None)
                    | models.Q(document=None, note=None, version__isnull=False)
                ),
                name="sending_of_one_thing",
            )
        ]
        indexes = [
            models.Index(fields=["status", "next_at"]),
            models.Index(fields=["person", "-created_at"]),
        ]
