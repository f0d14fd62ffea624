"""The plan of a person between medico-social software (TDDUI): a transaction bundle out, and in.

Problem → ServiceRequest *besoin*, objective → Goal *objectif*, action → Task *action*, what the
person and the structure agreed to → Consent *accord*, as the public profiles of the guide have
them. Coming in, an agreement said elsewhere binds nobody here: it is left aside.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.careplans import doing, editing, services
from liane.careplans.models import Action, Agreement, Objective, Plan, Problem
from liane.fhir import building as fhir
from liane.fhir import identifying, planning, reading, resources
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters, text
from liane.fhir.outcomes import not_found, problem, unprocessable
from liane.fhir.resources.base import Resource
from liane.fhir.resources.careplan import ACTIVITY, STATUS
from liane.fhir.resources.goal import STATUS as GOALS
from liane.fhir.resources.goal import values_of
from liane.fhir.versions import without_server_parts
from liane.fhir.writing import Writer

Json = dict[str, Any]
GUIDE = "https://interop.esante.gouv.fr/ig/fhir/tddui"
PROFILES = f"{GUIDE}/StructureDefinition"
REFERENCE = f"{PROFILES}/tddui-careplan-reference"
NOTE = f"{PROFILES}/tddui-goal-note"
INPUTS = f"{GUIDE}/CodeSystem/input-tddui-task-action-codesystem"
HL7 = "http://terminology.hl7.org/CodeSystem"
STEPS = {
    "not-started": "ready", "in-progress": "in-progress", "completed": "completed",
    "cancelled": "cancelled", "stopped": "failed",
}  # fmt: skip
"""Status of an activity → status of a Task."""


# ------------------------------------------------------------------ out
def give(call: Call, target: Target, on: Writer) -> Answer:
    """The bundle of one plan that was sent to the attending doctor at least once."""
    access = on.access
    if target.resource is None or target.key is None:
        raise not_found()
    plan: Plan = reading.one_row(target.resource, target.key, access, "r")
    access.require("Goal", "r")
    if plan.sent_at is None:
        raise unprocessable("A draft that nobody was sent is not transferred.", "CarePlan.status")
    person = reading.one(_served("Patient"), plan.person_id, access)
    house = reading.one(_served("Organization"), plan.referent.organisation_id, access)
    reading.note(target.resource, [plan])
    entries = [
        _entry(plan.person_id, without_server_parts(person.body)),
        _entry(plan.referent.organisation_id, without_server_parts(house.body)),
        *_agreed(plan),
        _entry(plan.pk, _plan(plan)),
        *(_entry(one.pk, _need(one)) for one in _lines(Problem, plan)),
        *(_entry(one.pk, _goal(one)) for one in _lines(Objective, plan)),
        *(_entry(one.pk, _action(one)) for one in _lines(Action, plan)),
    ]
    return Answer(200, {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PROFILES}/tddui-bundle"]},
        "type": "transaction",
        "entry": entries,
    })  # fmt: skip


def _served(kind: str) -> Resource:
    found = resources.get(kind)
    assert found is not None  # noqa: S101
    return found


def _lines(model: Any, plan: Plan) -> list[Any]:
    rows = model.objects.filter(plan=plan, dropped_at=None).order_by("position", "pk")
    return list(rows)


def _entry(key: UUID, body: Json) -> Json:
    made = fhir.cleaned(body)
    request = {"method": "POST", "url": made["resourceType"]}
    return {"fullUrl": f"urn:uuid:{key}", "resource": made, "request": request}


def _to(key: UUID | None) -> Json | None:
    return {"reference": f"urn:uuid:{key}"} if key is not None else None


def _head(kind: str, profile: str, plan: Plan, mark: str, key: UUID) -> Json:
    """The identifier is that of the guide: 3 and FINESS, the person, what it is, its number."""
    finess = plan.referent.organisation.finess
    number = f"3{finess}/{plan.person_id}-{mark}-{key}"
    return {
        "resourceType": kind,
        "meta": {"profile": [f"{PROFILES}/{profile}"]},
        "identifier": [{"value": number}],
    }


def _plan(plan: Plan) -> Json:
    said = [f"{title} : {getattr(plan, name)}" for title, name in planning.PARTS.items()
            if getattr(plan, name)]  # fmt: skip
    agreed = [{**(_to(key) or {}), "display": words} for key, words in _accords(plan)]
    return {
        **_head("CarePlan", "tddui-careplan-projet-perso", plan, "PPER", plan.pk),
        "status": STATUS[Plan.Status(plan.status)],
        "intent": "plan",
        "title": "Plan personnalisé de coordination en santé",
        "subject": _to(plan.person_id),
        "description": "\n".join(said),
        "period": {"start": fhir.on(timezone.localdate(plan.sent_at)) if plan.sent_at else None,
                   "end": fhir.on(plan.review_on)},
        "created": fhir.at(plan.created_at),
        "author": {"display": plan.referent.professional.name},
        "supportingInfo": agreed,
    }  # fmt: skip


def _accords(plan: Plan) -> Iterator[tuple[UUID, str]]:
    """(identifier of the consent, how the guide calls it)."""
    last = _answer(plan)
    if last is not None:
        yield last.pk, "Consentement usager"
    yield UUID(int=plan.pk.int ^ 1), "Consentement structure"


def _answer(plan: Plan) -> Agreement | None:
    version = plan.planversions.order_by("-number").first()
    return services.binding(version) if version is not None else None


def _agreed(plan: Plan) -> Iterator[Json]:
    last = _answer(plan)
    for key, words in _accords(plan):
        own = last is not None and key == last.pk
        at = last.at if last is not None and own else plan.sent_at
        says = "deny" if own and last is not None and last.answer == "refuses" else "permit"
        yield _entry(key, {
            "resourceType": "Consent",
            "meta": {"profile": [f"{PROFILES}/tddui-consent-accord"]},
            "status": "active",
            "scope": fhir.concept(f"{HL7}/consentscope", "treatment"),
            "category": [fhir.concept("http://loinc.org", "59284-0", "", words)],
            "patient": _to(plan.person_id),
            "dateTime": fhir.at(at),
            "performer": [_to(plan.person_id if own else plan.referent.organisation_id)],
            "policyRule": fhir.concept(f"{HL7}/v3-ActCode", "OPTIN"),
            "provision": {"type": says},
        })  # fmt: skip


def _need(one: Problem) -> Json:
    return {
        **_head("ServiceRequest", "tddui-service-request-besoin", one.plan, "PPBesoin", one.pk),
        "status": "active",
        "intent": "plan",
        "code": {"text": one.statement},
        "orderDetail": [{"text": one.origin}] if one.origin else None,
        "subject": _to(one.person_id),
        "basedOn": [_to(one.plan_id)],
    }


def _goal(one: Objective) -> Json:
    title = {"text": one.text[:80],
             "extension": [{"url": NOTE, "valueCode": "titreObjectif"}]}  # fmt: skip
    target = {"detailString": one.indicator, "dueDate": fhir.on(one.term)}
    return {
        **_head("Goal", "tddui-goal-objectif", one.plan, "PPObjectif", one.pk),
        "extension": [{"url": REFERENCE, "valueReference": _to(one.plan_id)}],
        "lifecycleStatus": GOALS[Objective.Status(one.status)],
        "description": {"text": one.text},
        "subject": _to(one.person_id),
        "addresses": [_to(one.problem_id)],
        "target": [target] if one.indicator and one.term else (
            [{"dueDate": fhir.on(one.term)}] if one.term else None),
        "statusReason": one.why,
        "note": [title],
    }  # fmt: skip


def _action(one: Action) -> Json:
    inputs = [
        {"type": fhir.concept(INPUTS, "titre"), "valueString": one.text[:80]},
        {"type": fhir.concept(INPUTS, "objectif"), "valueReference": _to(one.objective_id)},
    ]
    return {
        **_head("Task", "tddui-task-action", one.plan, "ACTI", one.pk),
        "status": STEPS[ACTIVITY[Action.Status(one.status)]],
        "intent": "plan",
        "description": one.text,
        "for": _to(one.person_id),
        "basedOn": [_to(one.plan_id)],
        "owner": {"display": one.who} if one.who else None,
        "executionPeriod": {"start": fhir.on(one.starts_on), "end": fhir.on(one.due_on)},
        "input": inputs,
    }


# ------------------------------------------------------------------ in
def take(call: Call, target: Target, on: Writer) -> Answer:
    """Open here the plan that a bundle brings. Parameters: the bundle, ``referent`` (who keeps it).

    Everything or nothing. Whom it is about is somebody within reach, or a record that is opened.
    """
    given = parameters(call)
    bundles = [*given.get("bundle", []), *given.get("resource", [])]
    bundle = next((one for one in bundles if isinstance(one, dict)), {})
    if bundle.get("resourceType") != "Bundle":
        raise problem(400, "A Bundle is expected.", code="required", where="Parameters.bundle")
    entries = [one for one in fhir.items(bundle, "entry") if isinstance(one.get("resource"), dict)]
    brought = _Brought(on, entries)
    keeper = on.refs.required(
        {"reference": text(given, "referent")}, "PractitionerRole", "Parameters.referent"
    )
    shown = brought.open(keeper)
    return Answer(201, shown.body, {"ETag": shown.etag})


class _Brought:
    """One bundle being taken."""

    def __init__(self, on: Writer, entries: list[Json]) -> None:
        self.on, self.entries = on, entries
        self.made: dict[str, UUID] = {}

    def of(self, kind: str) -> Iterator[tuple[str, Json]]:
        """(full address, resource) of the entries of a type."""
        for one in self.entries:
            if one["resource"].get("resourceType") == kind:
                yield str(one.get("fullUrl", "")), one["resource"]

    def open(self, keeper: UUID) -> reading.Shown:
        """The plan, its needs, its goals, its actions."""
        for kind in ("CarePlan", "Goal"):
            self.on.access.require(kind, "c")
        plans = list(self.of("CarePlan"))
        if len(plans) != 1:
            raise unprocessable("One CarePlan, and one alone.", "Bundle.entry")
        ((_, body),) = plans
        person = self._person(body)
        plan = services.open_plan(
            person, referent_id=keeper,
            review_on=fhir.day((body.get("period") or {}).get("end"), "CarePlan.period.end"),
        )  # fmt: skip
        editing.edit_frame(plan.pk, version=plan.version, values=_frame(body))
        self._needs(plan)
        self._goals(plan, person)
        self._actions(plan)
        plan.refresh_from_db()
        kept = {**body, "status": "draft", "subject": {"reference": f"Patient/{person}"},
                "author": {"reference": f"PractitionerRole/{keeper}"}}  # fmt: skip
        kept.pop("supportingInfo", None)
        return self.on.adopt(_served("CarePlan"), plan, kept)

    def _person(self, body: Json) -> UUID:
        address = str((body.get("subject") or {}).get("reference", ""))
        said = dict(self.of("Patient")).get(address)
        if said is None:
            return identifying.person(body, body.get("subject"), self.on.refs, "CarePlan.subject")
        known = identifying.known(said, self.on.refs)
        return known or self.on.create(_served("Patient"), said).key

    def _needs(self, plan: Plan) -> None:
        for address, one in self.of("ServiceRequest"):
            shown = "\n".join(map(fhir.words_of, one.get("orderDetail") or []))
            values = {"domain": Problem.Domain.AUTONOMY, "origin": shown,
                      "statement": fhir.words_of(one.get("code"))}  # fmt: skip
            self.made[address] = editing.add_line(plan.pk, "problem", values).pk

    def _goals(self, plan: Plan, person: UUID) -> None:
        for address, one in self.of("Goal"):
            need = next(iter(fhir.items(one, "addresses")), {})
            row = editing.add_line(
                plan.pk, "objective", values_of(one),
                parent_id=self.made.get(str(need.get("reference", ""))),
            )  # fmt: skip
            kept = {name: held for name, held in one.items() if name != "addresses"}
            kept["subject"] = {"reference": f"Patient/{person}"}
            for link in fhir.extensions(kept, REFERENCE):
                link["valueReference"] = {"reference": f"CarePlan/{plan.pk}"}
            kept["lifecycleStatus"] = "active"
            self.made[address] = self.on.adopt(_served("Goal"), row, kept).key

    def _actions(self, plan: Plan) -> None:
        steps = {task: status for status, task in STEPS.items()}
        held = {code: str(step) for step, code in ACTIVITY.items()}
        for number, (_, one) in enumerate(self.of("Task")):
            goals = [part.get("valueReference") or {} for part in fhir.items(one, "input")
                     if fhir.code_of(part.get("type"), INPUTS) == "objectif"]  # fmt: skip
            parent = next((self.made[str(goal.get("reference"))] for goal in goals
                           if str(goal.get("reference")) in self.made), None)  # fmt: skip
            if parent is None:
                raise unprocessable("An action names a goal of this bundle.", f"Task[{number}]")
            period = one.get("executionPeriod") or {}
            row = editing.add_line(plan.pk, "action", {
                "text": str(one.get("description") or ""),
                "who_else": str((one.get("owner") or {}).get("display", ""))[:200],
                "starts_on": fhir.day(period.get("start"), f"Task[{number}].executionPeriod"),
                "due_on": fhir.day(period.get("end"), f"Task[{number}].executionPeriod"),
            }, parent_id=parent)  # fmt: skip
            step = held.get(steps.get(str(one.get("status")), ""), row.status)
            if step != row.status:
                doing.set_status(row.pk, step)


def _frame(body: Json) -> dict[str, Any]:
    """The parts that our own bundles write line by line; other words are of the social part.

    They are the description; a note says how the plan is told to the person (guide), or the parts,
    as bundles of ours said them before.
    """
    texts = [body.get("description") or "", *(one.get("text") for one in fhir.items(body, "note"))]
    lines = [line for one in texts if one for line in str(one).split("\n")]
    made = planning.frame({"note": [{"text": line} for line in lines]})
    if not any(made.values()):
        made["social"] = "\n".join(lines)
    return made


GIVE = Operation(
    "tddui", "https://liane.sante/OperationDefinition/CarePlan-tddui", frozenset({"instance"}),
    give, frozenset({"CarePlan"}),
)  # fmt: skip
TAKE = Operation(
    "tddui-receive", "https://liane.sante/OperationDefinition/CarePlan-tddui-receive",
    frozenset({"type"}), take, frozenset({"CarePlan"}), reads=False,
)  # fmt: skip
