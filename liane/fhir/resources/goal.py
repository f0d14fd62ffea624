"""Goal: one objective of a care plan, with its sign, its term and what became of it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.careplans.models import Objective
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.params import Date, Identifier, Indexed, Param, Reference, Token

ACHIEVEMENT = "http://terminology.hl7.org/CodeSystem/goal-achievement"
S = Objective.Status
STATUS = {S.OPEN: "active", S.REACHED: "completed", S.UNREACHED: "cancelled"}
ACHIEVED = {S.OPEN: "in-progress", S.REACHED: "achieved", S.UNREACHED: "not-achieved"}


class GoalResource(Resource):
    """Objectives that stand, of the plans within reach."""

    type = "Goal"
    model = Objective
    area = Area.CARE_PLAN
    person_path = "person_id"
    interactions = READ
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("lifecycle-status", column="status",
              codes={code: str(held) for held, code in STATUS.items()}),
        Token("achievement-status", column="status", system=ACHIEVEMENT,
              codes={code: str(held) for held, code in ACHIEVED.items()}),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Date("target-date", column="term", days=True, sort="term"),
        Date("start-date", column="created_at", sort="created_at"),
        Indexed("category", path="Goal.category"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Objectives that the actor may read."""
        mine = Objective.objects.across(reach) if many else Objective.objects.within(reach)
        return mine.filter(dropped_at=None).select_related("problem")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_goal(row)) for row in rows]


def _goal(row: Objective) -> Json:
    status = S(row.status)
    target = {"detailString": row.indicator, "dueDate": fhir.on(row.term)}
    return {
        "lifecycleStatus": STATUS[status],
        "achievementStatus": fhir.concept(ACHIEVEMENT, ACHIEVED[status]),
        "description": {"text": row.text},
        "subject": fhir.reference("Patient", row.person_id),
        "target": [target] if row.indicator or row.term else None,
        "statusReason": row.why,
        "addresses": [{"display": row.problem.statement}] if row.problem else None,
    }
