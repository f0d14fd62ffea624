"""The first message to the care team of each of several persons, in as many statements as for one.

What `services.default_thread` and `services.send_message` do for one person, for a sending that
opens records and writes in each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.areas import Area
from liane.core.inserting import insert_all, insert_values, together
from liane.core.models import author_of
from liane.core.prepared import prepared
from liane.messaging import marks, rules
from liane.messaging.models import Message, MessageWord, Thread
from liane.messaging.services import AUDIENCES, thread_of
from liane.messaging.words import words


@dataclass(frozen=True)
class First:
    """What is said to one care team."""

    person_id: UUID
    text: str
    urgent: bool = False


def send_firsts(several: Sequence[First]) -> list[Message] | None:
    """Begin the conversation of each care team with its message. Raises :class:`Refused`.

    None, and nothing written, where that is not all there is to do: a person named twice, a
    conversation already there, an actor who keeps marks of what they read, or who may not write.
    """
    actor, now, kind = acting.current(), timezone.now(), Thread.Kind.TEAM
    people = [one.person_id for one in several]
    apart = marks.reader_id(actor) is not None or len(set(people)) < len(people)
    if apart or not Reach.of(actor).may_write_each(Area.THREAD, people) or _begun(people):
        return None
    texts = [rules.check_text(one.text, files=0) for one in several]
    to, author = AUDIENCES[kind], author_of(actor)
    with transaction.atomic(), together():
        threads = [thread_of(one, kind, to, actor, last_number=1, last_at=now) for one in people]
        insert_all(threads)
        messages = [
            Message(
                thread=thread, number=1, text=text, urgent=one.urgent, via=Message.Via.PAGE,
                sent_at=now, **author,
            )
            for thread, text, one in zip(threads, texts, several, strict=True)
        ]  # fmt: skip
        insert_all(messages)
        insert_values(
            MessageWord,
            [(word, one.thread_id, one.pk) for one in messages for word in words(one.text)],
        )
        opened = [(one.person_id, one.pk, one.to) for one in threads]
        journal.append_each("thread.opened", opened, announce=False)
        ledger.wrote_each([two[:2] for two in opened], "thread")
        for urgent in (False, True):
            sent = [one for one in messages if one.urgent is urgent]
            told = [(one.thread.person_id, one.pk, one.thread.to) for one in sent]
            journal.append_each("message.sent", told, occurred_at=now, urgent=urgent)
        ledger.wrote_each([(one.thread.person_id, one.pk) for one in messages], "message")
    return messages


@prepared
def _begun(people: list[UUID]) -> QuerySet[Thread, UUID]:
    rows = Thread.objects.filter(person_id__in=people, kind=Thread.Kind.TEAM)
    return rows.values_list("pk", flat=True)
