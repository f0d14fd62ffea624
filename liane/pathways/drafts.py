"""Reads of a structure's own versions of a protocol."""

from dataclasses import dataclass
from uuid import UUID

from liane.circle.reach import Reach
from liane.core import acting
from liane.pathways import catalogue
from liane.pathways.models import Completion, ProtocolVersion
from liane.pathways.protocols import library
from liane.pathways.states import VersionStatus


@dataclass(frozen=True)
class Version:
    """One version at hand: shipped, published by the structure, or its draft."""

    number: str
    status: str
    url: str


def one(version_id: UUID) -> ProtocolVersion | None:
    """A version of the actor's structure, or None. One query."""
    rows = ProtocolVersion.objects.within(Reach.of(acting.current()))
    found: ProtocolVersion | None = rows.filter(pk=version_id).first()
    return found


def versions_of(key: str, organisation_id: UUID) -> list[Version]:
    """Every version of a protocol that the structure sees, drafts included. Two queries."""
    own = {row.number: row for row in ProtocolVersion.objects.filter(
        organisation_id=organisation_id, key=key
    ).order_by("created_at")}  # fmt: skip
    found = [
        Version(
            one.version, "livrée avec Liane", f"/parcours/protocoles/{key}/?version={one.version}"
        )
        for one in catalogue.shelf(None)
        if one.key == key
    ]
    for row in own.values():
        draft = row.status == VersionStatus.DRAFT
        url = f"/parcours/versions/{row.pk}/" if draft else (
            f"/parcours/protocoles/{key}/?version={row.number}"
        )  # fmt: skip
        found.append(Version(row.number, row.get_status_display(), url))
    return found


@dataclass(frozen=True)
class Completed:
    """One completed value: what it is, in the words of the version it was missing from."""

    row: Completion
    what: str

    @property
    def said(self) -> str:
        """The value, in words where it is the name of a rule."""
        return library.DROPOUTS.get(self.row.value, self.row.value)


def completions(row: ProtocolVersion) -> list[Completed]:
    """What was completed in a version, and from which source. Two queries."""
    before = catalogue.find(row.key, row.based_on, row.organisation_id)
    words = {gap.path: gap.what for gap in library.gaps(before)} if before is not None else {}
    return [
        Completed(one, words.get(one.path, one.path))
        for one in row.completions.order_by("at", "id")
    ]
