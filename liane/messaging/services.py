"""Verbs of conversations: begin, send, take back, turn into something else."""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.changing import Change, changing
from liane.core.errors import NotAllowed, Refused
from liane.core.files import kinds, store
from liane.core.idempotency import once
from liane.core.inserting import insert, insert_all
from liane.core.models import Idempotency, StoredFile, author_of
from liane.messaging import marks, people, rules
from liane.messaging.models import (
    Attachment,
    Mention,
    Message,
    MessageWord,
    Outcome,
    Participant,
    Thread,
    Validation,
    Withdrawal,
)
from liane.messaging.words import words

AUDIENCES = {
    Thread.Kind.TEAM: Audience(),
    Thread.Kind.FAMILY: Audience(outside=True, person=True, carers=True),
    Thread.Kind.TOPIC: Audience(team=False),
    Thread.Kind.DIRECT: Audience(team=False),
}
"""For whom a thread of each kind is open when nothing else is said; those named come beside."""


@dataclass(frozen=True)
class Named:
    """Somebody to name in a thread: ``kind`` is one of :class:`Participant.Kind`."""

    holder_id: UUID
    kind: str
    by_mail: bool = False


def default_thread(person_id: UUID, kind: str = Thread.Kind.TEAM) -> Thread:
    """The person's thread with the care team (or with the family), begun at first need.

    Raises :class:`NotAllowed` for somebody who may not write, Http404 for who may not read it.
    """
    mine: QuerySet[Thread] = Thread.objects.within(Reach.of(acting.current()))
    found = mine.filter(person_id=person_id, kind=kind).first()
    if found is not None:
        return found
    try:
        return open_thread(person_id=person_id, kind=kind)
    except IntegrityError:  # somebody began it at the same moment
        return mine.get(person_id=person_id, kind=kind)


def open_thread(
    *,
    person_id: UUID | None = None,
    kind: str,
    subject: str = "",
    named: Sequence[Named] = (),
    to: Audience | None = None,
) -> Thread:
    """Begin a thread. Its audience does not change afterwards; people may be named later."""
    actor = acting.current()
    if not rules.may_begin(person_id, actor):
        raise NotAllowed("Vous ne pouvez pas ouvrir de conversation ici.")
    if kind == Thread.Kind.DIRECT and not named:
        raise Refused("Choisissez à qui vous écrivez.", field="to", code="nobody")
    to = to or AUDIENCES[Thread.Kind(kind)]
    with transaction.atomic():
        thread = thread_of(person_id, kind, to, actor, subject=" ".join(subject.split())[:150])
        people = {one.holder_id: one for one in [*_self(actor, kind), *named]}
        insert(thread)
        insert_all(
            [Participant(thread=thread, holder_id=pk, kind=one.kind, by_mail=one.by_mail)
             for pk, one in people.items()]
        )  # fmt: skip
        journal.append(
            "thread.opened", person_id=person_id, object_id=thread.pk, to=thread.to, announce=False
        )
        ledger.wrote(person_id, "thread", object_id=thread.pk)
    return thread


def thread_of(
    person_id: UUID | None, kind: str, to: Audience, actor: acting.Actor, **more: Any
) -> Thread:
    """A new thread, not written yet."""
    return Thread(
        person_id=person_id,
        kind=kind,
        **to.flags,
        **more,
        **author_of(actor),
    )


def begin(*, person_id: UUID | None, subject: str, holders: Sequence[tuple[str, UUID]]) -> Thread:
    """Begin a conversation between named people. Raises :class:`Refused` for somebody who cannot
    be written to: outside the circle when it is about a person, or who left their structure."""
    if person_id is not None:
        circle = {one.holder_id: one for one in people.may_be_told(person_id)}
        chosen = [circle.get(holder) for _, holder in holders]
    else:
        chosen = [people.colleague(kind, holder) for kind, holder in holders]
    if None in chosen or not chosen:
        raise Refused("Choisissez à qui vous écrivez.", field="to", code="nobody")
    return open_thread(
        person_id=person_id,
        kind=Thread.Kind.TOPIC if person_id else Thread.Kind.DIRECT,
        subject=subject,
        named=[Named(one.holder_id, one.kind, one.by_mail) for one in chosen if one],
    )


def _self(actor: acting.Actor, kind: str) -> list[Named]:
    """The one who begins a thread between named people is one of them."""
    if actor.holder_id is None or kind in {Thread.Kind.TEAM, Thread.Kind.FAMILY}:
        return []
    own = {
        "person": Participant.Kind.PERSON,
        "legal": Participant.Kind.CONTACT,
        "api_client": Participant.Kind.ORGANISATION,
    }
    default = (
        Participant.Kind.CONTACT if actor.role.startswith("carer") else Participant.Kind.PRACTICE
    )
    return [Named(actor.holder_id, own.get(actor.role, default))]


def send_message(
    thread: Thread,
    text: str,
    *,
    key: UUID | None = None,
    urgent: bool = False,
    reply_to_id: UUID | None = None,
    mentions: Collection[tuple[UUID, str]] = (),
    uploads: Iterable["UploadedFile[bytes]"] = (),
    files: Sequence[StoredFile] = (),
    via: str = Message.Via.PAGE,
) -> tuple[Message, bool]:
    """Send in ``thread`` (already reached by the caller), once for ``key``.

    Returns the message and whether it was sent now: the same key again gives the first message.
    Raises :class:`NotAllowed`, :class:`Refused` (nothing to say, a file that is not taken in) and
    :class:`core.errors.Replayed` when the key served for another content.
    """
    actor = acting.current()
    rules.require_write(thread, actor)
    uploads = list(uploads)
    plain = rules.check_text(text, files=len(uploads) + len(files))
    content = {
        "thread": thread.pk,
        "by": actor.user_id or actor.holder_id,
        "text": plain,
        "urgent": urgent,
        "reply_to": reply_to_id,
        "mentions": sorted(str(pk) for pk, _ in mentions),
        "files": [_fingerprint(upload) for upload in uploads],
    }
    kept = list(files)
    if uploads and not _known(key):
        kept += [_receive(upload, thread) for upload in uploads]
    return once(
        key,
        "message.send",
        content,
        Message,
        lambda: _send(thread, plain, urgent, reply_to_id, mentions, kept, via),
    )


def _send(
    thread: Thread,
    text: str,
    urgent: bool,
    reply_to_id: UUID | None,
    mentions: Collection[tuple[UUID, str]],
    files: Sequence[StoredFile],
    via: str,
) -> Message:
    """Write the message, what goes with it, its entry and its ledger row. The caller's transaction
    holds the thread's row until it commits: numbers have no gap and no late comer."""
    actor, now = acting.current(), timezone.now()
    numbers = _one_more(thread.pk, now)
    if not numbers:
        raise Http404
    (number,) = numbers
    if reply_to_id and not Message.objects.filter(pk=reply_to_id, thread=thread).exists():
        raise Refused("Le message auquel vous répondez n’est pas dans cette conversation.")
    marks.advance(thread.pk, number)
    if via == Message.Via.PAGE:
        marks.forget_drafts(f"thread:{thread.pk}", f"{thread.kind}:{thread.person_id}")
    message = Message(
        thread=thread,
        number=number,
        text=text,
        urgent=urgent,
        reply_to_id=reply_to_id,
        via=via,
        sent_at=now,
        **author_of(actor),
    )
    insert(message)
    for stored in files:
        store.keep(stored)
    if files:
        Attachment.objects.bulk_create(Attachment(message=message, file=one) for one in files)
    if mentions:
        Mention.objects.bulk_create(
            Mention(message=message, holder_id=pk, label=label[:200]) for pk, label in mentions
        )
    insert_all([MessageWord(word=word, thread=thread, message=message) for word in words(text)])
    journal.append(
        "message.sent",
        person_id=thread.person_id,
        object_id=message.pk,
        to=thread.to,
        occurred_at=now,
        urgent=urgent,
    )
    ledger.wrote(thread.person_id, "message", object_id=message.pk)
    return message


@changing(gives="last_number")
def _one_more(thread_id: UUID, now: dt.datetime) -> Change:
    """A message more in a conversation: its number is the last one from now on."""
    changed = {"last_number": F("last_number") + 1, "last_at": now}
    return Thread.objects.filter(pk=thread_id), changed


def withdraw(message: Message) -> Withdrawal:
    """Take one's own message back: it is shown no more; what was written stays on record."""
    actor = acting.current()
    if not rules.may_withdraw(message, actor):
        raise NotAllowed("Seul l’auteur d’un message peut le retirer.")
    with transaction.atomic():
        made, new = Withdrawal.objects.get_or_create(
            message=message, defaults={"label": actor.label}
        )
        if new:
            _tell("message.withdrawn", message, announce=True)
    return made


def validate(attachment: Attachment) -> Validation:
    """A professional outside validates a document, once."""
    actor = acting.current()
    message = attachment.message
    if actor.holder_id is None:
        raise NotAllowed
    with transaction.atomic():
        made, new = Validation.objects.get_or_create(
            attachment=attachment,
            holder_id=actor.holder_id,
            defaults={"label": actor.label},
        )
        if new:
            _tell("document.validated", message, announce=True)
    return made


def turned_into(message: Message, action: str, label: str, path: str) -> Outcome:
    """Record what a message gave rise to (called by the room that made it)."""
    with transaction.atomic():
        made = Outcome.objects.create(message=message, action=action, label=label, path=path)
        _tell("message.turned", message)
    return made


def text_of(message_id: UUID) -> str:
    """The text of a message within reach. Raises Http404."""
    from liane.messaging.queries import access_message

    return access_message(message_id).text


def became(message_id: UUID, action: str, label: str, path: str) -> None:
    """What another room made of a message within reach. Raises Http404."""
    from liane.messaging.queries import access_message

    turned_into(access_message(message_id), action, label, path)


def letter(practice_id: UUID, subject: str, text: str) -> bool:
    """Write directly to a professional outside, for another room (`registry.letters`).

    False when the actor may not begin a conversation, or nobody is there to read.
    """
    try:
        thread = begin(person_id=None, subject=subject, holders=[("practice", practice_id)])
    except Refused:
        return False
    send_message(thread, text)
    return True


def _tell(kind: str, message: Message, *, announce: bool = False) -> None:
    thread = message.thread
    journal.append(
        kind, person_id=thread.person_id, object_id=message.pk, to=thread.to, announce=announce
    )
    ledger.wrote(thread.person_id, "message", object_id=message.pk)


def _known(key: UUID | None) -> bool:
    return key is not None and Idempotency.objects.filter(key=key).exists()


def _receive(upload: "UploadedFile[bytes]", thread: Thread) -> StoredFile:
    return store.receive(
        upload,
        person_id=thread.person_id,
        organisation_id=acting.current().organisation_id,
        families=kinds.ANYTHING,
    )


def _fingerprint(upload: "UploadedFile[bytes]") -> list[str]:
    digest = hashlib.sha256(b"".join(upload.chunks())).hexdigest()
    upload.seek(0)
    return [upload.name or "", digest]
