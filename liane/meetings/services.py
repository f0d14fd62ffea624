"""Verbs before the meeting: convene, answer the poll, fix the date, tell the person, cancel.

What is written during it is in `sheet`, the minutes in `minutes`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Practice
from liane.meetings import links, rules
from liane.meetings.models import (
    BEFORE,
    LIFE,
    Meeting,
    MeetingLink,
    Participant,
    Section,
    Slot,
    SlotAnswer,
    Via,
)

Status = Meeting.Status
Answer = SlotAnswer.Answer
Occasion = MeetingLink.Occasion
NAMED = Audience(team=False)
"""Told to those whom the kind's ``told`` names, and to nobody else."""


@dataclass(frozen=True)
class Guest:
    """A professional outside the circle, reached by e-mail; ``consent``: how the person agreed."""

    name: str
    email: str
    consent: str
    what: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Call:
    """A meeting as somebody convenes it. ``practices`` are members of the circle."""

    person_id: UUID
    motive: str
    slots: tuple[dt.datetime, ...]
    practices: tuple[UUID, ...] = ()
    guests: tuple[Guest, ...] = ()
    place: str = ""
    video: str = ""
    minutes: int = 60


def convene(call: Call, *, key: UUID | None = None) -> Meeting:
    """Convene a meeting: those asked are told, outside by mail. The same ``key`` convenes once.

    Raises Refused (motive, place, slots, participants), NotAllowed, Http404.
    """

    def do() -> Meeting:
        rules.require_team(call.person_id)
        actor = acting.current()
        motive = rules.tidy(call.motive, "motive", longest=2_000)
        place, video = call.place.strip()[:500], call.video.strip()[:500]
        if not motive:
            raise Refused("Dites pourquoi on se réunit.", field="motive")
        rules.check_where(place, video)
        rules.check_slots(call.slots)
        if not 15 <= call.minutes <= 240:
            raise Refused("Une durée entre 15 minutes et 4 heures.", field="minutes")
        convener = _convener(actor)
        others = [pk for pk in dict.fromkeys(call.practices) if pk != convener.pk]
        if not others and not call.guests:
            raise Refused("Choisissez au moins une personne à réunir.", field="participants")
        who = author_of(actor)
        meeting = Meeting(
            person_id=call.person_id, motive=motive, place=place, video=video,
            minutes=call.minutes, convener=convener, **who,
        )  # fmt: skip
        meeting.save(force_insert=True)
        meeting.history.create(after=Status.PROPOSED, **who)
        about = {"meeting": meeting, "person_id": meeting.person_id}
        slots = [Slot.objects.create(starts_at=one, **about) for one in call.slots]
        for heading in Section.Heading.values:
            Section(heading=heading, **about).save(force_insert=True)
        mine = Participant(practice=convener, **about, **who)
        mine.save(force_insert=True)
        _answered(mine, {slot.pk: Answer.YES for slot in slots}, Via.PAGE)
        made = [_member(meeting, pk) for pk in others]
        made += [_guest(meeting, guest) for guest in call.guests]
        for one in made:
            links.open_for(one, Occasion.POLL)
        told("meeting.convened", meeting)
        call_up("meeting.to_answer", meeting)
        return meeting

    sent = [str(call.person_id), call.motive, call.place, call.video, call.minutes,
            [slot.isoformat() for slot in call.slots], [str(pk) for pk in call.practices],
            [guest.email for guest in call.guests]]  # fmt: skip
    return once(key, "meetings.convene", sent, Meeting, do)[0]


def _convener(actor: acting.Actor) -> Practice:
    found = Practice.objects.filter(pk=actor.holder_id).first() if actor.holder_id else None
    if found is None:
        raise NotAllowed("Une réunion se convoque au nom d’un professionnel.")
    return found


def invite(
    meeting_id: UUID, *, practice_id: UUID | None = None, guest: Guest | None = None
) -> Participant:
    """Ask one more professional, of the circle or outside. Asking again changes nothing."""
    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_convener(meeting)
        if meeting.status not in BEFORE:
            raise Refused("La réunion a eu lieu : on n’y invite plus personne.")
        one = (
            _member(meeting, practice_id) if practice_id is not None
            else _guest(meeting, guest or Guest("", "", ""))
        )  # fmt: skip
        occasion = Occasion.DATED if meeting.status == Status.DATED else Occasion.POLL
        links.open_for(one, occasion)
        call_up("meeting.to_answer" if occasion == Occasion.POLL else "meeting.fixed", meeting)
        return one


def remove(participant_id: UUID) -> Participant:
    """Take somebody off: their link closes at once."""
    with transaction.atomic():
        one = participant(participant_id)
        meeting = locked(one.meeting_id)
        rules.require_convener(meeting)
        if one.practice_id == meeting.convener_id:
            raise Refused("Qui convoque la réunion y prend part.")
        if meeting.status not in BEFORE:
            raise Refused("La réunion a eu lieu : notez plutôt une absence.")
        if one.dropped_at is None:
            one.dropped_at = timezone.now()
            one.save(update_fields=["dropped_at"])
            links.close(one)
            changed(meeting)
        return one


def _member(meeting: Meeting, practice_id: UUID) -> Participant:
    practice = (
        Practice.objects.select_related("professional", "organisation")
        .filter(pk=practice_id, ended_on=None, professional__active=True)
        .first()
    )
    if practice is None:
        raise Refused("Ce professionnel n’est pas connu ici.", field="participants")
    rules.require_known(meeting.person_id, practice)
    found: Participant | None = Participant.objects.filter(
        meeting=meeting, practice=practice
    ).first()
    if found is not None:
        found.dropped_at = None
        found.save(update_fields=["dropped_at"])
        return found
    one = Participant(
        meeting=meeting, person_id=meeting.person_id, practice=practice,
        **author_of(acting.current()),
    )  # fmt: skip
    one.save(force_insert=True)
    return one


def _guest(meeting: Meeting, guest: Guest) -> Participant:
    name, email = " ".join(guest.name.split())[:120], guest.email.strip()
    consent = rules.tidy(guest.consent, "guest_consent", longest=500)
    rules.check_guest(meeting.person_id, name, email, consent)
    one = Participant(
        meeting=meeting, person_id=meeting.person_id, name=name, email=email,
        what=guest.what.strip()[:120], phone=guest.phone.strip()[:30], consent=consent,
        **author_of(acting.current()),
    )  # fmt: skip
    one.save(force_insert=True)
    return one


def answer(
    meeting_id: UUID,
    answers: Mapping[UUID, str],
    *,
    participant_id: UUID | None = None,
    via: str = Via.PAGE,
) -> Participant:
    """Answer the poll, slot by slot; the same answer again writes nothing.

    By signed link, ``participant_id`` says who answers. Raises Refused once the date is fixed.
    """
    with transaction.atomic():
        meeting = locked(meeting_id)
        one = taking_part(meeting, participant_id)
        if meeting.status != Status.PROPOSED:
            raise Refused("La date est déjà fixée, ou la réunion annulée.", code="closed")
        slots = set(Slot.objects.filter(meeting=meeting).values_list("pk", flat=True))
        if not answers:
            raise Refused("Répondez pour au moins une date.", field="answers")
        if set(answers) - slots or set(answers.values()) - set(Answer.values):
            raise Refused("Choisissez oui, si besoin ou non pour chaque date.", field="answers")
        if _answered(one, answers, via):
            changed(meeting)
            if _everybody_answered(meeting, len(slots)):
                call_up("meeting.poll_full", meeting)
        return one


def taking_part(meeting: Meeting, participant_id: UUID | None) -> Participant:
    """The participant that the actor is (by signed link: ``participant_id``). Raises NotAllowed."""
    actor = acting.current()
    rows = Participant.objects.filter(meeting=meeting, dropped_at=None)
    if actor.is_system and participant_id is not None:
        found = rows.filter(pk=participant_id).first()
    else:
        found = rows.filter(practice_id__in=actor.holders).first()
    if found is None:
        raise NotAllowed("Vous n’êtes pas parmi les personnes réunies.")
    return found  # type: ignore[no-any-return]


def _answered(one: Participant, answers: Mapping[UUID, str], via: str) -> int:
    """Write the answers that differ from the last ones. Returns how many."""
    last: dict[UUID, str] = {}
    for row in SlotAnswer.objects.filter(participant=one).order_by("at", "id"):
        last[row.slot_id] = row.answer
    changed = {pk: said for pk, said in answers.items() if last.get(pk) != said}
    who = author_of(acting.current())
    for pk, said in changed.items():
        SlotAnswer.objects.create(
            meeting_id=one.meeting_id, person_id=one.person_id, slot_id=pk, participant=one,
            answer=said, via=via, **who,
        )  # fmt: skip
    return len(changed)


def _everybody_answered(meeting: Meeting, slots: int) -> bool:
    waiting = set(
        Participant.objects.filter(meeting=meeting, dropped_at=None).values_list("pk", flat=True)
    )
    rows = SlotAnswer.objects.filter(meeting=meeting).values_list("participant", "slot").distinct()
    counts: dict[UUID, int] = {}
    for one, _ in rows:
        counts[one] = counts.get(one, 0) + 1
    return all(counts.get(pk, 0) == slots for pk in waiting)


def fix(meeting_id: UUID, slot_id: UUID, *, version: int | None = None) -> Meeting:
    """The convener fixes the date, or another one: everybody is told. The same again: nothing.

    Raises Conflict when the meeting changed since ``version``, Refused for a moment gone by.
    """
    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_convener(meeting)
        slot = Slot.objects.filter(pk=slot_id, meeting=meeting).first()
        if slot is None:
            raise Http404
        if meeting.status == Status.DATED and meeting.starts_at == slot.starts_at:
            return meeting
        if version is not None and version != meeting.version:
            raise Conflict("La réunion vient de changer : voici où elle en est.")
        if slot.starts_at <= timezone.now():
            raise Refused("Cette date est passée : choisissez-en une autre.", field="slot")
        transition(meeting, LIFE, Status.DATED)
        meeting.starts_at, meeting.version = slot.starts_at, meeting.version + 1
        meeting.save(update_fields=["starts_at", "version"])
        links.open_all(meeting, Occasion.DATED)
        told("meeting.dated", meeting)
        call_up("meeting.fixed", meeting)
        _tell_portal(meeting)
        return meeting


def tell(meeting_id: UUID, *, person: bool, carers: bool) -> Meeting:
    """The convener lets the person, her carers, know of the meeting; or no longer."""
    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_convener(meeting)
        if (meeting.for_person, meeting.for_carers) == (person, carers):
            return meeting
        meeting.for_person, meeting.for_carers = person, carers
        if person or carers:
            meeting.told_at = timezone.now()
        meeting.save(update_fields=["for_person", "for_carers", "told_at"])
        changed(meeting)
        _tell_portal(meeting)
        return meeting


def cancel(meeting_id: UUID, *, reason: str) -> Meeting:
    """Cancel a meeting that was not held, and say why: everybody is told. Again: nothing."""
    why = rules.tidy(reason, "reason", longest=500)
    if not why:
        raise Refused("Dites pourquoi la réunion est annulée.", field="reason")
    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_convener(meeting)
        if meeting.status == Status.CANCELLED:
            return meeting
        transition(meeting, LIFE, Status.CANCELLED)
        meeting.why_cancelled, meeting.version = why, meeting.version + 1
        meeting.save(update_fields=["why_cancelled", "version"])
        links.open_all(meeting, Occasion.CANCELLED)
        told("meeting.cancelled", meeting)
        call_up("meeting.called_off", meeting)
        _tell_portal(meeting)
        return meeting


def stop_for_death(person_id: UUID) -> None:
    """A confirmed death: meetings to come are cancelled, those who were to come are told."""
    with acting.acting(acting.system("réunions : décès")):
        rows = Meeting.objects.filter(person_id=person_id, status__in=BEFORE)
        for pk in list(rows.values_list("pk", flat=True)):
            cancel(pk, reason="La personne est décédée.")


# ------------------------------------------------------------------ common


def locked(meeting_id: UUID) -> Meeting:
    """The meeting within reach, locked; Http404 otherwise."""
    found: Meeting | None = (
        Meeting.objects.within(Reach.of(acting.current()))
        .filter(pk=meeting_id)
        .select_related("convener")
        .select_for_update(of=("self",))
        .first()
    )
    if found is None:
        raise Http404
    return found


def participant(participant_id: UUID) -> Participant:
    """The participant within reach; Http404 otherwise."""
    found: Participant | None = (
        Participant.objects.within(Reach.of(acting.current())).filter(pk=participant_id).first()
    )
    if found is None:
        raise Http404
    return found


def told(kind: str, meeting: Meeting) -> None:
    """In the timeline of the care team."""
    journal.append(kind, person_id=meeting.person_id, object_id=meeting.pk)
    changed(meeting)


def call_up(kind: str, meeting: Meeting) -> None:
    """To those whom the kind names (`queries.told_of`)."""
    journal.append(kind, person_id=meeting.person_id, object_id=meeting.pk, to=NAMED)


def _tell_portal(meeting: Meeting) -> None:
    """To the person and her carers, where the convener said so."""
    if meeting.for_person or meeting.for_carers:
        to = Audience(team=False, person=meeting.for_person, carers=meeting.for_carers)
        journal.append("meeting.person", person_id=meeting.person_id, object_id=meeting.pk, to=to)


def changed(meeting: Meeting) -> None:
    """Known to the ledger and to open pages."""
    journal.signal("meeting", person_id=meeting.person_id, object_id=meeting.pk)
    ledger.wrote(meeting.person_id, "care_plan", object_id=meeting.pk)
