"""Reads: the list of conversations, what is unread or urgent, the search."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.messaging.models import (
    Acknowledgement,
    Message,
    MessageWord,
    Participant,
    ReadMark,
    Thread,
)
from liane.messaging.people import names_of
from liane.messaging.words import after, words

PAGE = 50
FRESH = dt.timedelta(days=60)
"""Beyond it an unread conversation is history: it is no longer put first nor counted."""
MOST_COUNTED = 99
NOBODY = UUID(int=0)


@dataclass
class Line:
    """A conversation in the list."""

    thread: Thread
    title: str
    last: Message | None
    unread: int
    urgent: bool

    @property
    def preview(self) -> str:
        """The last message in a line."""
        if self.last is None:
            return "Rien d’écrit pour l’instant"
        words = self.last.text or "Pièce jointe"
        return f"{self.last.author_label} : {words}"


def target(of: UUID | str = "") -> str:
    """What a list of conversations shows live: all, those about one person, or one filter's."""
    return f"threads:{of}" if of else "threads"


def targets(thread: Thread) -> list[str]:
    """The lists that a conversation with something new belongs in."""
    found: list[UUID | str] = ["", "unread"]
    if thread.person_id is not None:
        found.append(thread.person_id)
    if thread.kind == Thread.Kind.DIRECT:
        found.append("direct")
    if thread.for_person or thread.for_carers:
        found.append("family")
    return [target(of) for of in found]


def lines(*, only: str = "", before: dt.datetime | None = None) -> tuple[list[Line], bool]:
    """Conversations, unread first then the latest, and whether older ones remain.

    ``only`` keeps ``unread``, ``direct`` or ``family``; ``before`` pages by date. Four queries.
    """
    actor = acting.current()
    found = Thread.objects.filter(last_number__gt=0)
    if only == "unread":
        found = found.unread_by(actor.user_id)
    elif only == "direct":
        found = found.filter(kind=Thread.Kind.DIRECT)
    elif only == "family":
        found = found.filter(Q(for_person=True) | Q(for_carers=True))
    if before is not None:
        found = found.filter(last_at__lt=before)
    page = _latest(found, actor, PAGE + 1)
    more, page = len(page) > PAGE, page[:PAGE]
    made = told(page, actor)
    recent = timezone.now() - FRESH
    made.sort(key=lambda line: not (line.unread and line.thread.last_at >= recent))
    return made, more


def of_person(person_id: UUID) -> list[Line]:
    """The conversations about one person that the actor may read, latest first."""
    actor = acting.current()
    return told(_about(actor, timezone.now(), person_id), actor)


@prepared
def _about(actor: Actor, now: dt.datetime, person_id: UUID) -> QuerySet[Thread]:
    found = Thread.objects.within(Reach(actor, now)).filter(person_id=person_id, last_number__gt=0)
    rows: QuerySet[Thread] = found.select_related("person").order_by("-last_at")[:PAGE]
    return rows


def _latest(found: Any, actor: Actor, limit: int) -> list[Thread]:
    """The latest of these threads that the actor may read. Two queries."""
    both = [
        thread
        for part in found.across(Reach.of(actor))
        for thread in part.select_related("person").order_by("-last_at")[:limit]
    ]
    return _newest(both, limit)


def _newest(threads: list[Thread], limit: int) -> list[Thread]:
    return sorted(threads, key=lambda thread: thread.last_at, reverse=True)[:limit]


def told(page: list[Thread], actor: Actor) -> list[Line]:
    """The lines of these threads; the persons shown are recorded. Three queries."""
    ids = [thread.pk for thread in page]
    marks = dict(_marks(ids, actor.user_id or NOBODY)) if page else {}
    last = {message.thread_id: message for message in _last(ids)} if page else {}
    names = direct_names([thread for thread in page if thread.person_id is None], actor)
    ledger.read({thread.person_id for thread in page if thread.person_id is not None}, "threads")
    made = []
    for thread in page:
        unread = thread.last_number - marks.get(thread.pk, 0)
        message = last.get(thread.pk)
        urgent = bool(unread and message and message.urgent)
        made.append(Line(thread, title(thread, names), message, unread, urgent))
    return made


@prepared
def _marks(thread_ids: Sequence[UUID], user_id: UUID) -> QuerySet[ReadMark, tuple[UUID, int]]:
    mine = ReadMark.objects.filter(thread_id__in=thread_ids, user_id=user_id)
    return mine.values_list("thread_id", "number")


@prepared
def _last(thread_ids: Sequence[UUID]) -> QuerySet[Message]:
    """The last message of each thread, unless it was taken back."""
    return Message.objects.filter(
        thread_id__in=thread_ids, number=F("thread__last_number"), withdrawal=None
    )


def title(thread: Thread, names: Mapping[UUID, list[str]]) -> str:
    """What a conversation is called in a list."""
    if thread.person is None:
        people = names.get(thread.pk, [])
        return thread.subject or ", ".join(people[:3]) or "Conversation directe"
    if thread.kind == Thread.Kind.FAMILY:
        return f"{thread.person.short_name}, avec la famille"
    if thread.subject:
        return f"{thread.person.short_name} · {thread.subject}"
    return thread.person.short_name


def direct_names(page: Iterable[Thread], actor: Actor) -> dict[UUID, list[str]]:
    """Names of the others in these direct conversations. At most four queries."""
    ids = [thread.pk for thread in page]
    found: dict[UUID, list[str]] = defaultdict(list)
    if not ids:
        return found
    people = list(Participant.objects.filter(thread_id__in=ids, left_at=None).order_by("pk"))
    names = names_of(people)
    for one in people:
        if one.holder_id != actor.holder_id and one.holder_id in names:
            found[one.thread_id].append(names[one.holder_id])
    return found


# ------------------------------------------------------------------ unread and urgent


def unread_count() -> int:
    """Conversations with something unread, at most :data:`MOST_COUNTED`. Two queries."""
    actor = acting.current()
    if actor.user_id is None or not actor.read.get(Area.THREAD):
        return 0
    now = timezone.now()
    found = [len(_unread(actor, now, now - FRESH, actor.user_id, part)) for part in (0, 1)]
    return min(sum(found), MOST_COUNTED)


@prepared
def _unread(
    actor: Actor, now: dt.datetime, since: dt.datetime, user_id: UUID, part: int
) -> QuerySet[Thread, UUID]:
    """Identifiers of unread conversations: about somebody (part 0), direct ones (part 1)."""
    found = Thread.objects.filter(last_at__gte=since).unread_by(user_id)
    rows: QuerySet[Thread] = found.across(Reach(actor, now))[part].order_by()
    return rows.values_list("pk", flat=True)[:MOST_COUNTED]


def waiting(limit: int = 5) -> list[Line]:
    """The latest unread conversations, for Aujourd’hui."""
    actor = acting.current()
    if actor.user_id is None or not actor.read.get(Area.THREAD):
        return []
    now = timezone.now()
    both = [
        thread
        for part in (0, 1)
        for thread in _fresh(actor, now, now - FRESH, actor.user_id, part, limit)
    ]
    return told(_newest(both, limit), actor)


@prepared
def _fresh(
    actor: Actor, now: dt.datetime, since: dt.datetime, user_id: UUID, part: int, limit: int
) -> QuerySet[Thread]:
    """Unread conversations: about somebody (part 0), direct ones (part 1)."""
    found = Thread.objects.filter(last_at__gte=since).unread_by(user_id)
    rows: QuerySet[Thread] = found.across(Reach(actor, now))[part].select_related("person")
    return rows.order_by("-last_at")[:limit]


def urgent_for_me(limit: int = 10) -> list[Message]:
    """Urgent messages of the last week, by others, that I have not acknowledged. One query."""
    actor = acting.current()
    if actor.user_id is None or not actor.read.get(Area.THREAD):
        return []
    now = timezone.now()
    found = _urgent(actor, now, now - dt.timedelta(days=7), actor.user_id, limit)
    ledger.read({m.thread.person_id for m in found if m.thread.person_id}, "message")
    return found


@prepared
def _urgent(
    actor: Actor, now: dt.datetime, since: dt.datetime, user_id: UUID, limit: int
) -> QuerySet[Message]:
    seen = Acknowledgement.objects.filter(message_id=OuterRef("pk"), user_id=user_id)
    rows: QuerySet[Message] = Message.objects.within(Reach(actor, now)).filter(
        ~Exists(seen), urgent=True, sent_at__gte=since, withdrawal=None
    )
    others = rows.exclude(author_user_id=user_id).select_related("thread__person")
    return others.order_by("-sent_at")[:limit]


# ------------------------------------------------------------------ search


def search(text: str) -> list[Message]:
    """Messages that hold every word of ``text`` (or words that begin so), latest first.

    Two queries, by equality and range on normalised words.
    """
    actor = acting.current()
    wanted = words(text)[:6]
    if not wanted or not actor.read.get(Area.THREAD):
        return []
    found = Message.objects.within(Reach.of(actor)).filter(withdrawal=None)
    for word in wanted:
        hits = MessageWord.objects.filter(word__gte=word, word__lt=after(word))
        found = found.filter(pk__in=hits.values("message_id"))
    page = list(found.select_related("thread__person").order_by("-sent_at")[:PAGE])
    ledger.read({m.thread.person_id for m in page if m.thread.person_id}, "search messages")
    return page
