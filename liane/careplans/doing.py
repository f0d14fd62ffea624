"""Actions and objectives in motion: their state, what they become, what comes back."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from liane.agenda import services as agenda
from liane.agenda.models import Appointment
from liane.careplans import editing, rules
from liane.careplans.models import Action, LineEvent, Objective
from liane.careplans.models.lines import ACTION_LIFE, OBJECTIVE_LIFE
from liane.core import acting, journal, ledger
from liane.core.errors import Conflict, Refused
from liane.core.models import Entry, author_of
from liane.core.states import Machine
from liane.core.templatetags.liane import long_date
from liane.interventions.models import Intervention
from liane.referrals import sending
from liane.referrals.models import Referral
from liane.tasks import services as tasks
from liane.tasks.models import Task

Status = Action.Status
OPEN = (Status.TODO, Status.DOING)


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
        _move(action, ACTION_LIFE, status)
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
            _move(goal, OBJECTIVE_LIFE, status)
        if why.strip() and why.strip() != goal.why:
            goal.why = why.strip()[: rules.LONGEST]
            editing.changed(goal, ("why",))
        return goal


def _move(
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
    action.task_id = action.appointment_id = action.referral_id = None
    setattr(action, column, pk)
    action.save(update_fields=["task_id", "appointment_id", "referral_id"])
    if action.status == Status.TODO:
        _move(action, ACTION_LIFE, Status.DOING)
    elif action.status != Status.DOING:
        _move(action, ACTION_LIFE, Status.DOING, reason="reprise")


# ------------------------------------------------------------------ what comes back


@dataclass(frozen=True)
class Back:
    """What a journal entry says of an action: its new state, and the result in words."""

    status: str
    result: str


def read(entries: Collection[Entry]) -> None:
    """Reader of the journal: what was done elsewhere comes back to the plan, once."""
    for entry in entries:
        if entry.kind in _TASKS and entry.object_id is not None:
            _returned(Action.objects.filter(task_id=entry.object_id), entry, _TASKS[entry.kind])
        elif entry.kind in _REQUESTS and entry.object_id is not None:
            rows = Action.objects.filter(referral_id=entry.object_id)
            _returned(rows, entry, _REQUESTS[entry.kind])
        elif entry.kind in _VISITS and entry.object_id is not None:
            visit_id = _visit_of(entry)
            if visit_id is not None:
                rows = Action.objects.filter(appointment_id=visit_id)
                _returned(rows, entry, _VISITS[entry.kind])


_TASKS = {
    "task.claimed": (Status.DOING, ""),
    "task.done": (Status.DONE, "Faite par {who}, {when}."),
    "task.refused": (Status.NOT_DONE, "Refusée par {who}, {when}."),
    "task.reopened": (Status.DOING, ""),
}
_REQUESTS = {
    "referral.done": (Status.DONE, "Demande terminée par {who}, {when}."),
    "referral.refused": (Status.NOT_DONE, "Demande refusée par {who}, {when}."),
    "referral.revoked": (Status.NOT_DONE, "Demande annulée par {who}, {when}."),
    "referral.reopened": (Status.DOING, ""),
}
_VISITS = {
    "visit.done": (Status.DONE, "Visite faite par {who}, {when}."),
    "visit.problem": (Status.DONE, "Visite faite par {who}, {when} : un problème est signalé."),
    "visit.undone": (Status.DOING, ""),
    "visit.missed": (Status.NOT_DONE, "Visite non faite, {when}."),
    "visit.cancelled": (Status.NOT_DONE, "Visite annulée, {when}."),
}


def _visit_of(entry: Entry) -> UUID | None:
    """The appointment that an entry tells of: its own, or that of the intervention it names."""
    if entry.kind in {"visit.missed", "visit.cancelled"}:
        return entry.object_id
    if entry.object_id is None:
        return None
    acts = Intervention.objects.filter(pk=entry.object_id)
    return acts.values_list("appointment_id", flat=True).first()


def _returned(rows: Any, entry: Entry, said: tuple[str, str]) -> None:
    for pk in list(rows.values_list("pk", flat=True)):
        if LineEvent.objects.filter(entry_id=entry.id).exists():
            return
        action: Action = editing.locked_line(pk, (Action,))
        status, result = said
        if not action.plan.is_open or not ACTION_LIFE.allows(action.status, status):
            continue
        with acting.acting(_as_author(entry)):
            when = long_date(entry.occurred_at or timezone.now())
            _move(action, ACTION_LIFE, status, reason="en retour", entry_id=entry.id)
            action.result = result.format(who=entry.actor_label, when=f"le {when}")
            editing.changed(action, ("result",))


def _as_author(entry: Entry) -> acting.Actor:
    """Acts by rule, in the name of whoever did the thing: the history says who."""
    return acting.Actor(
        kind="system",
        label=entry.actor_label,
        user_id=entry.actor_user_id,
        holder_id=entry.actor_holder_id,
        organisation_id=entry.organisation_id,
        channel="machine",
    )
