"""Task: what somebody of the circle, a structure, a post or a role is asked to do."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Token
from liane.fhir.search.references import Identifier, Reference
from liane.tasks import services
from liane.tasks.models import CircleRole, Task, TaskEvent

ROLES = "https://liane.sante/CodeSystem/circle-role"
STATUS = {
    Task.Status.TODO: "requested",
    Task.Status.CLAIMED: "accepted",
    Task.Status.DONE: "completed",
    Task.Status.REFUSED: "rejected",
}
HELD = {code: str(status) for status, code in STATUS.items()}
URGENT = frozenset({"urgent", "asap", "stat"})


class TaskResource(Resource):
    """Tasks within reach."""

    type = "Task"
    model = Task
    area = Area.TIMELINE
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch"}
    journal = ("task.created", "task.claimed", "task.done", "task.refused", "task.reopened")
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("status", column="status", codes=HELD),
        Token("priority", column="priority", codes={
            "routine": int(Task.Priority.NORMAL), "urgent": int(Task.Priority.HIGH)}),
        Token("intent", column="status", codes={"order": tuple(HELD.values())}),
        Reference("patient", to={"Patient": "person_id"}, elements=("for",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("for",)),
        Reference("owner", elements=("owner",), to={
            "PractitionerRole": "practice_id", "Organization": "organisation_id"}),
        Reference("requester", elements=("requester",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id"}),
        Reference("based-on", to={}, elements=("basedOn",)),
        Reference("focus", to={"Communication": "source_message_id"}, elements=("focus",)),
        Token("performer", column="role", system=ROLES),
        Date("authored-on", column="created_at", sort="created_at"),
        Date("period", column="due_on", days=True, sort="due_on"),
        Date("modified", column="created_at"),
        Indexed("code", path="Task.code"),
        Indexed("business-status", path="Task.businessStatus"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Tasks that the actor may see."""
        return Task.objects.within(reach).select_related("practice__professional", "organisation",
                                                         "post")  # fmt: skip

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who asked."""
        known = people.references(row.author_holder_id for row in rows)
        reasons = _reasons([row.pk for row in rows if row.status == Task.Status.REFUSED])
        return [fhir.cleaned(_task(row, known, reasons.get(row.pk, ""))) for row in rows]

    def create(self, body: Json, refs: Refs) -> Task:
        """Give a task."""
        if body.get("status") not in {"requested", "ready", "received"}:
            raise unprocessable("A new task is « requested ».", "Task.status")
        wanted = {name: one for name, one in _values(body, refs).items() if one is not None}
        return services.create_task(services.Asked(**wanted))

    def update(self, row: Any, body: Json, refs: Refs) -> Task:
        """Take it, do it, refuse it (``statusReason``), open it again: the rest does not change."""
        now = _fixed(row)
        asked = {name: one for name, one in _values(body, refs).items() if name in now}
        changed = sorted(
            name for name, one in asked.items() if (one or None) != (now[name] or None)
        )
        if changed:
            raise unprocessable(
                f"Only the status of a task changes ({', '.join(changed)} differs): refuse this "
                "one and give another.", "Task",
            )  # fmt: skip
        return _stepped(row, str(body.get("status")), fhir.words_of(body.get("statusReason")))


def _stepped(row: Task, status: str, reason: str) -> Task:
    wanted = "requested" if status in {"ready", "received"} else status
    wanted = "accepted" if wanted == "in-progress" else wanted
    if wanted == STATUS[Task.Status(row.status)]:
        return row
    match wanted:
        case "accepted":
            return services.claim(row.pk)
        case "completed":
            return services.complete(row.pk)
        case "rejected" | "cancelled" | "failed":
            return services.refuse(row.pk, reason=reason)
        case "requested":
            return services.reopen(row.pk, reason=reason)
    raise unprocessable("This status is not one of a task of Liane.", "Task.status")


def _values(body: Json, refs: Refs) -> dict[str, Any]:
    """What a received task asks, as `services.Asked` says it."""
    if body.get("intent") not in {"order", "proposal", "plan"}:
        raise unprocessable("The intent is « order ».", "Task.intent")
    owner = refs.one(body.get("owner"), ("PractitionerRole", "Organization"), "Task.owner")
    period = (body.get("restriction") or {}).get("period") or body.get("executionPeriod") or {}
    role = fhir.code_of(body.get("performerType"), ROLES)
    if role and role not in CircleRole.values:
        raise unprocessable("This role is not one of a circle.", "Task.performerType")
    return {
        "title": (str(body.get("description") or "") or fhir.words_of(body.get("code")))[:200],
        "details": "\n".join(str(one.get("text", "")) for one in fhir.items(body, "note"))[:1000],
        "person_id": refs.key(body.get("for"), "Patient", "Task.for"),
        "practice_id": owner[1] if owner and owner[0] == "PractitionerRole" else None,
        "organisation_id": owner[1] if owner and owner[0] == "Organization" else None,
        "role": "" if owner else role,
        "due_on": fhir.day(period.get("end"), "Task.restriction.period.end"),
        "priority": Task.Priority.HIGH if body.get("priority") in URGENT else Task.Priority.NORMAL,
    }  # fmt: skip


def _fixed(row: Task) -> dict[str, Any]:
    names = ("title", "details", "person_id", "practice_id", "role", "due_on", "priority")
    now = {name: getattr(row, name) for name in names}
    # A post is told as its structure.
    return now if row.post_id else now | {"organisation_id": row.organisation_id}


def _reasons(keys: list[UUID]) -> dict[UUID, str]:
    rows = TaskEvent.objects.filter(task_id__in=keys, after=Task.Status.REFUSED) if keys else None
    return dict(rows.order_by("at").values_list("task_id", "reason")) if rows is not None else {}


def _task(row: Task, known: Mapping[UUID, Json], reason: str) -> Json:
    role = fhir.concept(ROLES, row.role, row.get_role_display()) if row.role else None
    return {
        "status": STATUS[Task.Status(row.status)],
        "statusReason": {"text": reason},
        "intent": "order",
        "priority": "urgent" if row.priority == Task.Priority.HIGH else "routine",
        "description": row.title,
        "focus": fhir.reference("Communication", row.source_message_id),
        "for": fhir.reference("Patient", row.person_id),
        "executionPeriod": {"end": fhir.at(row.settled_at)},
        "authoredOn": fhir.at(row.created_at),
        "requester": people.author(row, known),
        "performerType": [role],
        "owner": people.intervenant(row),
        "note": [{"text": row.details}] if row.details else None,
        "restriction": {"period": {"end": fhir.on(row.due_on)}},
    }
