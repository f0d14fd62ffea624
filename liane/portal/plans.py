"""The plan as the person or a carer reads it: shared objectives only, with what is done now."""

from dataclasses import dataclass, field
from uuid import UUID

from liane.careplans import queries
from liane.careplans.models import Action, Plan, Words
from liane.careplans.queries import Standing
from liane.careplans.versions import Frozen
from liane.core import acting
from liane.patients.models import Patient


@dataclass(frozen=True)
class Step:
    """An action: what, by whom and when, where it stands now."""

    text: str
    organised: str
    status: str
    label: str


@dataclass
class Aim:
    """An objective, for which problem, and its actions."""

    about: str
    text: str
    indicator: str
    term: str
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class View:
    """The page. ``standing`` is None while nothing is shared."""

    plan: Plan | None
    standing: Standing | None
    aims: list[Aim]
    wished: list[tuple[str, str]]
    words: list[Words]
    alert: str = ""
    mine: str = ""


def view(person: Patient) -> View:
    """What is shown: at most fourteen queries."""
    said = queries.words_of(person.pk)
    plan = queries.current(person.pk)
    if plan is None:
        return View(None, None, [], [], said)
    standing = queries.standing(plan)
    if standing.version is None:
        return View(plan, standing, [], [], said)
    shown = queries.shown(standing.version)
    now = queries.states_of(plan)
    aims = [
        _aim(problem.title, goal, now)
        for problem in shown.problems
        for goal in problem.below
        if goal.content.get("shared")
    ]
    aims += [_aim("", goal, now) for goal in shown.loose if goal.content.get("shared")]
    wished = [
        (goal.title, str(goal.content.get("why", "")))
        for goal in shown.wished
        if goal.content.get("shared")
    ]
    return View(plan, standing, aims, wished, said, plan.alert_procedure, _mine(standing))


def _aim(about: str, goal: Frozen, now: dict[UUID, str]) -> Aim:
    labels = dict(Action.Status.choices)
    texts = {one.name: one.text for one in goal.said}
    steps = []
    for one in goal.below:
        status = now.get(one.line_id, str(one.content["status"]))
        steps.append(Step(one.title, one.organised, status, labels[Action.Status(status)]))
    return Aim(about, goal.title, texts.get("indicator", ""), texts.get("term", ""), steps)


def _mine(standing: Standing) -> str:
    """The answer that stands of whoever reads: the person's own, or a carer's opinion."""
    me = acting.current()
    if me.role in {"person", "legal"}:
        return standing.agreement.answer if standing.agreement is not None else ""
    return next((one.answer for one in standing.opinions if one.author_holder_id in me.holders), "")
