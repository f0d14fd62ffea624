"""What tasks show on Aujourd’hui, on a record, and in open pages."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from liane.core import acting
from liane.core.areas import Area
from liane.core.registry import Fragment
from liane.core.routes import PORTAL_ROLES
from liane.tasks import queries, rules
from liane.tasks.models import Task

SHOWN = 8


def today(request: HttpRequest) -> dict[str, Any] | None:
    """« À faire »: what presses first; nothing when nothing waits."""
    tasks = queries.pressing(SHOWN + 1)
    if not tasks:
        return None
    late = sum(task.is_late for task in tasks[:SHOWN])
    return {"tasks": tasks[:SHOWN], "more": len(tasks) > SHOWN, "late": late}


def record(request: Any, person: Any) -> dict[str, Any] | None:
    """« À faire » beside a record."""
    if request.actor.role in PORTAL_ROLES or person.died_on:
        return None
    may_give = bool(request.actor.read.get(Area.TIMELINE))
    tasks = queries.of_person(person.pk)
    return {"person": person, "tasks": tasks, "may_give": may_give} if may_give or tasks else None


def fresh_row(signal: Any) -> list[Fragment]:
    """A task's row as it is now, for the open pages that show it."""
    task = queries.one(signal.object_id)
    if task is None:
        return []
    actor = acting.current()
    may_settle = rules.may_settle(task, actor, rules.roles_of(actor))
    html = render_to_string("tasks/_row.html", {"task": task, "may_settle": may_settle})
    return [Fragment(f"task:{task.pk}", html, "replace")]


def from_message(message: Any) -> str:
    """Where a message becomes a task."""
    return f"/personnes/{message.thread.person_id}/taches/nouvelle/"


def sentence(entry: Any, person: Any) -> str:
    """A task's notification inside the application."""
    about = f" pour {person.short_name}" if person is not None else ""
    if entry.kind == "task.due":
        return f"À faire aujourd’hui : une tâche vous attend{about}"
    said = {
        "task.created": "vous confie une tâche",
        "task.claimed": "s’occupe de votre demande",
        "task.done": "a fait ce que vous aviez demandé",
        "task.refused": "ne peut pas faire ce que vous aviez demandé",
        "task.reopened": "rouvre une tâche",
    }
    return f"{entry.actor_label} {said[entry.kind]}{about}"


def link(entry: Any) -> str:
    """Where a task's notification leads."""
    return f"/taches/{entry.object_id}/"


def badge(request: HttpRequest) -> int:
    """How many tasks wait. Two queries."""
    return queries.mine().filter(status=Task.Status.TODO).count()
