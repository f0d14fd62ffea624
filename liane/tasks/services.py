"""Verbs of tasks: give one, take it, do it, refuse it with a reason, open it again."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.access import in_circle
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger, registry
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.clock import day_bounds
from liane.core.errors import NotAllowed, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.routes import PORTAL_ROLES
from liane.core.states import transition
from liane.directory.models import Practice
from liane.tasks import rules
from liane.tasks.models import LIFE, OPEN, Task

Status = Task.Status
NAMED = Audience(team=False)
"""A task is told to those it names (`queries.told_of`), and to nobody else."""

MORNING = dt.time(7)
"""From then on, local time, the tasks of the day are recalled."""


@dataclass(frozen=True)
class Asked:
    """What is asked: exactly one of practice, organisation, post and role."""

    title: str
    person_id: UUID | None = None
    details: str = ""
    practice_id: UUID | None = None
    organisation_id: UUID | None = None
    post_id: UUID | None = None
    role: str = ""
    due_on: dt.date | None = None
    priority: int = Task.Priority.NORMAL
    source_message_id: UUID | None = None


def create_task(asked: Asked, *, key: UUID | None = None) -> Task:
    """Give a task and tell whoever is asked. The same ``key`` gives it once.

    Raises Http404 for a person out of reach, Refused for nobody or somebody outside the circle.
    """

    def do() -> Task:
        _check(asked)
        who = author_of(acting.current())
        task = Task.objects.create(
            title=asked.title.strip(),
            person_id=asked.person_id,
            details=asked.details.strip(),
            practice_id=asked.practice_id,
            organisation_id=asked.organisation_id,
            post_id=asked.post_id,
            role=asked.role,
            due_on=asked.due_on,
            priority=asked.priority,
            source_message_id=asked.source_message_id,
            **who,
        )
        task.history.create(after=Status.TODO, **who)
        _told("task.created", task)
        if asked.source_message_id is not None:
            for desk in registry.message_desk:
                desk.turned(asked.source_message_id, "task", "Tâche confiée", f"/taches/{task.pk}/")
        return task

    content = [str(asked.person_id), asked.title, asked.details, str(asked.due_on)]
    made, _ = once(key, "tasks.create", content, Task, do)
    return made


def remind(now: dt.datetime | None = None) -> int:
    """Periodic: on the morning of its day, whoever has an open task to do is reminded, once.

    A task given that very day was told already. Returns how many reminders.
    """
    now = timezone.localtime(now)
    if now.time() < MORNING:
        return 0
    start, _ = day_bounds(now.date())
    told = 0
    with acting.acting(acting.system("rappel des tâches")):
        due = Task.objects.filter(
            status__in=OPEN, due_on=now.date(), reminded_on=None, created_at__lt=start
        )
        for task_id in list(due.values_list("pk", flat=True)):
            with transaction.atomic():
                task = due.select_for_update().filter(pk=task_id).first()
                if task is None:
                    continue
                task.reminded_on = now.date()
                task.save(update_fields=["reminded_on"])
                journal.append("task.due", person_id=task.person_id, object_id=task.pk, to=NAMED)
                told += 1
    return told


def _check(asked: Asked) -> None:
    actor = acting.current()
    if actor.role in PORTAL_ROLES:
        raise NotAllowed("Écrivez un message : il peut devenir une tâche.")
    if not asked.title.strip():
        raise Refused("Dites ce qu’il y a à faire.", field="title")
    chosen = [asked.practice_id, asked.organisation_id, asked.post_id, asked.role or None]
    if sum(holder is not None for holder in chosen) != 1:
        raise Refused("Dites à qui vous confiez cette tâche.", field="assignee")
    if asked.person_id is None:
        _check_colleague(asked)
        return
    reach = Reach.of(actor)
    if not reach.patients(Area.TIMELINE).filter(pk=asked.person_id).exists():
        raise Http404
    if asked.role:
        return
    if not in_circle(asked.person_id, _holders(asked)):
        raise Refused(
            "Cette personne ou structure n’est pas dans le cercle : invitez-la d’abord.",
            field="assignee",
            code="not-in-circle",
        )


def _check_colleague(asked: Asked) -> None:
    """A task about nobody stays between colleagues of one structure."""
    actor = acting.current()
    if asked.role:
        raise Refused("Un rôle se choisit dans le cercle d’une personne.", field="assignee")
    if asked.practice_id is not None:
        colleague = Practice.objects.filter(
            pk=asked.practice_id, organisation_id__in=actor.holders
        ).exists()
        if not colleague and asked.practice_id not in actor.holders:
            raise Refused("Choisissez quelqu’un de votre structure.", field="assignee")
    elif asked.organisation_id is not None and asked.organisation_id not in actor.holders:
        raise Refused("Choisissez votre structure.", field="assignee")


def _holders(asked: Asked) -> list[UUID]:
    if asked.practice_id is not None:
        practice = Practice.objects.filter(pk=asked.practice_id).first()
        if practice is None:
            raise Refused("Ce professionnel n’est pas connu ici.", field="assignee")
        return [practice.pk, practice.organisation_id, practice.professional_id]
    return [holder for holder in (asked.organisation_id, asked.post_id) if holder is not None]


def claim(task_id: UUID) -> Task:
    """« Je m’en occupe »: the others see who took it. Raises Refused when somebody else has it."""
    with transaction.atomic():
        task = _mine(task_id)
        actor = acting.current()
        if task.status == Status.CLAIMED:
            if task.claimed_by_id is None or task.claimed_by_id in actor.holders:
                return task
            raise Refused("Quelqu’un d’autre s’en occupe déjà.")
        transition(task, LIFE, Status.CLAIMED)
        # The software of a structure takes it for the structure: nobody is named.
        task.claimed_by_id = actor.holder_id if actor.professional_id else None
        task.save(update_fields=["claimed_by"])
        _told("task.claimed", task)
        return task


def complete(task_id: UUID) -> Task:
    """It is done: whoever asked is told. Saying it twice changes nothing."""
    with transaction.atomic():
        task = _mine(task_id)
        if task.status == Status.DONE:
            return task
        transition(task, LIFE, Status.DONE)
        _settled(task, "task.done")
        return task


def refuse(task_id: UUID, *, reason: str) -> Task:
    """Say no, and why: whoever asked is told."""
    if not reason.strip():
        raise Refused(
            "Dites pourquoi : la personne qui vous l’a confiée doit le savoir.", field="reason"
        )
    with transaction.atomic():
        task = _mine(task_id)
        transition(task, LIFE, Status.REFUSED, reason=reason.strip())
        _settled(task, "task.refused")
        return task


def reopen(task_id: UUID, *, reason: str = "") -> Task:
    """Open it again (an undo, or a change of mind). An open task stays as it is."""
    with transaction.atomic():
        task = _mine(task_id)
        if task.status == Status.TODO:
            return task
        transition(task, LIFE, Status.TODO, reason=reason)
        task.settled_at = task.claimed_by_id = None
        task.save(update_fields=["settled_at", "claimed_by"])
        _told("task.reopened", task)
        return task


def hand_over(absent: Practice, heir: Practice, reason: str) -> None:
    """A colleague's whole file changes hands: open tasks given to them go to ``heir``, who is told.

    Those about a person whose circle the heir is not in stay where they are.
    """
    who = author_of(acting.current())
    with acting.acting(acting.system("reprise des tâches d’un collègue")):
        rows = Task.objects.filter(practice_id=absent.pk, status__in=OPEN)
        moved = [
            task
            for task in rows.select_for_update(of=("self",))
            if not task.person_id or in_circle(task.person_id, [heir.pk, heir.organisation_id])
        ]
        for task in moved:
            task.practice_id = heir.pk
            task.save(update_fields=["practice"])
    for task in moved:
        task.history.create(before=task.status, after=task.status, reason=reason[:500], **who)
        _told("task.created", task)


def _mine(task_id: UUID) -> Task:
    """The task, locked, if the actor may settle it. Raises Http404 or NotAllowed."""
    actor = acting.current()
    found: Task | None = (
        Task.objects.within(Reach.of(actor))
        .filter(pk=task_id)
        .select_for_update(of=("self",))
        .first()
    )
    if found is None:
        raise Http404
    if not rules.may_settle(found, actor, rules.roles_of(actor)):
        raise NotAllowed("Cette tâche n’est pas la vôtre.")
    return found


def _settled(task: Task, kind: str) -> None:
    task.settled_at = timezone.now()
    task.save(update_fields=["settled_at"])
    _told(kind, task)


def _told(kind: str, task: Task) -> None:
    journal.append(kind, person_id=task.person_id, object_id=task.pk, to=NAMED)
    journal.signal("tasks", person_id=task.person_id, object_id=task.pk)
    if task.person_id is not None:
        ledger.wrote(task.person_id, "task", object_id=task.pk)
