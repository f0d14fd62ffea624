"""« Qui lit ceci »: the page on which an author, or the person, hides a thing from one member."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, QueryDict

from liane.circle.around import Around, around
from liane.circle.models import Mask
from liane.core import acting
from liane.core.ids import parse
from liane.timeline import masks, rules
from liane.timeline.models import Document, Note


@dataclass(frozen=True)
class Reader:
    """A member of the circle, and the mask that hides the thing from them, if any."""

    member: Around
    mask: Mask | None
    may_lift: bool

    @property
    def holder_id(self) -> UUID:
        """By whom the member is named."""
        holder: UUID = self.member.membership.holder_id
        return holder


def shown(object_id: UUID) -> dict[str, Any]:
    """What the page needs. Raises Http404 out of reach, NotAllowed for who may not hide it."""
    row = masks.hideable(object_id)
    actor = acting.current()
    living = {mask.holder_id: mask for mask in masks.living(row)}
    everybody = living.get(None)
    readers = [
        Reader(one, found, found is not None and rules.may_unmask(actor, found))
        for one in around(row.person_id)
        if one.membership.holder_id not in _author(row) and not one.mine
        for found in [living.get(one.membership.holder_id)]
    ]
    return {
        "row": row,
        "what": "ce document" if isinstance(row, Document) else "cette note",
        "words": row.title if isinstance(row, Document) else row.text,
        "readers": readers,
        "everybody": everybody,
        "may_lift": everybody is not None and rules.may_unmask(actor, everybody),
    }


def settle(object_id: UUID, sent: QueryDict) -> str:
    """Hide or show again, from the member named or from all. Returns what to say."""
    wanted = sent.get("holder", "")
    holder = parse(wanted)
    if wanted and holder is None:
        raise Http404
    row = masks.hideable(object_id)
    if holder and holder not in {one.membership.holder_id for one in around(row.person_id)}:
        raise Http404
    if sent.get("montrer"):
        masks.unmask(object_id, holder_id=holder)
        return "C’est de nouveau lisible."
    masks.mask(object_id, holder_id=holder)
    return "C’est masqué, dès maintenant."


def _author(row: Note | Document) -> set[UUID | None]:
    return {row.author_holder_id}
