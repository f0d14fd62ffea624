"""Two questions that rooms below the circle must ask it, without knowing it.

`liane.circle` installs the answers when it starts. Without them every write is refused: a missing
answer never opens anything.
"""

from collections.abc import Callable
from uuid import UUID

from liane.core.areas import Area
from liane.core.errors import NotAllowed

Check = Callable[[UUID, Area], None]
Follow = Callable[[UUID], object]
_check: list[Check] = []
_follow: list[Follow] = []


def install(*, check: Check, follow: Follow) -> None:
    """Give the answers (`CircleConfig.ready`)."""
    _check[:] = [check]
    _follow[:] = [follow]


def require_write(person_id: UUID, area: Area) -> None:
    """Raise unless the current actor may write ``area`` of this person's record.

    Http404 where even existence is hidden, :class:`NotAllowed` where it may only read.
    """
    if not _check:
        raise NotAllowed
    _check[0](person_id, area)


def rights_changed(person_id: UUID) -> None:
    """Something that rights derive from changed: to call in the same transaction."""
    _follow[0](person_id)
