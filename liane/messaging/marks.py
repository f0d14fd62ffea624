"""What readers do: read, acknowledge, take charge, begin to write."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from liane.core import acting, journal, ledger, registry
from liane.core.changing import Change, changing, removing
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.core.prepared import Number
from liane.messaging.models import Acknowledgement, Claim, Draft, Message, ReadMark, Thread


def advance(thread_id: UUID, number: int) -> bool:
    """Note that the current account has read up to ``number``; never goes back."""
    actor = acting.current()
    who = reader_id(actor)
    if who is None:
        return False
    if _moved(thread_id, who, Number(number), timezone.now()):
        return True
    if ReadMark.objects.filter(thread_id=thread_id, user_id=who).exists():
        return False
    mark = ReadMark(
        thread_id=thread_id,
        user_id=who,
        holder_id=actor.holder_id,
        organisation_id=actor.organisation_id,
        label=actor.label,
        number=number,
    )
    ReadMark.objects.bulk_create([mark], ignore_conflicts=True)
    return True


@changing()
def _moved(thread_id: UUID, user_id: UUID, number: Number, now: dt.datetime) -> Change:
    """A mark that stood before ``number``."""
    mine = ReadMark.objects.filter(thread_id=thread_id, user_id=user_id, number__lt=number)
    return mine, {"number": number, "at": now}


def reader_id(actor: acting.Actor) -> UUID | None:
    """Who reads: the account, or the professional outside who has none."""
    return actor.user_id or (actor.holder_id if actor.channel in {"link", "mail"} else None)


def mark_read(thread: Thread, number: int | None = None) -> bool:
    """Read up to ``number`` (everything when not given); the others' pages learn it."""
    reached = min(number if number is not None else thread.last_number, thread.last_number)
    actor = acting.current()
    with transaction.atomic():
        moved = advance(thread.pk, reached)
        if moved:
            journal.signal("thread.read", thread_id=thread.pk, person_id=thread.person_id)
            journal.signal("badge", user_id=actor.user_id, thread_id=thread.pk)
            for hook in registry.seen_hooks:
                hook(actor.user_id, thread_id=thread.pk)
    return moved


def acknowledge(message: Message) -> Acknowledgement:
    """« J’ai vu » on an urgent message, once for each account."""
    actor = acting.current()
    if not message.urgent:
        raise Refused("Ce message ne demande pas d’accusé de lecture.", code="not-urgent")
    who = reader_id(actor)
    if who is None:
        raise NotAllowed
    thread = message.thread
    with transaction.atomic():
        made, new = Acknowledgement.objects.get_or_create(
            message=message,
            user_id=who,
            defaults={"holder_id": actor.holder_id, "label": actor.label},
        )
        advance(thread.pk, message.number)
        if new:
            journal.append(
                "message.acknowledged",
                person_id=thread.person_id,
                object_id=message.pk,
                to=thread.to,
                announce=False,
            )
            journal.signal("badge", user_id=actor.user_id, thread_id=thread.pk)
            journal.signal("message.seen", thread_id=thread.pk, person_id=thread.person_id)
            ledger.wrote(thread.person_id, "message", object_id=message.pk)
    return made


def acknowledge_all(thread: Thread) -> int:
    """« J’ai vu » on every urgent message of a thread that waits for it. Returns how many."""
    seen = Acknowledgement.objects.filter(
        message_id=OuterRef("pk"), user_id=reader_id(acting.current()) or UUID(int=0)
    )
    waiting = Message.objects.filter(~Exists(seen), thread=thread, urgent=True, withdrawal=None)
    return len([acknowledge(message) for message in waiting.select_related("thread")])


def claim(thread: Thread) -> Claim:
    """« Je m’en occupe »: the others of the post or structure see who took it."""
    actor = acting.current()
    if actor.holder_id is None or actor.user_id is None:
        raise NotAllowed
    holder = _inbox(thread, actor)
    with transaction.atomic():
        made, new = Claim.objects.get_or_create(
            thread=thread, holder_id=holder, ended_at=None, defaults=author_of(actor)
        )
        if not new and made.author_user_id != actor.user_id:
            raise Refused(f"{made.author_label} s’en occupe déjà.", code="claimed")
        if new:
            _told(thread, "thread.claimed")
    return made


def release(thread: Thread) -> None:
    """Hand back what one had taken."""
    actor = acting.current()
    with transaction.atomic():
        ended = Claim.objects.filter(
            thread=thread, author_user_id=actor.user_id, ended_at=None
        ).update(ended_at=timezone.now())
        if ended:
            _told(thread, "thread.claimed")


def _inbox(thread: Thread, actor: acting.Actor) -> UUID:
    """The shared inbox through which the actor reads: a named post or structure, else its own."""
    from liane.messaging.queries import shared_inboxes

    mine = shared_inboxes(thread, actor)
    return mine[0] if mine else (actor.organisation_id or actor.holder_id or thread.pk)


def _told(thread: Thread, kind: str) -> None:
    journal.append(
        kind, person_id=thread.person_id, object_id=thread.pk, to=thread.to, announce=False
    )
    ledger.wrote(thread.person_id, "thread", object_id=thread.pk)


def keep_draft(place: str, text: str) -> None:
    """Keep what the current account has begun to write in ``place`` (nothing typed: forget)."""
    actor = acting.current()
    if actor.user_id is None:
        raise NotAllowed
    mine = Draft.objects.filter(user_id=actor.user_id, place=place)
    if not text.strip():
        mine.delete()
        return
    if not mine.update(text=text, at=timezone.now()):
        Draft.objects.bulk_create(
            [Draft(user_id=actor.user_id, place=place, text=text)], ignore_conflicts=True
        )


def forget_drafts(*places: str) -> None:
    """What was sent is a draft no more."""
    _sent(acting.current().user_id or UUID(int=0), places)


@removing
def _sent(user_id: UUID, places: Sequence[str]) -> QuerySet[Draft]:
    return Draft.objects.filter(user_id=user_id, place__in=places)
