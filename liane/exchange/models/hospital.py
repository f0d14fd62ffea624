"""Messages received, and those that wait for identity vigilance."""

from django.db import models

from liane.core.fields import EncryptedBytesField, EncryptedTextField
from liane.core.models import Authored, Base, Guarded
from liane.directory.models import Organisation
from liane.patients.models import Patient


class RawMessage(Base, Guarded):
    """A hospital message as it came, sealed. Of strangers only the control id and the date stay.

    A control id that comes back with other content makes a second row (``conflict``).
    """

    class Status(models.TextChoices):
        APPLIED = "applied", "pris en compte"
        QUEUED = "queued", "en attente d’identitovigilance"
        IGNORED = "ignored", "sans suite"
        REJECTED = "rejected", "refusé"
        FAILED = "failed", "mis de côté après des échecs"

    rls_using = "(SELECT liane_all())"

    application = models.CharField(max_length=180, blank=True)
    facility = models.CharField(max_length=180, blank=True)
    control_id = models.CharField(max_length=199)
    event = models.CharField(max_length=10, blank=True)
    channel = models.CharField(max_length=10)
    content = EncryptedBytesField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=200, blank=True)
    conflict = models.BooleanField(default=False)
    hospital = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    person_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "facility", "control_id"],
                condition=models.Q(conflict=False),
                name="message_once",
            )
        ]
        indexes = [models.Index(fields=["status", "-created_at"])]

    def __str__(self) -> str:
        return f"message {self.pk}"


class FailedTry(Base, Guarded):
    """How often one message broke here: a hospital that sends it again must not wait for ever."""

    rls_using = "(SELECT liane_all())"

    digest = models.CharField(max_length=64, unique=True)
    tries = models.PositiveSmallIntegerField(default=0)


class IdentityCase(Base, Authored, Guarded):
    """A message whose person is plausible but not certain: a human decides.

    ``ipp_system`` and ``ipp_digest`` gather the messages about one unknown number: deciding one
    decides all. The author columns are those of who decided.
    """

    class Reason(models.TextChoices):
        LOOKALIKE = "lookalike", "ressemblance des traits seulement"
        CONTRADICTION = "contradiction", "même numéro, mais des traits différents"
        SEVERAL = "several", "plusieurs personnes portent ce numéro"
        MERGE = "merge", "l’hôpital a fusionné deux identités"
        CONTROL = "control", "numéro de message déjà reçu avec un autre contenu"
        DEATH = "death", "décès signalé par l’hôpital"

    class Status(models.TextChoices):
        OPEN = "open", "à traiter"
        ATTACHED = "attached", "rattaché"
        REFUSED = "refused", "écarté"

    rls_using = "EXISTS (SELECT 1 FROM exchange_identitycandidate c WHERE c.case_id = {t}.id)"

    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="cases")
    reason = models.CharField("motif", max_length=14, choices=Reason)
    hospital_name = models.CharField("établissement", max_length=200, blank=True)
    traits = EncryptedTextField()
    ipp_system = models.CharField(max_length=150, blank=True)
    ipp_digest = models.CharField(max_length=64, blank=True, db_index=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["status", "created_at"])]


class IdentityCandidate(Base, Guarded):
    """A person whom the message may be about, and why."""

    case = models.ForeignKey(IdentityCase, on_delete=models.CASCADE, related_name="candidates")
    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(default=0)
    why = models.CharField(max_length=300, blank=True)
    refused = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "person"], name="candidate_once"),
        ]
