"""Who may read a thread, as one SQL condition, and the same words for row-level security.

A thread of a person is read by those who hold a grant in force on ``thread`` (no denial), when it
is open to their group or when they are named in it. Without a grant, being named opens nothing: a
member who leaves loses the thread on the next request. A direct thread is read by those named in
it, whose role reads conversations at all. A secretary reads what is addressed to the organisation:
the conversations that name it.
"""

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from liane.circle import rules
from liane.circle.reach import Reach
from liane.circle.rls import reaches
from liane.core.areas import Area

M = TypeVar("M", bound=models.Model)
FLAGS = frozenset({"for_team", "for_outside", "for_person", "for_carers"})
NAMED_SQL = (
    "EXISTS (SELECT 1 FROM messaging_participant p WHERE p.thread_id = {t}.id"
    " AND p.left_at IS NULL AND p.holder_id = ANY ((SELECT liane_holders())::uuid[]))"
)
THREAD_SQL = (
    "({t}.person_id IS NULL AND ((SELECT liane_all()) OR "
    + NAMED_SQL
    + ")) OR ({t}.person_id IS NOT NULL AND ("
    + reaches("{t}.person_id", Area.THREAD)
    + "))"
)
IN_THREAD_SQL = "EXISTS (SELECT 1 FROM messaging_thread t WHERE t.id = {t}.thread_id)"
IN_MESSAGE_SQL = "EXISTS (SELECT 1 FROM messaging_message m WHERE m.id = {t}.message_id)"
OWN_SQL = "(SELECT liane_all()) OR {t}.user_id::text = (SELECT current_setting('liane.user', true))"


class ThreadQuerySet(models.QuerySet[M]):
    """Threads, reached as this module says."""

    def within(self, reach: Reach) -> Self:
        """Threads the actor may read."""
        found = readable(reach)
        return self if found is None else self.filter(found)

    def across(self, reach: Reach) -> tuple[Self, Self]:
        """The same threads for lists over many persons: those about somebody, the direct ones.

        Two querysets, each with a plan of its own: the grants lead to the ones, the names to the
        others. One condition with an "or" would read every thread there is.
        """
        if reach.everything:
            return self.filter(person_id__isnull=False), self.filter(person_id=None)
        if not _reads(reach):
            return self.none(), self.none()
        mine = _participants(reach).values("thread_id")
        return (
            self.filter(_of_a_person(reach, ""), person_id__in=reach.persons(Area.THREAD)),
            self.filter(person_id=None, pk__in=mine),
        )

    def named(self, reach: Reach) -> Q:
        """The condition: the actor is named in the thread."""
        return _named(reach, "pk")

    def unread_by(self, user_id: Any) -> Self:
        """Threads with something this account has not read yet."""
        from liane.messaging.models.threads import ReadMark

        seen = ReadMark.objects.filter(
            thread_id=OuterRef("pk"), user_id=user_id, number__gte=OuterRef("last_number")
        )
        return self.filter(~Exists(seen), last_number__gt=0)


def readable(reach: Reach, beside: str = "") -> Q | None:
    """The condition of a thread that the actor reads; None where there is none to meet.

    ``beside`` leads to the thread from the table of the query (``thread__``).
    """
    if reach.everything:
        return None
    if not _reads(reach):
        return Q(pk__in=[])
    direct = Q(**{f"{beside}person_id": None}) & _named(reach, f"{beside}pk")
    return Q(**{f"{beside}person_id__isnull": False}) & _of_a_person(reach, beside) | direct


def _reads(reach: Reach) -> bool:
    actor = reach.actor
    return bool(actor.holders and rules.scopes(actor.role, Area.THREAD, "r"))


def _of_a_person(reach: Reach, beside: str) -> Q:
    """Open to the actor's group, or naming the actor; with a grant in force in both cases."""
    person = f"{beside}person_id"
    open_to = reach.condition(Area.THREAD, person, FLAGS, beside=beside)
    named = reach.condition(Area.THREAD, person, frozenset()) & _named(reach, f"{beside}pk")
    return named if rules.reads_when_named(reach.actor.role) else open_to | named


def _named(reach: Reach, thread: str) -> Q:
    return Q(Exists(_participants(reach).filter(thread_id=OuterRef(thread))))


def _participants(reach: Reach) -> models.QuerySet[Any]:
    from liane.messaging.models.threads import Participant

    return Participant.objects.filter(holder_id__in=reach.actor.holders, left_at=None)


class InThreadQuerySet(models.QuerySet[M]):
    """Rows of a thread: readable by those who may read it."""

    thread_path = "thread_id"

    def within(self, reach: Reach) -> Self:
        """Rows of the threads the actor may read."""
        from liane.messaging.models.threads import Thread

        if reach.everything:
            return self
        theirs = Thread.objects.within(reach).filter(pk=OuterRef("_thread"))
        return self.annotate(_thread=F(self.thread_path)).filter(Exists(theirs))

    def beside(self, reach: Reach) -> Self:
        """The same rows, for a query that reads their thread too: it is asked once, not by row."""
        found = readable(reach, f"{self.thread_path.removesuffix('_id')}__")
        return self if found is None else self.filter(found)


class InMessageQuerySet(InThreadQuerySet[M]):
    """Rows of a message: readable by those who may read its thread."""

    thread_path = "message__thread_id"
