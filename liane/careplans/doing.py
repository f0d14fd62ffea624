"""Actions and objectives in motion: their state, and what they become."""

from typing import Any
from uuid import UUID

from django.db import transaction

from liane.agenda import services as agenda
from liane.agenda.models import Appointment, Series
from liane.careplans import editing, rules
from liane.careplans.models import Action, LineEvent, Objective
from liane.careplans.models.lines import ACTION_LIFE, OBJECTIVE_LIFE
from liane.core import acting, journal, ledger
from liane.core.errors import Conflict, Refused
from liane.core.models import author_of
from liane.core.states import Machine
from liane.referrals import sending
from liane.referrals.models import Referral
from liane.tasks import services as tasks
from liane.tasks.models import Task

Status = Action.Status
OPEN = (Status.TODO, Status.DOING)
BECOMES = ("task_id", "appointment_id", "series_id", "referral_id")


def set_status(action_id: UUID, status: str, *, seen: str = "", result: str = "") -> Action:
    """One tap: an action is begun, done, not done, stopped. ``seen`` is the state shown then.

    Raises Conflict when somebody moved it meanwhile. The same state again changes nothing.
    """
    with transaction.atomic():
        action: Action = editing.locked_line(action_id, (Action,))
        rules.require_team(action.person_id)
        rules.require_open(action.plan)
        if action.status == status:
            return action
        if seen and seen != action.status:
            raise Conflict(
                f"Cette action est déjà « {action.get_status_display()} » : "
                "quelqu’un vient de la changer."
            )
        move(action, ACTION_LIFE, status)
        if result.strip():
            action.result = result.strip()[: rules.LONGEST]
            editing.changed(action, ("result",))
        return action


def settle(objective_id: UUID, status: str, *, why: str = "", seen: str = "") -> Objective:
    """An objective is reached, not reached (why is asked), or again under way."""
    if status == Objective.Status.UNREACHED and not why.strip():
        raise Refused("Dites pourquoi : c’est ce qui servira à la prochaine révision.", field="why")
    with transaction.atomic():
        goal: Objective = editing.locked_line(objective_id, (Objective,))
        rules.require_team(goal.person_id)
        rules.require_open(goal.plan)
        if seen and seen != goal.status:
            raise Conflict("Quelqu’un vient de changer cet objectif.")
        if status != goal.status:
            move(goal, OBJECTIVE_LIFE, status)
        if why.strip() and why.strip() != goal.why:
            goal.why = why.strip()[: rules.LONGEST]
            editing.changed(goal, ("why",))
        return goal


def move(
    line: Any, machine: Machine, after: str, *, reason: str = "", entry_id: UUID | None = None
) -> None:
    """Change the state of a line, with its dated row. The caller holds the lock and the rule."""
    if not machine.allows(line.status, after):
        raise Refused(
            f"Impossible de passer de « {line.get_status_display()} » à « {after} ».",
            code="illegal-transition",
        )
    before, line.status = line.status, after
    line.save(update_fields=["status"])
    LineEvent.objects.create(
        plan_id=line.plan_id, person_id=line.person_id, line_id=line.pk, before=before,
        after=after, reason=reason[:500], entry_id=entry_id, **author_of(acting.current()),
    )  # fmt: skip
    journal.append("plan.moved", person_id=line.person_id, object_id=line.pk, announce=False)
    journal.signal("careplan", person_id=line.person_id, object_id=line.pk)
    ledger.wrote(line.person_id, "care_plan", object_id=line.pk)


# ------------------------------------------------------------------ what an action becomes


def give_task(
    action_id: UUID,
    asked: tasks.Asked,
    *,
    key: UUID | None = None,
) -> Task:
    """Make a task of an action. Raises as `tasks.create_task`; Refused when it is one already."""
    with transaction.atomic():
        action = _free(action_id)
        task = tasks.create_task(asked, key=key)
        _became(action, "task_id", task.pk)
        return task


def plan_visits(
    action_id: UUID, visit: agenda.Visit, rule: str, *, key: UUID | None = None
) -> Series:
    """Plan visits again and again for an action. Raises as `agenda.plan_series`."""
    with transaction.atomic():
        action = _free(action_id)
        series = agenda.plan_series(visit, rule, key=key)
        _became(action, "series_id", series.pk)
        return series


def plan_visit(action_id: UUID, visit: agenda.Visit, *, key: UUID | None = None) -> Appointment:
    """Plan an appointment for an action. Raises as `agenda.plan_visit`."""
    with transaction.atomic():
        action = _free(action_id)
        appointment = agenda.plan_visit(visit, key=key)
        _became(action, "appointment_id", appointment.pk)
        return appointment


def ask(action_id: UUID, wanted: sending.Wanted, *, key: UUID | None = None) -> Referral:
    """Make a request of an action. Raises as `referrals.sending.send`."""
    with transaction.atomic():
        action = _free(action_id)
        referral = sending.send(wanted, key=key)
        _became(action, "referral_id", referral.pk)
        return referral


def _free(action_id: UUID) -> Action:
    action: Action = editing.locked_line(action_id, (Action,))
    rules.require_team(action.person_id)
    rules.require_open(action.plan)
    if action.become and action.status in OPEN:
        raise Refused("Cette action est déjà confiée : suivez-la là où elle est.")
    return action


def _became(action: Action, column: str, pk: UUID) -> None:
    for name in BECOMES:
        setattr(action, name, pk if name == column else None)
    action.save(update_fields=[*BECOMES])
    if action.status == Status.TODO:
        move(action, ACTION_LIFE, Status.DOING)
    elif action.status != Status.DOING:
        move(action, ACTION_LIFE, Status.DOING, reason="reprise")
