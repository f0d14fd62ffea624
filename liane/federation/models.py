"""Which account somebody of a provider is here."""

from django.db import models

from liane.accounts.models import User
from liane.core.models import Base


class FederatedIdentity(Base):
    """A person whom a provider vouched for, and their account. Only a digest of who is kept."""

    provider = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "digest"], name="federated_once")
        ]
