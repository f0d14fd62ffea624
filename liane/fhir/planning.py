"""A received CarePlan, given to the verbs of the plan: its frame, and its actions line by line.

An action is known by the ``id`` of its activity: one without is added, one that is gone is
withdrawn, the others are corrected where they differ. Versions are those of the resource
(``If-Match``).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from liane.careplans import doing, editing
from liane.careplans.models import Action, Objective, Plan
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.search import values

Json = dict[str, Any]
PARTS = {
    "Situation médicale": "medical",
    "Situation psychologique": "psychological",
    "Situation sociale": "social",
    "Autonomie et logement": "autonomy",
    "En cas d’alerte": "alert_procedure",
}
"""How a note says which part of the frame it is: its title, then « : »."""
WHERE = "CarePlan.activity"
NAMED = frozenset({"practice", "organisation", "who_else"})
HOLDERS = {"PractitionerRole": "practice", "Organization": "organisation"}


def frame(body: Json) -> dict[str, Any]:
    """The parts of the frame that notes say; others are kept as they came."""
    said = dict.fromkeys(PARTS.values(), "")
    for one in fhir.items(body, "note"):
        title, colon, text = str(one.get("text", "")).partition(" : ")
        if colon and title in PARTS:
            said[PARTS[title]] = text.strip()
    return said


def actions(plan: Plan, body: Json, refs: Refs, status: dict[str, str]) -> None:
    """Make the actions of a plan those of the activities. The body is given their identifiers."""
    standing = {row.pk: row for row in plan.actions.select_related("post").filter(
        dropped_at=None)}  # fmt: skip
    seen: set[UUID] = set()
    for number, one in enumerate(fhir.items(body, "activity")):
        where = f"{WHERE}[{number}]"
        if not isinstance(one.get("detail"), dict):
            continue  # A reference to something else: kept as it came.
        key = values.uuid(str(one.get("id", "")))
        row = standing.get(key) if key is not None else None
        if row is None:
            row = _added(plan, one, refs, where)
            one["id"] = str(row.pk)
        else:
            said = _values(one, refs, where)
            if row.post is not None and said["organisation"] == row.post.organisation_id:
                # A post is told as its structure: it keeps what it was entrusted.
                said = {name: held for name, held in said.items() if name not in NAMED}
            editing.edit_line(row.pk, version=row.version, values=said)
        seen.add(row.pk)
        _stepped(row, str(one["detail"].get("status", "not-started")), one, where, status)
    for pk, row in standing.items():
        if pk not in seen:
            editing.drop_line(pk, version=row.version, reason="retirée par le logiciel")


def _added(plan: Plan, one: Json, refs: Refs, where: str) -> Action:
    goals: Sequence[Any] = one["detail"].get("goal") or [None]
    goal = refs.key(goals[0], "Goal", f"{where}.detail.goal")
    if goal is None or not Objective.objects.filter(pk=goal, plan=plan).exists():
        raise unprocessable("An action answers a Goal of this plan.", f"{where}.detail.goal")
    made: Action = editing.add_line(plan.pk, "action", _values(one, refs, where), parent_id=goal)
    return made


def _values(one: Json, refs: Refs, where: str) -> dict[str, Any]:
    detail = one["detail"]
    period = detail.get("scheduledPeriod") or {}
    performer = next(iter(fhir.items(detail, "performer")), {})
    named = refs.one(performer, (*HOLDERS, "Practitioner", "Patient", "RelatedPerson", "CareTeam"),
                     f"{where}.detail.performer[0]")  # fmt: skip
    held: dict[str, Any] = {"practice": None, "organisation": None}
    if named is not None and named[0] in HOLDERS:
        held[HOLDERS[named[0]]] = named[1]
    return {
        "text": fhir.words_of(detail.get("code")),
        **held,
        "who_else": "" if any(held.values()) else str(performer.get("display", ""))[:200],
        "frequency": str(detail.get("description") or ""),
        "starts_on": fhir.day(period.get("start"), f"{where}.detail.scheduledPeriod.start"),
        "due_on": fhir.day(period.get("end"), f"{where}.detail.scheduledPeriod.end"),
    }


def _stepped(row: Action, said: str, one: Json, where: str, status: dict[str, str]) -> None:
    wanted = status.get("not-started" if said in {"scheduled", "unknown"} else said)
    if wanted is None:
        raise unprocessable(f"One of {', '.join(sorted(status))}.", f"{where}.detail.status")
    if wanted != row.status:
        words = [fhir.words_of(held) or str(held.get("text", ""))
                 for held in fhir.items(one, "progress")]  # fmt: skip
        doing.set_status(row.pk, wanted, result="\n".join(word for word in words if word))
