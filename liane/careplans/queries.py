"""Reads of plans: the screen, a line's history, versions, what waits. Each says its queries."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from liane.assessments import queries as assessments
from liane.careplans import contents, rules, versions
from liane.careplans.models import (
    Action,
    Agreement,
    Change,
    LineEvent,
    Objective,
    Plan,
    PlanLink,
    PlanVersion,
    Problem,
    Review,
    Verdict,
    VersionFile,
    VersionLine,
    Words,
)
from liane.careplans.models.lines import ActionQuerySet
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.patients.models import AttendingDoctor
from liane.patients.queries import cluster_ids

Status = Plan.Status
SOON = dt.timedelta(days=14)
MANY = 200


def _reach() -> Reach:
    return Reach.of(acting.current())


@dataclass
class GoalRow:
    """An objective with its actions, in order of recourse."""

    goal: Objective
    actions: list[Action] = field(default_factory=list)


@dataclass
class ProblemRow:
    """A problem with its objectives."""

    problem: Problem | None
    goals: list[GoalRow] = field(default_factory=list)


@dataclass(frozen=True)
class Standing:
    """Where a plan stands: its last version and who answered it."""

    version: PlanVersion | None
    verdict: Verdict | None
    agreement: Agreement | None
    opinions: list[Agreement]
    has_pdf: bool
    link: PlanLink | None
    changed_since: bool

    @property
    def silent_until(self) -> dt.date | None:
        """The day from which silence lets the plan run."""
        from liane.careplans.services import silence_after

        if self.version is None:
            return None
        return timezone.localdate(self.version.at + silence_after())


@dataclass(frozen=True)
class Screen:
    """The whole plan on one page."""

    plan: Plan
    rows: list[ProblemRow]
    loose: list[GoalRow]
    wished: list[Objective]
    words: list[Words]
    reviews: list[Review]
    standing: Standing
    doctor: AttendingDoctor | None
    dropped: int
    writes: bool
    validates: bool

    @property
    def counts(self) -> dict[str, int]:
        """Figures of the head: actions in all, done, late."""
        actions = [one for row in [*self.rows] for goal in row.goals for one in goal.actions]
        actions += [one for goal in self.loose for one in goal.actions]
        done = sum(one.status == Action.Status.DONE for one in actions)
        return {"all": len(actions), "done": done, "late": sum(one.is_late for one in actions)}


def current(person_id: UUID) -> Plan | None:
    """The open plan of a person that the actor may read. Two queries."""
    return _open.first(acting.current(), timezone.now(), cluster_ids(person_id))


@prepared
def _open(actor: Actor, now: dt.datetime, cluster: list[UUID]) -> QuerySet[Plan]:
    rows: QuerySet[Plan] = Plan.objects.within(Reach(actor, now))
    return (
        rows.filter(person_id__in=cluster)
        .exclude(status=Status.CLOSED)
        .select_related("referent__professional", "referent__organisation")
        .order_by("-created_at")[:1]
    )


def closed(person_id: UUID) -> list[Plan]:
    """Plans of a person that are closed, newest first. Two queries."""
    rows = Plan.objects.within(_reach()).filter(
        person_id__in=cluster_ids(person_id), status=Status.CLOSED
    )
    return list(rows.select_related("referent__professional").order_by("-created_at"))


def screen(plan: Plan) -> Screen:
    """The page of a plan: fifteen queries at most, however long it is."""
    reach, actor = _reach(), acting.current()
    problems = list(Problem.objects.within(reach).filter(plan=plan, dropped_at=None))
    goals = list(Objective.objects.within(reach).filter(plan=plan, dropped_at=None))
    actions = list(
        Action.objects.within(reach)
        .filter(plan=plan, dropped_at=None)
        .select_related(*versions.RELATED)
    )
    rows = {one.pk: ProblemRow(one) for one in problems}
    by_goal = {one.pk: GoalRow(one) for one in goals}
    for action in actions:
        if action.objective_id in by_goal:
            by_goal[action.objective_id].actions.append(action)
    loose = []
    wished = [one for one in goals if one.status == Objective.Status.UNREACHED]
    for goal in goals:
        if goal.status == Objective.Status.UNREACHED:
            continue
        if goal.problem_id in rows:
            rows[goal.problem_id].goals.append(by_goal[goal.pk])
        else:
            loose.append(by_goal[goal.pk])
    doctor = rules.doctor_of(plan.person_id)
    return Screen(
        plan=plan,
        rows=list(rows.values()),
        loose=loose,
        wished=wished,
        words=words_of(plan.person_id),
        reviews=list(Review.objects.within(reach).filter(plan=plan).order_by("-held_on")[:3]),
        standing=standing(plan),
        doctor=doctor,
        dropped=Change.objects.filter(plan=plan, what=Change.What.DROPPED).count(),
        writes=plan.is_open and rules.writes(actor, plan.person_id),
        validates=plan.is_open and rules.may_validate(actor, doctor),
    )


def standing(plan: Plan) -> Standing:
    """The last version and its answers. At most six queries."""
    reach = _reach()
    version: PlanVersion | None = (
        PlanVersion.objects.within(reach).filter(plan=plan).order_by("-number").first()
    )
    if version is None:
        return Standing(None, None, None, [], False, None, False)
    verdict = Verdict.objects.within(reach).filter(version=version).order_by("-at").first()
    answers = list(Agreement.objects.within(reach).filter(version=version).order_by("-at", "-id"))
    binding = next((one for one in answers if one.binds), None)
    moved = Change.objects.filter(plan=plan, at__gt=version.at).exclude(what=Change.What.SET_ASIDE)
    return Standing(
        version,
        verdict,
        binding,
        [one for one in answers if not one.binds],
        VersionFile.objects.filter(version=version).exists(),
        PlanLink.objects.filter(version=version).order_by("-created_at").first(),
        moved.exists(),
    )


def words_of(person_id: UUID, before: dt.datetime | None = None) -> list[Words]:
    """What the person and her carers said that the actor may read, newest first. Two queries."""
    rows = Words.objects.within(_reach()).filter(person_id__in=cluster_ids(person_id))
    if before is not None:
        rows = rows.filter(at__lte=before)
    return list(rows.order_by("-at")[:20])


def my_actions(person_id: UUID) -> list[Action]:
    """The actions about a person entrusted to the actor: what home help reads. Two queries."""
    actor = acting.current()
    rows = Action.objects.within(Reach.of(actor)).filter(
        ActionQuerySet.of(actor.holders),
        person_id__in=cluster_ids(person_id),
        dropped_at=None,
    )
    return list(rows.exclude(plan__status=Status.CLOSED).select_related(*versions.RELATED, "plan"))


# ------------------------------------------------------------------ a line


def action_now(line_id: UUID) -> Action | None:
    """This line when it is an action of a plan that the actor may read. One query."""
    rows = Action.objects.within(_reach()).filter(pk=line_id, dropped_at=None)
    found: Action | None = rows.select_related("plan", *versions.RELATED).first()
    return found


@dataclass(frozen=True)
class Step:
    """One row of a line's history: a content, or a change of state."""

    at: dt.datetime
    who: str
    what: str
    said: list[contents.Said]
    reason: str = ""
    aside: bool = False


def line(line_id: UUID) -> Any:
    """A problem, an objective or an action within reach, or None. At most three queries."""
    for model in (Problem, Objective, Action):
        rows = model.objects.within(_reach()).filter(pk=line_id).select_related("plan")
        if model is Action:
            rows = rows.select_related("plan", *versions.RELATED)
        found = rows.first()
        if found is not None:
            ledger.read([found.person_id], "care_plan", object_id=found.pk)
            return found
    return None


def history(one: Any) -> list[Step]:
    """Everything that a line was, newest first. Two queries."""
    changes = Change.objects.within(_reach()).filter(line_id=one.pk).order_by("at", "id")
    events = LineEvent.objects.within(_reach()).filter(line_id=one.pk)
    labels = dict(getattr(type(one), "Status", Plan.Status).choices)
    steps: list[Step] = []
    before: dict[str, str] = {}
    for change in changes:
        content = contents.read(change.content)
        said = contents.words(change.line_kind, content)
        texts = {item.name: item.text for item in said}
        aside = change.what == Change.What.SET_ASIDE
        new = said if aside else [item for item in said if before.get(item.name) != item.text]
        steps.append(
            Step(
                change.at, change.author_label, change.get_what_display(),
                [item for item in new if item.name != "status"], change.reason, aside,
            )
        )  # fmt: skip
        if not aside:
            before = texts
    steps += [
        Step(event.at, event.author_label, f"état : {labels[event.after]}", [], event.reason)
        for event in events
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def citable(person_id: UUID) -> list[tuple[str, str]]:
    """Lines of completed assessments that a problem may cite, newest first, as choices."""
    return [
        (f"{one.response_id}:{one.link_id}", f"{one.questionnaire}, {one.label} : {one.answer}")
        for one in assessments.lines_of(person_id, most=3)
        if one.answer and len(one.link_id) <= 80
    ]


def said(line: Any) -> list[contents.Said]:
    """A line as it stands, field by field."""
    return contents.words(line.KIND, contents.of(line))


def dropped(plan: Plan) -> list[Any]:
    """The withdrawn lines of a plan. Three queries."""
    found: list[Any] = []
    for model in (Problem, Objective, Action):
        found += model.objects.within(_reach()).filter(plan=plan).exclude(dropped_at=None)
    return sorted(found, key=lambda one: one.dropped_at, reverse=True)


# ------------------------------------------------------------------ versions


def all_versions(plan: Plan) -> list[PlanVersion]:
    """The versions of a plan, newest first. Two queries."""
    rows = PlanVersion.objects.within(_reach()).filter(plan=plan).order_by("-number")
    return list(rows.prefetch_related("verdicts"))


def lines_of(version: PlanVersion) -> list[VersionLine]:
    """The frozen lines of a version within reach. One query."""
    return list(VersionLine.objects.within(_reach()).filter(version=version))


def shown(version: PlanVersion) -> versions.Shown:
    """A version in words. One query."""
    return versions.shown(version, lines_of(version))


def differences(before: PlanVersion, after: PlanVersion) -> list[versions.Difference]:
    """What changed between two versions. Two queries."""
    return versions.compare((before, lines_of(before)), (after, lines_of(after)))


def pdf_of(version: PlanVersion) -> VersionFile | None:
    """The PDF of a version, when the job has made it. One query."""
    found: VersionFile | None = (
        VersionFile.objects.within(_reach()).filter(version=version).select_related("file").first()
    )
    return found


# ------------------------------------------------------------------ lists


def to_review() -> list[Plan]:
    """Plans that the actor keeps and that are to be reviewed within two weeks. One query."""
    actor = acting.current()
    return _to_review(actor, timezone.now(), timezone.localdate() + SOON)


@prepared
def _to_review(actor: Actor, now: dt.datetime, until: dt.date) -> QuerySet[Plan]:
    rows: QuerySet[Plan] = Plan.objects.within(Reach(actor, now)).filter(
        referent_id__in=actor.holders, review_on__lte=until
    )
    running = rows.exclude(status=Status.CLOSED).select_related("person")
    return running.order_by("review_on")[:20]


def to_validate() -> list[Plan]:
    """Plans sent to the actor, attending doctor, that wait for an answer. One query."""
    actor = acting.current()
    if actor.role != "care":
        return []
    return _to_validate(actor, timezone.now(), timezone.localdate())


@prepared
def _to_validate(actor: Actor, now: dt.datetime, today: dt.date) -> QuerySet[Plan]:
    mine = AttendingDoctor.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=today),
        person_id=OuterRef("person_id"),
        practice_id__in=actor.holders,
        started_on__lte=today,
    )
    rows: QuerySet[Plan] = Plan.objects.within(Reach(actor, now)).filter(
        Exists(mine), status__in=[Status.SENT, Status.UNANSWERED]
    )
    return rows.select_related("person", "referent__professional").order_by("sent_at")[:20]


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Plan]:
    """Plans within reach by id. One query."""
    rows: QuerySet[Plan] = Plan.objects.within(_reach()).filter(pk__in=ids)
    return {plan.pk: plan for plan in rows}


def words_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Words]:
    """Words within reach by id. One query."""
    return {one.pk: one for one in Words.objects.within(_reach()).filter(pk__in=ids)}


def actions_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """Actions and objectives within reach by id. Two queries."""
    found: dict[UUID, Any] = {}
    for model in (Action, Objective):
        found |= {one.pk: one for one in model.objects.within(_reach()).filter(pk__in=ids)}
    return found


def told_doctor(entry: Entry) -> list[UUID]:
    """The attending doctor, for a plan to validate."""
    with acting.acting(acting.system("plan : médecin traitant")):
        doctor = rules.doctor_of(entry.person_id) if entry.person_id else None
        return [doctor.practice_id] if doctor is not None else []


def told_referent(entry: Entry) -> list[UUID]:
    """Who keeps the plan, for a review that is due."""
    with acting.acting(acting.system("plan : référent")):
        if entry.object_id is None:
            return []
        return list(Plan.objects.filter(pk=entry.object_id).values_list("referent_id", flat=True))


def waiting_actions(plan: Plan) -> list[Action]:
    """The next actions of a plan that wait, what presses first. One query."""
    rows = Action.objects.within(_reach()).filter(
        plan=plan, dropped_at=None, status__in=[Action.Status.TODO, Action.Status.DOING]
    )
    return list(
        rows.order_by(F("due_on").asc(nulls_last=True)).select_related(*versions.RELATED)[:4]
    )


def states_of(plan: Plan) -> dict[UUID, str]:
    """Where each action stands now. One query."""
    return dict(Action.objects.within(_reach()).filter(plan=plan).values_list("pk", "status"))
