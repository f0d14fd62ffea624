"""Somebody in a pathway: why eligible, who decided, from when, what stopped it.

The care team reads it; somebody of the circle who is outside of it does not (which pathway tells
what somebody suffers from). Rights and cover lie under money.
"""

import datetime as dt
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import Func, Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.circle.rls import reaches
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, Versioned
from liane.directory.models import Organisation, Practice
from liane.pathways.models.projects import Project
from liane.pathways.states import LIVING, EndReason, EnrolmentStatus

OF_ENROLMENT_SQL = "EXISTS (SELECT 1 FROM pathways_enrolment e WHERE e.id = {t}.enrolment_id)"
NEVER = dt.date(9000, 1, 1)
"""Where an enrolment with nothing due stands in the order of lists: last."""


RISKY = 2
"""Reasons from which a person is listed as at risk."""


def _said(value: str | int) -> Func:
    """A constant in the text of the query: SQLite finds a partial index in no other way."""
    field = models.IntegerField() if isinstance(value, int) else models.CharField()
    return Func(template=f"{value}" if isinstance(value, int) else f"'{value}'", output_field=field)


LIVE = [_said(one.value) for one in LIVING]
OVER = [_said(one.value) for one in (EnrolmentStatus.ENDED, EnrolmentStatus.REFUSED)]
RUNNING = [_said(one.value) for one in (EnrolmentStatus.INCLUDED, EnrolmentStatus.SUSPENDED)]
_LIVING = Q(status__in=["proposed", "included", "suspended"])


class EnrolmentQuerySet(ScopedQuerySet["Enrolment"]):
    """Enrolments within reach."""

    def of_house(self, reach: Reach, organisation_id: UUID) -> Self:
        """Those of one structure, for a list: its own index gives the order."""
        if not reach.everything and organisation_id not in reach.actor.holders:
            return self.none()
        return self.within(reach.probed()).filter(organisation_id=organisation_id)

    def living(self) -> Self:
        """Those that are not over. Said as constants: SQLite finds the index of the living in no
        statement that gives them as values, and would read and sort every row of the house."""
        return self.filter(status__in=LIVE)

    def late(self) -> Self:
        """The living ones with something late."""
        return self.living().filter(late__gt=_said(0))

    def at_risk(self) -> Self:
        """The living ones with reasons to fear a rupture."""
        return self.living().filter(risk__gte=_said(RISKY))

    def over(self) -> Self:
        """Those that ended, or never began."""
        return self.filter(status__in=OVER)

    def not_prescribed(self) -> Self:
        """Those that run and that no physician has validated."""
        return self.filter(status__in=RUNNING, prescribed_by=None)


class Enrolment(Base, Authored, Shared, Versioned, Scoped):
    """One person in one pathway, under one version of its protocol.

    ``decided_by`` decided the inclusion; when a physician decided or validated it, it is the
    prescription of every act of the pathway (R.162-138). ``next_on``, ``late``, ``risk`` (how many
    reasons to fear a rupture), ``phase`` and its ``deadline_on`` repeat what `progress` computed
    last, for the order and the filters of lists alone.
    """

    scope_area = Area.INTERVENTION

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="enrolments")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    protocol_key = models.CharField(max_length=60)
    protocol_version = models.CharField(max_length=60)
    profile = models.CharField("profil", max_length=60, blank=True)
    status = models.CharField(
        max_length=10, choices=EnrolmentStatus, default=EnrolmentStatus.PROPOSED
    )
    proposed_on = models.DateField(default=timezone.localdate)
    included_on = models.DateField("incluse le", null=True, blank=True)
    decided_by = models.ForeignKey(
        Practice, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="décidée par"
    )
    prescribed_by = models.ForeignKey(
        Practice, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="médecin"
    )
    prescribed_on = models.DateField("vaut prescription depuis le", null=True)
    informed_on = models.DateField("personne informée le", null=True)
    informed_by = models.CharField(max_length=200, blank=True)
    ended_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=10, choices=EndReason, blank=True)
    coordinator = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    overseas = models.BooleanField("outre-mer", default=False)
    next_on = models.DateField(default=NEVER, editable=False)
    late = models.PositiveSmallIntegerField(default=0, editable=False)
    risk = models.PositiveSmallIntegerField(default=0, editable=False)
    phase = models.CharField(max_length=60, blank=True, editable=False)
    deadline_on = models.DateField(null=True, editable=False)
    refreshed_on = models.DateField(null=True, editable=False)

    objects: ClassVar[Any] = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "project"],
                condition=Q(status__in=["proposed", "included", "suspended"]),
                name="one_living_enrolment",
            )
        ]
        indexes = [
            models.Index(
                fields=["organisation", "next_on", "id"],
                name="pathway_list",
                condition=Q(status__in=["proposed", "included", "suspended"]),
            ),
            models.Index(
                fields=["coordinator", "next_on", "id"],
                name="pathway_list_mine",
                condition=_LIVING,
            ),
            models.Index(
                fields=["organisation", "next_on", "id"],
                name="pathway_list_late",
                condition=_LIVING & Q(late__gt=0),
            ),
            models.Index(
                fields=["organisation", "next_on", "id"],
                name="pathway_list_risk",
                condition=_LIVING & Q(risk__gte=RISKY),
            ),
            models.Index(
                fields=["organisation", "next_on", "id"],
                name="pathway_list_unprescribed",
                condition=Q(status__in=["included", "suspended"], prescribed_by=None),
            ),
            models.Index(fields=["organisation", "status", "next_on", "id"], name="pathway_status"),
            models.Index(fields=["organisation", "ended_on"]),
            models.Index(
                fields=["organisation", "-ended_on", "-id"],
                name="pathway_list_over",
                condition=Q(status__in=["ended", "refused"]),
            ),
            models.Index(fields=["person", "status"]),
            models.Index(fields=["status", "refreshed_on"]),
        ]

    def __str__(self) -> str:
        return f"parcours {self.pk}"

    @property
    def running(self) -> bool:
        """Included, and not over."""
        return self.status in {EnrolmentStatus.INCLUDED, EnrolmentStatus.SUSPENDED}


class EnrolmentEvent(StatusRow, Guarded):
    """One dated state of an enrolment."""

    rls_using: ClassVar[str] = OF_ENROLMENT_SQL

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="history")

    @property
    def label(self) -> str:
        """The state in words."""
        return EnrolmentStatus(self.after).label


class Anchor(Base, Authored, AppendOnly, Guarded):
    """A dated fact from which windows run (end of treatment…): the last row of a name counts."""

    rls_using: ClassVar[str] = OF_ENROLMENT_SQL

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="anchors")
    name = models.CharField(max_length=60)
    on = models.DateField()


class Answer(Base, Authored, AppendOnly, Guarded):
    """What was found for one criterion of eligibility: the fact, where it comes from, the verdict.

    The last row of a criterion counts. ``fact`` is clinical and sealed.
    """

    class Verdict(models.TextChoices):
        MET = "met", "rempli"
        UNMET = "unmet", "non rempli"
        UNKNOWN = "unknown", "à vérifier"

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM pathways_enrolment e WHERE e.id = {t}.enrolment_id AND ("
        f"{reaches('e.person_id', Area.CLINICAL_NOTE)}))"
    )

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="answers")
    criterion = models.CharField(max_length=60)
    verdict = models.CharField(max_length=8, choices=Verdict)
    fact = EncryptedTextField()
    source = models.CharField(max_length=120, blank=True)


class Suspension(Base, Authored, Guarded):
    """Days during which the clocks of an enrolment stand still."""

    rls_using: ClassVar[str] = OF_ENROLMENT_SQL

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="suspensions")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    reason = models.CharField(max_length=200, blank=True)


class DocumentGiven(Base, Authored, AppendOnly, Guarded):
    """A document or questionnaire that the protocol asks for, given on a day."""

    rls_using: ClassVar[str] = OF_ENROLMENT_SQL

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="documents")
    code = models.CharField(max_length=60)
    on = models.DateField()
    object_id = models.UUIDField(null=True)


class Rights(Base, Authored, AppendOnly, Scoped):
    """Cover from a day on: exemptions of the patient's share (160-17-2) and complementary cover.

    ``exemptions`` are codes of the protocol's list, separated by spaces.
    """

    scope_area = Area.MONEY

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="rights")
    starts_on = models.DateField()
    exemptions = models.CharField(max_length=120, blank=True)
    has_amc = models.BooleanField("complémentaire santé")
    amc = models.CharField("organisme complémentaire", max_length=120, blank=True)


class Clash(Base, Authored, Scoped):
    """Another bundle that cannot run together with this enrolment. What it is, is not said.

    One row on each side, each read with its own enrolment.
    """

    scope_area = Area.INTERVENTION
    rls_using: ClassVar[str] = OF_ENROLMENT_SQL

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="clashes")
    other_id = models.UUIDField(editable=False)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "other_id"],
                condition=Q(settled_at=None),
                name="one_open_clash",
            )
        ]
