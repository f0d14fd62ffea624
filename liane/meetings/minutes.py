"""Verbs of the minutes: who was there, submitted, approved by each or by silence, sent."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, clock, registry
from liane.core.errors import Conflict, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.states import transition
from liane.core.templatetags.liane import long_date
from liane.meetings import links, rules
from liane.meetings.models import (
    LIFE,
    Decision,
    Meeting,
    MeetingLink,
    Minutes,
    Opinion,
    Participant,
    Section,
    Via,
)
from liane.meetings.services import call_up, changed, locked, taking_part, told
from liane.patients.models import AttendingDoctor
from liane.patients.queries import attending_doctor

Status = Meeting.Status
Answer = Opinion.Answer
Occasion = MeetingLink.Occasion


def attend(
    meeting_id: UUID,
    presences: Mapping[UUID, str],
    *,
    person: str,
    voice: str,
    others: str = "",
) -> Meeting:
    """Note who was there, whether the person was, how her voice was heard, who else came.

    Raises Refused for an unknown presence, or out of the session.
    """
    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_team(meeting.person_id)
        if meeting.status != Status.HELD:
            raise Refused("Les présences se notent pendant la séance, avant le compte rendu.")
        known = set(Participant.Presence.values)
        if set(presences.values()) - known or person not in {"", *Meeting.Presence.values}:
            raise Refused("Choisissez une présence dans la liste.", field="presence")
        rows = Participant.objects.filter(meeting=meeting, dropped_at=None)
        for one in rows.select_for_update(of=("self",)):
            said = presences.get(one.pk, one.presence)
            if said != one.presence:
                one.presence = said
                one.save(update_fields=["presence"])
        meeting.person_presence = person
        meeting.voice = rules.tidy(voice, "voice", longest=2_000)
        meeting.others = rules.tidy(others, "others", longest=500)
        meeting.save(update_fields=["person_presence", "voice", "others"])
        changed(meeting)
        return meeting


def submit(meeting_id: UUID, *, key: UUID | None = None) -> Minutes:
    """Freeze the minutes and submit them to those who attended; each approves or comments.

    Raises Refused while the presences, the person's voice or the notes are missing.
    """

    def do() -> Minutes:
        meeting = locked(meeting_id)
        rules.require_convener(meeting)
        content = _content(meeting)
        _require_complete(meeting, content)
        last = Minutes.objects.filter(meeting=meeting).aggregate(last=Max("number"))["last"] or 0
        who = author_of(acting.current())
        made = Minutes(
            meeting=meeting, person_id=meeting.person_id, number=last + 1,
            content=json.dumps(content, ensure_ascii=False), **who,
        )  # fmt: skip
        made.save(force_insert=True)
        transition(meeting, LIFE, Status.MINUTED, reason=f"version {made.number}")
        meeting.submitted_at = timezone.now()
        meeting.save(update_fields=["submitted_at"])
        for one in _there(meeting):
            one.approves = rules.approves(one.practice, one.person_id)
            one.save(update_fields=["approves"])
            if one.approves and one.practice_id in acting.current().holders:
                _said(made, one, Answer.APPROVES, "", Via.PAGE)
        told("meeting.minuted", meeting)
        call_up("meeting.to_approve", meeting)
        links.open_all(meeting, Occasion.MINUTES)
        _approve_when_all_did(meeting, made)
        return made

    return once(key, "meetings.submit", [str(meeting_id)], Minutes, do)[0]


def _there(meeting: Meeting) -> list[Participant]:
    rows = Participant.objects.filter(meeting=meeting, dropped_at=None).select_related(
        "practice__professional", "practice__organisation"
    )
    return [one for one in rows if one.was_there]


def _require_complete(meeting: Meeting, content: Mapping[str, Any]) -> None:
    if any(not one["presence"] for one in content["participants"]):
        raise Refused("Notez d’abord qui était là.", code="presence")
    if not _there(meeting):
        raise Refused("Personne n’était là : notez au moins une présence.", code="presence")
    if not meeting.person_presence or not meeting.voice:
        raise Refused(
            "Dites si la personne était présente, et comment sa parole a été entendue.",
            code="voice",
        )
    if not any(one["text"] for one in content["sections"]):
        raise Refused("Les notes sont vides : écrivez au moins la situation.", code="empty")


def _content(meeting: Meeting) -> dict[str, Any]:
    """What the minutes say, in words of that day. Three queries."""
    people = Participant.objects.filter(meeting=meeting, dropped_at=None).select_related(
        "practice__professional", "practice__organisation"
    )
    written = {one.heading: one for one in Section.objects.filter(meeting=meeting)}
    decided = Decision.objects.filter(meeting=meeting, dropped_at=None).select_related(
        "practice__professional", "organisation", "post"
    )
    return {
        "motive": meeting.motive,
        "starts_at": meeting.starts_at.isoformat() if meeting.starts_at else "",
        "place": meeting.place or ("en visioconférence" if meeting.video else ""),
        "convener": meeting.convener.professional.name,
        "participants": [
            {
                "name": one.label,
                "what": one.role_words,
                "presence": one.get_presence_display() if one.presence else "",
            }
            for one in people
        ],
        "person": meeting.get_person_presence_display() if meeting.person_presence else "",
        "voice": meeting.voice,
        "others": meeting.others,
        "sections": [
            {"title": label, "text": written[key].text if key in written else ""}
            for key, label in Section.Heading.choices
        ],
        "decisions": [
            {
                "text": one.text,
                "who": one.who,
                "due_on": long_date(one.due_on) if one.due_on else "",
            }
            for one in decided
        ],
    }


# ------------------------------------------------------------------ approval


def opine(
    minutes_id: UUID,
    *,
    approves: bool,
    text: str = "",
    participant_id: UUID | None = None,
    via: str = Via.PAGE,
) -> Opinion:
    """Approve the minutes, or say what is to be corrected. The same again changes nothing.

    Only the latest version, while it is submitted (Conflict otherwise).
    """
    plain = rules.tidy(text, "text", longest=2_000)
    if not approves and not plain:
        raise Refused("Dites ce qu’il faut corriger.", field="text")
    with transaction.atomic():
        made = access_minutes(minutes_id)
        meeting = locked(made.meeting_id)
        one = taking_part(meeting, participant_id)
        if not one.approves:
            raise Refused("Seules les personnes présentes approuvent le compte rendu.")
        if Minutes.objects.filter(meeting=meeting, number__gt=made.number).exists():
            raise Conflict("Une version plus récente a été soumise : voici celle à relire.")
        if meeting.status != Status.MINUTED:
            raise Conflict("Ce compte rendu n’attend plus de réponse.")
        said = Answer.APPROVES if approves else Answer.COMMENTS
        last = _last(made).get(one.pk)
        if last is not None and last.answer == said and last.text == plain:
            return last
        row = _said(made, one, said, plain, via)
        changed(meeting)
        if not approves:
            call_up("meeting.commented", meeting)
        _approve_when_all_did(meeting, made)
        return row


def _said(made: Minutes, one: Participant, answer: str, text: str, via: str) -> Opinion:
    row = Opinion(
        meeting_id=made.meeting_id, person_id=made.person_id, minutes=made, participant=one,
        answer=answer, text=text, via=via, **author_of(acting.current()),
    )  # fmt: skip
    row.save(force_insert=True)
    return row


def _last(made: Minutes) -> dict[UUID, Opinion]:
    """The last opinion of each participant on a version."""
    return {
        row.participant_id: row for row in Opinion.objects.filter(minutes=made).order_by("at", "id")
    }


def _asked(meeting: Meeting) -> set[UUID]:
    rows = Participant.objects.filter(meeting=meeting, dropped_at=None, approves=True)
    return set(rows.values_list("pk", flat=True))


def _approve_when_all_did(meeting: Meeting, made: Minutes) -> None:
    said = _last(made)
    if all(pk in said and said[pk].answer == Answer.APPROVES for pk in _asked(meeting)):
        _approved(meeting, "approuvé par toutes les personnes présentes")


def _approved(meeting: Meeting, reason: str) -> None:
    transition(meeting, LIFE, Status.APPROVED, reason=reason)
    told("meeting.approved", meeting)
    call_up("meeting.to_send", meeting)


def take_up(meeting_id: UUID) -> Meeting:
    """Take the minutes up again, to correct the sheet; the version submitted stays readable."""
    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_convener(meeting)
        if meeting.status == Status.HELD:
            return meeting
        transition(meeting, LIFE, Status.HELD, reason="repris pour correction")
        changed(meeting)
        return meeting


def silence_after() -> dt.timedelta:
    """How long participants have (``LIANE_MINUTES_SILENCE_DAYS``, eight days by default)."""
    return dt.timedelta(days=settings.LIANE_MINUTES_SILENCE_DAYS)


def note_silences() -> int:
    """Periodic: minutes submitted long ago, that nobody wants corrected, are approved tacitly.

    A comment without a later approval stops it: the convener takes them up. Returns how many.
    """
    noted = 0
    with acting.acting(acting.system("comptes rendus sans réponse")):
        limit = timezone.now() - silence_after()
        waiting = Meeting.objects.filter(status=Status.MINUTED, submitted_at__lte=limit)
        for pk in list(waiting.values_list("pk", flat=True)):
            with transaction.atomic():
                meeting = locked(pk)
                made = latest(meeting)
                if meeting.status != Status.MINUTED or made is None:
                    continue
                if any(row.answer == Answer.COMMENTS for row in _last(made).values()):
                    continue
                days = settings.LIANE_MINUTES_SILENCE_DAYS
                _approved(meeting, f"sans réponse après {days} jours : approuvé tacitement")
                noted += 1
    return noted


# ------------------------------------------------------------------ sending


def send(meeting_id: UUID, *, person: bool = False, carers: bool = False) -> Meeting:
    """Send the approved minutes: to participants, to the attending doctor; PDF in the record.

    ``person`` and ``carers``: whether the document is shared with them. Again: nothing.
    """
    from liane.meetings import pdf

    with transaction.atomic():
        meeting = locked(meeting_id)
        rules.require_convener(meeting)
        if meeting.status == Status.SENT:
            return meeting
        transition(meeting, LIFE, Status.SENT)
        made = latest(meeting)
        if made is None:
            raise Http404
        told("meeting.sent", meeting)
        call_up("meeting.minutes", meeting)
        links.open_all(meeting, Occasion.SENT)
        _write_to_doctor(meeting, made)
        transaction.on_commit(lambda: pdf.make_later(made, person=person, carers=carers))
        return meeting


def doctor_of(person_id: UUID) -> AttendingDoctor | None:
    """The attending doctor now."""
    return attending_doctor(person_id, clock.today())


def _write_to_doctor(meeting: Meeting, made: Minutes) -> None:
    """A doctor without an account, who did not take part, gets the text by letter."""
    doctor = doctor_of(meeting.person_id)
    if doctor is None or doctor.practice.professional.user_id is not None:
        return
    if Participant.objects.filter(
        meeting=meeting, practice_id=doctor.practice_id, dropped_at=None
    ).exists():
        return
    for letter in registry.letters:
        if letter(doctor.practice_id, "Compte rendu de concertation", in_words(meeting, made)):
            return


def in_words(meeting: Meeting, made: Minutes) -> str:
    """The minutes as plain text, for a letter."""
    said = json.loads(made.content)
    when = long_date(dt.datetime.fromisoformat(said["starts_at"])) if said["starts_at"] else ""
    whom = meeting.person.usual_name
    lines = [f"Réunion de concertation du {when} autour de {whom}. Motif : {said['motive']}"]
    lines += [f"{one['title']} : {one['text']}" for one in said["sections"] if one["text"]]
    lines += [
        "Décidé : " + " · ".join(part for part in (one["text"], one["who"], one["due_on"]) if part)
        for one in said["decisions"]
    ]
    return "\n\n".join([*lines, f"Parole de la personne : {said['voice']}"])[:8_000]


# ------------------------------------------------------------------ common


def latest(meeting: Meeting) -> Minutes | None:
    """The last version submitted, within the caller's reach."""
    rows = Minutes.objects.within(Reach.of(acting.current())).filter(meeting=meeting)
    found: Minutes | None = rows.order_by("-number").first()
    return found


def access_minutes(minutes_id: UUID) -> Minutes:
    """The minutes within reach; Http404 otherwise."""
    rows = Minutes.objects.within(Reach.of(acting.current())).filter(pk=minutes_id)
    found: Minutes | None = rows.select_related("meeting").first()
    if found is None:
        raise Http404
    return found
