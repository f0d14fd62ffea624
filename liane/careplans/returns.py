"""What comes back to the plan from what its actions became, by the journal, once."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.agenda.models import Appointment, Series
from liane.agenda.queries import goes_on
from liane.careplans import editing
from liane.careplans.doing import move
from liane.careplans.models import Action, LineEvent
from liane.careplans.models.lines import ACTION_LIFE
from liane.core import acting
from liane.core.models import Entry
from liane.core.templatetags.liane import long_date
from liane.interventions.models import Intervention

Status = Action.Status


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
                _one_of_series(entry, visit_id)
        elif entry.kind in {"series.changed", "series.ended"} and entry.object_id is not None:
            _series(entry, entry.object_id)


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


_IN_SERIES = {
    "visit.done": "Dernière visite faite par {who}, {when}.",
    "visit.problem": "Dernière visite faite par {who}, {when} : un problème est signalé.",
    "visit.undone": "",
    "visit.missed": "Une visite non faite, {when}.",
    "visit.cancelled": "Une visite annulée, {when}.",
}


def _one_of_series(entry: Entry, visit_id: UUID) -> None:
    """A visit among others says where the action stands; the last one ends it."""
    visit = Appointment.objects.filter(pk=visit_id).exclude(series=None).first()
    if visit is None:
        return
    rows = Action.objects.filter(series_id=visit.series_id)
    if entry.kind == "visit.undone":
        _returned(rows, entry, (Status.DOING, ""))
    elif entry.kind in {"visit.done", "visit.problem"} and not goes_on(visit.series_id):
        _returned(rows, entry, (Status.DONE, "La dernière visite faite par {who}, {when}."))
        return
    for action in rows:
        _say(action, entry, _IN_SERIES[entry.kind])


def _series(entry: Entry, series_id: UUID) -> None:
    """A series cut in two goes on under another name; one that is stopped ends the action."""
    series = Series.objects.filter(pk=series_id).first()
    if series is None:
        return
    if entry.kind == "series.changed":
        if series.continues_id is not None:
            Action.objects.filter(series_id=series.continues_id).update(series_id=series.pk)
        return
    done = Appointment.objects.filter(series=series, status=Appointment.Status.DONE).exists()
    status = Status.DONE if done else Status.NOT_DONE
    rows = Action.objects.filter(series_id=series.pk)
    _returned(rows, entry, (status, "Visites arrêtées par {who}, {when}."))


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
            move(action, ACTION_LIFE, status, reason="en retour", entry_id=entry.id)
        _say(action, entry, result)


def _say(action: Action, entry: Entry, result: str) -> None:
    """Write the result in words, unless it is written already."""
    when = long_date(entry.occurred_at or timezone.now())
    said = result.format(who=entry.actor_label, when=f"le {when}")
    if action.plan.is_open and action.result != said:
        action.result = said
        with acting.acting(_as_author(entry)):
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
