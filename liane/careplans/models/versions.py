"""What was published: frozen versions, who answered, the link to a doctor without an account."""

from django.db import models
from django.utils import timezone

from liane.careplans.models.plans import Part
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, StoredFile
from liane.messaging.models import CodedLink


class PlanVersion(Base, Authored, AppendOnly, Part):
    """A plan as it was sent: its frame (JSON, sealed), and a `VersionLine` for each line."""

    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)
    frame = EncryptedTextField()
    reason = models.CharField("ce qui change", max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="version_number")]


class VersionLine(Base, AppendOnly, Part):
    """One line as it was in a version: which line, under which, with what content."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="lines")
    line_id = models.UUIDField()
    line_kind = models.CharField(max_length=10)
    parent_id = models.UUIDField(null=True)
    position = models.PositiveSmallIntegerField()
    content = EncryptedTextField()

    class Meta:
        ordering = ("position", "id")
        constraints = [
            models.UniqueConstraint(fields=["version", "line_id"], name="line_once_a_version")
        ]


class Verdict(Base, Authored, AppendOnly, Part):
    """What the attending doctor answered to a version."""

    class Answer(models.TextChoices):
        VALIDATED = "validated", "validé"
        REMARKS = "remarks", "à reprendre"

    class Via(models.TextChoices):
        PAGE = "page", "dans Liane"
        LINK = "link", "par lien signé"

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="verdicts")
    answer = models.CharField(max_length=10, choices=Answer)
    text = EncryptedTextField()
    via = models.CharField(max_length=4, choices=Via)
    at = models.DateTimeField(default=timezone.now)


class Agreement(Base, Authored, AppendOnly, Part):
    """What the person answered to a version; a carer's opinion is kept beside, and binds nobody."""

    class Answer(models.TextChoices):
        AGREES = "agrees", "d’accord"
        REFUSES = "refuses", "pas d’accord"
        UNABLE = "unable", "hors d’état de répondre"

    class Voice(models.TextChoices):
        PERSON = "person", "la personne"
        LEGAL = "legal", "son représentant légal"
        CARER = "carer", "un proche"
        RECORDED = "recorded", "recueilli par un professionnel"

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="agreements")
    answer = models.CharField(max_length=10, choices=Answer)
    voice = models.CharField(max_length=10, choices=Voice)
    text = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    @property
    def binds(self) -> bool:
        """True for the person's own answer, her representative's, or one collected from her."""
        return self.voice != self.Voice.CARER


class VersionFile(Base, AppendOnly, Part):
    """The PDF of a version, made by a job."""

    version = models.OneToOneField(PlanVersion, on_delete=models.PROTECT, related_name="pdf")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")


class PlanLink(CodedLink, Part):
    """Opens one version to the attending doctor who has no account: to read and answer it.

    The mail that carries it waits here; ``mailed_at`` is when it left.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="links")
    mail_tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True)
    mail_why = models.CharField(max_length=100, blank=True)
