"""What is due and what is done: the rows of sessions follow the protocol and the acts counted.

Sessions are made when they fall due (`protocols.sessions`), never all at once. An act that counts
fulfils the session of its requirement and number; one done before it fell due makes its own row,
so that the picture shows it. `refresh` may be run again at any time: it writes differences only.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from liane.core import acting
from liane.core.models import author_of
from liane.pathways import alerts, catalogue
from liane.pathways.cases import Read, cases_of
from liane.pathways.models import Enrolment, Session, SessionEvent
from liane.pathways.models.enrolments import NEVER
from liane.pathways.protocols import plan as plans
from liane.pathways.protocols.facts import Act, Case
from liane.pathways.protocols.plan import Need
from liane.pathways.protocols.sessions import due
from liane.pathways.protocols.walk import Run, Walk, walk
from liane.pathways.states import (
    OPEN_SESSIONS,
    RUNNING,
    SESSION,
    EnrolmentStatus,
    SessionState,
)

S = SessionState
MANY = 400
ANYBODY = "?"
"""Stands for the payee of an act whose professional has not signed: done all the same."""
type Key = tuple[str, str, int]
"""Phase, requirement, number."""


@dataclass(frozen=True)
class Done:
    """A counted act, and the session it fulfils."""

    act: Act
    run: Run
    need: Need


def refresh(enrolment_ids: Collection[UUID], on: dt.date | None = None) -> int:
    """Bring the sessions of these enrolments up to date. Returns how many rows were written.

    A fixed number of queries a chunk of `cases.CHUNK`, and one for each row that changes.
    """
    day, written = on or timezone.localdate(), 0
    who = author_of(acting.current())
    with acting.acting(acting.system("séances dues")), transaction.atomic():
        found = list(cases_of(enrolment_ids, day))
        held = _held([one.enrolment.pk for one in found])
        for one in found:
            written += _bring(one, held.get(one.enrolment.pk, {}), day, who)
    return written


def refresh_due(now: dt.datetime | None = None) -> int:
    """Periodic: each running enrolment once a day, for time alone makes sessions fall due."""
    day = timezone.localdate(now)
    with acting.acting(acting.system("séances dues")):
        stale = Enrolment.objects.filter(Q(refreshed_on=None) | Q(refreshed_on__lt=day))
        ids = list(
            stale.filter(status__in=RUNNING)
            .order_by("refreshed_on", "id")
            .values_list("pk", flat=True)[:MANY]
        )
        refresh(ids, day)
    return len(ids)


def drop(row: Enrolment, after: str, reason: str, author: Mapping[str, Any] | None = None) -> None:
    """What is still open of an enrolment becomes ``after`` (it ended)."""
    who = dict(author or author_of(acting.current()))
    with acting.acting(acting.system("séances : fin du parcours")):
        for session in Session.objects.filter(enrolment=row, status__in=OPEN_SESSIONS):
            _step(session, after, reason, who)
        Enrolment.objects.filter(pk=row.pk).update(next_on=NEVER, late=0)


def lenient(case: Case) -> Case:
    """The case as progress sees it: what waits for a word, or for a signature, was done."""
    acts = tuple(
        act._replace(
            state="standing" if act.state == "unconfirmed" else act.state,
            payee=act.payee or ANYBODY,
        )
        for act in case.acts
    )
    return case._replace(acts=acts)


def walked(one: Read, on: dt.date) -> Walk:
    """The walk of an enrolment up to a day, as progress sees it."""
    return walk(catalogue.plan_of(one.protocol), lenient(one.case), on)


def anchors_of(one: Read, on: dt.date) -> dict[str, dt.date]:
    """The days that the protocol counts from, those that are known by a day."""
    seen = walked(one, on)
    found = {
        name: dt.date.fromordinal(day)
        for (name, _), day in zip(seen.table.anchors, seen.anchors, strict=True)
        if 0 < day <= on.toordinal()
    }
    same = [anchor.id for anchor in one.protocol.anchors if anchor.origin == "inclusion"]
    return found | {name: found["inclusion"] for name in same if "inclusion" in found}


def done_of(seen: Walk) -> dict[Key, Done]:
    """Each counted act by the session it fulfils."""
    found: dict[Key, Done] = {}
    for run in seen.every_run():
        numbers: dict[str, int] = {}
        for act, _, need, _ in run.acts:
            numbers[need.id] = number = numbers.get(need.id, 0) + 1
            found[run.id, need.id, number] = Done(act, run, need)
    return found


def _held(ids: Collection[UUID]) -> dict[UUID, dict[Key, Session]]:
    held: dict[UUID, dict[Key, Session]] = {}
    for row in Session.objects.filter(enrolment_id__in=list(ids)):
        held.setdefault(row.enrolment_id, {})[row.phase, row.requirement, row.number] = row
    return held


def _bring(one: Read, held: dict[Key, Session], day: dt.date, who: Mapping[str, Any]) -> int:
    seen = walked(one, day)
    done = done_of(seen)
    asked = due(catalogue.plan_of(one.protocol), lenient(one.case), day)
    made: list[Session] = []
    for item in asked:
        key = (item.sequence, item.requirement, item.number)
        if key not in held and key not in done:
            made.append(_make(one, key, item.acts, item.due_on, item.late_from))
    for key, fact in done.items():
        if key not in held:
            on = fact.act.on
            made.append(_make(one, key, (fact.act.code,), on, on + dt.timedelta(1)))
    Session.objects.bulk_create(made, ignore_conflicts=True)
    rows = held | {(row.phase, row.requirement, row.number): row for row in made}
    written = len(made)
    limits = {run.id: run for run in seen.every_run()}
    _release(rows, done)
    for key, row in rows.items():
        written += _settle(row, done.get(key), limits.get(key[0]), day, who)
    _denormalise(one, rows.values(), seen, day)
    return written


def _release(rows: Mapping[Key, Session], done: Mapping[Key, Done]) -> None:
    """Acts that another session takes now are let go of first: an act fulfils one at a time."""
    taken = {key: fact.act.id for key, fact in done.items()}
    moved = [
        row.pk
        for key, row in rows.items()
        if row.intervention_id is not None and taken.get(key) != row.intervention_id
    ]
    if moved:
        Session.objects.filter(pk__in=moved).update(intervention=None)


def _make(
    one: Read, key: Key, acts: tuple[str, ...], due_on: dt.date, late_from: dt.date
) -> Session:
    phase, requirement, number = key
    return Session(
        enrolment=one.enrolment, person_id=one.enrolment.person_id, phase=phase,
        requirement=requirement, number=number, code=acts[0],
        profession=catalogue.profession_of(one.protocol, acts[0]), due_from=due_on,
        due_on=late_from - dt.timedelta(1), for_person=True,
    )  # fmt: skip


def _settle(
    row: Session, done: Done | None, run: Run | None, day: dt.date, who: Mapping[str, Any]
) -> int:
    """One session as it stands now. Returns 1 when it changed."""
    if done is not None:
        if row.status == S.DONE and row.intervention_id == done.act.id:
            return 0
        if row.status == S.CANCELLED:
            return 0
        row.intervention_id, row.code = done.act.id, done.act.code
        if row.status == S.DONE:
            row.save(update_fields=["intervention", "code"])
            return 1
        return _step(row, S.DONE, "", who, "intervention", "code")
    if row.status == S.DONE:
        row.intervention_id = None
        after = S.LATE if day > row.due_on else S.DUE
        return _step(row, after, "acte annulé, contesté ou refusé", who, "intervention")
    if row.status not in OPEN_SESSIONS:
        return 0
    now = day.toordinal()
    if run is not None and run.closed and run.closed < now and run.unmet <= 0:
        return _step(row, S.CANCELLED, "séquence achevée", who)
    if run is not None and run.limit < now:
        return _step(row, S.MISSED, "le délai de la séquence est passé", who)
    if row.status != S.LATE and day > row.due_on:
        return _step(row, S.LATE, "", who)
    return 0


def _step(row: Session, after: str, reason: str, who: Mapping[str, Any], *fields: str) -> int:
    """One step of a session's life, with its dated row; a step that is not allowed is none."""
    if not SESSION.allows(row.status, after):
        return 0
    before, row.status = row.status, after
    row.save(update_fields=["status", *fields])
    SessionEvent.objects.create(session=row, before=before, after=after, reason=reason[:500], **who)
    return 1


def _denormalise(one: Read, sessions: Collection[Session], seen: Walk, day: dt.date) -> None:
    """What lists order and filter by; pages compute what they show."""
    row = one.enrolment
    running = row.status in RUNNING
    open_ = [item for item in sessions if item.status in OPEN_SESSIONS] if running else []
    phase, deadline = current_phase(seen)
    facts = facts_of(row, sessions, last_act(one.case), deadline, day)
    values = {
        "next_on": min((item.due_on for item in open_), default=NEVER),
        "late": sum(item.status == S.LATE for item in open_),
        "risk": len(alerts.reasons(facts)) if running else 0,
        "phase": phase,
        "deadline_on": deadline if running else None,
        "refreshed_on": day,
    }
    for name, value in values.items():
        setattr(row, name, value)
    Enrolment.objects.filter(pk=row.pk).update(**values)


def last_act(case: Case) -> dt.date | None:
    """The day of the last act that counts here, or waits to."""
    return max((act.on for act in case.acts if act.state != "elsewhere"), default=None)


def facts_of(
    row: Enrolment,
    sessions: Collection[Session],
    last_act_on: dt.date | None,
    deadline_on: dt.date | None,
    day: dt.date,
    *,
    away: bool = False,
) -> alerts.Seen:
    """What alerts are computed from, for one enrolment and its sessions."""
    missed = [
        item for item in sessions
        if item.status == S.MISSED and (last_act_on is None or item.due_on > last_act_on)
    ]  # fmt: skip
    late = [item.due_on for item in sessions if item.status == S.LATE]
    return alerts.Seen(
        today=day, since=row.included_on or row.proposed_on, last_act_on=last_act_on,
        missed=len(missed), late=len(late), late_since=min(late, default=None), away=away,
        suspended=row.status == EnrolmentStatus.SUSPENDED, deadline_on=deadline_on,
    )  # fmt: skip


def current_phase(seen: Walk) -> tuple[str, dt.date | None]:
    """The sequence that runs that day, else the last one that opened; and its last day."""
    runs = [run for run in seen.every_run() if run.opened <= seen.until]
    living = [run for run in runs if not run.closed or run.closed >= seen.until]
    if not runs:
        return "", None
    run = (living or runs)[-1]
    return run.id, dt.date.fromordinal(run.limit) if run.limit < plans.NEVER else None
