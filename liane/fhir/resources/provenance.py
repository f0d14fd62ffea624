"""Provenance: who brought each version of what was received, or changed it since in the pages.

One for each version kept of a resource within reach; a resource that only the pages wrote has none.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from liane.circle.reach import Reach
from liane.clients.models import Client
from liane.core.ids import parse
from liane.fhir import building as fhir
from liane.fhir import people, resources
from liane.fhir.models import Received
from liane.fhir.resources.base import Json, Resource
from liane.fhir.search.params import Date, Param, Token
from liane.fhir.search.references import Reference

OPERATIONS = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
CLIENTS = "https://liane.sante/NamingSystem/application"
M = Received.Method
ACTIVITY = {
    M.CREATE: "CREATE", M.UPDATE: "UPDATE", M.PATCH: "UPDATE", M.SEEN: "UPDATE", M.DELETE: "DELETE",
}  # fmt: skip
HELD = {
    code: tuple(str(one) for one, said in ACTIVITY.items() if said == code)
    for code in set(ACTIVITY.values())
}


@dataclass(frozen=True, eq=False)
class Target(Reference):
    """What a version is a version of: any type; its column is one for all of them."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Every type of which a version may be kept."""
        return _kept()

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Any]) -> Q:
        """Of this resource, and of this type where it was said."""
        found = super().condition(("to", ""), leafs) if key[0] == "to" else Q(pk__in=[])
        return found & Q(type=str(key[1])) if key[0] == "to" and key[1] else found

    def among(self, kind: str, ids: Any) -> Q:
        """Of one of these."""
        return Q(type=kind, object_id__in=ids)

    def of_kind(self, kind: str) -> Q:
        """Of a resource of this type."""
        return Q(type=kind)


def _kept() -> tuple[str, ...]:
    return tuple(name for name, one in resources.every().items() if "create" in one.interactions)


class _Columns(Mapping[str, str]):
    """Every type in the one column, found when asked: types register one after the other."""

    def __getitem__(self, kind: str) -> str:
        if kind and kind not in _kept():
            raise KeyError(kind)
        return "object_id"

    def __iter__(self) -> Any:
        return iter(_kept())

    def __len__(self) -> int:
        return len(_kept())


class ProvenanceResource(Resource):
    """Versions of the resources within reach."""

    type = "Provenance"
    model = Received
    person_path = "person_id"
    touched = "at"
    interactions = frozenset({"read", "search"})
    default_sort = "-recorded"
    params: ClassVar[tuple[Param, ...]] = (
        Target("target", to=_Columns(), elements=("target",)),
        Reference("patient", to={"Patient": "person_id"}, elements=()),
        Date("recorded", column="at", sort="at"),
        Reference("agent", elements=("agent.who",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id"}),
        Token("activity", column="method", system=OPERATIONS, codes=HELD,
              url="https://liane.sante/SearchParameter/provenance-activity"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Versions of what the actor reads: the rule of each type, asked of each row."""
        rows = Received.objects.all()
        if reach.everything:
            return rows
        readable = Q(pk__in=[])
        for kind in _kept():
            resource = resources.get(kind)
            assert resource is not None  # noqa: S101
            named = resource.rows(reach, many=False).filter(pk=OuterRef("object_id")).order_by()
            readable |= Q(type=kind) & Q(Exists(named))
        return rows.filter(readable)

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most four queries: who they were, through which application."""
        known = people.references(row.author_holder_id for row in rows)
        wanted = {key for row in rows if (key := parse(row.client_id)) is not None}
        clients = dict(Client.objects.filter(pk__in=wanted).values_list("pk", "name"))
        return [fhir.cleaned(_version(row, known, clients)) for row in rows]


def _version(row: Received, known: Mapping[UUID, Json], clients: Mapping[UUID, str]) -> Json:
    method = M(row.method)
    name = clients.get(parse(row.client_id) or UUID(int=0), "")
    author = people.author(row, known) or {"display": "Liane"}
    return {
        "target": [{"reference": f"{row.type}/{row.object_id}/_history/{row.number}"}],
        "recorded": row.at.isoformat(timespec="milliseconds"),
        "activity": fhir.concept(OPERATIONS, ACTIVITY[method],
                                 text="dans les pages" if method == M.SEEN else ""),
        "agent": [
            {"type": fhir.concept(PARTICIPANT, "author", "Author"), "who": author},
            {"type": fhir.concept(PARTICIPANT, "assembler", "Assembler"),
             "who": {"identifier": {"system": CLIENTS, "value": row.client_id}, "display": name}}
            if name else None,
        ],
    }  # fmt: skip
