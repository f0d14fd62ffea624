"""A search for a professional: what is needed and where, never for whom; offered in waves."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from liane.core.audience import Shared
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, Versioned
from liane.directory.models import Organisation, Practice
from liane.patients.models import Patient
from liane.referrals.models.requests import Referral
from liane.referrals.models.scoping import OF_QUEST_SQL, QUEST_SQL, QuestQuerySet
from liane.referrals.states import SEEKING
from liane.referrals.states import Quest as QuestStatus


class OptIn(Base, Authored, AppendOnly):
    """An organisation says that it wants, or no longer wants, such offers. The last row counts."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    wants = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-at"])]


class Quest(Base, Authored, Shared, Versioned, Guarded):
    """One search. Practices to which it is offered read commune, care, rhythm and start alone."""

    rls_using: ClassVar[str] = QUEST_SQL

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    profession = models.CharField("profession", max_length=5)
    care = models.CharField("soins", max_length=200)
    rhythm = models.CharField("rythme", max_length=100)
    starts_on = models.DateField("à partir du")
    insee = models.CharField(max_length=5)
    city = models.CharField(max_length=100)
    proof = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=QuestStatus, default=QuestStatus.OPEN)
    next_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Practice, null=True, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = QuestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                name="quest_waiting",
                condition=models.Q(status__in=["open", "wider"]),
            ),
            models.Index(fields=["person", "status"]),
        ]

    @property
    def is_open(self) -> bool:
        """True while nobody has accepted."""
        return self.status in SEEKING


class QuestStep(StatusRow, Guarded):
    """One dated step of a search."""

    rls_using: ClassVar[str] = OF_QUEST_SQL

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="history")


class Offer(Base):
    """A search offered to one practice. Opaque identifiers alone: whom it may tell, not what."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "acceptée"
        DECLINED = "declined", "déclinée"

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, related_name="offers")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    wave = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=8, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quest", "practice"], name="offered_once")]
        indexes = [models.Index(fields=["practice", "answer"])]
