"""Reads of meetings: one page, a person's, what waits for somebody. Each says its queries."""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from liane.careplans import queries as plans
from liane.circle.access import in_circle
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.meetings import rules
from liane.meetings.models import (
    BEFORE,
    Decision,
    Meeting,
    MeetingEvent,
    MeetingLink,
    Minutes,
    MinutesFile,
    Opinion,
    Participant,
    Section,
    SectionChange,
    Slot,
    SlotAnswer,
)
from liane.patients.queries import cluster_ids
from liane.tasks import queries as tasks

Status = Meeting.Status
WHO = ("practice__professional", "practice__organisation")
RELATED = ("person", "convener__professional", "convener__organisation")


def _reach() -> Reach:
    return Reach.of(acting.current())


# ------------------------------------------------------------------ the poll


@dataclass
class SlotRow:
    """A moment proposed and what each participant answers. ``said`` follows the participants."""

    slot: Slot
    said: list[tuple[Participant, str]] = field(default_factory=list)
    best: bool = False
    mine: str = ""

    def who(self, answer: str) -> list[str]:
        """Names of those who gave this answer (empty: those who gave none)."""
        return [one.label for one, said in self.said if said == answer]

    @property
    def yes(self) -> list[str]:
        """Those who are free."""
        return self.who("yes")

    @property
    def maybe(self) -> list[str]:
        """Those who can if need be."""
        return self.who("maybe")

    @property
    def no(self) -> list[str]:
        """Those who cannot."""
        return self.who("no")

    @property
    def waiting(self) -> list[str]:
        """Those who did not answer."""
        return self.who("")

    @property
    def rank(self) -> tuple[int, int, Any]:
        """Fewest « no », then most « yes », then the earliest: the suggestion's order."""
        return (len(self.no), -len(self.yes), self.slot.starts_at)


def poll(meeting: Meeting, people: list[Participant], mine: Participant | None) -> list[SlotRow]:
    """The moments with their answers; the best one to come is marked, never chosen. Two queries."""
    last: dict[tuple[UUID, UUID], str] = {}
    rows = SlotAnswer.objects.within(_reach()).filter(meeting=meeting).order_by("at", "id")
    for row in rows:
        last[row.slot_id, row.participant_id] = row.answer
    found = [
        SlotRow(
            slot,
            [(one, last.get((slot.pk, one.pk), "")) for one in people],
            mine=last.get((slot.pk, mine.pk), "") if mine is not None else "",
        )
        for slot in Slot.objects.within(_reach()).filter(meeting=meeting)
    ]
    now = timezone.now()
    answered = [row for row in found if row.slot.starts_at > now and (row.yes or row.maybe)]
    if answered:
        min(answered, key=lambda row: row.rank).best = True
    return found


# ------------------------------------------------------------------ decisions


@dataclass(frozen=True)
class DecisionRow:
    """A decision and where it stands, read where it is carried out."""

    decision: Decision
    state: str
    done: bool
    late: bool
    link: str


def decisions(meeting: Meeting) -> list[DecisionRow]:
    """The decisions within reach, with the state of their task or action. Five queries at most."""
    rows = list(
        Decision.objects.within(_reach())
        .filter(meeting=meeting, dropped_at=None)
        .select_related(*WHO, "organisation", "post")
    )
    given = tasks.by_ids([one.task_id for one in rows if one.task_id is not None])
    asked = [one.action_id for one in rows if one.action_id is not None]
    actions = plans.actions_by_ids(asked) if asked else {}
    return [_decision(one, given, actions) for one in rows]


def _decision(one: Decision, given: Mapping[UUID, Any], actions: Mapping[UUID, Any]) -> DecisionRow:
    thing: Any = None
    link = ""
    if one.task_id is not None:
        thing, link = given.get(one.task_id), f"/taches/{one.task_id}/"
    elif one.action_id is not None:
        thing, link = actions.get(one.action_id), f"/personnes/{one.person_id}/plan/"
        link += f"#ligne-{one.action_id}"
    if thing is None:
        state = "confiée" if one.is_given else ""
        return DecisionRow(one, state, False, False, "")
    done = thing.status == "done"
    return DecisionRow(one, thing.get_status_display(), done, thing.is_late, link)


# ------------------------------------------------------------------ one meeting


@dataclass(frozen=True)
class Screen:
    """The page of a meeting. ``content`` is False for whoever takes part from outside the team."""

    meeting: Meeting
    content: bool
    writes: bool
    convenes: bool
    people: list[Participant]
    mine: Participant | None
    slots: list[SlotRow]
    sections: list[Section]
    decisions: list[DecisionRow]
    minutes: Minutes | None
    opinions: list[Opinion]
    awaited: list[Participant]
    document_id: UUID | None
    links: Mapping[UUID, MeetingLink]
    history: list[MeetingEvent]

    @property
    def answer_path(self) -> str:
        """Where the poll is answered."""
        return f"/concertations/{self.meeting.pk}/reponse/"

    @property
    def opinion_path(self) -> str:
        """Where the minutes are approved."""
        return f"/concertations/compte-rendu/{self.minutes.pk}/avis/" if self.minutes else ""

    @property
    def said(self) -> dict[str, Any]:
        """The minutes, in words."""
        return read(self.minutes) if self.minutes is not None else {}

    @property
    def to_approve(self) -> bool:
        """True when the reader's opinion of the minutes is awaited."""
        mine = self.mine
        return mine is not None and any(one.pk == mine.pk for one in self.awaited)

    @property
    def comments(self) -> list[Opinion]:
        """Corrections asked for that no later approval settled."""
        return [one for one in self.opinions if one.answer == Opinion.Answer.COMMENTS]

    @property
    def answered(self) -> int:
        """How many participants answered for every moment."""
        silent = {one.pk for row in self.slots for one, said in row.said if not said}
        return sum(one.pk not in silent for one in self.people)


def read(minutes: Minutes) -> dict[str, Any]:
    """The content of minutes."""
    found: dict[str, Any] = json.loads(minutes.content)
    return found


def access(meeting_id: UUID) -> Meeting:
    """The meeting within reach, its read recorded; Http404 otherwise. One query."""
    rows = Meeting.objects.within(_reach()).filter(pk=meeting_id).select_related(*RELATED)
    found: Meeting | None = rows.first()
    if found is None:
        raise Http404
    ledger.read([found.person_id], "care_plan", object_id=found.pk)
    return found


def participants(meeting: Meeting) -> list[Participant]:
    """Who takes part. One query."""
    rows = Participant.objects.within(_reach()).filter(meeting=meeting, dropped_at=None)
    return list(rows.select_related(*WHO))


def screen(meeting: Meeting, *, as_participant: UUID | None = None) -> Screen:
    """The page of a meeting: sixteen queries at most, however many take part."""
    actor, reach = acting.current(), _reach()
    people = participants(meeting)
    mine = _mine(actor, people, as_participant)
    content = _reads(actor, meeting, mine if as_participant is not None else None)
    made = None
    opinions: list[Opinion] = []
    if content:
        made = Minutes.objects.within(reach).filter(meeting=meeting).order_by("-number").first()
    if made is not None:
        last = {
            one.participant_id: one
            for one in Opinion.objects.within(reach)
            .filter(minutes=made)
            .select_related("participant__practice__professional")
            .order_by("at", "id")
        }
        opinions = list(last.values())
    approved = {one.participant_id for one in opinions if one.answer == Opinion.Answer.APPROVES}
    minuted = meeting.status == Status.MINUTED
    return Screen(
        meeting=meeting,
        content=content,
        writes=as_participant is None and rules.writes(actor, meeting.person_id),
        convenes=as_participant is None and content and rules.is_convener(actor, meeting),
        people=people,
        mine=mine,
        slots=poll(meeting, people, mine),
        sections=_sections(meeting) if content else [],
        decisions=decisions(meeting),
        minutes=made,
        opinions=opinions,
        awaited=[one for one in people if minuted and one.approves and one.pk not in approved],
        document_id=_document(made),
        links=_links(meeting) if content and as_participant is None else {},
        history=list(MeetingEvent.objects.filter(meeting=meeting).order_by("at"))
        if content
        else [],
    )


def _mine(
    actor: Actor, people: list[Participant], as_participant: UUID | None
) -> Participant | None:
    if as_participant is not None:
        return next((one for one in people if one.pk == as_participant), None)
    return next((one for one in people if one.practice_id in actor.holders), None)


def _reads(actor: Actor, meeting: Meeting, outside: Participant | None) -> bool:
    if outside is not None:
        return rules.approves(outside.practice, meeting.person_id)
    return rules.reads_all(actor, meeting.person_id)


def _sections(meeting: Meeting) -> list[Section]:
    order = Section.Heading.values
    rows = Section.objects.within(_reach()).filter(meeting=meeting)
    return sorted(rows, key=lambda one: order.index(one.heading))


def _document(made: Minutes | None) -> UUID | None:
    if made is None:
        return None
    rows = MinutesFile.objects.within(_reach()).filter(minutes=made)
    found: UUID | None = rows.values_list("document_id", flat=True).first()
    return found


def _links(meeting: Meeting) -> dict[UUID, MeetingLink]:
    """The living links by participant. One query."""
    rows = MeetingLink.objects.within(_reach()).filter(meeting=meeting, revoked_at=None)
    return {one.participant_id: one for one in rows if one.living}


def link_of(one: Participant) -> MeetingLink:
    """The living link of a participant; Http404 without one. One query."""
    rows = MeetingLink.objects.within(_reach()).filter(participant=one, revoked_at=None)
    found: MeetingLink | None = rows.select_related("meeting__convener").first()
    if found is None:
        raise Http404
    return found


def section(section_id: UUID) -> Section:
    """One heading of the sheet within reach; Http404 otherwise. One query."""
    rows = Section.objects.within(_reach()).filter(pk=section_id)
    found: Section | None = rows.select_related("meeting__person").first()
    if found is None:
        raise Http404
    return found


def changes(one: Section) -> list[SectionChange]:
    """What a heading said, newest first. One query."""
    rows = SectionChange.objects.within(_reach()).filter(section=one)
    return list(rows.order_by("-at", "-id")[:50])


def decision(decision_id: UUID) -> Decision:
    """One decision within reach; Http404 otherwise. One query."""
    rows = Decision.objects.within(_reach()).filter(pk=decision_id, dropped_at=None)
    found: Decision | None = rows.select_related("meeting", *WHO, "organisation", "post").first()
    if found is None:
        raise Http404
    return found


def objectives(person_id: UUID) -> list[tuple[str, str]]:
    """The objectives of the open plan, as choices; none without a plan. Three queries."""
    plan = plans.current(person_id)
    if plan is None:
        return []
    rows = plan.objectives.within(_reach()).filter(dropped_at=None)
    return [(str(one.pk), one.text[:120]) for one in rows]


# ------------------------------------------------------------------ lists


def of_person(person_id: UUID) -> list[Meeting]:
    """The meetings of a person within reach, newest first. Two queries."""
    rows = Meeting.objects.within(_reach()).filter(person_id__in=cluster_ids(person_id))
    return list(rows.select_related(*RELATED).order_by("-created_at")[:50])


def shared(person_id: UUID) -> list[Meeting]:
    """What the portal shows: meetings that the convener told, newest first. Two queries."""
    found = of_person(person_id)
    ledger.read([person_id], "care_plan")
    return found


def to_come(person_id: UUID) -> list[Meeting]:
    """Meetings of a person that were not held yet. Two queries."""
    return _to_come(acting.current(), timezone.now(), cluster_ids(person_id))


@prepared
def _to_come(actor: Actor, now: dt.datetime, cluster: list[UUID]) -> QuerySet[Meeting]:
    rows: QuerySet[Meeting] = Meeting.objects.within(Reach(actor, now)).filter(
        person_id__in=cluster, status__in=[*BEFORE, Status.HELD, Status.MINUTED]
    )
    return rows.order_by("-created_at")[:4]


@dataclass
class Waiting:
    """What meetings ask of somebody, on Aujourd’hui."""

    answer: list[Meeting] = field(default_factory=list)
    fix: list[Meeting] = field(default_factory=list)
    come: list[Meeting] = field(default_factory=list)
    write: list[Meeting] = field(default_factory=list)
    approve: list[Meeting] = field(default_factory=list)
    send: list[Meeting] = field(default_factory=list)

    @property
    def everything(self) -> list[Meeting]:
        """All of them."""
        return [*self.answer, *self.fix, *self.come, *self.write, *self.approve, *self.send]


RUNNING = (*BEFORE, Status.HELD, Status.MINUTED, Status.APPROVED)


def waiting() -> Waiting:
    """What waits for the actor, who takes part or convenes. Four queries."""
    actor, found = acting.current(), Waiting()
    mine = _taking_part(actor, timezone.now())
    if not mine:
        return found
    pks = [one.pk for one in mine]
    answered = set(_answered(pks))
    approved = _approved(pks)
    for one in mine:
        meeting = one.meeting
        convenes = meeting.convener_id in actor.holders
        if meeting.status == Status.PROPOSED:
            (found.fix if convenes else found.answer if one.pk not in answered else []).append(
                meeting
            )
        elif meeting.status == Status.DATED:
            found.come.append(meeting)
        elif meeting.status == Status.HELD and convenes:
            found.write.append(meeting)
        elif meeting.status == Status.MINUTED and one.approves and one.pk not in approved:
            found.approve.append(meeting)
        elif meeting.status == Status.APPROVED and convenes:
            found.send.append(meeting)
    ledger.read({one.person_id for one in found.everything}, "care_plan")
    return found


@prepared
def _taking_part(actor: Actor, now: dt.datetime) -> QuerySet[Participant]:
    rows: QuerySet[Participant] = Participant.objects.within(Reach(actor, now)).filter(
        practice_id__in=actor.holders, dropped_at=None, meeting__status__in=RUNNING
    )
    related = rows.select_related(*(f"meeting__{name}" for name in RELATED))
    return related.order_by("meeting__starts_at", "created_at")[:30]


@prepared
def _answered(participants: list[UUID]) -> QuerySet[SlotAnswer, UUID]:
    rows = SlotAnswer.objects.filter(participant_id__in=participants)
    return rows.values_list("participant_id", flat=True)


def _approved(participants: list[UUID]) -> set[UUID]:
    """Those whose last opinion, on the latest minutes of their meeting, approves. Two queries at
    most."""
    numbers: dict[UUID, int] = {}
    for meeting_id, number in _numbers(participants):
        numbers[meeting_id] = max(number, numbers.get(meeting_id, 0))
    last = {
        pk: said
        for pk, said, meeting_id, number in (_opinions(participants) if numbers else [])
        if number == numbers[meeting_id]
    }
    return {pk for pk, said in last.items() if said == Opinion.Answer.APPROVES}


@prepared
def _numbers(participants: list[UUID]) -> QuerySet[Minutes, Any]:
    """The minutes there are of their meetings."""
    rows = Minutes.objects.filter(meeting__participants__in=participants)
    return rows.values_list("meeting_id", "number")


@prepared
def _opinions(participants: list[UUID]) -> QuerySet[Opinion, Any]:
    rows = Opinion.objects.filter(participant_id__in=participants).order_by("at", "id")
    return rows.values_list("participant_id", "answer", "meeting_id", "minutes__number")


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Meeting]:
    """Meetings within reach by id. One query."""
    rows = Meeting.objects.within(_reach()).filter(pk__in=ids)
    return {one.pk: one for one in rows}


TO_CONVENER = frozenset({"meeting.poll_full", "meeting.commented", "meeting.to_send"})


def told_of(entry: Entry) -> list[UUID]:
    """The practices told by name: those who must answer, come, approve; or who convenes."""
    from liane.meetings.minutes import doctor_of

    with acting.acting(acting.system("réunions : destinataires")):
        meeting = Meeting.objects.filter(pk=entry.object_id).first() if entry.object_id else None
        if meeting is None:
            return []
        if entry.kind in TO_CONVENER:
            return [meeting.convener_id]
        rows = Participant.objects.filter(meeting=meeting, dropped_at=None).exclude(practice=None)
        if entry.kind == "meeting.to_answer":
            rows = rows.filter(answers=None)
        elif entry.kind in {"meeting.to_approve", "meeting.minutes"}:
            rows = rows.filter(approves=True)
        people = [one.practice for one in rows.select_related("practice")]
        found = [
            one.pk
            for one in people
            if in_circle(meeting.person_id, [one.pk, one.organisation_id, one.professional_id])
        ]
        doctor = doctor_of(meeting.person_id) if entry.kind == "meeting.minutes" else None
        return [*found, *([doctor.practice_id] if doctor is not None else [])]
