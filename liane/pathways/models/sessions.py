"""Interventions due, acts counted in a bundle, and what waits for a professional's word."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.models import Authored, Base, Guarded, StatusRow
from liane.directory.models import Practice
from liane.interventions.models import Intervention
from liane.messaging.models import CodedLink
from liane.pathways.models.enrolments import OF_ENROLMENT_SQL, Enrolment
from liane.pathways.states import ConfirmationStatus, SessionState


class Session(Base, Shared, Scoped):
    """One intervention that the protocol asks for, made when it falls due.

    Identified by (enrolment, phase, requirement, number): making it again changes nothing.
    ``code`` is the act proposed; done by one intervention, which keeps which act it was, who did
    it, when and for how long. ``profession`` is the protocol's, for counts.
    """

    scope_area = Area.INTERVENTION

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="sessions")
    phase = models.CharField(max_length=60)
    requirement = models.CharField(max_length=60)
    code = models.CharField("acte", max_length=60)
    profession = models.CharField(max_length=60, blank=True)
    number = models.PositiveSmallIntegerField()
    due_from = models.DateField("à partir du")
    due_on = models.DateField("avant le")
    status = models.CharField(max_length=9, choices=SessionState, default=SessionState.DUE)
    practice = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    appointment_id = models.UUIDField(null=True, editable=False)
    intervention = models.OneToOneField(
        Intervention, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "phase", "requirement", "number"], name="one_session_due"
            )
        ]
        indexes = [
            models.Index(fields=["enrolment", "status", "due_on"]),
            models.Index(fields=["person", "status"]),
            models.Index(fields=["practice", "status", "due_on"]),
            models.Index(fields=["status", "due_on"]),
        ]


class SessionEvent(StatusRow, Guarded):
    """One dated state of a session due."""

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM pathways_session s WHERE s.id = {t}.session_id)"
    )

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="history")


class Counted(Base, Authored, Guarded):
    """An intervention counts in one enrolment, and in no other while this row stands."""

    rls_using: ClassVar[str] = OF_ENROLMENT_SQL

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="counted")
    intervention = models.ForeignKey(
        Intervention, on_delete=models.PROTECT, related_name="in_bundles"
    )
    code = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["intervention"], condition=Q(ended_at=None), name="counted_once"
            )
        ]
        indexes = [
            models.Index(fields=["enrolment", "ended_at"]),
            models.Index(
                fields=["ended_at"], condition=Q(ended_at__isnull=False), name="counted_ended"
            ),
        ]


class ConfirmationQuerySet(ScopedQuerySet["Confirmation"]):
    """Confirmations within reach."""

    def mine(self, reach: Reach) -> Self:
        """Those that the actor's own practices must give."""
        return self.within(reach).filter(practice_id__in=reach.actor.holders)


class Confirmation(Base, Authored, Shared, Scoped):
    """An act entered in a professional's name by somebody else waits for that professional."""

    class Via(models.TextChoices):
        ACCOUNT = "account", "compte"
        LINK = "link", "lien signé"

    scope_area = Area.INTERVENTION

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="+")
    intervention = models.OneToOneField(
        Intervention, on_delete=models.PROTECT, related_name="confirmation"
    )
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=10, choices=ConfirmationStatus, default=ConfirmationStatus.PENDING
    )
    answered_at = models.DateTimeField(null=True)
    via = models.CharField(max_length=8, choices=Via, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[Any] = ConfirmationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["practice", "created_at"],
                name="confirmation_waiting",
                condition=Q(status="pending"),
            ),
            models.Index(fields=["enrolment", "status"]),
        ]


class ConfirmationEvent(StatusRow, Guarded):
    """One dated answer."""

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM pathways_confirmation c WHERE c.id = {t}.confirmation_id)"
    )

    confirmation = models.ForeignKey(Confirmation, on_delete=models.PROTECT, related_name="history")


class SessionLink(CodedLink, Guarded):
    """« Vos séances » of one month: opens to one professional the acts entered in their name.

    The mail that carries it waits here; ``mailed_at`` is when it left.
    """

    rls_using: ClassVar[str] = (
        "(SELECT liane_all()) OR {t}.holder_id = ANY ((SELECT liane_holders())::uuid[])"
    )

    month = models.DateField()
    mail_tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True)
    mail_why = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder_id", "month"],
                condition=Q(revoked_at=None),
                name="one_sessions_link",
            )
        ]


class SavedView(Base):
    """A choice of filters of the file active, kept under a name by who made it. No person in it."""

    holder_id = models.UUIDField(db_index=True)
    name = models.CharField("nom", max_length=60)
    query = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder_id", "name"], name="one_view_of_a_name")
        ]
