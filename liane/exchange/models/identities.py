"""What the INSi service answered about a person, until somebody decides."""

from django.db import models

from liane.circle.scoping import Scoped
from liane.core.areas import Area
from liane.core.fields import EncryptedTextField
from liane.core.models import Authored, Base


class InsiAnswer(Base, Authored, Scoped):
    """One question to the INSi service. ``identity`` (JSON, sealed) is emptied once decided."""

    class Outcome(models.TextChoices):
        ONE = "one", "une identité trouvée"
        NONE = "none", "aucune identité trouvée"
        SEVERAL = "several", "plusieurs identités possibles"
        FAILED = "failed", "pas de réponse du téléservice"

    scope_area = Area.IDENTITY

    outcome = models.CharField(max_length=7, choices=Outcome)
    identity = EncryptedTextField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)
    taken = models.BooleanField(default=False)
    """True when the identity became « récupérée » from this answer."""

    class Meta:
        indexes = [models.Index(fields=["person", "-created_at"])]
