"""Plans prepared by situation: versioned files that prefill lines to be edited with the person.

Each file of ``data/`` follows ``data/template.schema.json``: its source, its validity, and
problems with objectives with actions. Nothing here decides: what is added is a proposal.
"""

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from liane.careplans import editing
from liane.careplans.models import Problem
from liane.core.errors import Refused

FOLDER = Path(__file__).with_name("data")
Text = Annotated[str, Field(min_length=3, max_length=400)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TemplateAction(_Strict):
    """What is usually done. ``recourse``: 1 prevent, 2 solve, 3 mitigate."""

    text: Text
    recourse: Literal[1, 2, 3]
    who: str = ""
    frequency: str = ""
    due_days: Annotated[int, Field(ge=0, le=365)] | None = None


class TemplateObjective(_Strict):
    """What is usually aimed at, how one knows, within how many days."""

    text: Text
    indicator: Text
    term_days: Annotated[int, Field(ge=1, le=730)]
    actions: tuple[TemplateAction, ...] = Field(min_length=1)


class TemplateProblem(_Strict):
    """A problem usual in this situation."""

    domain: Literal["medical", "psychological", "social", "autonomy", "housing", "carer"]
    statement: Text
    priority: Literal[1, 2, 3]
    objectives: tuple[TemplateObjective, ...] = Field(min_length=1)


class Template(_Strict):
    """A situation. ``source`` says which texts it follows."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: Annotated[int, Field(ge=1)]
    title: Text
    summary: Text
    source: Text
    valid_from: dt.date
    valid_until: dt.date | None = None
    alert_procedure: str = ""
    problems: tuple[TemplateProblem, ...] = Field(min_length=1)

    @property
    def label(self) -> str:
        """What the origin of its lines says."""
        return f"Modèle « {self.title} », version {self.version}"


@cache
def known() -> dict[str, Template]:
    """Every file, checked, by key. Raises ValueError on a file that is not what it should be."""
    found: dict[str, Template] = {}
    for path in sorted(FOLDER.glob("*.json")):
        if path.name == "template.schema.json":
            continue
        template = Template.model_validate_json(path.read_text(encoding="utf-8"))
        if path.stem != f"{template.key}.v{template.version}":
            raise ValueError(f"{path.name}: named otherwise than its key and version.")
        if template.key not in found or found[template.key].version < template.version:
            found[template.key] = template
    return found


def offered(on: dt.date | None = None) -> list[Template]:
    """The templates valid on a day (today by default)."""
    day = on or timezone.localdate()
    return [
        one
        for one in known().values()
        if one.valid_from <= day and (one.valid_until is None or one.valid_until > day)
    ]


def schema() -> dict[str, Any]:
    """The published schema of a file."""
    return Template.model_json_schema()


def schema_text() -> str:
    """The schema as it is kept beside the files."""
    return json.dumps(schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def apply(plan_id: UUID, key: str) -> list[Problem]:
    """Add the lines of a template to a plan, to be edited. Once for each template and plan.

    Raises Refused for an unknown template, or one that was used already.
    """
    template = next((one for one in offered() if one.key == key), None)
    if template is None:
        raise Refused("Ce modèle n’existe plus : choisissez-en un autre.", field="template")
    with transaction.atomic():
        plan = editing.locked_plan(plan_id)
        origins = {problem.origin for problem in plan.problems.all()}
        if template.label in origins:
            raise Refused("Ce modèle est déjà dans le plan.", field="template")
        made = [_problem(plan_id, template, problem) for problem in template.problems]
        if template.alert_procedure and not plan.alert_procedure:
            editing.edit_frame(
                plan_id,
                version=plan.version,
                values={"alert_procedure": template.alert_procedure},
            )
    return made


def _problem(plan_id: UUID, template: Template, problem: TemplateProblem) -> Problem:
    today = timezone.localdate()
    line: Problem = editing.add_line(
        plan_id,
        "problem",
        {
            "domain": problem.domain,
            "statement": problem.statement,
            "priority": problem.priority,
            "origin": template.label,
        },
    )
    for goal in problem.objectives:
        objective = editing.add_line(
            plan_id,
            "objective",
            {
                "text": goal.text,
                "indicator": goal.indicator,
                "term": today + dt.timedelta(days=goal.term_days),
            },
            parent_id=line.pk,
        )
        for action in goal.actions:
            due = None if action.due_days is None else today + dt.timedelta(days=action.due_days)
            editing.add_line(
                plan_id,
                "action",
                {
                    "text": action.text,
                    "recourse": action.recourse,
                    "who_else": action.who,
                    "frequency": action.frequency,
                    "due_on": due,
                },
                parent_id=objective.pk,
            )
    return line
