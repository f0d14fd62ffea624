"""Which act of a pathway a visit was, when nobody said it: deduced, else asked of who did it.

Only of a professional of the project's team: from an appointment that a session planned, from the
name of the visit, from what was said of the same series before. What cannot be deduced stays a
question, which waits without holding the visit back.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from liane.agenda.models import Appointment
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.prepared import prepared
from liane.core.text import normalise
from liane.interventions.models import ActKind, Intervention
from liane.interventions.services import LATE
from liane.pathways import catalogue
from liane.pathways.acts import Teams
from liane.pathways.models import Counted, Enrolment, Session, Signatory
from liane.pathways.protocols.format import Protocol
from liane.pathways.states import OPEN_SESSIONS, READ, SessionState

KINDS = (ActKind.VISIT, ActKind.SESSION, ActKind.OFFICE, ActKind.REMOTE)
"""Kinds of visits that may be a session."""
ASKED_FOR = dt.timedelta(days=90)
"""A question older than this is not asked any more: the act stays outside of the bundle."""
type Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Question:
    """The pathway that a visit may be a session of, and its acts: what is due comes first."""

    enrolment: Enrolment
    choices: Choices


@dataclass
class Asked:
    """Visits of one person under one name, which one answer settles."""

    person: Any
    title: str
    question: Question
    acts: list[Intervention] = field(default_factory=list)

    @property
    def late(self) -> bool:
        """One of them was entered so late that counting it needs a reason."""
        return any(act.at < act.entered_at - LATE and not act.late_reason for act in self.acts)


@dataclass(frozen=True)
class _Pathways:
    """The pathways of some persons, with their teams. Five queries; one where there are none."""

    rows: Mapping[UUID, list[Enrolment]]
    protocols: Mapping[UUID, Protocol]
    teams: Teams
    due: Mapping[UUID, set[str]]

    @classmethod
    def of(cls, people: Collection[UUID]) -> "_Pathways | None":
        found = _included.sized(list(people))
        if not found:
            return None
        rows: dict[UUID, list[Enrolment]] = {}
        for row in found:
            rows.setdefault(row.person_id, []).append(row)
        due: dict[UUID, set[str]] = {}
        for pk, code in _waiting.sized([row.pk for row in found]):
            due.setdefault(pk, set()).add(code)
        teams = Teams.of({row.project_id for row in found})
        return cls(rows, catalogue.of_enrolments(found), teams, due)

    def question(self, person_id: UUID, practice_id: UUID | None, on: dt.date) -> Question | None:
        """What to ask of a visit of this professional on a day, or None."""
        for row in self.rows.get(person_id, ()):
            protocol = self.protocols.get(row.pk)
            if protocol is None or not _runs(row, on):
                continue
            signed = self.teams.signatory(row.project_id, practice_id, on)
            if signed is None:
                continue
            due = self.due.get(row.pk, set())
            acts = [one for one in protocol.acts if signed.profession in one.professions]
            acts.sort(key=lambda one: one.code not in due)
            if acts:
                return Question(row, [(one.code, one.label) for one in acts])
        return None


@prepared
def _included(people: list[UUID]) -> QuerySet[Enrolment]:
    rows = Enrolment.objects.filter(person_id__in=people, status__in=READ)
    return rows.filter(included_on__isnull=False).order_by("included_on", "id")


@prepared
def _waiting(enrolments: list[UUID]) -> QuerySet[Session, Any]:
    """What is due or planned: enrolments and codes."""
    rows = Session.objects.filter(
        enrolment_id__in=enrolments, status__in=[*OPEN_SESSIONS, SessionState.PLANNED]
    )
    return rows.values_list("enrolment_id", "code")


def _runs(row: Enrolment, on: dt.date) -> bool:
    return (row.included_on or dt.date.max) <= on <= (row.ended_on or dt.date.max)


# ------------------------------------------------------------------ at entry
def deduced(act: Any) -> str | None:
    """The code of an act that is being recorded without one (`interventions.services.Act`).

    ``""``: it was said before that this series is no part of the pathway. None: nothing says it.
    """
    if act.performed_by_id is None or act.kind not in KINDS:
        return None
    with acting.acting(acting.system("séances : acte à déduire")):
        if act.appointment_id is not None:
            planned = Session.objects.filter(appointment_id=act.appointment_id).first()
            if planned is not None:
                return planned.code
        known = _Pathways.of([act.person_id])
        if known is None:
            return None
        question = known.question(act.person_id, act.performed_by_id, timezone.localdate(act.at))
        if question is None:
            return None
        name = normalise(act.title)
        for code, label in question.choices:
            if name and name in {normalise(label), normalise(code)}:
                return code
        return _said_before(act)


def _said_before(act: Any) -> str | None:
    """What was said last of a visit of the same series."""
    if act.appointment_id is None:
        return None
    visit = Appointment.objects.filter(pk=act.appointment_id).first()
    if visit is None or visit.series_id is None:
        return None
    same = Appointment.objects.filter(series_id=visit.series_id).values("pk")
    acts = Intervention.objects.standing().filter(
        appointment_id__in=same, performed_by_id=act.performed_by_id
    )
    last = Counted.objects.filter(intervention__in=acts.values("pk")).order_by(
        "-intervention__at", "-created_at"
    )
    return last.values_list("code", flat=True).first()


# ------------------------------------------------------------------ afterwards
def questions(acts: Collection[Intervention], *, again: bool = False) -> dict[UUID, Question]:
    """Those of these acts of which nobody said what they were; ``again``: those said to be out of
    the pathway too, which may be said otherwise. Seven queries at most; none where each has a
    code."""
    wanted = [
        one
        for one in acts
        if not one.code and one.performed_by_id is not None and one.kind in KINDS
    ]
    if not wanted:
        return {}
    with acting.acting(acting.system("séances : actes à préciser")):
        known = _Pathways.of({one.person_id for one in wanted})
        if known is None:
            return {}
        rows = Counted.objects.filter(intervention__in=wanted)
        if again:
            rows = rows.exclude(code="")
        settled = set(rows.values_list("intervention_id", flat=True))
        found = {}
        for one in wanted:
            question = known.question(one.person_id, one.performed_by_id, one.day)
            if one.pk not in settled and question is not None:
                found[one.pk] = question
        return found


def choices(acts: Collection[Intervention]) -> Mapping[UUID, Choices]:
    """What to ask of each act, as pairs (code, label)."""
    return {pk: one.choices for pk, one in questions(acts).items()}


def mine() -> list[Asked]:
    """The actor's own visits that wait for a word, oldest first, one line for each name of a
    person's visits; recorded as read. A fixed number of queries."""
    acts = _mine()
    found = grouped(acts, questions(acts))
    ledger.read({one.person.pk for one in found}, "intervention")
    return found


def grouped(acts: Iterable[Intervention], asked: Mapping[UUID, Question]) -> list[Asked]:
    """The acts that are asked about, those of one person, professional and name together."""
    found: dict[tuple[UUID, UUID | None, str], Asked] = {}
    for act in acts:
        if act.pk in asked:
            key = (act.person_id, act.performed_by_id, normalise(act.title) or act.kind)
            title = act.title or str(ActKind(act.kind).label)
            group = found.setdefault(key, Asked(act.person, title, asked[act.pk]))
            group.acts.append(act)
    return list(found.values())


def mine_count() -> int:
    """How many of the actor's visits wait for a word."""
    return len(questions(_mine()))


def _mine() -> list[Intervention]:
    actor, now = acting.current(), timezone.now()
    holders = sorted({one for one in {*actor.holders, actor.holder_id} if one is not None})
    with acting.acting(acting.system("séances : actes à préciser")):
        projects = _signed(holders)
        people = _followed(sorted(set(projects))) if projects else []
    if not people:
        return []
    return _unsaid.sized(actor, now, now - ASKED_FOR, holders, people)


@prepared
def _signed(holders: list[UUID]) -> QuerySet[Signatory, UUID]:
    """The projects that somebody of these is of the team of."""
    rows = Signatory.objects.filter(practice_id__in=holders)
    return rows.values_list("project_id", flat=True)


@prepared
def _followed(projects: list[UUID]) -> QuerySet[Enrolment, UUID]:
    """Whom these projects have included."""
    rows = Enrolment.objects.filter(project_id__in=projects, status__in=READ)
    return rows.filter(included_on__isnull=False).values_list("person_id", flat=True)[:5_000]


@prepared
def _unsaid(
    actor: Actor, now: dt.datetime, since: dt.datetime, holders: list[UUID], people: list[UUID]
) -> QuerySet[Intervention]:
    """Visits of these professionals to these persons, whose act nobody said."""
    rows: QuerySet[Intervention] = Intervention.objects.within(Reach(actor, now)).standing()
    return rows.filter(
        performed_by_id__in=holders, person_id__in=people, code="", kind__in=KINDS,
        at__gte=since, in_bundles=None,
    ).select_related("person").order_by("at", "id")[:500]  # fmt: skip
