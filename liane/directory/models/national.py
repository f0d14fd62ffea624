"""What was read of the national directory's extraction, so that a killed import goes on."""

from django.db import models
from django.utils import timezone


class DirectoryImport(models.Model):
    """One run over one file: how far it came, and what became of its lines."""

    class State(models.TextChoices):
        RUNNING = "running", "en cours"
        DONE = "done", "terminé"
        ABANDONED = "abandoned", "remplacé par un autre fichier"

    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the file; empty for lines that are no file, which are never resumed."""
    offset = models.BigIntegerField(default=0)
    """Bytes read and committed."""
    line = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="one_directory_import"
            )
        ]


class RejectedLine(models.Model):
    """A line of the file that was not taken, and why. Kept until the next import."""

    run = models.ForeignKey(DirectoryImport, on_delete=models.CASCADE, related_name="rejects")
    line = models.PositiveIntegerField()
    why = models.CharField(max_length=200)


class NationalLine(models.Model):
    """A line of the extraction as it was last read: the same line again changes nothing.

    What no line of the last whole file names has left the national directory.
    """

    digest = models.BigIntegerField(primary_key=True)
    professional_id = models.UUIDField()
    organisation_id = models.UUIDField(null=True)
    practice_id = models.UUIDField(null=True)
    made = models.BooleanField(default=False)
    """The practice was made by an import, not by its structure."""
    run = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["run"])]
