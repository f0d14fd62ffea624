"""Common slots: proposed to the professionals of a pathway, answered by each, then planned."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from liane.agenda.models import Place
from liane.circle.reach import Reach
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.models import Authored, Base, Guarded, StatusRow, Versioned
from liane.directory.models import Practice
from liane.pathways.models.enrolments import Enrolment
from liane.pathways.models.sessions import Session
from liane.pathways.states import SlotAnswer, SlotStatus


class SlotQuerySet(ScopedQuerySet["SlotProposal"]):
    """Proposals within reach."""

    def asking(self, reach: Reach) -> Self:
        """Open ones that wait for a word of the actor's own practices."""
        waiting = SlotPart.objects.filter(
            proposal_id=OuterRef("pk"), practice_id__in=reach.actor.holders,
            answer=SlotAnswer.WAITING,
        )  # fmt: skip
        return self.within(reach).filter(Q(Exists(waiting)), status=SlotStatus.OPEN)


class SlotProposal(Base, Authored, Shared, Versioned, Scoped):
    """Sessions due of one person, one after the other on one day. Planned once all said yes."""

    scope_area = Area.INTERVENTION

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="slots")
    starts_at = models.DateTimeField("début")
    ends_at = models.DateTimeField("fin")
    place = models.CharField("lieu", max_length=8, choices=Place, default=Place.OFFICE)
    status = models.CharField(max_length=9, choices=SlotStatus, default=SlotStatus.OPEN)

    objects: ClassVar[Any] = SlotQuerySet.as_manager()
    lines: list["SlotPart"]
    mine: list["SlotPart"]
    why: str
    """Set by reads: its parts, those of the reader, why it was refused."""

    class Meta:
        indexes = [
            models.Index(fields=["enrolment", "status"]),
            models.Index(fields=["status", "starts_at"]),
        ]


class SlotEvent(StatusRow, Guarded):
    """One dated state of a proposal."""

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM pathways_slotproposal p WHERE p.id = {t}.proposal_id)"
    )

    proposal = models.ForeignKey(SlotProposal, on_delete=models.PROTECT, related_name="history")


class SlotPart(Base, Guarded):
    """One session of a proposal, who would do it and when, and what they said.

    ``answered_by`` names who wrote the answer: the professional, or whoever they told by telephone.
    """

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM pathways_slotproposal p WHERE p.id = {t}.proposal_id)"
    )

    proposal = models.ForeignKey(SlotProposal, on_delete=models.PROTECT, related_name="parts")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    answer = models.CharField(max_length=8, choices=SlotAnswer, default=SlotAnswer.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)
    appointment_id = models.UUIDField(null=True, editable=False)
    label: str
    spoken: bool
    """Set by reads: the act in words; who does it has no account and answers by telephone."""

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["practice", "starts_at"])]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)
