"""Writing history: rows with the dates they would have had, told to nobody.

The rooms' own verbs write « now ». A history is written here row by row, with the same columns and
the same journal entries (``announce=False``), and saved in bulk.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from liane.agenda.models import Appointment
from liane.circle.models import Membership, MembershipEvent
from liane.core.audience import TEAM, Audience
from liane.core.ids import uuid7
from liane.core.models import AccessRow, Entry, Outbox
from liane.directory.models import Organisation, Post, Practice
from liane.interventions.models import ActKind, Intervention
from liane.messaging.models import Message, MessageWord, Participant, ReadMark, Thread
from liane.messaging.words import words
from liane.patients.models import AttendingDoctor, Contact, IdentityEvent, Patient, Wish
from liane.timeline.models import Note, Pin

BATCH = 2_000
READING = frozenset({"care", "coordinator", "case_manager", "secretary"})
VISIT = Audience(outside=False, person=True, carers=True)


def at(days_ago: float, hour: int = 10, minute: int = 0) -> dt.datetime:
    """That many days ago, at that local time."""
    day = timezone.localdate() - dt.timedelta(days=int(days_ago))
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute)))


@dataclass(frozen=True)
class Voice:
    """Who writes: an account or a practice without one."""

    label: str
    user_id: UUID | None
    holder_id: UUID
    organisation_id: UUID | None
    role: str = "care"

    @property
    def author(self) -> dict[str, Any]:
        """The columns of `Authored`."""
        return {
            "author_user_id": self.user_id,
            "author_holder_id": self.holder_id,
            "author_organisation_id": self.organisation_id,
            "author_label": self.label,
        }


def voice(practice: Practice) -> Voice:
    """The voice of a practice."""
    professional = practice.professional
    label = f"{professional.given} {professional.family}"
    return Voice(
        label, professional.user_id, practice.pk, practice.organisation_id, str(practice.role)
    )


def contact_voice(contact: Contact) -> Voice:
    """The voice of a carer."""
    return Voice(contact.name, contact.user_id, contact.pk, None, contact.access)


def person_voice(person: Patient) -> Voice:
    """The person's own voice."""
    return Voice(person.usual_name, person.user_id, person.pk, None, "person")


@dataclass
class Chronicle:
    """Rows waiting to be saved together, model by model, in the order they were first met."""

    rows: dict[type[models.Model], list[models.Model]] = field(default_factory=dict)
    staff: list[Practice] = field(default_factory=list)
    """Practices with an account: those in a circle have read its old conversations."""

    def add(self, *rows: models.Model) -> None:
        """Keep rows for :meth:`save`."""
        for row in rows:
            self.rows.setdefault(type(row), []).append(row)

    def save(self) -> None:
        """Save everything kept so far."""
        self._accesses_in_order()
        for model, rows in self.rows.items():
            model._default_manager.bulk_create(rows, batch_size=BATCH)
        self.rows = {}

    def _accesses_in_order(self) -> None:
        """The ledger is read by its identifiers: those of the past are numbered by their dates."""
        rows = [row for row in self.rows.get(AccessRow, []) if isinstance(row, AccessRow)]
        rows.sort(key=lambda row: row.at)
        for row in rows:
            row.pk = uuid7()
        if rows:
            self.rows[AccessRow] = list(rows)

    # -------------------------------------------------------------- around the person
    def opened(self, person: Patient, by: Voice, when: dt.datetime) -> None:
        """The record was opened, the person agreed."""
        self.add(
            IdentityEvent(
                person=person,
                after=person.ins_status,
                reason="dossier ouvert",
                at=when,
                **by.author,
            )
        )
        wish = Wish(person=person, answer=Wish.Answer.AGREES, at=when, **by.author)
        self.add(wish)
        self.tell("wish.recorded", person, wish.pk, by, when, Audience(True, True, True, True))

    def member(
        self,
        person: Patient,
        holder: Practice | Organisation | Post,
        by: Voice,
        when: dt.datetime,
        *,
        ground: str = "team",
        outside: bool = False,
        responsible: bool = False,
        proof: str = "",
        told: bool = True,
    ) -> Membership:
        """Somebody joined the circle."""
        membership = Membership(
            person=person,
            holder_id=holder.pk,
            ground=ground,
            proof=proof,
            outside_team=outside,
            responsible=responsible,
            status=Membership.Status.ACTIVE,
            starts_at=when,
            created_at=when,
            **{type(holder).__name__.lower(): holder},
            **by.author,
        )
        self.add(
            membership,
            MembershipEvent(
                membership=membership, after=membership.status, reason=proof, at=when, **by.author
            ),
        )
        if told:
            self.tell("circle.joined", person, membership.pk, by, when)
        return membership

    def doctor(self, person: Patient, practice: Practice, by: Voice, when: dt.datetime) -> None:
        """The attending doctor."""
        self.add(
            AttendingDoctor(person=person, practice=practice, started_on=when.date(), **by.author)
        )

    # -------------------------------------------------------------- what was written
    def note(
        self,
        person: Patient,
        by: Voice,
        when: dt.datetime,
        text: str,
        *,
        kind: str = "follow_up",
        to: Audience = TEAM,
        pin: str = "",
        level: str = "late",
    ) -> None:
        """A note, pinned when ``pin`` says so in a few words."""
        flags = {"for_team": True, "for_person": to.person, "for_carers": to.carers}
        note = Note(
            person=person, kind="vigilance" if pin else kind, text=text, at=when, created_at=when,
            **flags, **by.author,
        )  # fmt: skip
        self.add(note)
        if pin:
            self.add(
                Pin(person=person, note=note, label=pin, level=level, starts_at=when, **by.author)
            )
        self.tell("note.written", person, note.pk, by, when, to)

    def visit(
        self,
        person: Patient,
        practice: Practice,
        when: dt.datetime,
        title: str,
        note: str = "",
        *,
        outcome: str = "nothing",
        kind: str = ActKind.VISIT,
        minutes: int = 20,
        planned: Appointment | None = None,
    ) -> None:
        """An act that took place, written down the same day; ``planned`` in the agenda or not."""
        by = voice(practice)
        outside = by.role == Practice.Role.SOCIAL
        act = Intervention(
            person=person, at=when, entered_at=when + dt.timedelta(minutes=minutes),
            minutes=minutes, performed_by=practice, organisation_id=practice.organisation_id,
            kind=kind, title=title, outcome=outcome, note=note, created_at=when,
            for_team=True, for_person=True, for_carers=True, for_outside=outside,
            appointment_id=planned.pk if planned is not None else None, **by.author,
        )  # fmt: skip
        self.add(act)
        if outcome == "problem":
            self.tell("visit.problem", person, act.pk, by, when)
        else:
            self.tell("visit.done", person, act.pk, by, when, VISIT)

    def thread(
        self,
        person: Patient | None,
        said: Iterable[tuple[Voice, dt.datetime, str]],
        *,
        kind: str = "team",
        subject: str = "",
        named: Iterable[tuple[str, UUID]] = (),
        waits_for: Collection[Practice] = (),
    ) -> Thread:
        """A conversation that everybody has read, but its last message those it ``waits_for``."""
        lines = list(said)
        first = lines[0]
        family = kind == Thread.Kind.FAMILY
        thread = Thread(
            person=person, kind=kind, subject=subject, last_number=len(lines), last_at=lines[-1][1],
            created_at=first[1], for_team=kind in {"team", "family"}, for_person=family,
            for_carers=family, **first[0].author,
        )  # fmt: skip
        self.add(thread)
        for holder_kind, holder_id in named:
            self.add(
                Participant(thread=thread, holder_id=holder_id, kind=holder_kind, since=first[1])
            )
        to = thread.to
        for number, (by, when, text) in enumerate(lines, 1):
            message = Message(
                thread=thread, number=number, text=text, sent_at=when, created_at=when, **by.author
            )
            self.add(message)
            self.add(
                *(MessageWord(word=word, thread=thread, message=message) for word in words(text))
            )
            self.tell("message.sent", person, message.pk, by, when, to)
        self._marks(thread, lines, {practice.pk for practice in waits_for})
        return thread

    def _marks(
        self, thread: Thread, lines: list[tuple[Voice, dt.datetime, str]], late: set[UUID]
    ) -> None:
        own = {reader.user_id: (reader, 0) for reader in self._readers(thread)}
        for number, (by, _, _) in enumerate(lines, 1):
            own[by.user_id] = (by, number)
        for user_id, (by, number) in own.items():
            read = max(number, len(lines) - (by.holder_id in late))
            if user_id is not None and read:
                self.add(
                    ReadMark(
                        thread=thread,
                        user_id=user_id,
                        holder_id=by.holder_id,
                        organisation_id=by.organisation_id,
                        label=by.label,
                        number=read,
                        at=lines[read - 1][1],
                    )
                )

    def _readers(self, thread: Thread) -> list[Voice]:
        """The care team's accounts around the thread's person."""
        holders = {
            membership.holder_id
            for membership in self.rows.get(Membership, [])
            if isinstance(membership, Membership)
            and membership.person_id == thread.person_id
            and membership.ends_at is None
            and not membership.outside_team
        }
        return [
            voice(practice)
            for practice in self.staff
            if practice.role in READING
            and (practice.pk in holders or practice.organisation_id in holders)
        ]

    def opened_by(self, person: Patient, by: Voice, when: dt.datetime) -> None:
        """Somebody opened the record: what the page « Accès » shows."""
        self.add(
            AccessRow(
                at=when,
                user_id=by.user_id,
                holder_id=by.holder_id,
                actor_label=by.label,
                role=by.role,
                organisation_id=by.organisation_id,
                ground="même équipe de soins",
                person_id=person.pk,
                resource="record",
                action="read",
                channel="page",
            )
        )

    # -------------------------------------------------------------- the journal
    def tell(
        self,
        kind: str,
        person: Patient | None,
        object_id: UUID,
        by: Voice,
        when: dt.datetime,
        to: Audience = TEAM,
    ) -> None:
        """The journal entry of something that happened, announced to nobody."""
        entry = Entry(
            person_id=person.pk if person is not None else None, thread_id=to.thread_id, kind=kind,
            object_id=object_id, actor_user_id=by.user_id, actor_holder_id=by.holder_id,
            actor_label=by.label, organisation_id=by.organisation_id, **to.flags,
            occurred_at=when, recorded_at=when, announce=False,
        )  # fmt: skip
        self.add(entry, Outbox(entry_id=entry.id))
