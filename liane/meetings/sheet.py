"""Verbs of the session: open it, write the shared sheet, decide, give decisions to do.

Two people on one heading lose nothing: who writes on an old version is refused with both texts,
and what they wrote is in the heading's history.
"""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.careplans import editing, holders
from liane.careplans import queries as plans
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.errors import Conflict, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.states import transition
from liane.core.templatetags.liane import long_date
from liane.meetings import rules
from liane.meetings.models import LIFE, WRITING, Decision, Meeting, Section, SectionChange
from liane.meetings.services import changed, locked, told
from liane.tasks import services as tasks
from liane.tasks.models import Task

Status = Meeting.Status
What = SectionChange.What
AFTER = (Status.HELD, Status.MINUTED, Status.APPROVED, Status.SENT)


class Stale(Conflict):
    """The heading changed meanwhile: ``section`` is as it is now, ``mine`` what came too late."""

    def __init__(self, section: Section, mine: str) -> None:
        super().__init__("Quelqu’un a écrit entre-temps : voici les deux versions.")
        self.section = section
        self.mine = mine


def hold(meeting_id: UUID) -> Meeting:
    """Open the session: from twelve hours before its hour. Again: nothing."""
    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_team(meeting.person_id)
        if meeting.status == Status.HELD:
            return meeting
        if meeting.starts_at is None or meeting.starts_at - rules.EARLY > timezone.now():
            raise Refused("La réunion n’a pas encore lieu : la séance s’ouvre le jour venu.")
        transition(meeting, LIFE, Status.HELD)
        told("meeting.held", meeting)
        return meeting


def write(section_id: UUID, *, version: int, text: str) -> Section:
    """Write a heading seen at ``version``. Raises :class:`Stale` when it has another by now."""
    plain = rules.tidy(text, "text")
    with transaction.atomic():
        section = _locked_section(section_id)
        rules.require_team(section.person_id)
        if section.meeting.status not in WRITING:
            raise Refused("Les notes sont closes : le compte rendu est parti à l’approbation.")
        if section.text == plain:
            return section
        late = version != section.version
        if not late:
            section.text, section.version = plain, section.version + 1
            section.save(update_fields=["text", "version"])
        SectionChange(
            meeting=section.meeting, person_id=section.person_id, section=section,
            what=What.SET_ASIDE if late else What.CHANGED, text=plain,
            number=version if late else section.version, **author_of(acting.current()),
        ).save(force_insert=True)  # fmt: skip
        changed(section.meeting)
    if late:
        raise Stale(section, plain)
    return section


def _locked_section(section_id: UUID) -> Section:
    found: Section | None = (
        Section.objects.within(Reach.of(acting.current()))
        .select_related("meeting")
        .filter(pk=section_id)
        .select_for_update(of=("self",))
        .first()
    )
    if found is None:
        raise Http404
    return found


# ------------------------------------------------------------------ decisions


def decide(
    meeting_id: UUID,
    *,
    text: str,
    assignee: str = "",
    who_else: str = "",
    due_on: dt.date | None = None,
    key: UUID | None = None,
) -> Decision:
    """Note a decision: what, who (``practice:<id>``, or in words), until when. Once for ``key``."""

    def do() -> Decision:
        meeting = locked(meeting_id)
        rules.require_team(meeting.person_id)
        if meeting.status != Status.HELD:
            raise Refused("Une décision se note pendant la séance, avant le compte rendu.")
        plain = rules.tidy(text, "text", longest=1_000)
        if not plain:
            raise Refused("Dites ce qui est décidé.", field="text")
        given = dict.fromkeys(("practice_id", "organisation_id", "post_id")) | _holder(
            meeting, assignee
        )
        if due_on is not None and due_on < timezone.localdate():
            raise Refused("Cette date est passée : choisissez-en une à venir.", field="due_on")
        decision = Decision(
            meeting=meeting, person_id=meeting.person_id, text=plain, due_on=due_on,
            who_else=who_else.strip()[:200], **given, **author_of(acting.current()),
        )  # fmt: skip
        decision.save(force_insert=True)
        changed(meeting)
        return decision

    content = [str(meeting_id), text, assignee, who_else, str(due_on)]
    return once(key, "meetings.decide", content, Decision, do)[0]


def _holder(meeting: Meeting, assignee: str) -> dict[str, UUID]:
    if not assignee:
        return {}
    if assignee not in {value for value, _ in holders.around(meeting.person_id)}:
        raise Refused("Choisissez quelqu’un du cercle.", field="assignee")
    name, _, value = assignee.partition(":")
    return {f"{name}_id": UUID(value)}


def withdraw(decision_id: UUID) -> Decision:
    """Take a decision off the sheet, while nothing was made of it. Its row stays."""
    with transaction.atomic():
        decision = _locked_decision(decision_id)
        if decision.meeting.status != Status.HELD:
            raise Refused("Le compte rendu est parti : la décision y reste.")
        if decision.is_given:
            raise Refused("Cette décision est déjà confiée : annulez d’abord la tâche ou l’action.")
        if decision.dropped_at is None:
            decision.dropped_at = timezone.now()
            decision.save(update_fields=["dropped_at"])
            changed(decision.meeting)
        return decision


def give_task(decision_id: UUID, *, key: UUID | None = None) -> Task:
    """Make a task of a decision, for whom it names. Raises as `tasks.create_task`."""

    def do() -> Task:
        decision = _free(decision_id)
        first, _, rest = decision.text.partition("\n")
        more = rest if len(first) <= 200 else decision.text
        said = f"Décidé en concertation le {long_date(decision.meeting.starts_at)}."
        task = tasks.create_task(
            tasks.Asked(
                title=first[:200],
                person_id=decision.person_id,
                details=f"{said}\n{more}"[:1000].strip(),
                practice_id=decision.practice_id,
                organisation_id=decision.organisation_id,
                post_id=decision.post_id,
                due_on=decision.due_on,
            )
        )
        decision.task_id = task.pk
        decision.save(update_fields=["task_id"])
        changed(decision.meeting)
        return task

    return once(key, "meetings.task", [str(decision_id)], Task, do)[0]


def make_action(decision_id: UUID, objective_id: UUID, *, key: UUID | None = None) -> Decision:
    """Make an action of the person's open plan of a decision, for one of its objectives.

    Raises Refused without an open plan, Http404 for an objective that is not of it.
    """

    def do() -> Decision:
        decision = _free(decision_id)
        plan = plans.current(decision.person_id)
        if plan is None:
            raise Refused("Aucun plan n’est ouvert : ouvrez-en un, ou faites-en une tâche.")
        action = editing.add_line(
            plan.pk,
            "action",
            {
                "text": decision.text, "practice": decision.practice_id,
                "organisation": decision.organisation_id, "post": decision.post_id,
                "who_else": decision.who_else, "due_on": decision.due_on,
            },
            parent_id=objective_id,
        )  # fmt: skip
        decision.action_id = action.pk
        decision.save(update_fields=["action_id"])
        changed(decision.meeting)
        return decision

    return once(key, "meetings.action", [str(decision_id), str(objective_id)], Decision, do)[0]


def _free(decision_id: UUID) -> Decision:
    decision = _locked_decision(decision_id)
    if decision.is_given or decision.dropped_at is not None:
        raise Refused("Cette décision est déjà confiée : suivez-la là où elle est.")
    if decision.meeting.status not in AFTER:
        raise Refused("La réunion n’a pas eu lieu.")
    return decision


def _locked_decision(decision_id: UUID) -> Decision:
    found: Decision | None = (
        Decision.objects.within(Reach.of(acting.current()))
        .select_related("meeting")
        .filter(pk=decision_id)
        .select_for_update(of=("self",))
        .first()
    )
    if found is None:
        raise Http404
    rules.require_team(found.person_id)
    return found
