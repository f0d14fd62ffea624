"""Writing: checked, given to the rooms' own verbs, kept as it was received."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from liane.core import acting
from liane.core.inserting import together
from liane.fhir import indexing, reading, resources, validation, versions
from liane.fhir.access import Access
from liane.fhir.outcomes import forbidden, problem
from liane.fhir.reading import Shown
from liane.fhir.refs import Refs
from liane.fhir.resources.base import Resource
from liane.fhir.search import asked as asking
from liane.fhir.search import values
from liane.fhir.search.clauses import Fixed
from liane.fhir.search.running import find
from liane.fhir.versions import Kept, Method, State

Json = dict[str, Any]
Pairs = list[tuple[str, str]]


@dataclass
class Writer:
    """Writes of one request, all in its transaction.

    ``made``: what the addresses of a transaction became, for references between its entries.
    """

    access: Access
    made: dict[str, tuple[str, UUID]] = field(default_factory=dict)

    @property
    def refs(self) -> Refs:
        """What mappers ask about references."""
        return Refs(self.access, self.access.actor.organisation_id, self.made)

    def create(self, resource: Resource, body: Json) -> Shown:
        """A new resource. Raises Problem and the refusals of the verbs."""
        self._allowed(resource, "create", "c")
        validation.check(body, resource.type)
        row = resource.create(body, self.refs)
        self._still_allowed(resource, [row], "c")
        key = resource.key_of(row)
        last = None if resource.fresh else versions.latest(resource.type, [key]).get(key)
        return self._kept(resource, row, body, Method.CREATE, last.number if last else 0)

    def create_each(self, resource: Resource, bodies: Sequence[Json]) -> list[Shown] | None:
        """Several new resources of one type, in bulk. Raises as :meth:`create`.

        None where they must be created one by one.
        """
        self._allowed(resource, "create", "c")
        for body in bodies:
            validation.check(body, resource.type)
        rows = resource.create_each(bodies, self.refs)
        if rows is None:
            return None
        self._still_allowed(resource, rows, "c")
        return self._kept_each(resource, rows, bodies, Method.CREATE, 0)

    def adopt(self, resource: Resource, row: Any, body: Json) -> Shown:
        """Keep what was received of a row that a verb has just made by another way."""
        self._still_allowed(resource, [row], "c")
        return self._kept(resource, row, body, Method.CREATE, 0)

    def update(
        self, resource: Resource, key: UUID | None, body: Json, *, if_match: str = "",
        method: str = Method.UPDATE,
    ) -> Shown:  # fmt: skip
        """A new version. The same content again changes nothing and keeps its version."""
        self._allowed(resource, "update", "u")
        row = reading.one_row(resource, key, self.access, "u")
        (before,) = reading.render(resource, [row], self.access)
        matches(before, if_match)
        validation.check(body, resource.type)
        if body.get("id") != str(key):
            raise problem(
                400, "The id of the body is that of the address.", where=f"{resource.type}.id"
            )
        if versions.without_server_parts(body) == _plain(before):
            return before
        row = resource.update(row, body, self.refs)
        self._still_allowed(resource, [row], "u")
        if versions.without_server_parts(body) == _plain(before):
            return before  # completed by what it leaves out, it says the same
        return self._kept(resource, row, body, method, _number(before.state))

    def patch(
        self, resource: Resource, key: UUID | None, change: Callable[[Json], Json], if_match: str
    ) -> Shown:
        """A new version, from a change of the present one."""
        shown = reading.one(resource, key, self.access)
        return self.update(
            resource, key, change(shown.body), if_match=if_match, method=Method.PATCH
        )

    def delete(self, resource: Resource, key: UUID | None, *, if_match: str = "") -> None:
        """End it by the room's own verb. Deleting again what was deleted changes nothing."""
        self._allowed(resource, "delete", "d")
        row = reading.one_row(resource, key, self.access, "d")
        (before,) = reading.render(resource, [row], self.access)
        if before.state.is_deleted:
            return
        matches(before, if_match)
        person_id = resource.person_of(row)
        resource.delete(row)
        number = _number(before.state) + 1
        with acting.acting(acting.system("fhir deleted")):  # it may be out of reach from now on
            indexing.forget(resource, before.key)
            versions.keep(
                resource.type, Kept(before.key, {}, before.state.projection, number, person_id),
                method=Method.DELETE, area=str(resource.area or ""),
                client_id=self.access.caller.client_id,
            )  # fmt: skip

    # ------------------------------------------------------------ conditions
    def matching(self, resource: Resource, query: Pairs) -> UUID | None:
        """The one resource that answers to a condition; None without any.

        Raises Problem 412 for several, 400 for a condition that says nothing.
        """
        self.access.require(resource.type, "s")
        asked = asking.read(resource, query, self.access, strict=True)
        if not asked.clauses:
            raise problem(400, "A condition has at least one parameter.", code="required")
        limits = self.access.limits(resource, "s")
        rows = find(resource, [*limits, *asked.clauses], self.access)
        if len(rows) > 1:
            raise problem(412, "Several resources match this condition.", code="multiple-matches")
        return resource.key_of(rows[0]) if rows else None

    def conditional(self, reference: str) -> str:
        """What ``Type?parameters`` refers to. Raises Problem 412 unless it is one resource."""
        kind, _, query = reference.partition("?")
        resource = resources.get(kind)
        if resource is None:
            raise problem(422, f"{kind[:60]} is not served here.", code="not-supported")
        found = self.matching(resource, values.pairs(query))
        if found is None:
            raise problem(412, "Nothing matches this reference.", code="not-found")
        return f"{kind}/{found}"

    # ------------------------------------------------------------ inside
    def _allowed(self, resource: Resource, interaction: str, letter: str) -> None:
        if interaction not in resource.interactions:
            raise problem(405, f"{resource.type} does not support {interaction}.",
                          code="not-supported")  # fmt: skip
        self.access.require(resource.type, letter)

    def _still_allowed(self, resource: Resource, rows: Sequence[Any], letter: str) -> None:
        """What was written lies where the token may write: else nothing is kept."""
        alive = not (resource.fresh and letter == "c")
        limits = self.access.limits(resource, letter, alive=alive)
        if not limits:
            return
        keys = tuple(resource.key_of(row) for row in rows)
        named = Fixed(("is", resource.type), keys, reading.is_named)
        if len(find(resource, [*limits, named], self.access, size=len(keys))) < len(keys):
            raise forbidden()

    def _kept(self, resource: Resource, row: Any, body: Json, method: str, number: int) -> Shown:
        (shown,) = self._kept_each(resource, [row], [body], method, number)
        return shown

    def _kept_each(
        self, resource: Resource, rows: Sequence[Any], bodies: Sequence[Json], method: str,
        number: int,
    ) -> list[Shown]:  # fmt: skip
        area = str(resource.area or "")
        made = [{"resourceType": resource.type, **one} for one in resource.project(rows)]
        several = [
            Kept(
                resource.key_of(row),
                versions.without_server_parts(resource.kept(row, body)),
                projection, number + 1, resource.person_of(row),
            )
            for row, body, projection in zip(rows, bodies, made, strict=True)
        ]  # fmt: skip
        with together():
            last = versions.keep_each(
                resource.type, several, method=method, area=area,
                client_id=self.access.caller.client_id,
            )  # fmt: skip
            with acting.acting(acting.system("fhir index")) if resource.closes else nullcontext():
                indexing.write(resource, several, area=area)
        states = [State(*two) for two in zip(made, last, strict=True)]
        return reading.shown_each(resource, rows, states, self.access)


def _number(state: State) -> int:
    return state.last.number if state.last is not None else 0


def _plain(shown: Shown) -> Mapping[str, Any]:
    return versions.without_server_parts(shown.body)


def tags(header: str) -> set[str]:
    """The versions that ``If-Match`` or ``If-None-Match`` names."""
    return {one.strip().removeprefix("W/").strip('"') for one in header.split(",")}


def matches(shown: Shown, if_match: str) -> None:
    """Raise Problem 412 unless ``If-Match`` names the present version."""
    if not if_match or if_match.strip() == "*":
        return
    asked = tags(if_match)
    mark = f"-{shown.state.mark}"
    if shown.version not in asked and not any(one.endswith(mark) for one in asked):
        raise problem(
            412, f"The present version is {shown.version}: read it again.", code="conflict",
            where="http.If-Match",
        )  # fmt: skip
