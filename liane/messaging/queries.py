"""Reads: one conversation, its messages and files, under reach. Numbers of queries are fixed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.messaging import marks as marks_of
from liane.messaging import people
from liane.messaging.models import (
    Attachment,
    Claim,
    Draft,
    IncomingMail,
    Mention,
    Message,
    Participant,
    ReadMark,
    SignedLink,
    Thread,
)
from liane.messaging.models.scoping import FLAGS
from liane.messaging.people import Reader

PAGE = 50
"""Messages, or conversations, on one page."""
BUBBLE = ("thread", "withdrawal", "reply_to__withdrawal")
"""What a bubble shows of its message in the same query."""


def threads() -> Any:
    """The conversations of the current actor."""
    return Thread.objects.within(Reach.of(acting.current()))


def access_thread(thread_id: UUID, *, shown: bool = True) -> Thread:
    """The conversation, if the current actor may read it; the read is recorded. Else Http404.

    ``shown=False`` for a verb whose answer shows nothing of it: the write is recorded by itself.
    """
    thread = _thread.first(acting.current(), timezone.now(), thread_id)
    if thread is None:
        raise Http404
    people = [thread.person_id] if thread.person_id and shown else []
    ground = getattr(thread, "ground", "") or ""
    ledger.read(people, "thread", object_id=thread.pk, ground=ground)
    return thread


@prepared
def _thread(actor: Actor, now: dt.datetime, thread_id: UUID) -> QuerySet[Thread]:
    reach = Reach(actor, now)
    grant = reach.grants(actor.read.get(Area.THREAD, frozenset()))
    ground = grant.filter(person_id=OuterRef("person_id")).order_by("id").values("ground")[:1]
    rows: QuerySet[Thread] = Thread.objects.within(reach).filter(pk=thread_id)
    return rows.select_related("person").annotate(ground=Subquery(ground))


def access_message(message_id: UUID) -> Message:
    """The message with its thread, if the current actor may read it. Else Http404."""
    reach = Reach.of(acting.current())
    found = (
        Message.objects.within(reach)
        .filter(pk=message_id, withdrawal=None)
        .select_related("thread__person")
        .first()
    )
    if found is None:
        raise Http404
    message: Message = found
    people = [message.thread.person_id] if message.thread.person_id else []
    ledger.read(people, "message", object_id=message.pk)
    return message


def access_attachment(attachment_id: UUID) -> Attachment:
    """The attached file, if the current actor may read its message. Else Http404."""
    reach = Reach.of(acting.current())
    found = (
        Attachment.objects.within(reach)
        .filter(pk=attachment_id, message__withdrawal=None)
        .select_related("file", "message__thread")
        .first()
    )
    if found is None:
        raise Http404
    attachment: Attachment = found
    person_id = attachment.message.thread.person_id
    ledger.read([person_id] if person_id else [], "attachment", object_id=attachment.pk)
    return attachment


# ------------------------------------------------------------------ one conversation


@dataclass
class Bubble:
    """A message as one reader sees it."""

    message: Message
    mine: bool
    read_by: str = ""
    acknowledged: bool = False
    must_acknowledge: bool = False
    files: list[Attachment] = field(default_factory=list)


@dataclass
class Conversation:
    """A page of one thread."""

    thread: Thread
    bubbles: list[Bubble]
    older: int | None
    marks: list[ReadMark]
    claims: list[Claim]


def conversation(
    thread: Thread, readers: Sequence[Reader] = (), *, before: int | None = None
) -> Conversation:
    """The newest messages of a thread (before ``before``), oldest first. Seven queries."""
    found = messages(thread.pk)
    if before is not None:
        found = found.filter(number__lt=before)
    page = list(found.order_by("-number")[: PAGE + 1])
    older = page[PAGE - 1].number if len(page) > PAGE else None
    marks = list(ReadMark.objects.filter(thread=thread).order_by("at"))
    claims = list(Claim.objects.filter(thread=thread, ended_at=None))
    shown = bubbles(list(reversed(page[:PAGE])), marks, acting.current(), readers)
    return Conversation(thread, shown, older, marks, claims)


def messages(thread_id: UUID | None = None) -> QuerySet[Message]:
    """Messages with all that a bubble shows, in a fixed number of queries."""
    found: QuerySet[Message] = Message.objects.select_related(*BUBBLE)
    found = found.prefetch_related(*_shown())
    return found.filter(thread_id=thread_id) if thread_id else found


def _shown() -> tuple[Any, ...]:
    """What a bubble shows beside its message: one query each."""
    files = Attachment.objects.select_related("file").order_by("pk")
    return (
        Prefetch("attachments", queryset=files),
        "attachments__validations",
        "acknowledgements",
        "outcomes",
        "mails",
    )


def bubbles(
    page: list[Message], marks: list[ReadMark], actor: Actor, readers: Sequence[Reader] = ()
) -> list[Bubble]:
    """What ``actor`` sees of these messages."""
    made = []
    for message in page:
        mine = _wrote(actor, message)
        who = marks_of.reader_id(actor)
        seen = {one.user_id for one in message.acknowledgements.all()}
        gone = hasattr(message, "withdrawal")
        made.append(
            Bubble(
                message,
                mine,
                read_by=_read_by(message, marks, readers),
                acknowledged=who in seen,
                must_acknowledge=message.urgent and not mine and not gone and who not in seen,
                files=[] if gone else list(message.attachments.all()),
            )
        )
    return made


def _wrote(actor: Actor, message: Message) -> bool:
    if actor.channel == "link":
        return message.author_holder_id == actor.holder_id
    return actor.user_id is not None and message.author_user_id == actor.user_id


def _read_by(message: Message, marks: list[ReadMark], readers: Sequence[Reader]) -> str:
    """« lu par tous » when everybody who reads here has; otherwise by whom."""
    authors = {message.author_user_id, message.author_holder_id}
    others = [mark for mark in marks if mark.user_id not in authors]
    names = [mark.label for mark in others if mark.number >= message.number]
    expected = [
        one for one in readers if one.holder_id != message.author_holder_id and not one.by_mail
    ]
    if expected and all(one.has_read(message, others) for one in expected):
        return "lu par tous"
    if not names:
        return "pas encore lu"
    shown = ", ".join(names[:3])
    more = len(names) - 3
    rest = "un autre" if more == 1 else f"{more} autres"
    return f"lu par {shown}" + (f" et {rest}" if more > 0 else "")


def bubble(message_id: UUID, actor: Actor) -> Bubble:
    """One message as ``actor`` sees it."""
    message = messages().select_related("thread__person").get(pk=message_id)
    marks = list(ReadMark.objects.filter(thread=message.thread_id).order_by("at"))
    return bubbles([message], marks, actor)[0]


def read_up_to(marks: Iterable[ReadMark], actor: Actor) -> int:
    """How far the actor has read."""
    return max((mark.number for mark in marks if mark.user_id == actor.user_id), default=0)


def read_by(thread_id: UUID, actor: Actor) -> int:
    """How far the actor has read a thread. One query."""
    mine = ReadMark.objects.filter(thread_id=thread_id, user_id=actor.user_id or UUID(int=0))
    return mine.values_list("number", flat=True).first() or 0


def shared_inboxes(thread: Thread, actor: Actor) -> list[UUID]:
    """Posts and structures named in the thread through which the actor reads it."""
    kinds = [Participant.Kind.POST, Participant.Kind.ORGANISATION]
    found = Participant.objects.filter(
        thread=thread, left_at=None, kind__in=kinds, holder_id__in=actor.holders
    )
    return list(found.order_by("kind", "pk").values_list("holder_id", flat=True))


def draft(place: str) -> str:
    """What the current account has begun to write in ``place``."""
    actor = acting.current()
    if actor.user_id is None:
        return ""
    return _draft.first(actor.user_id, place) or ""


@prepared
def _draft(user_id: UUID, place: str) -> QuerySet[Draft, str]:
    return Draft.objects.filter(user_id=user_id, place=place).values_list("text", flat=True)[:1]


# ------------------------------------------------------------------ for the journal's readers


def load(object_ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """The messages of journal entries, under the current actor's reach, by id."""
    if not object_ids:
        return {}
    found = _reached(acting.current(), timezone.now(), sorted(object_ids))
    prefetch_related_objects(found, *_shown())
    return {message.pk: message for message in found}


@prepared
def _reached(actor: Actor, now: dt.datetime, ids: Sequence[UUID]) -> QuerySet[Message]:
    rows: QuerySet[Message] = Message.objects.within(Reach(actor, now))
    return rows.filter(pk__in=ids).select_related(*BUBBLE, "thread__person")


def told(object_ids: Collection[UUID]) -> Mapping[UUID, Message]:
    """The messages that the timeline tells, those taken back aside, by id. One query."""
    found = _told(acting.current(), timezone.now(), sorted(object_ids))
    return {message.pk: message for message in found}


@prepared
def _told(actor: Actor, now: dt.datetime, ids: Sequence[UUID]) -> QuerySet[Message]:
    rows: QuerySet[Message] = Message.objects.within(Reach(actor, now))
    return rows.filter(pk__in=ids, withdrawal=None)


def load_threads(object_ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """The threads of journal entries, under the current actor's reach, by id."""
    return {thread.pk: thread for thread in threads().filter(pk__in=object_ids)}


def participants_of(thread_ids: Collection[UUID]) -> Mapping[UUID, Collection[UUID]]:
    """Holders named in each thread (`registry.thread_recipients`)."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = Participant.objects.filter(thread_id__in=thread_ids, left_at=None, by_mail=False)
    for thread_id, holder_id in rows.values_list("thread_id", "holder_id"):
        found[thread_id].add(holder_id)
    return found


def called_in(entry: Any) -> Collection[UUID]:
    """The holders that a message calls by name. One query."""
    with acting.acting(acting.system("mentions")):
        return set(
            Mention.objects.filter(message_id=entry.object_id).values_list("holder_id", flat=True)
        )


def quoted(thread: Thread, message_id: UUID | None) -> Message | None:
    """The message of this thread that one answers to."""
    if message_id is None:
        return None
    return messages(thread.pk).filter(pk=message_id, withdrawal=None).first()


def flags_of(thread_ids: Collection[UUID]) -> Mapping[UUID, Collection[str]]:
    """Audience flags of each thread (`registry.thread_flags`)."""
    rows = Thread.objects.filter(pk__in=thread_ids, person__isnull=False)
    return {thread.pk: [flag for flag in sorted(FLAGS) if getattr(thread, flag)] for thread in rows}


def recent_of(thread_id: UUID, number: int = 10) -> Conversation | None:
    """The last messages of a thread within reach, with who has read them: for open pages."""
    thread = threads().filter(pk=thread_id).first()
    if thread is None:
        return None
    marks = list(ReadMark.objects.filter(thread=thread).order_by("at"))
    page = list(messages(thread.pk).order_by("-number")[:number])
    shown = bubbles(page, marks, acting.current(), people.readers(thread))
    return Conversation(thread, shown, None, marks, [])


def links_of(thread: Thread) -> list[SignedLink]:
    """The living signed links of a conversation, one for each professional outside."""
    found = SignedLink.objects.filter(
        thread=thread, revoked_at=None, expires_at__gt=timezone.now()
    ).order_by("-expires_at")
    return list({link.holder_id: link for link in found}.values())


def access_link(link_id: UUID) -> SignedLink:
    """A signed link of a conversation that the current actor may read. Else Http404."""
    reach = Reach.of(acting.current())
    found: SignedLink | None = (
        SignedLink.objects.within(reach).filter(pk=link_id).select_related("thread__person").first()
    )
    if found is None:
        raise Http404
    return found


def attached(thread: Thread, attachment_id: UUID) -> Attachment:
    """A file of this conversation. Else Http404. The caller has reached the conversation."""
    found = (
        Attachment.objects.filter(
            pk=attachment_id, message__thread=thread, message__withdrawal=None
        )
        .select_related("file", "message__thread")
        .first()
    )
    if found is None:
        raise Http404
    attachment: Attachment = found
    return attachment


def queued_mail() -> list[IncomingMail]:
    """Received mails that wait for somebody to look."""
    with acting.acting(acting.system("courrier à examiner")):
        return list(
            IncomingMail.objects.filter(status=IncomingMail.Status.QUEUED)
            .defer("raw")
            .order_by("-received_at")[:200]
        )
