"""The protocols at hand: those that are shipped, and the versions that a structure published.

A published version belongs to the structure that published it; a case keeps the version under
which it was decided, whatever is published since.
"""

import datetime as dt
import typing
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.utils import timezone

from liane.pathways.models import Enrolment, Project, ProtocolVersion
from liane.pathways.protocols import library
from liane.pathways.protocols.filling import filling
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.phases import ActType, Phase, Requirement
from liane.pathways.protocols.plan import Plan, compile_protocol
from liane.pathways.protocols.reading import Faulty
from liane.pathways.states import VersionStatus

KEPT = 256
USABLE = (VersionStatus.PUBLISHED, VersionStatus.WITHDRAWN)
"""A withdrawn version still governs what was decided under it."""

TAKE = "Reprendre la version complétée"


class Governed(typing.Protocol):
    """An enrolment, or what was read of it: the version that governs it."""

    @property
    def pk(self) -> UUID: ...

    @property
    def protocol_key(self) -> str: ...

    @property
    def protocol_version(self) -> str: ...

    @property
    def organisation_id(self) -> UUID: ...


@lru_cache(maxsize=KEPT)
def _parsed(pk: UUID, text: str) -> Protocol:
    return library.read(text)


_PLANS: dict[int, Plan] = {}
"""Plans by the identity of their protocol, which each plan keeps alive."""


def plan_of(protocol: Protocol) -> Plan:
    """The protocol made ready for the engine, once."""
    plan = _PLANS.get(id(protocol))
    if plan is None or plan.protocol is not protocol:
        if len(_PLANS) > KEPT:
            _PLANS.clear()
        plan = _PLANS[id(protocol)] = compile_protocol(protocol)
    return plan


def published(organisation_id: UUID) -> list[ProtocolVersion]:
    """The versions that a structure published, newest first. One query."""
    rows = ProtocolVersion.objects.filter(
        organisation_id=organisation_id, status=VersionStatus.PUBLISHED
    )
    return list(rows.order_by("key", "-published_at"))


def shelf(organisation_id: UUID | None) -> library.Library:
    """Every protocol that a structure may use; of two that begin on one day, the one published last
    is in force. One query."""
    shipped = library.shipped()
    if organisation_id is None:
        return shipped
    ours = reversed(published(organisation_id))
    return shipped.with_also(_parsed(row.pk, row.text) for row in ours)


def find(
    key: str, version: str, organisation_id: UUID | None, on: dt.date | None = None
) -> Protocol | None:
    """One version; without a number, the latest in force that the structure may use."""
    day = on or timezone.localdate()
    if not version:
        return shelf(organisation_id).in_force(key, day)
    return versions([(key, version, organisation_id)]).get((key, version, organisation_id))


type Wanted = tuple[str, str, UUID | None]


def versions(wanted: Iterable[Wanted]) -> dict[Wanted, Protocol]:
    """Many versions at once, each in its structure's hands. One query at most."""
    held, ours = {}, set()
    shipped = {(one.key, one.version): one for one in library.shipped()}
    for key, version, house in set(wanted):
        if (key, version) in shipped:
            held[key, version, house] = shipped[key, version]
        else:
            ours.add((key, version, house))
    if not ours:
        return held
    rows = ProtocolVersion.objects.filter(
        key__in={one[0] for one in ours}, number__in={one[1] for one in ours}, status__in=USABLE
    )
    for row in rows:
        place = (row.key, row.number, row.organisation_id)
        if place in ours:
            held[place] = _parsed(row.pk, row.text)
    return held


def of_version(row: ProtocolVersion) -> Protocol | None:
    """The definition that a version holds; None when its text cannot be read any more."""
    try:
        return _parsed(row.pk, row.text)
    except Faulty:
        return None


def of_project(project: Project) -> Protocol:
    """The protocol of a project. Raises LookupError when its file is gone."""
    return _one(project.protocol_key, project.protocol_version, project.organisation_id)


def of_enrolment(row: Enrolment) -> Protocol:
    """The protocol that governs an enrolment. Raises LookupError when its file is gone."""
    return _one(row.protocol_key, row.protocol_version, row.organisation_id)


def of_enrolments(rows: Iterable[Governed]) -> dict[UUID, Protocol]:
    """The protocol of each enrolment. One query at most."""
    places = {row.pk: (row.protocol_key, row.protocol_version, row.organisation_id) for row in rows}
    held = versions(places.values())
    return {pk: held[place] for pk, place in places.items() if place in held}


def _one(key: str, version: str, organisation_id: UUID) -> Protocol:
    found = find(key, version, organisation_id)
    if found is None:
        raise LookupError(f"{key} {version}")
    return found


def completing(protocols: Iterable[tuple[UUID, Protocol]]) -> dict[tuple[UUID, str, str], str]:
    """For versions in structures' hands, the number of the version that the structure published
    last among those that only fill their gaps (`filling`), by structure, key and version; one that
    nobody completed is left out. One query at most."""
    wanted = {(house, one.key, one.version): one for house, one in protocols if library.gaps(one)}
    if not wanted:
        return {}
    rows = ProtocolVersion.objects.filter(
        organisation_id__in={house for house, _, _ in wanted},
        key__in={key for _, key, _ in wanted}, status=VersionStatus.PUBLISHED,
    ).order_by("-published_at", "-id")  # fmt: skip
    found: dict[tuple[UUID, str, str], str] = {}
    for row in rows:
        for place, before in wanted.items():
            if place not in found and place[:2] == (row.organisation_id, row.key):
                after = of_version(row)
                if after is not None and filling(before, after).only_fills:
                    found[place] = row.number
    return found


def taking(project_id: UUID, number: str) -> str:
    """The page where a project takes a completed version (`services.filling`)."""
    return f"/parcours/projets/{project_id}/version/?version={quote(number)}"


# ------------------------------------------------------------------ reading a definition
def act_of(protocol: Protocol, code: str) -> ActType | None:
    """One act of the nomenclature."""
    return next((one for one in protocol.acts if one.code == code), None)


def label_of(protocol: Protocol, code: str) -> str:
    """An act in words."""
    act = act_of(protocol, code)
    return act.label if act is not None else code


def cited(protocol: Protocol | None, name: str) -> str:
    """The article that a definition gives for one rule of its project (`format.ProjectFile`): only
    a reinforced pathway has them."""
    found = getattr(protocol.project, name) if protocol is not None and protocol.project else None
    return getattr(found, "article", found) or ""


def phase_of(protocol: Protocol, phase: str) -> Phase | None:
    """One phase; ``phase:2`` is a repetition of it."""
    name = phase.partition(":")[0]
    return next((one for one in protocol.phases if one.id == name), None)


def requirement_of(protocol: Protocol, phase: str, requirement: str) -> Requirement | None:
    """One requirement of a phase."""
    found = phase_of(protocol, phase)
    if found is None:
        return None
    return next((one for one in found.requires if one.id == requirement), None)


def profile_label(protocol: Protocol, profile: str) -> str:
    """A profile in words."""
    return next((one.label for one in protocol.profiles if one.id == profile), profile)


def professions(protocol: Protocol) -> dict[str, str]:
    """The professions of a protocol, in its order."""
    return {one.code: one.label for one in protocol.professions}


def profession_of(protocol: Protocol, act: Any) -> str:
    """The profession that does an act: the first the protocol names."""
    found = act_of(protocol, act) if isinstance(act, str) else act
    return found.professions[0] if found is not None and found.professions else ""
