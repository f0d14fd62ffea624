"""What somebody has begun to write, kept on the server: found again on another device."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from liane.core.models import Base, Guarded
from liane.messaging.models.scoping import OWN_SQL


class Draft(Base, Guarded):
    """One account's unsent text in one place: ``thread:<id>``, or ``team:<person>`` before it."""

    rls_using: ClassVar[str] = OWN_SQL

    user_id = models.UUIDField()
    place = models.CharField(max_length=60)
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "place"], name="draft_once")]
