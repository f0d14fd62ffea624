"""Who may do what in a conversation; predicates that read as sentences."""

from uuid import UUID

from liane.circle import rules as circle_rules
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.models import wrote
from liane.core.routes import PORTAL_ROLES
from liane.messaging.models import Message, Thread

TEXT_LIMIT = 10_000
"""Characters of one message."""


def may_write(thread: Thread, actor: Actor) -> bool:
    """True when somebody who reads ``thread`` may also write in it.

    About a person: the right to write conversations of that record. Between professionals: being
    named in it, which reading it already asks.
    """
    if actor.is_system:
        return True
    if thread.person_id is None:
        return bool(circle_rules.scopes(actor.role, Area.THREAD, "r"))
    return Reach.of(actor).may_write(Area.THREAD, thread.person_id)


def require_write(thread: Thread, actor: Actor) -> None:
    """Raise :class:`NotAllowed` for somebody who only reads."""
    if not may_write(thread, actor):
        raise NotAllowed("Vous pouvez lire cette conversation, pas y écrire.")


def may_begin(person_id: UUID | None, actor: Actor) -> bool:
    """True when ``actor`` may open a thread about this person, or a direct one."""
    if actor.is_system:
        return True
    if person_id is None:
        return actor.role not in PORTAL_ROLES and bool(
            circle_rules.scopes(actor.role, Area.THREAD, "r")
        )
    return Reach.of(actor).may_write(Area.THREAD, person_id)


def check_text(text: str, *, files: int) -> str:
    """The text as it will be kept. Raises :class:`Refused` when there is nothing, or too much."""
    plain = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not plain and not files:
        raise Refused("Écrivez un message, ou joignez un document.", field="text", code="empty")
    if len(plain) > TEXT_LIMIT:
        raise Refused(
            f"Ce message dépasse {TEXT_LIMIT} caractères : envoyez-le en plusieurs fois.",
            field="text",
            code="too-long",
        )
    return plain


def may_withdraw(message: Message, actor: Actor) -> bool:
    """True for the author alone."""
    return wrote(actor, message)
