"""Verbs of common slots: propose, answer, withdraw; all said yes → appointments.

A coordinator proposes; each professional answers for themselves, or by telephone to the structure
when they have no account. One « non » ends the proposal, and says why. The person is told of the
appointments, like of any other.
"""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.agenda import services as agenda
from liane.agenda.models import Place
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.interventions.models import ActKind
from liane.pathways import catalogue, looking, rules
from liane.pathways.models import Session, SessionEvent, SlotPart, SlotProposal
from liane.pathways.services.inclusion import mine
from liane.pathways.states import (
    RUNNING,
    SESSION,
    SLOT,
    SessionState,
    SlotAnswer,
    SlotStatus,
)

NAMED = Audience(team=False)
type Times = Mapping[UUID, tuple[UUID, dt.datetime]]
"""Session → (practice, start)."""


def propose(enrolment_id: UUID, times: Times, *, place: str = Place.OFFICE) -> SlotProposal:
    """Ask these professionals for that slot; whoever proposes says yes for themselves.

    Raises Refused when a time no longer fits, Http404 or NotAllowed as `inclusion.mine`.
    """
    actor = acting.current()
    with transaction.atomic():
        row = mine(enrolment_id)
        if row.status not in RUNNING:
            raise Refused("Ce parcours n’est pas en cours : aucun créneau ne se propose.")
        fitting = looking.checked(row, times, timezone.now())
        if place == Place.REMOTE and not all(one.remote for one, _, _ in fitting):
            raise Refused(
                "L’une de ces séances ne se fait pas à distance dans ce protocole.", field="place"
            )
        made = SlotProposal.objects.create(
            person_id=row.person_id, enrolment=row, starts_at=fitting[0][2].start,
            ends_at=fitting[-1][2].end, place=place, **author_of(actor),
        )  # fmt: skip
        made.history.create(after=made.status, **author_of(actor))
        for one, who, span in fitting:
            own = who.practice_id in actor.holders
            SlotPart.objects.create(
                proposal=made, session=one.session, practice_id=who.practice_id,
                starts_at=span.start, ends_at=span.end,
                **(_answer(SlotAnswer.YES) if own else {}),
            )  # fmt: skip
        journal.append("pathway.slot", person_id=row.person_id, object_id=made.pk, to=NAMED)
        ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose="créneau proposé")
        _settle(made)
    return made


def _answer(said: str, reason: str = "") -> dict[str, object]:
    return {
        "answer": said, "reason": reason[:300], "answered_at": timezone.now(),
        "answered_by": acting.current().label[:200],
    }  # fmt: skip


def answer(part_id: UUID, *, yes: bool, reason: str = "") -> SlotProposal:
    """A professional's word on their part, or what they said on the telephone to the structure.

    Saying the same again changes nothing. Raises Refused for a « non » without a word about it or
    a proposal that is over.
    """
    with transaction.atomic():
        part, proposal = _part(part_id)
        said = SlotAnswer.YES if yes else SlotAnswer.NO
        if part.answer == said:
            return proposal
        if proposal.status != SlotStatus.OPEN:
            raise Refused("Cette proposition est close : rien n’est changé.", code="over")
        if not yes and not reason.strip():
            raise Refused("Dites en un mot ce qui irait mieux : un autre jour, une autre heure…",
                          field="reason")  # fmt: skip
        for name, value in _answer(said, reason.strip()).items():
            setattr(part, name, value)
        part.save(update_fields=["answer", "reason", "answered_at", "answered_by"])
        ledger.wrote(proposal.person_id, "pathway", object_id=proposal.pk, purpose=str(said))
        if yes:
            _settle(proposal)
        else:
            transition(proposal, SLOT, SlotStatus.REFUSED, reason=reason.strip())
            journal.append(
                "pathway.slot_refused", person_id=proposal.person_id, object_id=proposal.pk,
                to=NAMED,
            )  # fmt: skip
    return proposal


def withdraw(proposal_id: UUID) -> SlotProposal:
    """Take an open proposal back; those who were asked are told."""
    with transaction.atomic():
        proposal = _locked(proposal_id)
        mine(proposal.enrolment_id)
        transition(proposal, SLOT, SlotStatus.WITHDRAWN)
        journal.append(
            "pathway.slot_withdrawn", person_id=proposal.person_id, object_id=proposal.pk, to=NAMED
        )
        ledger.wrote(proposal.person_id, "pathway", object_id=proposal.pk, purpose="retiré")
    return proposal


def lapse(now: dt.datetime | None = None) -> int:
    """Periodic: a proposal whose time came without every word is over; its author is told."""
    moment = now or timezone.now()
    with acting.acting(acting.system("créneaux sans réponse")), transaction.atomic():
        rows = SlotProposal.objects.filter(status=SlotStatus.OPEN, starts_at__lte=moment)
        found = list(rows.select_for_update(skip_locked=True)[:200])
        for proposal in found:
            transition(proposal, SLOT, SlotStatus.LAPSED)
            journal.append(
                "pathway.slot_refused", person_id=proposal.person_id, object_id=proposal.pk,
                to=NAMED,
            )  # fmt: skip
    return len(found)


# ------------------------------------------------------------------ all said yes
def _settle(proposal: SlotProposal) -> None:
    """Plan everything once nobody is waited for; a time taken meanwhile refuses the whole."""
    parts = list(
        proposal.parts.select_related("session__enrolment", "practice__professional").order_by(
            "starts_at"
        )
    )
    if any(part.answer != SlotAnswer.YES for part in parts):
        return
    if taken := looking.gone(proposal.person_id, parts, timezone.now()):
        transition(proposal, SLOT, SlotStatus.REFUSED, reason=taken)
        journal.append(
            "pathway.slot_refused", person_id=proposal.person_id, object_id=proposal.pk, to=NAMED
        )
        return
    who = author_of(acting.current())
    protocol = catalogue.of_enrolment(proposal.enrolment)
    transition(proposal, SLOT, SlotStatus.PLANNED)
    with acting.acting(acting.system("créneau accepté par tous")):
        for part in parts:
            visit = agenda.plan_visit(
                agenda.Visit(
                    person_id=proposal.person_id, starts_at=part.starts_at, minutes=part.minutes,
                    practice_id=part.practice_id, kind=_kind(proposal.place),
                    title=catalogue.label_of(protocol, part.session.code)[:120],
                    place=proposal.place,
                )
            )  # fmt: skip
            part.appointment_id = visit.pk
            part.save(update_fields=["appointment_id"])
            _plan(part, visit.pk, who)
        journal.append(
            "pathway.slot_planned", person_id=proposal.person_id, object_id=proposal.pk, to=NAMED
        )


def _kind(place: str) -> str:
    kinds = {Place.OFFICE: ActKind.OFFICE, Place.REMOTE: ActKind.REMOTE}
    return str(kinds.get(Place(place), ActKind.SESSION))


def _plan(part: SlotPart, appointment_id: UUID, who: Mapping[str, object]) -> None:
    session = part.session
    before, session.status = session.status, SessionState.PLANNED
    session.practice_id, session.appointment_id = part.practice_id, appointment_id
    session.save(update_fields=["status", "practice", "appointment_id"])
    SessionEvent.objects.create(session=session, before=before, after=session.status, **who)


def unplanned(entries: object) -> None:
    """A reader of the journal: a visit cancelled or missed gives its session back to be done."""
    gone = [
        one.object_id for one in entries  # type: ignore[attr-defined]
        if one.kind in {"visit.cancelled", "visit.missed"} and one.object_id
    ]  # fmt: skip
    if not gone:
        return
    today = timezone.localdate()
    with acting.acting(acting.system("séances : rendez-vous annulé")), transaction.atomic():
        rows = Session.objects.select_for_update().filter(
            appointment_id__in=gone, status=SessionState.PLANNED
        )
        for session in rows:
            late = today > session.due_on
            after = SessionState.LATE if late else SessionState.DUE
            if not SESSION.allows(session.status, after):
                continue
            session.status, session.appointment_id = after, None
            session.save(update_fields=["status", "appointment_id"])
            SessionEvent.objects.create(
                session=session, before=SessionState.PLANNED, after=after,
                reason="rendez-vous annulé", author_label=acting.current().label,
            )  # fmt: skip


# ------------------------------------------------------------------ who may
def _part(part_id: UUID) -> tuple[SlotPart, SlotProposal]:
    part = SlotPart.objects.filter(pk=part_id).first()
    if part is None:
        raise Http404
    proposal = _locked(part.proposal_id)
    part = SlotPart.objects.select_for_update(of=("self",)).get(pk=part_id)
    actor = acting.current()
    if part.practice_id in {*actor.holders, actor.holder_id} - {None}:
        return part, proposal
    row = proposal.enrolment
    if not rules.may_include(actor, row.organisation_id, row.person_id):
        raise Http404
    if looking.has_account(part.practice_id):
        raise NotAllowed("Ce professionnel répond lui-même : il a un compte.")
    return part, proposal


def _locked(proposal_id: UUID) -> SlotProposal:
    rows = SlotProposal.objects.within(Reach.of(acting.current()))
    found: SlotProposal | None = (
        rows.select_for_update(of=("self",))
        .select_related("enrolment")
        .filter(pk=proposal_id)
        .first()
    )
    if found is None:
        raise Http404
    return found
