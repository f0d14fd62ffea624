"""The rows behind each figure, within a reach: a machine's for counts, the reader's for lists.

The same conditions serve both, so that a list is what its figure counted, less whom its reader
does not reach.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from liane.careplans.models import Plan, PlanVersion
from liane.circle.reach import Reach
from liane.insight.periods import Period
from liane.interventions.models import ActKind, Intervention, Undo
from liane.patients.models import PersonLink
from liane.referrals.models import Quest, Referral, ReferralStep
from liane.referrals.states import ANSWERS, Status
from liane.referrals.states import Quest as QuestStatus

REPLIES = tuple(sorted([*ANSWERS, Status.REFUSED]))
NO_ONE = (QuestStatus.OPEN, QuestStatus.WIDER, QuestStatus.DESK, QuestStatus.CANCELLED)


@dataclass(frozen=True)
class Scope:
    """What is counted: the rows of one organisation in one period, within one reach."""

    reach: Reach
    organisation_id: UUID
    period: Period

    def during(self, field: str) -> Q:
        """The condition: a moment lies in the period."""
        return Q(**{f"{field}__gte": self.period.start, f"{field}__lt": self.period.end})


def requests(scope: Scope) -> QuerySet[Referral]:
    """Requests received in the period."""
    rows: QuerySet[Referral] = Referral.objects.within(scope.reach)
    return rows.filter(scope.during("created_at"), organisation_id=scope.organisation_id).order_by()


def answers(scope: Scope) -> QuerySet[ReferralStep]:
    """Answers and refusals given in the period."""
    rows: QuerySet[ReferralStep] = ReferralStep.objects.within(scope.reach)
    return rows.filter(
        scope.during("at"), referral__organisation_id=scope.organisation_id, after__in=REPLIES
    ).order_by()


def acts(scope: Scope) -> QuerySet[Intervention]:
    """Interventions of the organisation in the period that stand."""
    rows: QuerySet[Intervention] = Intervention.objects.within(scope.reach).standing()
    return rows.filter(scope.during("at"), organisation_id=scope.organisation_id).order_by()


def plans(scope: Scope) -> QuerySet[Plan]:
    """Plans begun by the organisation in the period."""
    rows: QuerySet[Plan] = Plan.objects.within(scope.reach)
    return rows.filter(
        scope.during("created_at"), author_organisation_id=scope.organisation_id
    ).order_by()


def versions(scope: Scope) -> QuerySet[PlanVersion]:
    """Versions of plans that the organisation sent in the period."""
    rows: QuerySet[PlanVersion] = PlanVersion.objects.within(scope.reach)
    return rows.filter(scope.during("at"), author_organisation_id=scope.organisation_id).order_by()


def searches(scope: Scope) -> QuerySet[Quest]:
    """Searches for a professional, begun in the period, that nobody accepted."""
    rows: QuerySet[Quest] = Quest.objects.within(scope.reach)
    return rows.filter(
        scope.during("created_at"),
        author_organisation_id=scope.organisation_id,
        status__in=NO_ONE,
    ).order_by()


def whole(person: str) -> Coalesce:
    """The person of a column, the surviving record where two were brought together."""
    link = PersonLink.objects.filter(duplicate_id=OuterRef(person), ended_at=None)
    survivor = Subquery(link.values("survivor_id")[:1])
    return Coalesce(survivor, F(person), output_field=UUIDField())


def first_answer(scope: Scope) -> Subquery:
    """When each request was first answered or refused."""
    return first_step(scope, REPLIES)


def first_step(scope: Scope, states: Collection[str]) -> Subquery:
    """When each request first came to one of these states."""
    rows = ReferralStep.objects.within(scope.reach).filter(
        referral_id=OuterRef("pk"), after__in=sorted(states)
    )
    return _earliest(rows, "referral_id", "at")


def first_visit(scope: Scope) -> Subquery:
    """When the person of each request was first visited by the organisation after it."""
    rows = Intervention.objects.within(scope.reach).filter(
        ~Exists(_undone()),
        person_id=OuterRef("person_id"),
        organisation_id=scope.organisation_id,
        kind=ActKind.VISIT,
        at__gte=OuterRef("created_at"),
    )
    return _earliest(rows, "person_id", "at")


def first_plan(scope: Scope) -> Subquery:
    """When the first version of a plan was sent for the person of each request, after it."""
    rows = PlanVersion.objects.within(scope.reach).filter(
        person_id=OuterRef("person_id"), at__gte=OuterRef("created_at")
    )
    return _earliest(rows, "person_id", "at")


def _earliest(rows: QuerySet[Any], by: str, field: str) -> Subquery:
    return Subquery(rows.order_by().values(by).annotate(first=Min(field)).values("first"))


def _undone() -> QuerySet[Undo]:
    return Undo.objects.filter(intervention_id=OuterRef("pk"))
