"""Reads of the pathways: a person's record, one enrolment, what waits for a professional.

For the engine: `case`, `cases_of`; `cases.many` for machines. For the list of a structure:
`listing`. For a project and its team: `teams`.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from liane.agenda.models import Appointment
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.prepared import prepared
from liane.interventions.models import Intervention
from liane.pathways import alerts, catalogue, clashes, progress, rules
from liane.pathways.acts import Teams
from liane.pathways.cases import Read, case, cases_of
from liane.pathways.models import Clash, Confirmation, Enrolment, Project, Session
from liane.pathways.protocols.closing import Standing, standing
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.phases import Requirement
from liane.pathways.states import (
    LIVING,
    OPEN_SESSIONS,
    ConfirmationStatus,
    EndReason,
    EnrolmentStatus,
    ProjectStatus,
    SessionState,
)
from liane.patients.queries import cluster_ids
from liane.stays.models import Stay
from liane.stays.state import Status as StayStatus

__all__ = [
    "Read", "Teams", "by_ids", "case", "cases_of", "confirmations", "of_person", "one",
]  # fmt: skip
AWAY = (StayStatus.IN_PROGRESS, StayStatus.ON_LEAVE)
OPENABLE = (ProjectStatus.TRANSMITTED, ProjectStatus.RUNNING, ProjectStatus.NOTICE)
RELATED = (
    "organisation", "project", "person", "coordinator__professional",
    "decided_by__professional", "prescribed_by__professional",
)  # fmt: skip


def _reach() -> Reach:
    return Reach.of(acting.current())


def reached() -> QuerySet[Enrolment]:
    """Enrolments that the current actor may read."""
    rows: QuerySet[Enrolment] = Enrolment.objects.within(_reach())
    return rows


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Enrolment]:
    """Enrolments within reach by id. One query."""
    return {row.pk: row for row in reached().filter(pk__in=ids)}


# ------------------------------------------------------------------ the picture
@dataclass(frozen=True)
class Bead:
    """One session of the picture: what became of it, when, by whom."""

    state: str
    label: str
    on: dt.date | None = None
    who: str = ""
    waits: bool = False

    @property
    def words(self) -> str:
        """For who hears the picture."""
        day = f" le {self.on:%d/%m/%Y}" if self.on else ""
        waits = ", à confirmer" if self.waits else ""
        return f"{self.label} : {SessionState(self.state).label}{day}{waits}"


@dataclass(frozen=True)
class Lane:
    """What one requirement of a phase asks, and what was done of it."""

    label: str
    profession: str
    beads: list[Bead]
    done: int
    wanted: int
    least: int

    @property
    def words(self) -> str:
        """« 3 sur 4, 1 en retard »."""
        late = sum(bead.state == SessionState.LATE for bead in self.beads)
        said = f"{self.done} sur {self.wanted}" if self.wanted else f"{self.done}"
        return said + (f", {late} en retard" if late else "")


@dataclass(frozen=True)
class Stage:
    """One phase of the picture: its days, its lanes. ``says``: how it stands, in words."""

    id: str
    label: str
    state: str
    says: str
    lanes: list[Lane]


class Obstacle(NamedTuple):
    """What stands between a pathway and its invoice; the button, and where it settles it."""

    text: str
    url: str
    button: str


@dataclass(frozen=True)
class Shown:
    """One enrolment as its page shows it."""

    row: Enrolment
    protocol: Protocol
    stages: list[Stage] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    risks: list[str] = field(default_factory=list)
    blocks: list[Obstacle] = field(default_factory=list)
    clash: bool = False
    pending: frozenset[UUID] = frozenset()
    anchors: Mapping[str, dt.date] = field(default_factory=dict)
    """The days that are known of those that the protocol counts from."""

    @property
    def profile(self) -> str:
        """The profile in words."""
        return catalogue.profile_label(self.protocol, self.row.profile)

    @property
    def left(self) -> list[Session]:
        """What is due now, soonest first."""
        return [one for one in self.sessions if one.status in OPEN_SESSIONS]

    @property
    def past(self) -> list[Session]:
        """What was done, missed or has no object any more, the latest first."""
        return [one for one in reversed(self.sessions) if one.status not in OPEN_SESSIONS]


def of_person(person_id: UUID) -> list[Shown]:
    """Every pathway of a person within reach, living ones first. Some twenty queries at most."""
    rows = _of_persons(acting.current(), timezone.now(), cluster_ids(person_id))
    living = [row for row in rows if row.status in LIVING]
    return _shown([*living, *(row for row in rows if row.status not in LIVING)])


@prepared
def _of_persons(actor: Actor, now: dt.datetime, cluster: list[UUID]) -> QuerySet[Enrolment]:
    rows: QuerySet[Enrolment] = Enrolment.objects.within(Reach(actor, now))
    return (
        rows.filter(person_id__in=cluster).select_related(*RELATED).order_by("-proposed_on", "-id")
    )


def one(enrolment_id: UUID) -> Shown | None:
    """One enrolment within reach, recorded as read, or None. Some twenty queries at most."""
    rows = reached().filter(pk=enrolment_id).select_related(*RELATED)
    found = _shown(list(rows))
    if not found:
        return None
    row = found[0].row
    ledger.read([row.person_id], "pathway", object_id=row.pk)
    return found[0]


def bare(enrolment_id: UUID) -> Enrolment | None:
    """One enrolment within reach, recorded as read, without its picture. One query."""
    row = (
        reached().filter(pk=enrolment_id).select_related("person", "project", "organisation")
    ).first()
    if row is not None:
        ledger.read([row.person_id], "pathway", object_id=row.pk)
    return row


def _shown(rows: list[Enrolment]) -> list[Shown]:
    if not rows:
        return []
    ids = [row.pk for row in rows]
    today = timezone.localdate()
    protocols = catalogue.of_enrolments(rows)
    sessions: dict[UUID, list[Session]] = {}
    for item in _sessions(ids):
        sessions.setdefault(item.enrolment_id, []).append(item)
    facts = {one.enrolment.pk: one for one in cases_of(ids, today, reached)}
    waiting = _waiting(ids)
    dated = _dated([item for mine in sessions.values() for item in mine])
    clashing = set(
        Clash.objects.filter(enrolment_id__in=ids, settled_at=None).values_list(
            "enrolment_id", flat=True
        )
    )
    away = bool(
        Stay.objects.within(_reach())
        .filter(person_id=rows[0].person_id, kind=Stay.Kind.HOSPITAL, status__in=AWAY)
        .exists()
    )
    made = []
    for row in rows:
        protocol = protocols.get(row.pk)
        if protocol is None:
            continue
        mine, read = sessions.get(row.pk, []), facts.get(row.pk)
        stages = _stages(read, mine, waiting, today) if read is not None else []
        last = progress.last_act(read.case) if read is not None else None
        seen = progress.facts_of(row, mine, last, row.deadline_on, today, away=away)
        living = row.status in {EnrolmentStatus.INCLUDED, EnrolmentStatus.SUSPENDED}
        pending = waiting & {item.intervention_id for item in mine}
        for item in mine:
            item.label = catalogue.label_of(protocol, item.code)  # type: ignore[attr-defined]
            item.planned_at = dated.get(item.appointment_id)  # type: ignore[attr-defined]
        made.append(Shown(
            row, protocol, stages, mine,
            [one.label for one in alerts.alerts(protocol.alerts, seen)] if living else [],
            alerts.reasons(seen) if living else [],
            blocks(row, protocol, len(pending), row.pk in clashing, set(read.case.documents))
            if read is not None else [],
            row.pk in clashing, frozenset(pending),
            progress.anchors_of(read, today) if read is not None else {},
        ))  # fmt: skip
    return made


def _sessions(ids: list[UUID]) -> QuerySet[Session]:
    rows: QuerySet[Session] = Session.objects.within(_reach())
    return (
        rows.filter(enrolment_id__in=ids)
        .select_related("intervention__performed_by__professional", "practice__professional")
        .order_by("due_on", "number")
    )


def _dated(rows: list[Session]) -> dict[UUID | None, dt.datetime]:
    """When the appointment of each planned session is, within reach. One query at most."""
    ids = [one.appointment_id for one in rows if one.status == SessionState.PLANNED]
    if not ids:
        return {}
    found = Appointment.objects.within(_reach()).filter(pk__in=ids)
    return dict(found.values_list("pk", "starts_at"))


def _waiting(ids: list[UUID]) -> set[UUID]:
    """Acts of these enrolments that wait for their professional."""
    rows = Confirmation.objects.within(_reach()).filter(
        enrolment_id__in=ids, status=ConfirmationStatus.PENDING
    )
    return set(rows.values_list("intervention_id", flat=True))


def _stages(read: Read, sessions: list[Session], waiting: set[UUID], today: dt.date) -> list[Stage]:
    seen = progress.walked(read, today)
    made = []
    for run in seen.every_run():
        phase = run.stage.said
        mine = [one for one in sessions if one.phase == run.id]
        lanes = [
            _lane(read.protocol, need.said, [s for s in mine if s.requirement == need.id], waiting,
                  need.minimum)
            for need in run.stage.needs
        ]  # fmt: skip
        found = standing(run, seen)
        label = phase.label + (f" ({run.number})" if run.number else "")
        says = _says(found, run.limit, read.enrolment)
        made.append(Stage(run.id, label, _drawn(found), says, lanes))
    return made


def _drawn(found: Standing) -> str:
    """How a phase is drawn: as to come, running, achieved, or stopped."""
    if found.state in {"waiting", "open"}:
        return str(found.state)
    achieved = found.state == "complete" or (found.state == "to_complete" and not found.silent)
    return "closed" if achieved else "stopped"


def _says(found: Standing, limit: int, row: Enrolment) -> str:
    """How a phase stands; what stopped early says why."""
    if found.state == "waiting":
        return "à venir"
    if found.state == "open":
        last = limit <= dt.date.max.toordinal()
        return f"jusqu’au {_day(limit)}" if last else "en cours"
    reason = row.get_end_reason_display() if row.end_reason else ""
    why = f" : {reason}" if reason and row.end_reason != EndReason.COMPLETED else ""
    if found.state == "never":
        return f"non commencée{why}"
    if found.state == "expired":
        return f"délai passé le {_day(found.closed)}"
    done = "achevée" if _drawn(found) == "closed" else "arrêtée"
    return f"{done} le {_day(found.closed)}" + ("" if done == "achevée" else why)


def _day(number: int) -> str:
    return date_format(dt.date.fromordinal(number), "j F Y")


def _lane(
    protocol: Protocol, need: Requirement, rows: list[Session], waiting: set[UUID], least: int
) -> Lane:
    beads = [_bead(protocol, row, waiting) for row in sorted(rows, key=lambda row: row.number)]
    done = sum(bead.state == SessionState.DONE for bead in beads)
    wanted = max(need.planned or 0, least, done)
    shown = [bead for bead in beads if bead.state != SessionState.CANCELLED]
    shown += [Bead("", need.label) for _ in range(wanted - len(shown))]
    profession = catalogue.profession_of(protocol, need.acts[0])
    return Lane(
        need.label, catalogue.professions(protocol).get(profession, ""), shown, done, wanted, least
    )


def _bead(protocol: Protocol, row: Session, waiting: set[UUID]) -> Bead:
    act: Intervention | None = row.intervention
    who = act.performed_by.professional.name if act is not None and act.performed_by else ""
    return Bead(
        row.status, catalogue.label_of(protocol, row.code),
        act.day if act is not None else row.due_on, who, row.intervention_id in waiting,
    )  # fmt: skip


def blocks(
    row: Enrolment, protocol: Protocol, pending: int, clashing: bool, documents: set[str]
) -> list[Obstacle]:
    """What stands between this pathway and its invoice, as far as pathways know, each with what
    settles it. No query."""
    here, found = f"/parcours/{row.pk}/", []
    if row.prescribed_by_id is None and protocol.prescription:
        found.append(
            Obstacle("inclusion à valider par un médecin", here + "validation/", "Faire valider")
        )
    if row.project.status not in OPENABLE:
        found.append(
            Obstacle(f"projet {row.project.get_status_display()}",
                     f"/parcours/projets/{row.project_id}/", "Voir le projet")
        )  # fmt: skip
    if clashing:
        found.append(Obstacle("autre prise en charge incompatible", here, "Voir le conflit"))
    if pending:
        count = "1 séance" if pending == 1 else f"{pending} séances"
        found.append(Obstacle(f"{count} à confirmer", here + "#seances", "Relancer"))
    found += [
        Obstacle(f"pièce attendue : {one.label}", f"{here}piece/?piece={one.code}", "Reçue")
        for one in protocol.documents
        if one.blocks != "nothing" and one.code not in documents
    ]
    return found


# ------------------------------------------------------------------ of a structure
def open_projects() -> list[Project]:
    """The projects of the actor's structure in which somebody may be included. One query."""
    actor = acting.current()
    if not rules.follows(actor):
        return []
    rows = Project.objects.within(_reach()).filter(
        organisation_id=actor.organisation_id, status__in=OPENABLE
    )
    return list(rows.order_by("title"))


def has_clash(row: Enrolment) -> bool:
    """Another bundle that cannot run together with this one is open."""
    return clashes.open_for(row)


# ------------------------------------------------------------------ what waits for somebody
def confirmations(*, most: int = 200) -> list[Confirmation]:
    """Acts entered in the current actor's name that wait for a word, oldest first. Two queries."""
    rows = Confirmation.objects.mine(_reach()).filter(status=ConfirmationStatus.PENDING)
    found = list(
        rows.select_related(
            "person", "enrolment", "intervention__performed_by__professional"
        ).order_by("intervention__at", "id")[:most]
    )
    ledger.read([row.person_id for row in found], "intervention")
    return name_acts(found)


def name_acts(found: list[Confirmation]) -> list[Confirmation]:
    """Give each its act in words (``label``). One query at most."""
    protocols = catalogue.of_enrolments([row.enrolment for row in found])
    for row in found:
        protocol = protocols.get(row.enrolment_id)
        code = row.intervention.code
        row.label = catalogue.label_of(protocol, code) if protocol else code  # type: ignore[attr-defined]
    return found


def waiting_count() -> int:
    """How many wait for the current actor. One query."""
    return len(_pending(acting.current(), timezone.now()))


@prepared
def _pending(actor: Actor, now: dt.datetime) -> QuerySet[Confirmation, UUID]:
    rows: QuerySet[Confirmation] = Confirmation.objects.mine(Reach(actor, now))
    return rows.filter(status=ConfirmationStatus.PENDING).values_list("pk", flat=True)


def confirmations_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Confirmation]:
    """Confirmations within reach by id. One query."""
    return {row.pk: row for row in Confirmation.objects.within(_reach()).filter(pk__in=ids)}


def clashes_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Clash]:
    """Clashes within reach by id. One query."""
    return {row.pk: row for row in Clash.objects.within(_reach()).filter(pk__in=ids)}
