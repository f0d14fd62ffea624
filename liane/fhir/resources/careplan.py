"""CarePlan: the coordinated care plan (PPCS) of a person; its actions are activities, in detail.

To create one is to open a plan: ``author`` is its référent, ``period.end`` its review, notes are
the parts of its frame (`fhir.planning`). Goals are added next, then its actions, by updates. What
binds people (validation by the attending doctor, the person's agreement) is done in the pages.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from liane.careplans import editing, services
from liane.careplans.models import Action, Objective, Plan, Problem
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people, planning
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Token
from liane.fhir.search.references import Identifier, Reference

PLANS = "https://liane.sante/CodeSystem/care-plan"
DOMAINS = "https://liane.sante/CodeSystem/care-plan-domain"
RECOURSE = "https://liane.sante/CodeSystem/action-recourse"
S, A = Plan.Status, Action.Status
STATUS = {
    S.DRAFT: "draft", S.SENT: "draft", S.VALIDATED: "active", S.UNANSWERED: "active",
    S.IN_FORCE: "active", S.CLOSED: "completed",
}  # fmt: skip
HELD = {
    code: tuple(str(status) for status, one in STATUS.items() if one == code)
    for code in set(STATUS.values())
}
ACTIVITY = {
    A.TODO: "not-started", A.DOING: "in-progress", A.DONE: "completed", A.NOT_DONE: "cancelled",
    A.STOPPED: "stopped",
}  # fmt: skip


class CarePlanResource(Resource):
    """Plans within reach."""

    type = "CarePlan"
    model = Plan
    area = Area.CARE_PLAN
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch"}
    journal = (
        "plan.opened", "plan.sent", "plan.validated", "plan.returned", "plan.unanswered",
        "plan.agreed", "plan.not_agreed", "plan.started", "plan.moved", "plan.shared",
        "plan.reviewed", "plan.closed",
    )  # fmt: skip
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("status", column="status", codes=HELD),
        constant("intent", "plan"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("performer", many=True, elements=("activity.detail.performer",), to={
            "PractitionerRole": "actions__practice_id",
            "Organization": "actions__organisation_id"}),
        Reference("care-team", to={"CareTeam": "person_id"}, elements=("careTeam",)),
        Reference("goal", to={"Goal": "objectives__pk"}, many=True, elements=("goal",)),
        Date("date", column="created_at", sort="created_at"),
        Indexed("category", path="CarePlan.category"),
        Reference("based-on", to={}, elements=("basedOn",)),
        Reference("condition", to={}, elements=("addresses",)),
        Reference("part-of", to={}, elements=("partOf",)),
        Reference("replaces", to={}, elements=("replaces",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Plans that the actor may read."""
        mine = Plan.objects.across(reach) if many else Plan.objects.within(reach)
        return mine.select_related("referent__professional")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """Three queries: the lines of these plans that stand."""
        keys = [row.pk for row in rows]
        problems = _lines(Problem, keys)
        goals = _lines(Objective, keys)
        actions = _lines(Action, keys, "practice__professional", "organisation", "post")
        return [
            fhir.cleaned(_plan(row, problems[row.pk], goals[row.pk], actions[row.pk]))
            for row in rows
        ]

    def create(self, body: Json, refs: Refs) -> Plan:
        """Open a plan, in draft."""
        if body.get("status") != "draft" or body.get("intent") != "plan":
            raise unprocessable("A plan is opened as a « draft », intent « plan ».",
                                "CarePlan.status")  # fmt: skip
        person = refs.required(body.get("subject"), "Patient", "CarePlan.subject")
        if fhir.items(body, "activity"):
            raise unprocessable("Add its goals first, then its activities by an update.",
                                "CarePlan.activity")  # fmt: skip
        made = services.open_plan(person, referent_id=_author(body, refs), review_on=_review(body))
        editing.edit_frame(made.pk, version=made.version, values=planning.frame(body))
        return self._again(made)

    def update(self, row: Any, body: Json, refs: Refs) -> Plan:
        """Correct its frame and its actions; ``completed`` or ``revoked``, close it."""
        if refs.required(body.get("subject"), "Patient", "CarePlan.subject") != row.person_id:
            raise unprocessable("A plan keeps its person.", "CarePlan.subject")
        status, now = str(body.get("status")), STATUS[S(row.status)]
        if status in {"completed", "revoked"} and now != "completed":
            services.close(row.pk, reason="clos par le logiciel")
            body["status"] = "completed"
            return self._again(row)
        if status != now:
            raise unprocessable("A plan is validated, agreed to and put in force in the pages.",
                                "CarePlan.status")  # fmt: skip
        frame = {**planning.frame(body), "referent": _author(body, refs),
                 "review_on": _review(body)}  # fmt: skip
        editing.edit_frame(row.pk, version=row.version, values=frame)
        held = {code: str(step) for step, code in ACTIVITY.items()}
        planning.actions(row, body, refs, held)
        return self._again(row)

    def _again(self, row: Plan) -> Plan:
        found: Plan = Plan.objects.select_related("referent__professional").get(pk=row.pk)
        return found  # written just above, by the same actor


def _author(body: Json, refs: Refs) -> UUID:
    return refs.required(body.get("author"), "PractitionerRole", "CarePlan.author")


def _review(body: Json) -> dt.date | None:
    return fhir.day((body.get("period") or {}).get("end"), "CarePlan.period.end")


def _lines(model: Any, plans: list[UUID], *related: str) -> dict[UUID, list[Any]]:
    mine = model.objects.within(Reach.of(acting.current()))
    found: dict[UUID, list[Any]] = defaultdict(list)
    rows = mine.filter(plan_id__in=plans, dropped_at=None)
    for one in rows.select_related(*related) if related else rows:
        found[one.plan_id].append(one)
    return found


def _plan(
    row: Plan, problems: list[Problem], goals: list[Objective], actions: list[Action]
) -> Json:
    parts = [(title, getattr(row, name)) for title, name in planning.PARTS.items()]
    return {
        "status": STATUS[S(row.status)],
        "intent": "plan",
        "category": [fhir.concept(PLANS, "ppcs", "Plan personnalisé de coordination en santé")],
        "title": "Plan personnalisé de coordination en santé",
        "subject": fhir.reference("Patient", row.person_id),
        "period": {"end": fhir.on(row.review_on)},
        "created": fhir.at(row.created_at),
        "author": fhir.reference("PractitionerRole", row.referent_id,
                                 row.referent.professional.name),
        "careTeam": [fhir.reference("CareTeam", row.person_id)],
        "addresses": [{"display": one.statement} for one in problems],
        "goal": [fhir.reference("Goal", one.pk) for one in goals],
        "activity": [_activity(one) for one in actions],
        "note": [{"text": f"{title} : {text}"} for title, text in parts if text],
    }  # fmt: skip


def _activity(one: Action) -> Json:
    return {
        "id": str(one.pk),
        "progress": [{"text": one.result}] if one.result else None,
        "detail": {
            "code": {"text": one.text},
            "goal": [fhir.reference("Goal", one.objective_id)],
            "status": ACTIVITY[A(one.status)],
            "scheduledPeriod": {"start": fhir.on(one.starts_on), "end": fhir.on(one.due_on)},
            "performer": [people.intervenant(one) or {"display": one.who_else}],
            "description": one.frequency,
        },
    }
