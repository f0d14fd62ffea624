"""The states of an application, and the words of each decision about it."""

from django.db import models

from liane.core.states import Machine


class Status(models.TextChoices):
    """Whether an application may call."""

    ACTIVE = "active", "autorisée"
    SUSPENDED = "suspended", "suspendue"
    REVOKED = "revoked", "révoquée"


CLIENT = Machine(
    {
        Status.ACTIVE: {Status.SUSPENDED, Status.REVOKED},
        Status.SUSPENDED: {Status.ACTIVE, Status.REVOKED},
    }
)

SCOPES, KEYS, CARD = "scopes", "keys", "card"
WORDS = {
    Status.ACTIVE: "Autorisée",
    Status.SUSPENDED: "Suspendue",
    Status.REVOKED: "Révoquée",
    SCOPES: "Accès modifiés",
    KEYS: "Clés ou secret changés",
    CARD: "Fiche modifiée",
}
