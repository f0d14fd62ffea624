"""PlanDefinition: protocols of pathways. Those that come with Liane are everybody's; the versions
of a structure are read by who reads its projects, its drafts by who keeps them, and its software.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.fhir import building as fhir
from liane.fhir import people, protocols
from liane.fhir.models import Plan
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search import values
from liane.fhir.search.constant import constant
from liane.fhir.search.params import NOTHING, Custom, Date, Param, String, Test, Token
from liane.fhir.search.references import Identifier
from liane.pathways import catalogue, rules
from liane.pathways.models import ProtocolVersion
from liane.pathways.protocols import library
from liane.pathways.states import VersionStatus

S = VersionStatus
STATUS: dict[str, str] = {S.DRAFT: "draft", S.PUBLISHED: "active", S.WITHDRAWN: "retired"}
HELD = {code: str(held) for held, code in STATUS.items()}


def _url(raw: str, modifier: str) -> Test:
    """``url`` or ``url|version``."""
    url, _, version = values.plain(raw).partition("|")
    key = url.removeprefix(protocols.CANONICAL)
    if key == url:
        return Test(NOTHING)
    return Test(("version",), (key, version)) if version else Test(("key",), (key,))


def _named(key: Any, leafs: Sequence[Any]) -> Q:
    found = Q(key=leafs[0])
    return found & Q(number=leafs[1]) if key == ("version",) else found


class PlanDefinitionResource(Resource):
    """Protocols at hand."""

    type = "PlanDefinition"
    model = Plan
    touched = "said_at"
    interactions = READ
    params: ClassVar[tuple[Param, ...]] = (
        Custom("url", read=_url, build=_named, of="uri", allowed=frozenset({"missing"})),
        Token("version", column="number"),
        Identifier("identifier", held={protocols.KEY: lambda value: ("key", [value])}),
        Token("topic", column="key", system=protocols.PATHWAYS),
        String("title", columns=("title",), sort="title"),
        Token("status", column="status", codes=HELD),
        Date("date", column="said_at", sort="said_at"),
        Date("effective", column="valid_from", end="valid_to", days=True, sort="valid_from"),
        constant("type", "clinical-protocol"),
        constant("jurisdiction", "FR"),
    )

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """What comes with Liane; the structure's own, drafts for who writes them."""
        rows = Plan.objects.all()
        if reach.everything:
            return rows
        actor = reach.actor
        own = Q(organisation_id__in=reach.actor.holders)
        if actor.kind == "client":
            return rows.filter(Q(organisation_id=None) | own)
        if not rules.reads_projects(actor):
            return rows.filter(organisation_id=None)
        if actor.role not in rules.RUNNERS:
            own &= ~Q(status=S.DRAFT)
        return rows.filter(Q(organisation_id=None) | own)

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most four queries: texts of structures, and their names."""
        houses = [row.organisation_id for row in rows]
        held = ProtocolVersion.objects.in_bulk([row.pk for row in rows if row.organisation_id])
        known = people.references(houses)
        return [fhir.cleaned(_plan(row, held.get(row.pk), known)) for row in rows]


def _plan(row: Plan, own: ProtocolVersion | None, known: Any) -> Json:
    house = known.get(row.organisation_id) or {}
    made: Json = {
        "url": f"{protocols.CANONICAL}{row.key}",
        "version": row.number,
        "title": row.title,
    }
    if own is not None:
        held = catalogue.of_version(own)
        made |= protocols.plan(held, own.text) if held is not None else {}
    else:
        text = library.text_of(row.key, row.number)
        made |= protocols.plan(library.shipped().version(row.key, row.number), text)
    made |= {
        "status": STATUS[row.status],
        "date": fhir.at(row.said_at),
        "publisher": house.get("display") or "Liane",
    }
    if own is not None:
        if own.published_at is not None:
            made["approvalDate"] = fhir.on(timezone.localdate(own.published_at))
        made["effectivePeriod"] = {
            "start": fhir.on(row.valid_from),
            "end": made.get("effectivePeriod", {}).get("end"),
        }
        if own.based_on:
            before = protocols.canonical(row.key, own.based_on)
            made["relatedArtifact"] = [
                {"type": "derived-from", "resource": before}, *made.get("relatedArtifact", []),
            ]  # fmt: skip
    return made
