"""Reads of tasks: mine, those I gave, a person's. Each says its number of queries."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.patients.queries import cluster_ids
from liane.tasks import rules
from liane.tasks.models import OPEN, Task, TaskEvent

RELATED = ("person", "practice__professional", "organisation", "post", "claimed_by__professional")


def reached() -> QuerySet[Task]:
    """Tasks that the current actor may see."""
    rows: QuerySet[Task] = Task.objects.within(Reach.of(acting.current()))
    return rows.select_related(*RELATED)


def mine() -> QuerySet[Task]:
    """Open tasks given to the actor: what presses first. Two queries with the roles."""
    actor = acting.current()
    to_me = _to(actor, rules.roles_of(actor))
    return _pressing_first(reached().filter(to_me, status__in=OPEN))


def given() -> QuerySet[Task]:
    """Tasks that the actor gave to others, open ones first."""
    holders = acting.current().holders
    return (
        reached()
        .filter(author_holder_id__in=holders)
        .exclude(practice_id__in=holders)
        .order_by(F("settled_at").desc(nulls_first=True), F("due_on").asc(nulls_last=True))
    )


def settled() -> QuerySet[Task]:
    """Tasks given to the actor that are done or refused, the latest first."""
    actor = acting.current()
    to_me = _to(actor, rules.roles_of(actor))
    return reached().filter(to_me).exclude(status__in=OPEN).order_by("-settled_at")


def pressing(most: int = 8) -> list[Task]:
    """The first of :func:`mine`, recorded as read, for Aujourd’hui. Two queries with the roles."""
    actor = acting.current()
    return _noted(_mine(actor, timezone.now(), frozenset(rules.roles_of(actor)), most))


@prepared
def _mine(actor: Actor, now: dt.datetime, roles: frozenset[str], most: int) -> QuerySet[Task]:
    rows: QuerySet[Task] = Task.objects.within(Reach(actor, now)).select_related(*RELATED)
    return _pressing_first(rows.filter(_to(actor, sorted(roles)), status__in=OPEN))[:most]


def _to(actor: Actor, roles: Sequence[str]) -> Q:
    """Given to the actor, to what it acts for, or to a role that it holds."""
    return (
        Q(practice_id__in=actor.holders)
        | Q(organisation_id__in=actor.holders)
        | Q(post_id__in=actor.holders)
        | Q(role__in=roles)
    )


def _pressing_first(rows: QuerySet[Task]) -> QuerySet[Task]:
    return rows.order_by("priority", F("due_on").asc(nulls_last=True), "created_at")


def of_person(person_id: UUID) -> list[Task]:
    """Open tasks about a person that the actor may see. Two queries."""
    return _of_cluster(acting.current(), timezone.now(), cluster_ids(person_id))


@prepared
def _of_cluster(actor: Actor, now: dt.datetime, cluster: list[UUID]) -> QuerySet[Task]:
    rows: QuerySet[Task] = Task.objects.within(Reach(actor, now)).select_related(*RELATED)
    return _pressing_first(rows.filter(person_id__in=cluster, status__in=OPEN))


def shown(rows: QuerySet[Task], limit: int) -> list[Task]:
    """The first of ``rows``; the persons they name are recorded as read."""
    return _noted(list(rows[:limit]))


def _noted(tasks: list[Task]) -> list[Task]:
    ledger.read({task.person_id for task in tasks if task.person_id is not None}, "task")
    return tasks


def one(task_id: UUID) -> Task | None:
    """One task within reach, recorded as read, or None."""
    found = shown(reached().filter(pk=task_id), 1)
    return found[0] if found else None


def history(task: Task) -> list[TaskEvent]:
    """What became of a task, in order."""
    return list(TaskEvent.objects.filter(task=task).order_by("at"))


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Task]:
    """Tasks within reach by id. One query."""
    return {task.pk: task for task in reached().filter(pk__in=ids)}


def told_of(entry: Entry) -> list[UUID]:
    """Who is told: those asked of what is asked, whoever asked of what became of it."""
    with acting.acting(acting.system("tasks: destinataires")):
        task = by_ids([entry.object_id]).get(entry.object_id) if entry.object_id else None
        if task is None:
            return []
        author = [task.author_holder_id] if task.author_holder_id is not None else []
        if entry.kind in {"task.done", "task.refused", "task.claimed"}:
            return author
        if entry.kind == "task.due" and task.claimed_by_id is not None:
            return [task.claimed_by_id]
        again = author if entry.kind == "task.reopened" else []
        if task.role and task.person_id is not None:
            return again + rules.holders_of_role(task.person_id, task.role)
        given_to = (task.practice_id, task.post_id, task.organisation_id)
        return again + [holder for holder in given_to if holder is not None]
