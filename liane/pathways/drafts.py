"""Reads of a structure's own versions of a protocol."""

from dataclasses import dataclass
from uuid import UUID

from liane.circle.reach import Reach
from liane.core import acting
from liane.pathways import catalogue
from liane.pathways.models import Completion, ProtocolVersion
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


def completions(row: ProtocolVersion) -> list[Completion]:
    """What was completed in a version, and from which source. One query."""
    return list(row.completions.order_by("at", "id"))
