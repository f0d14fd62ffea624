"""Goal: one objective of a care plan, with its sign, its term and what became of it.

To create one is to add it to the plan that is open for its person. ``completed``, it was reached;
``cancelled``, it was not, and ``statusReason`` says why.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.careplans import doing, editing
from liane.careplans.models import Objective, Plan
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Token
from liane.fhir.search.references import Identifier, Reference

ACHIEVEMENT = "http://terminology.hl7.org/CodeSystem/goal-achievement"
S = Objective.Status
STATUS = {S.OPEN: "active", S.REACHED: "completed", S.UNREACHED: "cancelled"}
HELD = {code: str(status) for status, code in STATUS.items()}
OPEN = frozenset({"proposed", "planned", "accepted", "active", "on-hold"})
ACHIEVED = {S.OPEN: "in-progress", S.REACHED: "achieved", S.UNREACHED: "not-achieved"}


class GoalResource(Resource):
    """Objectives that stand, of the plans within reach."""

    type = "Goal"
    model = Objective
    area = Area.CARE_PLAN
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch", "delete"}
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

    def create(self, body: Json, refs: Refs) -> Objective:
        """Add an objective to the plan that is open."""
        person = refs.required(body.get("subject"), "Patient", "Goal.subject")
        plans = Plan.objects.within(refs.access.reach).filter(person_id=person)
        plan = plans.exclude(status=Plan.Status.CLOSED).first()
        if plan is None:
            raise unprocessable("No plan is open for this person: open one.", "Goal.subject")
        made: Objective = editing.add_line(plan.pk, "objective", values_of(body))
        return self._settled(made, body)

    def update(self, row: Any, body: Json, refs: Refs) -> Objective:
        """Correct it, say what became of it."""
        if refs.required(body.get("subject"), "Patient", "Goal.subject") != row.person_id:
            raise unprocessable("A goal keeps its person.", "Goal.subject")
        editing.edit_line(row.pk, version=row.version, values=values_of(body))
        return self._settled(row, body)

    def delete(self, row: Any) -> None:
        """Withdraw it from its plan, with its actions; its history stays."""
        editing.drop_line(row.pk, version=row.version, reason="retiré par le logiciel")

    def _settled(self, row: Objective, body: Json) -> Objective:
        said = str(body.get("lifecycleStatus"))
        wanted = HELD.get("active" if said in OPEN else said)
        if wanted is None:
            raise unprocessable(f"One of {', '.join(sorted(HELD))}.", "Goal.lifecycleStatus")
        if wanted != Objective.objects.get(pk=row.pk).status:
            doing.settle(row.pk, wanted, why=str(body.get("statusReason") or ""))
        made: Objective = Objective.objects.select_related("problem").get(pk=row.pk)
        return made


def values_of(body: Json) -> dict[str, Any]:
    """What a received Goal says, as a line of the plan."""
    target = next(iter(fhir.items(body, "target")), {})
    sign = str(target.get("detailString") or fhir.words_of(target.get("detailCodeableConcept")))
    return {
        "text": fhir.words_of(body.get("description")),
        "indicator": sign,
        "term": fhir.day(target.get("dueDate"), "Goal.target[0].dueDate"),
    }


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
