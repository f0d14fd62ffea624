"""References inside what is received: what of ours they lead to, within the caller's reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from liane.fhir.outcomes import Problem, unprocessable
from liane.fhir.search import values

if TYPE_CHECKING:
    from liane.fhir.access import Access

Json = dict[str, Any]


@dataclass
class Refs:
    """What a mapper asks about the references of the resource that it writes.

    ``organisation_id`` is the house that answers for what is written; ``made`` maps the addresses
    of a transaction (``urn:uuid:…``) to what they became.
    """

    access: "Access"
    organisation_id: UUID | None = None
    made: Mapping[str, tuple[str, UUID]] = field(default_factory=dict)

    def one(
        self, reference: Any, kinds: str | Sequence[str], where: str
    ) -> tuple[str, UUID] | None:
        """(type, identifier) of what a Reference names; None where it names nothing of ours.

        A logical reference (``identifier``), one to a contained resource or to another server is
        kept as it was received and leads nowhere. One that names something of ours out of reach,
        or of another type, raises Problem 422.
        """
        text = reference.get("reference") if isinstance(reference, dict) else None
        if not isinstance(text, str) or text.startswith("#"):
            return None
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        asked = values.link(text)
        if text in self.made:
            kind, key = self.made[text]
        elif asked is None or not _is_ours(asked) or not asked.type:
            return None
        else:
            found = values.uuid(asked.id)
            if found is None and not asked.url:
                return None  # An identifier of the sender's own: kept, and leading nowhere here.
            if found is None:
                raise _nowhere(text, where)
            kind, key = asked.type, found
        if kind not in wanted:
            raise unprocessable(f"A reference to {' or '.join(wanted)} is expected.", where)
        if (kind, key) not in self._just_made and not self._reached(kind, key):
            raise _nowhere(text, where)
        return kind, key

    def key(self, reference: Any, kind: str, where: str) -> UUID | None:
        """The identifier alone, of one type."""
        found = self.one(reference, kind, where)
        return found[1] if found else None

    def required(self, reference: Any, kind: str, where: str) -> UUID:
        """The same; raises Problem 422 where it names nothing of ours."""
        found = self.key(reference, kind, where)
        if found is None:
            raise unprocessable(f"A reference to a {kind} of this server is needed.", where)
        return found

    @cached_property
    def _just_made(self) -> frozenset[tuple[str, UUID]]:
        """What this transaction made, and reaches since it did."""
        return frozenset(self.made.values())

    def _reached(self, kind: str, key: UUID) -> bool:
        from liane.fhir import resources

        resource = resources.get(kind)
        if resource is None:
            return False
        return resource.rows(self.access.reach, many=False).filter(pk=key).exists()


def _is_ours(asked: values.Link) -> bool:
    from liane.fhir.addresses import base

    return not asked.url or asked.url.startswith(f"{base()}/")


def _nowhere(text: str, where: str) -> Problem:
    return unprocessable(
        "This reference leads to nothing here, or out of reach.", where, "not-found"
    )
